"""Runs the load test on loopback and prints the two tables of README.md; takes some eight minutes, ``--quick`` one."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from support.mock import Mock
from support.redis import RedisServer

from .hours import asked, measure_hours
from .load import Measured, fetch_token, press
from .running import USERS, app, new_keys

ROUNDS = 20


def measure_calls(mock: Mock, redis: RedisServer, keys: Path, seconds: float) -> None:
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
        ("access token, in the gateway's app", "hybrid", [], {"cache": redis.url, "token_keys": keys}),
        ("access token, in a microservice", "microservice", [], {"token_keys": keys}),
    ]
    print("| the same app with | calls/s | p50 ms | p99 ms | without auth: p50 | p99 | questions to Appwrite per 1000 calls |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, factory, headers, settings in ways:
        with (
            app("hybrid", endpoint=mock.endpoint, cache=redis.url, token_keys=keys) as issuer,
            app("without_auth") as bare_port,
            app(factory, endpoint=mock.endpoint, issuer=issuer, **settings) as port,
        ):
            carried = headers or [asyncio.run(fetch_token(issuer, cookie)) for cookie in cookies]
            asyncio.run(press(port, carried, connections=8, seconds=1))  # warm
            mock.clear_journal()
            alone, bare = Measured(), Measured()
            # By turns, so that whatever else the machine does strikes both.
            for _ in range(ROUNDS):
                bare.add(asyncio.run(press(bare_port, [""], connections=1, seconds=seconds / ROUNDS)))
                alone.add(asyncio.run(press(port, carried, connections=1, seconds=seconds / ROUNDS)))
            crowd = asyncio.run(press(port, carried, connections=16, seconds=seconds))
            questions = asked(mock)
        assert alone.failed + crowd.failed == 0, name
        per_thousand = questions * 1000 / (len(alone.times) + len(crowd.times))
        times = [each.percentile(share) for each in (alone, bare) for share in (0.5, 0.99)]
        print(
            f"| {name} | {crowd.per_second:.0f} | {' | '.join(f'{each:.2f}' for each in times)} | {per_thousand:.1f} |",
            flush=True,
        )


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
                measure_calls(mock, redis, new_keys(Path(folder)), 2 if given.quick else 10)
            if given.only != "calls":
                measure_hours(mock, redis, 6 if given.quick else 20, 8 if given.quick else 20, [1] if given.quick else [1, 2, 4])
        finally:
            redis.kill()
            mock.close()


if __name__ == "__main__":
    main()
