"""Asks Appwrite whether a credential lives: a plain ``GET /v1/account``, and what its answer means.

About a team it asks ``GET /v1/teams/<id>/memberships`` with the same credential, for the user's own membership.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import ssl
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from .breaker import Breaker
from .credential import Carrier, Credential
from .observe import APPWRITE_REQUESTS, APPWRITE_SECONDS
from .outgoing import FAILURES as OUTGOING_FAILURES
from .outgoing import Outgoing, outgoing_client
from .tracing import Questions, QuestionSpan
from .user import User
from .verdict import Outcome, Verdict, load_json

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

log = logging.getLogger(__name__)

MAX_ANSWER = 1 << 20
MAX_RETRY_AFTER = 60
MAX_WAITING = 4096
"""Questions that wait for their turn …"""
TURN_SECONDS = 15.0
"""… and how long each of them does."""
QUIET_SECONDS = 60.0
ADVICE = {
    "misconfigured": "Appwrite refused the gateway: check endpoint and project. `detail` is the type of Appwrite's error.",
    "not_appwrite": "The endpoint answered something else than Appwrite's API: check the endpoint and the proxies before it.",
    "unreachable": "No connection to the endpoint: check its name, port and certificate. `detail` is the kind of the failure.",
    "timeout": "Appwrite did not answer in time.",
    "wrong_user": "Appwrite answered with another user than the credential's: something between caches its answers.",
    "busy": "More sessions wait to be asked about than Appwrite answers for: raise the connections, or look at Appwrite.",
    "rate_limited": "Appwrite limits this gateway's requests.",
}
_TYPE = re.compile(r"[a-z0-9_]{1,64}")
_NO_ANSWER = ("timeout", "unreachable")

# Appwrite's word, by its `type`; anything else is no word about the credential.
_MEANING = {
    (401, "general_unauthorized_scope"): Outcome.SESSION_INVALID,
    (401, "user_jwt_invalid"): Outcome.SESSION_INVALID,
    (401, "user_more_factors_required"): Outcome.MFA_REQUIRED,
    (401, "user_blocked"): Outcome.USER_BLOCKED,
    (403, "user_blocked"): Outcome.USER_BLOCKED,
    (412, "user_password_reset_required"): Outcome.PASSWORD_RESET,
}
# Appwrite shows a team to its members only, and to those who were invited once they have accepted.
_MEANING_IN_TEAMS = {**_MEANING, (404, "team_not_found"): Outcome.NOT_PERMITTED}


class Asked(Protocol):
    """Whom a gateway asks about credentials: ``Appwrite``, or what stands in for it in the tests of an app."""

    async def ask(self, credential: Credential) -> Verdict:
        """Ask about ``credential``."""

    async def close(self) -> None:
        """Close the connections."""


class Appwrite:
    """One project of an Appwrite, as a gateway sees it. Asks ``connections`` questions at once; others wait for their turn."""

    def __init__(
        self,
        endpoint: str,
        project: str,
        *,
        timeout: float,
        connections: int,
        tls: ssl.SSLContext | None = None,
        tracer_provider: TracerProvider | None = None,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._project = project
        self._timeout = timeout
        self._turn = asyncio.Semaphore(connections)
        self._waiting = 0
        self._breaker = Breaker()
        self._told: dict[str, float] = {}
        self._questions = Questions(self._endpoint, tracer_provider)
        # HTTP/1.1: a connection that the network has swallowed costs the one question that is on it.
        self._http = Outgoing(lambda: outgoing_client(timeout=timeout, connections=connections, decompress=True, tls=tls))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def ask(self, credential: Credential) -> Verdict:
        """Ask about ``credential``. Never raises for what Appwrite or the network does: that is ``UNAVAILABLE``."""
        started = time.monotonic()
        verdict = await self._ask_in_turn(credential)
        APPWRITE_SECONDS.observe(time.monotonic() - started)
        APPWRITE_REQUESTS.labels(verdict.why or verdict.outcome.value).inc()
        if verdict.why:
            self._tell(verdict)
        return verdict

    def _tell(self, verdict: Verdict) -> None:
        """Log why Appwrite cannot be asked, each reason once a minute."""
        now = time.monotonic()
        if now - self._told.get(verdict.why, -QUIET_SECONDS) >= QUIET_SECONDS:
            self._told[verdict.why] = now
            advice = ADVICE.get(verdict.why, "")
            log.warning("appwrite_unavailable", extra={"why": verdict.why, "detail": verdict.detail, "advice": advice})

    async def _ask_in_turn(self, credential: Credential) -> Verdict:
        if self._waiting >= MAX_WAITING:
            return Verdict(Outcome.UNAVAILABLE, why="busy")
        self._waiting += 1
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            return Verdict(Outcome.UNAVAILABLE, why="busy")
        finally:
            self._waiting -= 1
        try:
            # Not before its turn: Appwrite may have stopped answering meanwhile.
            if not self._breaker.admits():
                return Verdict(Outcome.UNAVAILABLE, retry_after=self._breaker.seconds, why="breaker")
            with self._questions.span(_path(credential)) as span:
                verdict = await self._ask_once(credential, span)
                span.note_verdict(verdict)
            self._breaker.note(answered=verdict.why not in _NO_ANSWER)
            return verdict
        finally:
            self._turn.release()

    async def _ask_once(self, credential: Credential, span: QuestionSpan) -> Verdict:
        name = "X-Appwrite-JWT" if credential.carrier is Carrier.JWT else "X-Appwrite-Session"
        headers = {
            "X-Appwrite-Project": self._project,
            name: credential.text,
            "User-Agent": "appwrite-session-gateway",
            "Accept": "application/json",
        }
        client = self._http.take()
        is_whole = False
        try:
            async with (
                asyncio.timeout(self._timeout),
                client.get(
                    self._endpoint + _path(credential), params=_query(credential), headers=headers, allow_redirects=False
                ) as answer,
            ):
                span.note_status(answer.status)
                body = bytearray()
                async for chunk in answer.content.iter_any():
                    body += chunk
                    if len(body) > MAX_ANSWER:
                        answer.close()
                        return Verdict(Outcome.UNAVAILABLE, why="not_appwrite")
                is_whole = True
            return read_answer(answer.status, answer.headers, bytes(body), credential)
        except TimeoutError:
            return Verdict(Outcome.UNAVAILABLE, why="timeout")
        except OUTGOING_FAILURES as error:
            return Verdict(Outcome.UNAVAILABLE, why="unreachable", detail=type(error).__name__)
        finally:
            if not is_whole:
                self._http.give_up(client)
            await self._http.release(client)


def _path(credential: Credential) -> str:
    return f"/teams/{quote(credential.team, safe='')}/memberships" if credential.team else "/account"


def _query(credential: Credential) -> dict[str, str]:
    if not credential.team:
        return {}
    return {"queries[0]": json.dumps({"method": "equal", "attribute": "userId", "values": [credential.user_id]})}


def read_answer(status: int, headers: Mapping[str, str], body: bytes, credential: Credential) -> Verdict:
    """Say what an answer about ``credential`` means. Only Appwrite's own words, in its own form, decide anything."""
    retry_after = _retry_after(headers)
    if status == 429:
        return Verdict(Outcome.UNAVAILABLE, retry_after=retry_after, why="rate_limited")
    if status >= 500:
        return Verdict(Outcome.UNAVAILABLE, retry_after=retry_after, why="failing")
    try:
        content = load_json(body)
    except (ValueError, RecursionError):
        return Verdict(Outcome.UNAVAILABLE, why="not_appwrite")
    if status == 200:
        return _member(content, credential) if credential.team else _alive(content, credential)
    outcome = (_MEANING_IN_TEAMS if credential.team else _MEANING).get((status, str(content.get("type"))))
    if outcome is None:
        # 404 project_not_found, 403 general_unknown_origin, 401 general_access_forbidden, …: a setting is wrong, not the session.
        type_ = str(content.get("type"))
        detail = type_ if _TYPE.fullmatch(type_) else ""
        return Verdict(Outcome.UNAVAILABLE, retry_after=retry_after, why="misconfigured", detail=detail)
    return Verdict(outcome)


