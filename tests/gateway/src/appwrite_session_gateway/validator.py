"""Knows who calls: this worker's memory first, then Redis, then Appwrite, with one question at a time about each credential."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

from .appwrite import Asked
from .belief import kept_in_memory
from .credential import Credential
from .limits import FailureGuard
from .local import LocalCache
from .observe import VALIDATION_SECONDS, VALIDATIONS
from .pace import Pace
from .redis_url import FAILURES
from .revoked_tokens import RevokedTokens
from .shared import LOCK_SECONDS, Question, Seen, SharedCache
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
    early: asyncio.Future[_Found]
    """What was known before, for those who wait, if Appwrite takes long."""
    overtaken: bool = False
    """Whether a revocation came meanwhile: then its answer is not kept, and nobody new waits for it."""
    task: asyncio.Task[_Found] | None = None
    timer: asyncio.TimerHandle | None = None


class Validator:
    """Gives verdicts about credentials, as fresh as ``policy`` says."""

    def __init__(
        self,
        appwrite: Asked,
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
        self._pace = Pace()
        self.revoked_tokens = RevokedTokens()

    async def validate(self, credential: Credential, client: str = "", *, patiently: bool = False) -> Verdict:
        """Say what Appwrite says of ``credential``, or said of it lately. ``patiently``: however long Appwrite takes.

        Raises ``Problem`` ``rate_limited`` if ``client``, an address, came with too many credentials that Appwrite does not know.
        """
        started = time.monotonic()
        digest = credential.digest(self._scope)
        source = "local"
        verdict = self._local.fresh(digest)
        if verdict is None:
            self._guard.admit(client)
            (verdict, source, _), joined = await self._join(digest, credential, patiently)
            if joined and verdict.outcome is Outcome.MFA_REQUIRED:
                # The question may be older than this request, and the factor have come in between.
                (verdict, source, _), joined = await self._join(digest, credential, patiently)
            source = "joined" if joined else source
            if verdict.outcome is Outcome.SESSION_INVALID:
                self._guard.note_failure(client)
        VALIDATIONS.labels(verdict.outcome.value, source).inc()
        VALIDATION_SECONDS.observe(time.monotonic() - started)
        return verdict

    def forget_user(self, user_id: str, at_ms: int | None = None) -> None:
        """Drop what this worker knows of a user, and what it is about to learn. The user was revoked at ``at_ms``, or now."""
        self._local.forget_user(user_id)
        self.revoked_tokens.revoke(user_id, self._now_ms() if at_ms is None else at_ms)
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

    async def _join(self, digest: str, credential: Credential, patiently: bool) -> tuple[_Found, bool]:
        flight = self._flights.get(digest)
        joined = flight is not None
        if flight is None:
            flight = self._flights[digest] = _Flight(credential.user_id, asyncio.get_running_loop().create_future())
            flight.task = asyncio.create_task(self._fly(digest, credential, flight))
            # If nobody waits any more, nobody else asks for its exception.
            flight.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        task = flight.task
        assert task is not None  # noqa: S101
        # Whoever gives up waiting does not stop the question for the others.
        awaited = (task,) if patiently else (task, flight.early)
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        return (task.result() if task.done() else flight.early.result()), joined

    async def _fly(self, digest: str, credential: Credential, flight: _Flight) -> _Found:
        try:
            found = await self._find(digest, credential, flight)
            decided = found.verdict.outcome is not Outcome.UNAVAILABLE and found.source != "stale"
            if decided and not flight.overtaken:
                self._local.keep(digest, credential.user_id, found.verdict, found.life)
            return found
        finally:
            if flight.timer is not None:
                flight.timer.cancel()
            if self._flights.get(digest) is flight:
                del self._flights[digest]

    def _offer(self, flight: _Flight, stale: Verdict | None) -> None:
        """Give those who wait what was known before if Appwrite does not answer soon. The question goes on."""
        if flight.timer is None and stale is not None and stale.outcome is Outcome.ALIVE:
            flight.timer = asyncio.get_running_loop().call_later(self._policy.patience, self._give_early, flight, stale)

    @staticmethod
    def _give_early(flight: _Flight, stale: Verdict) -> None:
        if not flight.overtaken and not flight.early.done():
            flight.early.set_result(_Found(stale, "stale"))

    async def _find(self, digest: str, credential: Credential, flight: _Flight) -> _Found:
        if not await self._pace.enter():
            return _Found(Verdict(Outcome.UNAVAILABLE, why="busy"), "appwrite")
        shared = self._shared
        if shared is not None and shared.is_usable(credential.user_id):
            try:
                return await self._find_shared(shared, digest, credential, flight)
            except FAILURES as error:
                shared.note_failure(error)
        return await self._find_alone(digest, credential, flight)

    async def _find_alone(self, digest: str, credential: Credential, flight: _Flight) -> _Found:
        """Without Redis: because there is none, because it cannot be used, or because this user's revocation is not passed on."""
        stale = self._local.stale(digest)
        if self._local.is_resting(digest):
            return self._without_appwrite(stale, Verdict(Outcome.UNAVAILABLE))
        self._offer(flight, stale)
        verdict = await self._question(credential, self._now_ms())
        if verdict.outcome is Outcome.UNAVAILABLE:
            self._local.rest(digest, self._policy.backoff)
            return self._without_appwrite(None if flight.overtaken else stale, verdict)
        life = lifetime(verdict, credential, self._policy)
        if self._shared is not None:
            life = kept_in_memory(life, self._shared.standing(credential.user_id), self._policy)
        return _Found(verdict, "appwrite", life)

    async def _find_shared(self, shared: SharedCache, digest: str, credential: Credential, flight: _Flight) -> _Found:
        overtaken = 0
        while overtaken < _TRIES:
            with shared.expect_news(digest) as over:
                seen = await shared.look(digest, credential.user_id)
                if seen.fresh is not None and seen.life is not None:
                    life = kept_in_memory(seen.life, shared.standing(credential.user_id), self._policy)
                    return _Found(seen.fresh, "redis", life)
                if seen.rest:
                    resting = Verdict(Outcome.UNAVAILABLE, retry_after=max(1, round(seen.rest)))
                    return self._without_appwrite(seen.stale, resting)
                self._offer(flight, seen.stale)
                if seen.asked:
                    await _wait(over, LOCK_SECONDS / 4)
                    continue
            async with shared.ask_alone(digest, credential.user_id, seen) as question:
                if question is not None:
                    found = await self._ask(shared, digest, credential, seen, question)
                    if found is not None:
                        return found
                    overtaken += 1
        return _Found(Verdict(Outcome.UNAVAILABLE), "appwrite")

    async def _ask(
        self, shared: SharedCache, digest: str, credential: Credential, seen: Seen, question: Question
    ) -> _Found | None:
        """Ask Appwrite for all workers; ``None`` if a revocation made the answer worthless."""
        verdict = await self._question(credential, question.asked)
        life = lifetime(verdict, credential, self._policy)
        unavailable = verdict.outcome is Outcome.UNAVAILABLE
        rest = self._policy.backoff if unavailable else 0
        try:
            if not await shared.finish(digest, credential.user_id, question, verdict, life, rest):
                return None
        except FAILURES as error:
            # Appwrite's answer counts all the same, for those who wait for it.
            shared.note_failure(error)
            return _Found(verdict, "appwrite")
        if unavailable:
            return self._without_appwrite(seen.stale, verdict)
        return _Found(verdict, "appwrite", kept_in_memory(life, shared.standing(credential.user_id), self._policy))

    async def _question(self, credential: Credential, asked_ms: int) -> Verdict:
        asked = time.monotonic()
        return replace(await self._appwrite.ask(credential), asked=asked, asked_ms=asked_ms)

    def _now_ms(self) -> int:
        """Give the time by the clock that revocations are dated by."""
        return self._shared.now_ms() if self._shared is not None else round(time.time() * 1000)

    @staticmethod
    def _without_appwrite(stale: Verdict | None, verdict: Verdict) -> _Found:
        """Serve through an outage with what was known, as long as the grace lasts."""
        if stale is not None and stale.outcome is Outcome.ALIVE:
            return _Found(stale, "stale")
        return _Found(verdict, "appwrite")


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for ``event``; news can be lost, so not for ever."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
