"""What all workers of all gateways share in Redis: answers, one question at a time, and the news of revocations.

``belief`` decides which of the answers count. Here they are read, written and announced. All keys of a user share one slot of a
Cluster. Times are Redis's own, so the clocks of the gateways do not matter.

Other releases use the same Redis during a deployment. So the keys of generations, the channel, and what a revocation does (it
removes the generation and publishes ``{"revoked": user}``, with more members in later releases) do not change. Answers and news
of another form are ignored.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from redis.asyncio.cluster import RedisCluster
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from . import scripts
from .belief import Entry, Shelf, Standing, believed, is_set_back, may_use_redis
from .redis_url import FAILURES, connect_redis
from .revoked_tokens import LONGEST_LIFE_MS, MOST
from .untold import EVERYBODY, Untold
from .verdict import Lifetime, Outcome, Policy, Verdict, dump_verdict, load_json, load_verdict

log = logging.getLogger(__name__)

LOCK_SECONDS = 1.0
"""A question whose worker died holds the others up for so long; a living worker renews its lock."""
_MILLIS = round(LOCK_SECONDS * 1000)

PAUSE = 1.0
"""Seconds for which Redis is not used after it did not answer."""
_CONNECTIONS = 32
_GENERATION_MILLIS = 3_600_000
_RESTING = "rest:"


class ClockError(RedisError):
    """The clock of Redis was set back, so the age of its answers is unknown."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What Redis knows of a credential at one moment, as far as this worker believes it."""

    raw: bytes = b""
    fresh: Verdict | None = None
    stale: Verdict | None = None
    life: Lifetime | None = None
    """What is left of the answer's lifetime."""
    asked: bool = False
    """Whether some worker is asking Appwrite."""
    rest: float = 0
    """Seconds for which Appwrite is not to be asked again, because it just could not be."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question to Appwrite that one worker asks for all."""

    token: str
    generation: str
    history: str
    epoch: int
    asked: int


