"""What all workers of all gateways share in Redis: answers, one question at a time, and the news of revocations.

Two rules keep it right.

1. Every user has a *generation*, which a revocation replaces. An answer counts only under the generation that stood when
   Appwrite was asked, so neither an older answer nor one that was under way outlives a revocation.
2. A worker believes only what was asked after it began, without a gap since, to hear of revocations. A Redis that was away,
   came back with old data or was replaced by its replica is slower, and never wrong.

All keys of a user share one slot of a Cluster. Times are Redis's own, so the clocks of the gateways do not matter.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import RedisError

from . import scripts
from .redis_url import connect_redis
from .verdict import Lifetime, Outcome, Verdict, dump_verdict, load_json, load_verdict

LOCK_SECONDS = 1.0
"""A question whose worker died holds the others up for so long; a living worker renews its lock."""
_MILLIS = round(LOCK_SECONDS * 1000)

# What went wrong with Redis. What a command raises differs by client: a dead Cluster is a KeyError here and there.
FAILURES = (RedisError, OSError, TimeoutError, KeyError, ValueError)

_RESTING = "rest:"


@dataclass(frozen=True, slots=True)
class Seen:
    """What Redis knows of a credential at one moment."""

    generation: str
    now: int
    entry: bytes = b""
    fresh: Verdict | None = None
    stale: Verdict | None = None
    life: Lifetime | None = None
    """What is left of the answer's lifetime."""
    asked: bool = False
    """Whether some worker is asking Appwrite."""
    rest: float = 0
    """Seconds for which Appwrite is not to be asked again, because it just could not be."""


