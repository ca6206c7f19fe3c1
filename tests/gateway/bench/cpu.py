"""What a call costs a worker's processor: ``python -m bench.cpu``, with what ``bench`` needs; takes a minute.

Processor time is counted, so that another load on the machine does not count. Exit status 1: a session in the worker's memory
costs more than 1.3 times of the same app with a JWT that it verifies by itself (PyJWT, HS256).
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import jwt

from support.gateway import Gateway
from support.mock import Mock
from support.process import Process
from support.redis import RedisServer

from .__main__ import USERS, app, app_process
from .apps import KEY
from .load import press

ROUNDS = 4
SECONDS = 3.0
MOST = 1.3


def spent(process: Process) -> float:
    """Give the seconds of processor time of a process so far."""
    fields = Path(f"/proc/{process.popen.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(process: Process, port: int, headers: list[str]) -> float:
    """Give the microseconds of one call: the least of some rounds."""
    found = []
    asyncio.run(press(port, headers, connections=16, seconds=1))
    for _ in range(ROUNDS):
        before = spent(process)
        measured = asyncio.run(press(port, headers, connections=16, seconds=SECONDS))
        assert measured.failed == 0
        found.append((spent(process) - before) / len(measured.times) * 1e6)
    return min(found)


def cost(factory: str, headers: list[str], **environment: object) -> float:
    """Give what a call of an app costs."""
    with app_process(factory, **environment) as (process, port):
        return measure(process, port, headers)


def cost_of_gateway(headers: list[str], **settings: object) -> float:
    """Give what a call through the complete gateway costs it, without what the service behind it costs."""
    with app("without_auth") as port:
        gateway = Gateway(project="demo", upstream=f"http://127.0.0.1:{port}", **settings)  # type: ignore[arg-type]
        try:
            return measure(gateway.process, gateway.port, headers)
        finally:
            gateway.close()


def main() -> None:
    """Measure and print."""
    mock = Mock()
    claims = {"sub": "ada", "aud": "bench", "exp": int(time.time()) + 3600}
    token = [f"Authorization: Bearer {jwt.encode(claims, KEY, 'HS256')}\r\n"]
    cookies = [f"Cookie: a_session_demo={mock.session(mock.person())}\r\n" for _ in range(USERS)]
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder))
        costs = {
            "no auth": cost("without_auth", [""]),
            "PyJWT, HS256": cost("with_jwt", token),
            "session, in the worker's memory": cost("with_auth", cookies, endpoint=mock.endpoint, cache=redis.url, ttl=600),
            "session, in Redis": cost("with_auth", cookies, endpoint=mock.endpoint, cache=redis.url, ttl=600, local_ttl=0),
            "the complete gateway, session in memory": cost_of_gateway(cookies, endpoint=mock.endpoint, cache=redis.url, ttl=600),
            "the same, with a limit of calls a minute": cost_of_gateway(
                cookies, endpoint=mock.endpoint, cache=redis.url, ttl=600, calls_per_minute=10**6
            ),
        }
        redis.kill()
    mock.close()
    print("| the same app with | processor time of a call, µs |\n|---|---:|")
    for name, micros in costs.items():
        print(f"| {name} | {micros:.0f} |")
    factor = costs["session, in the worker's memory"] / costs["PyJWT, HS256"]
    print(f"\na session in memory costs {factor:.2f} times as much as PyJWT")
    sys.exit(factor > MOST)


if __name__ == "__main__":
    main()