class SharedCache:
    """The Redis of a group of gateways. Every method but ``close`` can raise one of ``FAILURES``."""

    def __init__(self, url: str, prefix: str, policy: Policy) -> None:
        self._client: Any = connect_redis(url)
        self._prefix = prefix
        self._policy = policy
        self._channel = f"{prefix}:news"
        self.epoch: int | None = None
        """The epoch that this worker has begun; ``None`` while it does not hear of revocations."""
        self._latest = 0
        """The latest epoch that any worker has begun, as far as it is known here."""
        self._ahead = 0.0
        self._tried_in_vain_until = 0.0
        # The client refuses a call when it has no connection left, and a crowd would go to Appwrite.
        self._connections = asyncio.Semaphore(_CONNECTIONS)
        self._scripts = {
            text: self._client.register_script(text)
            for text in (scripts.LOOK, scripts.LOCK, scripts.FINISH, scripts.REVOKE, scripts.DATE, scripts.BEGIN, scripts.BEAT,
                         scripts.RENEW, scripts.COUNT)
        }  # fmt: skip
        self._waiting: dict[str, list[asyncio.Event]] = {}
        self.untold = Untold(self.revoke)

    async def _run(self, script: str, keys: list[str], *args: str | int | bytes) -> Any:
        async with self._connections:
            return await self._scripts[script](keys=keys, args=list(args))

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

    async def begin_epoch(self) -> None:
        """Begin to believe, after a subscription has begun. Raises ``ReadOnlyError`` if this Redis is no primary."""
        now, _ = await self._beat()
        epoch, now, _ = await self._run(scripts.BEGIN, [f"{self._prefix}:epoch"], self._channel)
        self._ahead = int(now) / 1000 - time.monotonic()
        self._latest = max(self._latest, int(epoch))
        self._tried_in_vain_until = 0
        self.epoch = int(epoch)

    def note_epoch(self, epoch: int) -> None:
        """Ask from now on in an epoch that another worker has begun."""
        self._latest = max(self._latest, epoch)

    async def beat(self) -> None:
        """Check that revocations can be written, and that the clock was not set back. Raises one of ``FAILURES`` otherwise."""
        now, _ = await self._beat()
        self._check_clock(now)

    async def _beat(self) -> tuple[int, str]:
        now, history = await self._run(scripts.BEAT, [f"{self._prefix}:beat"])
        if not history:
            raise ReadOnlyError("this Redis is no primary")
        return int(now), history.decode()

    def _check_clock(self, now: int) -> None:
        monotonic = time.monotonic()
        if is_set_back(now, monotonic, self._ahead):
            raise ClockError
        self._ahead = max(self._ahead, now / 1000 - monotonic)

    def now_ms(self) -> int:
        """Give the time of Redis, as far as it is known here, in milliseconds."""
        return round((time.monotonic() + self._ahead if self._ahead else time.time()) * 1000)

    def standing(self, user_id: str) -> Standing:
        """Say what this worker knows about revocations of a user."""
        return Standing(self.epoch, self.untold.covers(user_id))

    def is_usable(self, user_id: str) -> bool:
        """Whether answers about a user are looked for here."""
        return may_use_redis(self.standing(user_id)) and time.monotonic() >= self._tried_in_vain_until

    def note_failure(self, error: Exception) -> None:
        """Do without Redis for a moment after it did not answer, so that not every call waits for it."""
        log.warning("redis_failed", extra={"error": type(error).__name__})
        if isinstance(error, OSError | TimeoutError | ConnectionError | RedisTimeoutError | RedisConnectionError):
            self._tried_in_vain_until = time.monotonic() + PAUSE

    async def look(self, digest: str, user_id: str) -> Seen:
        """See what is known, as far as this worker may believe it."""
        raw, generation, lock, now, history = await self._run(scripts.LOOK, self._keys(digest, user_id))
        self._check_clock(int(now))
        lock = (lock or b"").decode()
        resting = lock.startswith(_RESTING)
        entry = _entry(raw, int(now)) if raw else None
        shelf = Shelf(history.decode(), (generation or b"").decode(), int(now), entry)
        seen = Seen(
            raw or b"",
            asked=bool(lock) and not resting,
            rest=float(lock.removeprefix(_RESTING)) if resting else 0,
        )
        life = believed(shelf, self.standing(user_id), self._policy)
        if entry is None or life is None:
            return seen
        return replace(seen, fresh=entry.verdict if life.fresh > 0 else None, stale=entry.verdict, life=life)

    @contextlib.asynccontextmanager
    async def ask_alone(self, digest: str, user_id: str, seen: Seen) -> AsyncIterator[Question | None]:
        """Be the only worker that asks, until ``finish``; gives ``None`` if another one asks, or has asked since ``seen``."""
        keys = self._keys(digest, user_id)
        token, generation, epoch = secrets.token_hex(8), secrets.token_hex(8), self._latest
        locked = await self._run(scripts.LOCK, keys, seen.raw, token, _MILLIS, generation, _GENERATION_MILLIS)
        if locked is None:
            yield None
            return
        current, now, history = locked
        renewing = asyncio.create_task(self._hold(keys[2], token))
        try:
            yield Question(token, current.decode(), history.decode(), epoch, int(now))
        finally:
            renewing.cancel()

    async def _hold(self, lock: str, token: str) -> None:
        with contextlib.suppress(*FAILURES):
            while True:
                await asyncio.sleep(LOCK_SECONDS / 3)
                await self._run(scripts.RENEW, [lock], token, _MILLIS)

    async def finish(
        self, digest: str, user_id: str, question: Question, verdict: Verdict, life: Lifetime, rest: float = 0
    ) -> bool:
        """Keep what Appwrite said and let the others go on. ``False``: a revocation came in between, so it counts no more."""
        fresh, kept = round(life.fresh * 1000), round(life.kept * 1000)
        if verdict.outcome is Outcome.UNAVAILABLE:
            kept = -1  # no word about the credential: what was known stays
        entry = Entry(verdict, question.generation, question.history, question.epoch, question.asked, fresh, kept)
        resting, news = f"{_RESTING}{verdict.retry_after}", json.dumps({"done": digest})
        counts = await self._run(
            scripts.FINISH, self._keys(digest, user_id), question.generation, _text(entry), kept, question.token,
            round(rest * 1000), resting, self._channel, news, question.history,
        )  # fmt: skip
        return bool(counts)

    async def revoke(self, user_id: str) -> None:
        """Drop every answer about a user, here and in every worker, and date that for the workers to come."""
        # In this order: a worker that begins in between hears of it in one of the two ways.
        await self._run(scripts.DATE, [f"{self._prefix}:revoked"], user_id, LONGEST_LIFE_MS, MOST, EVERYBODY)
        await self._run(scripts.REVOKE, [self._keys("", user_id)[1]], self._channel, json.dumps(user_id))

    async def revocations(self) -> list[tuple[str, int]]:
        """Give the users who were revoked in the last hour, and when."""
        async with self._connections:
            found = await self._client.zrange(f"{self._prefix}:revoked", 0, -1, withscores=True)
        return [(user_id.decode(), int(at)) for user_id, at in found]

    async def count(self, name: str, user_id: str, window: float) -> tuple[int, float]:
        """Count one more in a window of seconds; gives the count and the seconds until the window ends."""
        key = f"{self._prefix}:{{{self._slot(user_id)}}}:count:{name}"
        count, left = await self._run(scripts.COUNT, [key], round(window * 1000))
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


def _text(entry: Entry) -> str:
    return json.dumps({
        **dump_verdict(entry.verdict), "g": entry.generation, "h": entry.history, "e": entry.epoch, "a": entry.asked,
        "f": entry.fresh, "k": entry.kept,
    })  # fmt: skip


def _entry(text: bytes, now: int) -> Entry | None:
    """Read an answer at the time ``now`` of Redis; ``None`` if it is of another form."""
    try:
        content: dict[str, Any] = load_json(text)
        numbers = [content[name] for name in "eafk"]
        if not all(type(each) is int for each in numbers):
            return None
        asked = content["a"]
        verdict = replace(load_verdict(content), asked=time.monotonic() - (now - asked) / 1000, asked_ms=asked)
        return Entry(verdict, str(content["g"]), str(content["h"]), *numbers)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
