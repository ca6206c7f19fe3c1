"""Asks Appwrite whether a credential lives: a plain ``GET /v1/account``, and what its answer means."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

import httpx

from .credential import Carrier, Credential
from .observe import APPWRITE_REQUESTS, APPWRITE_SECONDS
from .outgoing import outgoing_client
from .user import User
from .verdict import Outcome, Verdict, load_json

MAX_ANSWER = 1 << 20
MAX_RETRY_AFTER = 60

# Appwrite's word, by its `type`; anything else is no word about the credential.
_MEANING = {
    (401, "general_unauthorized_scope"): Outcome.SESSION_INVALID,
    (401, "user_jwt_invalid"): Outcome.SESSION_INVALID,
    (401, "user_more_factors_required"): Outcome.MFA_REQUIRED,
    (401, "user_blocked"): Outcome.USER_BLOCKED,
    (403, "user_blocked"): Outcome.USER_BLOCKED,
    (412, "user_password_reset_required"): Outcome.PASSWORD_RESET,
}


class Appwrite:
    """One project of an Appwrite, as a gateway sees it."""

    def __init__(self, endpoint: str, project: str, *, timeout: float, connections: int) -> None:
        self._url = endpoint.rstrip("/") + "/account"
        self._project = project
        self._timeout = timeout
        self._http = outgoing_client(timeout=timeout, connections=connections, http2=True)
        self._http.headers.update({"User-Agent": "appwrite-session-gateway", "Accept": "application/json"})

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self, credential: Credential) -> Verdict:
        """Ask about ``credential``. Never raises for what Appwrite or the network does: that is ``UNAVAILABLE``."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                verdict = await self._ask_twice(credential)
        except TimeoutError:
            verdict = Verdict(Outcome.UNAVAILABLE, why="timeout")
        APPWRITE_SECONDS.observe(time.monotonic() - started)
        APPWRITE_REQUESTS.labels(verdict.why or verdict.outcome.value).inc()
        return verdict

    async def _ask_twice(self, credential: Credential) -> Verdict:
        try:
            return await self._ask_once(credential)
        except httpx.TimeoutException:
            return Verdict(Outcome.UNAVAILABLE, why="timeout")
        except httpx.TransportError:
            # Most often a pooled connection that Appwrite has closed meanwhile. Asking changes nothing, so it is asked again.
            try:
                return await self._ask_once(credential)
            except httpx.TimeoutException:
                return Verdict(Outcome.UNAVAILABLE, why="timeout")
            except httpx.TransportError:
                return Verdict(Outcome.UNAVAILABLE, why="unreachable")

    async def _ask_once(self, credential: Credential) -> Verdict:
        name = "X-Appwrite-JWT" if credential.carrier is Carrier.JWT else "X-Appwrite-Session"
        headers = {"X-Appwrite-Project": self._project, name: credential.text}
        async with self._http.stream("GET", self._url, headers=headers) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER:
                    return Verdict(Outcome.UNAVAILABLE, why="not_appwrite")
        return read_answer(response.status_code, response.headers, bytes(body), credential)


def read_answer(status: int, headers: httpx.Headers, body: bytes, credential: Credential) -> Verdict:
    """Say what an answer to ``GET /v1/account`` means. Only Appwrite's own words, in its own form, decide anything."""
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
        return _alive(content, credential)
    outcome = _MEANING.get((status, str(content.get("type"))))
    if outcome is None:
        # 404 project_not_found, 403 general_unknown_origin, 401 general_access_forbidden, …: a setting is wrong, not the session.
        return Verdict(Outcome.UNAVAILABLE, retry_after=retry_after, why="misconfigured")
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


def _retry_after(headers: httpx.Headers) -> int:
    """Seconds, from 1 to a minute, of ``Retry-After`` or else Appwrite's own header of the end of its window."""
    try:
        if text := headers.get("retry-after"):
            seconds = float(text)
        else:
            seconds = float(headers.get("x-ratelimit-reset", "0")) - time.time()
    except ValueError:
        return 1
    return max(1, min(MAX_RETRY_AFTER, math.ceil(seconds))) if math.isfinite(seconds) else 1
