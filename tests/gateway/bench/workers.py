"""How the gateway's app grows with its workers: ``python -m bench.workers``, with what ``bench`` needs; takes a minute.

The load, the app, Redis and the mock share the machine, so calls per second grow only while cores are left. The processor time
of a call does not depend on that.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from support.mock import Mock
from support.redis import RedisServer

from .hours import asked, asked_of_redis
from .load import fetch_token, press
from .running import USERS, app_process, new_keys, spent

SECONDS = 5.0


def main() -> None:
    """Measure and print."""
    mock = Mock()
    titles = [
        "the same app with",
        "workers",
        "calls/s",
        "processor time of a call, µs",
        "per 1000 calls: to Appwrite",
        "to Redis",
    ]
    print(f"| {' | '.join(titles)} |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder))
        cookies = [f"Cookie: a_session_demo={mock.session(mock.person())}\r\n" for _ in range(USERS)]
        settings = {"endpoint": mock.endpoint, "cache": redis.url, "token_keys": new_keys(Path(folder))}
        for name, is_token in (("session", False), ("access token", True)):
            for workers in (1, 2, 4):
                with app_process("hybrid", workers, **settings) as (process, port):
                    headers = [asyncio.run(fetch_token(port, cookie)) for cookie in cookies] if is_token else cookies
                    asyncio.run(press(port, headers, connections=32, seconds=1))
                    mock.clear_journal()
                    before, used = asked_of_redis(redis), spent(process)
                    measured = asyncio.run(press(port, headers, connections=32, seconds=SECONDS))
                    used, scripts, questions = spent(process) - used, asked_of_redis(redis) - before, asked(mock)
                assert measured.failed == 0, name
                calls = len(measured.times)
                shares = [f"{number * 1000 / calls:.1f}" for number in (questions, scripts)]
                print(
                    f"| {name} | {workers} | {measured.per_second:.0f} | {used / calls * 1e6:.0f} | {' | '.join(shares)} |",
                    flush=True,
                )
        redis.kill()
    mock.close()


if __name__ == "__main__":
    main()
