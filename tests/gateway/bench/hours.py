"""An hour of some users, played in seconds: what each way to know them asks of Appwrite and of Redis."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from support.mock import Mock
from support.redis import RedisServer

from .load import Line, fetch_token
from .running import app, new_keys

# What an hour looks like: a user opens ten screens, each of which makes ten calls, one after the other. All lifetimes are
# shortened as the hour is, so that what is counted is what an hour would have. A token is renewed when four fifths of its life
# are over.
SCREENS, CALLS, TTL, LOCAL_TTL = 10, 10, 30, 5
JWT_RENEWAL, ACCESS_TOKEN_RENEWAL = 0.8 * 900, 0.8 * 300


@dataclass(frozen=True)
class Way:
    """A way to know who calls."""

    name: str
    factory: str = "with_auth"
    cached: bool = True
    token_seconds: float = 0
    """After so long a device gets another token; 0: it sends its session."""


WAYS = [
    Way("session, no cache", cached=False),
    Way("JWT, no cache", cached=False, token_seconds=JWT_RENEWAL),
    Way("JWT, cached", token_seconds=JWT_RENEWAL),
    Way("session, cached"),
    Way("access token", "hybrid", token_seconds=ACCESS_TOKEN_RENEWAL),
]


@dataclass
class Hour:
    """What one way cost in an hour of some users."""

    fetched: int = 0
    appwrite: int = 0
    redis: int = 0
    refused: int = 0


def asked(mock: Mock) -> int:
    """Count what Appwrite was asked, and forget it."""
    count = len(mock.journal())
    mock.clear_journal()
    return count


def asked_of_redis(redis: RedisServer) -> int:
    """Count the scripts that workers have run: everything that they ask about users."""
    with redis.client() as client:
        stats = client.info("commandstats")
    return int(stats.get("cmdstat_evalsha", {}).get("calls", 0))


async def appwrite_jwt(port: int, credential: str) -> str:
    """Get a JWT from Appwrite; gives the header that carries it."""
    line = Line(port)
    session = f"X-Appwrite-Project: demo\r\nX-Appwrite-Session: {credential}\r\n"
    _, body = await line.call("POST", "/v1/account/jwts", session, b"{}")
    line.close()
    return f"Authorization: Bearer {json.loads(body)['jwt']}\r\n"


async def play_hour(mock: Mock, redis: RedisServer, port: int, users: int, way: Way, hour: float) -> Hour:
    """Play an hour of so many users, each with a device of its own."""
    cost, appwrite = Hour(), urlsplit(mock.endpoint).port or 80
    people = [mock.session(mock.person()) for _ in range(users)]
    mock.clear_journal()
    before = asked_of_redis(redis)

    async def live(credential: str) -> None:
        line, token, renewal = Line(port), "", float("-inf")
        begun = time.perf_counter()
        for moment in sorted(random.uniform(0, hour) for _ in range(SCREENS)):
            await asyncio.sleep(max(0, begun + moment - time.perf_counter()))
            header = f"Cookie: a_session_demo={credential}\r\n"
            if way.token_seconds:
                now = time.perf_counter()
                if now > renewal:
                    token = await (
                        fetch_token(port, header, line) if way.factory == "hybrid" else appwrite_jwt(appwrite, credential)
                    )
                    renewal = now + way.token_seconds * hour / 3600
                    cost.fetched += 1
                header = token
            for _ in range(CALLS):
                status, _ = await line.get("/orders", header)
                cost.refused += status != 200
            # As on a phone, whose connections do not live from one screen to the next: the next worker may be another one.
            line.close()
            line = Line(port)

    await asyncio.gather(*(live(credential) for credential in people))
    cost.appwrite = asked(mock)
    cost.redis = asked_of_redis(redis) - before
    return cost


def measure_hours(mock: Mock, redis: RedisServer, hour: float, users: int, workers: Sequence[int]) -> None:
    """Print what an hour of a user asks of Appwrite and of Redis, with so many workers."""
    print(f"\nOne hour of a user, {SCREENS} screens of {CALLS} calls, the mean of {users}.\n")
    counts = [f"{count} worker{'s' * (count > 1)}" for count in workers]
    titles = [f"{of}, {count}" for of in ("Appwrite", "Redis") for count in counts]
    print(f"| requests per user and hour | tokens fetched | {' | '.join(titles)} |")
    print("|---|---:|" + "---:|" * len(titles))
    with tempfile.TemporaryDirectory() as folder:
        for way in WAYS:
            costs = []
            for count in workers:
                scale = hour / 3600
                times = {"ttl": TTL * scale, "local_ttl": LOCAL_TTL * scale} if way.cached else {"ttl": 0, "grace": 0}
                settings: dict[str, object] = {
                    **times,
                    "cache": redis.url if way.cached else "",
                    "token_keys": new_keys(Path(folder)),
                }
                with app(way.factory, count, endpoint=mock.endpoint, **settings) as port:
                    cost = asyncio.run(play_hour(mock, redis, port, users, way, hour))
                assert cost.refused == 0, way.name
                costs.append(cost)
            numbers = [costs[0].fetched, *(each.appwrite for each in costs), *(each.redis for each in costs)]
            print(f"| {way.name} | {' | '.join(f'{number / users:.1f}' for number in numbers)} |", flush=True)
