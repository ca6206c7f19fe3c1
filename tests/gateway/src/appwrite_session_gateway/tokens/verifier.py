"""For microservices: verifies access tokens with the gateway's published keys, and asks nobody about a token."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from http import HTTPStatus
from typing import Any

import httpx
from starlette.requests import HTTPConnection

from ..problem import Problem
from ..user import User
from .check import TokenCheck
from .issuer import user_of
from .keys import Key, public_key

log = logging.getLogger("appwrite_session_gateway")
_LONGEST_SET = 256 * 1024


class TokenAuth:
    """The FastAPI dependency of a microservice behind a gateway that issues access tokens.

    .. code-block:: python

        auth = TokenAuth(issuer="https://api.example.com", audience="orders")
        app.add_exception_handler(Problem, answer_problem)

        @app.get("/orders")
        async def orders(user: Annotated[User, Depends(auth)]) -> list[Order]: ...

    The keys are fetched from ``jwks_url`` when they are first needed, again after ``cache_seconds``, and when a token names a key
    that is not among them, though not more often than every ten seconds. While they are fetched, and while they cannot be, those
    that were there go on to be used, and no call with one of them waits. If the issuer has tokens of several projects for this
    audience, ``project`` is the one whose users are meant.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        project: str | None = None,
        jwks_url: str | None = None,
        cache_seconds: float = 300,
        timeout: float = 5,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        if issuer.endswith("/"):
            raise ValueError("issuer is what tokens say, and no issuer ends with a slash")
        self.issuer, self.audience, self.project = issuer, audience, project
        self._check = TokenCheck(issuer=issuer, audience=audience, project=project)
        self._url = jwks_url or f"{issuer}/.well-known/jwks.json"
        self._cache_seconds, self._timeout, self._client = cache_seconds, timeout, client
        self._keys: dict[str, Key] = {}
        self._fetched = float("-inf")
        self._tried = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def __call__(self, connection: HTTPConnection) -> User:
        """Give the user of a request; raises ``Problem`` if its token is missing, invalid or has expired."""
        user = user_of(await self.claims(_bearer(connection)))
        connection.state.user = user
        return user

    async def claims(self, token: str) -> dict[str, Any]:
        """Verify a token, and give its claims. Raises ``Problem``, with ``auth_unavailable`` if there are no keys yet."""
        key = await self._key(str(self._check.kid(token)))
        return self._check.claims(token, key)

    async def _key(self, kid: str) -> Key | None:
        if self._is_due(kid) and (self._fetching is None or self._fetching.done()):
            self._fetching = asyncio.create_task(self._fetch())
        if kid not in self._keys and self._fetching is not None and not self._fetching.done():
            # Whoever gives up waiting does not stop it for the others.
            await asyncio.wait((self._fetching,))
        if not self._keys:
            raise Problem("auth_unavailable", retry_after=10)
        return self._keys.get(kid)

    def _is_due(self, kid: str) -> bool:
        now = time.monotonic()
        wanted = kid not in self._keys or now - self._fetched > self._cache_seconds
        return wanted and now - self._tried > 10

    async def _fetch(self) -> None:
        self._tried = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                found = [public_key(jwk) for jwk in json.loads(await self._get())["keys"]]
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("the keys of access tokens cannot be fetched from %s: %s", self._url, type(error).__name__)
            return
        self._keys = {key.kid: key for key in found if key is not None}
        self._fetched = time.monotonic()

    async def _get(self) -> bytes:
        if self._client is not None:
            return await self._body(self._client)
        async with httpx.AsyncClient() as client:
            return await self._body(client)

    async def _body(self, client: httpx.AsyncClient) -> bytes:
        body = bytearray()
        async with client.stream("GET", self._url, timeout=self._timeout, follow_redirects=False) as answer:
            if answer.status_code != HTTPStatus.OK:
                raise ValueError(f"status {answer.status_code}")
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _LONGEST_SET:
                    raise ValueError("too long")
        return bytes(body)


def _bearer(connection: HTTPConnection) -> str:
    lines = connection.headers.getlist("authorization")
    if not lines:
        raise Problem("session_missing")
    if len(lines) > 1:
        raise Problem("carrier_ambiguous")
    scheme, _, token = lines[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem("session_missing")
    return token.strip()
