"""A Redis server as a process: one that can be killed and started again, with its data or without."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import redis

from .process import LONGEST, Process, free_port


class RedisServer:
    """A redis-server on a port of loopback, in a folder of its own."""

    def __init__(
        self, folder: Path, *options: str, port: int | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._options = options
        self._environment = environment
        self.process: Process
        self.start()

    def start(self) -> None:
        """Start it; with the data that it had saved, if it was told to save."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self.process = Process([*command, "--save", "", *self._options], self._environment)
        self.process.wait_for(lambda lines: True if any("Ready to accept" in line for line in lines) else None)

    def kill(self) -> None:
        self.process.kill()

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, decode_responses=True)

    def stored(self) -> str:
        """Give everything that is in it, as text."""
        with self.client() as client:
            sets = set(client.scan_iter(_type="zset"))
            values = {key: client.zrange(key, 0, -1) if key in sets else client.get(key) for key in client.scan_iter()}
        return "".join(f"{key} {value}\n" for key, value in values.items())

    def wait_for_listeners(self, count: int) -> None:
        """Wait until so many workers hear the news."""
        with self.client() as client:
            deadline = time.monotonic() + LONGEST
            while sum(number for _, number in client.pubsub_numsub(*client.pubsub_channels())) < count:
                assert time.monotonic() < deadline, "the workers do not listen"
                time.sleep(0.02)  # Redis has no signal for a subscription


class Clock:
    """The wall clock of a Redis, which a test can set."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "shift"
        self._file.write_bytes(bytes(8))
        library = folder / "clock.so"
        source = Path(__file__).with_name("clock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(self._file)}

    def set_by(self, seconds: int) -> None:
        """Have the clock differ from the machine's by so much."""
        with self._file.open("r+b") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))