def _alive(account: dict[str, Any], credential: Credential) -> Verdict:
    try:
        user = User.from_account(account)
    except (ValueError, TypeError):
        return Verdict(Outcome.UNAVAILABLE, why="not_appwrite")
    if user.id != credential.user_id:
        # Something between here and Appwrite mixes answers up. Nobody becomes somebody else.
        return Verdict(Outcome.UNAVAILABLE, why="wrong_user")
    return Verdict(Outcome.ALIVE, user)


def _member(memberships: dict[str, Any], credential: Credential) -> Verdict:
    """Read the list with the user's own membership. Whatever else is in it is of somebody else."""
    listed = memberships.get("memberships")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        return Verdict(Outcome.UNAVAILABLE, why="not_appwrite")
    for each in listed:
        if (each.get("userId"), each.get("teamId")) == (credential.user_id, credential.team) and each.get("confirm") is True:
            roles = each.get("roles")
            named = tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else ()
            return Verdict(Outcome.ALIVE, User(id=credential.user_id), named)
    return Verdict(Outcome.NOT_PERMITTED)


def _retry_after(headers: Mapping[str, str]) -> int:
    """Seconds, from 1 to a minute, of ``Retry-After`` or else Appwrite's own header of the end of its window."""
    try:
        if text := headers.get("retry-after"):
            seconds = float(text)
        else:
            seconds = float(headers.get("x-ratelimit-reset", "0")) - time.time()
    except ValueError:
        return 1
    return max(1, min(MAX_RETRY_AFTER, math.ceil(seconds))) if math.isfinite(seconds) else 1