class SharedCache:
    """The Redis of a group of gateways. Every method but ``close`` can raise one of ``FAILURES``."""

    def __init__(self, url: str, prefix: str, memory: float) -> None:
        self._client: Any = connect_redis(url)
        self._prefix = prefix
        self._memory = round(memory * 1000)
        self._channel = f"{prefix}:news"
        # Several machines, several clocks: their difference is taken to be below a second.
        self._margin = 0 if type(self._client) is Redis and "+" not in url.partition("://")[0] else 1000
        self.heard_since: int | None = None
        """From when on this worker has heard of every revocation, in Redis's time; ``None`` while it is deaf."""
        self._look = self._client.register_script(scripts.LOOK)
        self._lock = self._client.register_script(scripts.LOCK)
        self._finish = self._client.register_script(scripts.FINISH)
        self._revoke = self._client.register_script(scripts.REVOKE)
        self._renew = self._client.register_script(scripts.RENEW)
        self._count = self._client.register_script(scripts.COUNT)
        self._waiting: dict[str, list[asyncio.Event]] = {}

    async def close(self) -> None:
        """Close the connections."""
        manager = getattr(getattr(self._client, "connection_pool", None), "sentinel_manager", None)
        for client in (self._client, *(manager.sentinels if manager else ())):
            with contextlib.suppress(*FAILURES):
                await client.aclose()

    async def subscribe(self) -> Any:
        """Subscribe to the news. The subscription does not connect again by itself: news would be missed in between."""
        if isinstance(self._client, RedisCluster):
            # Its nodes may be others than the last time.
            await self._client.aclose()
            await self._client.initialize()
        pubsub = self._client.pubsub()
        await pubsub.subscribe(self._channel)
        return pubsub

    async def clock(self) -> int:
        """Give the time from which on answers count for a worker that begins to hear now."""
        if isinstance(self._client, RedisCluster):
            times = await self._client.time(target_nodes=RedisCluster.PRIMARIES)
            readings = list(times.values()) if isinstance(times, dict) else [times]
        else:
            readings = [await self._client.time()]
        return max(seconds * 1000 + micros // 1000 for seconds, micros in readings) + self._margin

    async def look(self, digest: str, user_id: str) -> Seen:
        """See what is known, as far as this worker may believe it."""
        entry, generation, lock, now = await self._look(keys=self._keys(digest, user_id))
        lock = (lock or b"").decode()
        resting = lock.startswith(_RESTING)
        seen = Seen(
            generation=(generation or b"").decode(),
            now=int(now),
            entry=entry or b"",
            asked=bool(lock) and not resting,
            rest=float(lock.removeprefix(_RESTING)) if resting else 0,
        )
        return self._believe(seen)

    def _believe(self, seen: Seen) -> Seen:
        """Add the answer in ``seen.entry`` if the two rules allow it."""
        if not seen.entry or self.heard_since is None:
            return seen
        try:
            content: dict[str, Any] = load_json(seen.entry)
            asked, fresh, kept = int(content["a"]), int(content["f"]), int(content["k"])
            verdict = load_verdict(content)
        except (ValueError, KeyError, TypeError):
            return seen  # of another version
        if content.get("g") != seen.generation or asked < self.heard_since or asked + kept <= seen.now:
            return seen
        life = Lifetime(max(0, asked + fresh - seen.now) / 1000, (asked + kept - seen.now) / 1000)
        return replace(seen, fresh=verdict if life.fresh > 0 else None, stale=verdict, life=life)

    @contextlib.asynccontextmanager
    async def ask_alone(self, digest: str, user_id: str, seen: Seen) -> AsyncIterator[str | None]:
        """Be the only worker that asks, until ``finish``; gives ``None`` if another one asks, or has asked since ``seen``."""
        entry, _, lock = self._keys(digest, user_id)
        token = secrets.token_hex(8)
        if not await self._lock(keys=[entry, lock], args=[seen.entry, token, _MILLIS]):
            yield None
            return
        renewing = asyncio.create_task(self._hold(lock, token))
        try:
            yield token
        finally:
            renewing.cancel()

    async def _hold(self, lock: str, token: str) -> None:
        with contextlib.suppress(*FAILURES):
            while True:
                await asyncio.sleep(LOCK_SECONDS / 3)
                await self._renew(keys=[lock], args=[token, _MILLIS])

    async def finish(
        self, digest: str, user_id: str, token: str, seen: Seen, verdict: Verdict, life: Lifetime, rest: float
    ) -> bool:
        """Keep what Appwrite said and let the others go on. ``False``: a revocation came in between, so it counts no more."""
        fresh, kept = round(life.fresh * 1000), round(life.kept * 1000)
        if verdict.outcome is Outcome.UNAVAILABLE:
            kept = -1  # no word about the credential: what was known stays
        content = {**dump_verdict(verdict), "g": seen.generation, "a": seen.now, "f": fresh, "k": kept}
        resting = f"{_RESTING}{verdict.retry_after}"
        news = json.dumps({"done": digest})
        args: list[str | int] = [
            seen.generation,
            json.dumps(content),
            kept,
            token,
            round(rest * 1000),
            resting,
            self._channel,
            news,
        ]
        return bool(await self._finish(keys=self._keys(digest, user_id), args=args))

    async def revoke(self, user_id: str) -> None:
        """Drop every answer about a user, here and in every worker."""
        key, news = self._keys("", user_id)[1], json.dumps({"revoked": user_id})
        await self._revoke(keys=[key], args=[secrets.token_hex(8), self._memory, self._channel, news])

    async def count(self, name: str, user_id: str, window: float) -> tuple[int, float]:
        """Count one more in a window of seconds; gives the count and the seconds until the window ends."""
        key = f"{self._prefix}:{{{self._slot(user_id)}}}:count:{name}"
        count, left = await self._count(keys=[key], args=[round(window * 1000)])
        return int(count), max(0, int(left)) / 1000

    @contextlib.contextmanager
    def expect_news(self, digest: str) -> Any:
        """Give an event that is set when the question about ``digest`` is over."""
        event = asyncio.Event()
        self._waiting.setdefault(digest, []).append(event)
        try:
            yield event
        finally:
            waiting = self._waiting[digest]
            waiting.remove(event)
            if not waiting:
                del self._waiting[digest]

    def wake(self, digest: str) -> None:
        """Tell who waits for it that a question is over."""
        for event in self._waiting.get(digest, ()):
            event.set()

    def _keys(self, digest: str, user_id: str) -> list[str]:
        start = f"{self._prefix}:{{{self._slot(user_id)}}}"
        return [f"{start}:answer:{digest}", f"{start}:generation", f"{start}:lock:{digest}"]

    @staticmethod
    def _slot(user_id: str) -> str:
        return hashlib.sha256(user_id.encode()).hexdigest()[:32]
