"""Whether made-up credentials slow a user down who is known: ``python -m bench.flood``, with what ``bench`` needs.

One connection of a cached user measures, while 100 others send one made-up credential after the other. Exit status 1: the user's
p99 is more than three times that of the idle app. Load, app, Redis and the mock share the machine, so it is no part of the normal
run, and says little on a machine that does something else.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from support.mock import Mock
from support.redis import RedisServer

from .load import Line, Measured, press
from .running import app

LINES = 100
SECONDS = 8.0
MOST = 3.0


async def flood(port: int, seconds: float) -> int:
    """Send made-up credentials over many connections; gives how many were refused."""
    until = time.perf_counter() + seconds
    numbers, refused = itertools.count(), 0

    async def one() -> None:
        nonlocal refused
        line = Line(port)
        while time.perf_counter() < until:
            made_up = {"id": f"nobody{next(numbers)}", "secret": "ab" * 128}
            text = base64.b64encode(json.dumps(made_up).encode()).decode()
            status, _ = await line.get("/orders", f"X-Appwrite-Session: {text}\r\n")
            refused += status == 401
        line.close()

    await asyncio.gather(*(one() for _ in range(LINES)))
    return refused


async def measure(port: int, header: str) -> tuple[Measured, Measured, int]:
    """Measure the user alone, and in the flood."""
    await press(port, [header], connections=1, seconds=1)
    idle = await press(port, [header], connections=1, seconds=SECONDS)
    # In a process of its own, so that the one that measures is not held up by what it sends.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        sending = pool.submit(run_flood, port, SECONDS + 4)
        await asyncio.sleep(3)
        busy = await press(port, [header], connections=1, seconds=SECONDS)
        return idle, busy, await asyncio.wrap_future(sending)


def run_flood(port: int, seconds: float) -> int:
    """Run ``flood`` in a process of its own."""
    return asyncio.run(flood(port, seconds))


def main() -> None:
    """Measure and print."""
    mock = Mock()
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder))
        try:
            with app("with_auth", endpoint=mock.endpoint, cache=redis.url, ttl=600, local_ttl=300) as port:
                header = f"Cookie: a_session_demo={mock.session(mock.person())}\r\n"
                idle, busy, refused = asyncio.run(measure(port, header))
        finally:
            redis.kill()
            mock.close()
    for name, measured in (("idle", idle), ("in the flood", busy)):
        share = [f"p{round(100 * each)} {measured.percentile(each):.2f} ms" for each in (0.5, 0.9, 0.99)]
        print(f"{name}: {len(measured.times)} calls, {measured.failed} failed, {', '.join(share)}")
    factor = busy.percentile(0.99) / idle.percentile(0.99)
    print(f"{refused} made-up credentials refused; p99 is {factor:.1f} times that of the idle app")
    sys.exit(factor > MOST or busy.failed > 0 or idle.failed > 0)


if __name__ == "__main__":
    main()
