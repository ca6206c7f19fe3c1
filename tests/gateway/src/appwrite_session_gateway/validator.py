"""Knows who calls: this worker's memory first, then Redis, then Appwrite, with one question at a time about each credential."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import NamedTuple

from .appwrite import Appwrite
from .credential import Credential
from .limits import FailureGuard
from .local import LocalCache
from .observe import VALIDATION_SECONDS, VALIDATIONS
from .shared import FAILURES, LOCK_SECONDS, Seen, SharedCache
from .verdict import Lifetime, Outcome, Policy, Verdict, lifetime

log = logging.getLogger(__name__)

_TRIES = 3
"""So often a question is asked anew because a revocation came while it was under way."""
_NOT_KEPT = Lifetime(0, 0)


class _Found(NamedTuple):
    verdict: Verdict
    source: str
    life: Lifetime = _NOT_KEPT


@dataclass(slots=True)
class _Flight:
    """One question under way in this worker, with everybody here who waits for it."""

    user_id: str
    overtaken: bool = False
    """Whether a revocation came meanwhile: then its answer is not kept, and nobody new waits for it."""
    task: asyncio.Task[_Found] | None = None


class Validator:
    """Gives verdicts about credentials, as fresh as ``policy`` says."""

    def __init__(
        self,
        appwrite: Appwrite,
        local: LocalCache,
        shared: SharedCache | None,
        policy: Policy,
        guard: FailureGuard,
        scope: str,
    ) -> None:
        self._appwrite = appwrite
        self._local = local
        self._shared = shared
        self._policy = policy
        self._guard = guard
        self._scope = scope
        self._flights: dict[str, _Flight] = {}

    async def validate(self, credential: Credential, client: str = "") -> Verdict:
        """Say what Appwrite says of ``credential``, or said of it lately.

        Raises ``Problem`` ``rate_limited`` if ``client``, an address, came with too many credentials that Appwrite does not know.
        """
        started = time.monotonic()
        digest = credential.digest(self._scope)
        source = "local"
        verdict = self._local.fresh(digest)
        if verdict is None:
            self._guard.admit(client)
            (verdict, source, _), joined = await self._join(digest, credential)
            if joined and verdict.outcome is Outcome.MFA_REQUIRED:
                # The question may be older than this request, and the factor have come in between.
                (verdict, source, _), joined = await self._join(digest, credential)
            source = "joined" if joined else source
            if verdict.outcome is Outcome.SESSION_INVALID:
                self._guard.note_failure(client)
        VALIDATIONS.labels(verdict.outcome.value, source).inc()
        VALIDATION_SECONDS.observe(time.monotonic() - started)
        return verdict

    def forget_user(self, user_id: str) -> None:
        """Drop what this worker knows of a user, and what it is about to learn."""
        self._local.forget_user(user_id)
        for digest, flight in list(self._flights.items()):
            if flight.user_id == user_id:
                flight.overtaken = True
                del self._flights[digest]

    def forget_all(self) -> None:
        """Drop everything: news of revocations may have been missed."""
        self._local.forget_all()
        for flight in self._flights.values():
            flight.overtaken = True
        self._flights.clear()

    async def _join(self, digest: str, credential: Credential) -> tuple[_Found, bool]:
        flight = self._flights.get(digest)
        joined = flight is not None
        if flight is None:
            flight = self._flights[digest] = _Flight(credential.user_id)
            flight.task = asyncio.create_task(self._fly(digest, credential, flight))
        assert flight.task is not None  # noqa: S101
        # Shielded: whoever gives up does not stop it for the others.
        return await asyncio.shield(flight.task), joined

    async def _fly(self, digest: str, credential: Credential, flight: _Flight) -> _Found:
        try:
            found = await self._find(digest, credential)
            decided = found.verdict.outcome is not Outcome.UNAVAILABLE and found.source != "stale"
            if decided and not flight.overtaken:
                self._local.keep(digest, credential.user_id, found.verdict, found.life)
            return found
        finally:
            if self._flights.get(digest) is flight:
                del self._flights[digest]

    async def _find(self, digest: str, credential: Credential) -> _Found:
        shared = self._shared
        if shared is not None and shared.heard_since is not None:
            try:
                return await self._find_shared(shared, digest, credential)
            except FAILURES as error:
                log.warning("redis_failed", extra={"error": type(error).__name__})
        return await self._find_alone(digest, credential)

    async def _find_alone(self, digest: str, credential: Credential) -> _Found:
        """Without Redis: because there is none, or because it is away."""
        if self._local.is_resting(digest):
            return self._without_appwrite(self._local.stale(digest), Verdict(Outcome.UNAVAILABLE))
        verdict = await self._appwrite.ask(credential)
        if verdict.outcome is Outcome.UNAVAILABLE:
            self._local.rest(digest, self._policy.backoff)
            return self._without_appwrite(self._local.stale(digest), verdict)
        life = lifetime(verdict, credential, self._policy)
        if self._shared is not None:
            longest = self._policy.deaf_ttl
            life = Lifetime(min(life.fresh, longest), min(life.kept, longest))
        return _Found(verdict, "appwrite", life)

    async def _find_shared(self, shared: SharedCache, digest: str, credential: Credential) -> _Found:
        overtaken = 0
        while overtaken < _TRIES:
            with shared.expect_news(digest) as over:
                seen = await shared.look(digest, credential.user_id)
                if seen.fresh is not None:
                    return _Found(seen.fresh, "redis", self._in_front(seen.life))
                if seen.rest:
                    resting = Verdict(Outcome.UNAVAILABLE, retry_after=max(1, round(seen.rest)))
                    return self._without_appwrite(seen.stale, resting)
                if seen.asked:
                    await _wait(over, LOCK_SECONDS / 4)
                    continue
            async with shared.ask_alone(digest, credential.user_id, seen) as token:
                if token is not None:
                    found = await self._ask(shared, digest, credential, seen, token)
                    if found is not None:
                        return found
                    overtaken += 1
        return _Found(Verdict(Outcome.UNAVAILABLE), "appwrite")

    async def _ask(self, shared: SharedCache, digest: str, credential: Credential, seen: Seen, token: str) -> _Found | None:
        """Ask Appwrite for all workers; ``None`` if a revocation made the answer worthless."""
        verdict = await self._appwrite.ask(credential)
        life = lifetime(verdict, credential, self._policy)
        unavailable = verdict.outcome is Outcome.UNAVAILABLE
        rest = self._policy.backoff if unavailable else 0
        try:
            if not await shared.finish(digest, credential.user_id, token, seen, verdict, life, rest):
                return None
        except FAILURES as error:
            # Appwrite's answer counts all the same, for those who wait for it.
            log.warning("redis_failed", extra={"error": type(error).__name__})
            return _Found(verdict, "appwrite")
        if unavailable:
            return self._without_appwrite(seen.stale, verdict)
        return _Found(verdict, "appwrite", self._in_front(life))

    @staticmethod
    def _without_appwrite(stale: Verdict | None, verdict: Verdict) -> _Found:
        """Serve through an outage with what was known, as long as the grace lasts."""
        if stale is not None and stale.outcome is Outcome.ALIVE:
            return _Found(stale, "stale")
        return _Found(verdict, "appwrite")

    def _in_front(self, life: Lifetime | None) -> Lifetime:
        """In front of Redis a worker remembers for a short time, and keeps nothing for an outage: Redis does that."""
        fresh = min(life.fresh, self._policy.local_ttl) if life else 0
        return Lifetime(fresh, fresh)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for ``event``; news can be lost, so not for ever."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
