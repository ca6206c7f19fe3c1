"""A client that costs little itself: raw HTTP/1.1 over kept connections of asyncio."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

TOKEN_PATH = "/_gateway/token"


@dataclass
class Measured:
    """What a load came to."""

    seconds: float = 0
    times: list[float] = field(default_factory=list)
    failed: int = 0

    def add(self, other: Measured) -> None:
        """Count another load of the same kind in."""
        self.seconds += other.seconds
        self.times += other.times
        self.failed += other.failed

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Give the time in milliseconds that so large a share of the calls did not exceed."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class Line:
    """One connection, one call at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, header: str = "") -> tuple[int, bytes]:
        """Call; gives the status and the body."""
        return await self.call("GET", path, header)

    async def call(self, method: str, path: str, header: str, body: bytes = b"") -> tuple[int, bytes]:
        if self._ends is None:
            self._ends = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._ends
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{header}{length}\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        size = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
        return int(head[9:12]), await reader.readexactly(size)

    def close(self) -> None:
        if self._ends is not None:
            self._ends[1].close()


async def fetch_token(port: int, header: str, line: Line | None = None) -> str:
    """Get an access token for the session in ``header``; gives the header that carries it."""
    status, body = await (line or Line(port)).call("POST", TOKEN_PATH, header)
    assert status == 200, body
    return f"Authorization: Bearer {json.loads(body)['access_token']}\r\n"


async def press(
    port: int, headers: Sequence[str], *, connections: int, seconds: float, method: str = "GET", path: str = "/orders"
) -> Measured:
    """Call as fast as it answers, over so many connections, as one user after another."""
    measured, users = Measured(), itertools.cycle(headers)
    until = time.perf_counter() + seconds

    async def one() -> None:
        line = Line(port)
        while (begun := time.perf_counter()) < until:
            status, _ = await line.call(method, path, next(users))
            measured.times.append(time.perf_counter() - begun)
            measured.failed += status != 200
        line.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    measured.seconds = time.perf_counter() - begun
    return measured
