"""Runs the load test on loopback and prints the two tables of README.md; takes some six minutes, ``--quick`` one."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from support.mock import Mock
from support.process import Process, free_port
from support.redis import RedisServer

from .load import Line, Measured, press

GATEWAY = Path(__file__).resolve().parents[1]
USERS = 50
ROUNDS = 20

# What an hour looks like: a user opens ten screens, each of which makes ten calls, one after the other. It is played in seconds,
# with all lifetimes shortened alike, so that what is counted is what an hour would have.
SCREENS, CALLS, TTL, JWT_LIFE = 10, 10, 30, 900


@contextmanager
def app_process(factory: str, **environment: object) -> Iterator[tuple[Process, int]]:
    """Run an app with one worker; gives it, and its port."""
    port = free_port()
    program = [
        sys.executable,
        "-m",
        "uvicorn",
        "--no-access-log",
        "--timeout-keep-alive",
        "75",
        "--factory",
        "--app-dir",
        str(GATEWAY),
    ]
    settings = {f"BENCH_{name.upper()}": str(value) for name, value in environment.items()}
    process = Process([*program, "--app-dir", str(GATEWAY), "--port", str(port), f"bench.apps:{factory}"], settings)
    process.wait_for(lambda lines: True if any("running on" in line for line in lines) else None)
    try:
        yield process, port
    finally:
        process.kill()


@contextmanager
def app(factory: str, **environment: object) -> Iterator[int]:
    """Run an app with one worker; gives its port."""
    with app_process(factory, **environment) as (_, port):
        yield port


def asked(mock: Mock) -> int:
    """Count what Appwrite was asked, and forget it."""
    count = len(mock.journal())
    mock.clear_journal()
    return count


def measure_calls(mock: Mock, redis: RedisServer, seconds: float) -> None:
    """Print what validation adds to a call."""
    cookies = [f"Cookie: a_session_demo={mock.session(mock.person())}\r\n" for _ in range(USERS)]
    jwts = [f"Authorization: Bearer {mock.jwt(mock.session(mock.person()))}\r\n" for _ in range(USERS)]
    ways: list[tuple[str, str, list[str], dict[str, object]]] = [
        ("no auth", "without_auth", [""], {}),
        ("session, in the worker's memory", "with_auth", cookies, {"cache": redis.url}),
        ("session, in Redis", "with_auth", cookies, {"cache": redis.url, "local_ttl": 0}),
        ("session, no cache", "with_auth", cookies, {"ttl": 0, "grace": 0}),
        ("JWT, in the worker's memory", "with_auth", jwts, {"cache": redis.url}),
        ("JWT, no cache", "with_auth", jwts, {"ttl": 0, "grace": 0}),
    ]
    print("| the same app with | calls/s | p50 ms | p99 ms | without auth: p50 | p99 | questions to Appwrite per 1000 calls |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, factory, headers, settings in ways:
        with app("without_auth") as bare_port, app(factory, endpoint=mock.endpoint, **settings) as port:
            asyncio.run(press(port, headers, connections=8, seconds=1))  # warm
            mock.clear_journal()
            alone, bare = Measured(), Measured()
            # By turns, so that whatever else the machine does strikes both.
            for _ in range(ROUNDS):
                bare.add(asyncio.run(press(bare_port, [""], connections=1, seconds=seconds / ROUNDS)))
                alone.add(asyncio.run(press(port, headers, connections=1, seconds=seconds / ROUNDS)))
            crowd = asyncio.run(press(port, headers, connections=16, seconds=seconds))
            questions = asked(mock)
        assert alone.failed + crowd.failed == 0, name
        per_thousand = questions * 1000 / (len(alone.times) + len(crowd.times))
        times = [each.percentile(share) for each in (alone, bare) for share in (0.5, 0.99)]
        print(
            f"| {name} | {crowd.per_second:.0f} | {' | '.join(f'{each:.2f}' for each in times)} | {per_thousand:.1f} |",
            flush=True,
        )


@dataclass
class Hour:
    """What one way to authenticate cost in an hour of some users."""

    mints: int = 0
    questions: int = 0
    refused: int = 0
    waited: float = 0


async def play_hour(mock: Mock, port: int, users: int, jwt: bool, hour: float) -> Hour:
    """Play an hour of so many users, each with a device of its own."""
    cost, appwrite = Hour(), urlsplit(mock.endpoint).port or 80
    people = [mock.session(mock.person()) for _ in range(users)]
    mock.clear_journal()

    async def live(credential: str) -> None:
        line, token, minted = Line(port), "", -hour
        begun = time.perf_counter()
        for moment in sorted(random.uniform(0, hour) for _ in range(SCREENS)):
            await asyncio.sleep(max(0, begun + moment - time.perf_counter()))
            header = f"Cookie: a_session_demo={credential}\r\n"
            if jwt:
                now = time.perf_counter()
                if now - minted > JWT_LIFE * hour / 3600:
                    session = f"X-Appwrite-Project: demo\r\nX-Appwrite-Session: {credential}\r\n"
                    minter = Line(appwrite)
                    _, body = await minter.call("POST", "/v1/account/jwts", session, b"{}")
                    minter.close()
                    token, minted = body.decode().split('"jwt":"')[1].split('"')[0], now
                    cost.mints += 1
                    cost.waited += time.perf_counter() - now
                header = f"Authorization: Bearer {token}\r\n"
            for _ in range(CALLS):
                status, _ = await line.get("/orders", header)
                cost.refused += status != 200
        line.close()

    await asyncio.gather(*(live(credential) for credential in people))
    cost.questions = asked(mock) - cost.mints
    return cost


def measure_hours(mock: Mock, redis: RedisServer, hour: float, crowds: list[int]) -> None:
    """Print what an hour costs Appwrite, and how that grows."""
    ways = [
        ("session, cached", False, True),
        ("session, no cache", False, False),
        ("JWT, cached", True, True),
        ("JWT, no cache", True, False),
    ]
    print(f"\nOne hour of a user: {SCREENS} screens of {CALLS} calls.\n")
    titles = ["questions per user", "JWTs fetched per user", "requests per user", *(f"all, of {users} users" for users in crowds)]
    print(f"| requests to Appwrite in an hour | {' | '.join(titles)} |")
    print("|---|---:|---:|---:|" + "---:|" * len(crowds))
    for name, jwt, cached in ways:
        totals, cost, users = [], Hour(), 1
        for users in crowds:
            settings = {"cache": redis.url, "ttl": TTL * hour / 3600} if cached else {"ttl": 0, "grace": 0}
            with app("with_auth", endpoint=mock.endpoint, **settings) as port:
                cost = asyncio.run(play_hour(mock, port, users, jwt, hour))
            assert cost.refused == 0, name
            totals.append(cost.questions + cost.mints)
        each = [cost.questions / users, cost.mints / users, totals[-1] / users]
        print(f"| {name} | {' | '.join([f'{number:.1f}' for number in each] + [str(total) for total in totals])} |", flush=True)


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter and rougher")
    parser.add_argument("--only", choices=["calls", "hours"])
    given = parser.parse_args()
    mock = Mock()
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder))
        try:
            if given.only != "hours":
                measure_calls(mock, redis, 2 if given.quick else 10)
            if given.only != "calls":
                # No more users than can have their hour in time: without a cache an app with one worker is busy at 40.
                measure_hours(mock, redis, 6 if given.quick else 20, [10] if given.quick else [10, 20, 40])
        finally:
            redis.kill()
            mock.close()


if __name__ == "__main__":
    main()
