"""Passes requests on to the microservice and its answers back, both as streams, for as long as the session lives."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum, auto
from urllib.parse import unquote, urlsplit

import aiohttp
from multidict import CIMultiDict
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.types import Receive, Scope, Send
from yarl import URL

from .headers import RawHeaders, UserHeaders, forwarded_headers, returned_headers
from .outgoing import FAILURES, Outgoing, outgoing_client
from .problem import Problem
from .user import User

CHECK_SECONDS = 5.0
"""How often a call that takes long is looked at, so that an open connection is no way around a revocation."""


class Proxy:
    """One microservice behind the gateway. ``timeout`` is without a byte in either direction, not for the whole."""

    def __init__(
        self,
        upstream: str,
        project: str,
        users: UserHeaders,
        *,
        timeout: float,
        body_limit: int,
        connections: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(upstream)
        self.is_secure = parts.scheme == "https"
        self.host = parts.netloc.rpartition("@")[2]
        self._path = parts.path.rstrip("/")
        self._project = project
        self._users = users
        self._timeout = timeout
        self._body_limit = body_limit
        self._http = Outgoing(lambda: outgoing_client(timeout=timeout, connections=connections, tls=tls))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def outgoing(self, connection: HTTPConnection, user: User) -> RawHeaders:
        """Give the headers of what goes to the microservice for ``user``."""
        headers = forwarded_headers(connection.scope["headers"])
        headers.append((b"Host", self.host.encode()))
        headers.append((b"X-Request-Id", connection.state.request_id.encode()))
        headers.append((b"X-Forwarded-For", (connection.client.host if connection.client else "unknown").encode()))
        headers.append((b"X-Forwarded-Proto", connection.url.scheme.replace("ws", "http").encode()))
        headers.append((b"X-Forwarded-Host", connection.headers.get("host", "").encode("latin-1")))
        return headers + self._users.of(user)

    def target(self, connection: HTTPConnection) -> str:
        """Give path and query at the microservice, byte for byte. Raises ``Problem`` for one that could lead out of its path."""
        scope = connection.scope
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        try:
            path, query = raw.partition(b"?")[0].decode("ascii"), scope["query_string"].decode("ascii")
        except UnicodeDecodeError:
            raise Problem("request_invalid") from None
        if "#" in path + query or not path.startswith("/"):
            raise Problem("request_invalid")
        if self._path and any(unquote(part) in (".", "..") for part in unquote(path).replace("\\", "/").split("/")):
            raise Problem("request_invalid")
        return self._path + path + (f"?{query}" if query else "")

    async def forward(
        self, scope: Scope, receive: Receive, send: Send, user: User, is_over: Callable[[], Awaitable[bool]]
    ) -> None:
        """Pass one request on, and its answer back.

        Raises ``Problem`` if the microservice does not answer, or the body is too much. ``is_over`` says now and then whether the
        session has ended; then the answer is broken off. It is broken off as well if the client does not read it.
        """
        call = _Call(Request(scope, receive), send, self._timeout, self._body_limit)
        work = asyncio.create_task(self._exchange(call, user))
        try:
            match await _until_done(work, call, is_over):
                case _End.DONE:
                    work.result()
                case _End.SESSION_OVER:
                    # What was begun cannot be ended in another way, so that the client does not take a part for the whole.
                    raise ConnectionAbortedError("the session has ended")
                case _End.CLIENT_GONE:
                    pass
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _exchange(self, call: _Call, user: User) -> None:
        request = call.request
        url = URL(f"http{'s' if self.is_secure else ''}://{self.host}{self.target(request)}", encoded=True)
        headers: CIMultiDict[str] = CIMultiDict()
        for name, value in self.outgoing(request, user):
            # aiohttp writes UTF-8. What is none arrives as its latin-1 reading in UTF-8.
            headers.add(name.decode("latin-1"), _text(value))
        body = call.body()
        client = self._http.take()
        try:
            async with client.request(
                request.method, url, headers=headers, data=body, allow_redirects=False, expect100=False
            ) as answer:
                await call.answer(answer, returned_headers(answer.raw_headers, self._project, self.origin))
        except TimeoutError:
            if call.has_begun:
                raise
            raise (call.problem or Problem("service_timeout")) from None
        except ClientDisconnect:
            return
        except FAILURES:
            if call.has_begun:
                raise
            raise (call.problem or Problem("service_unavailable")) from None
        finally:
            await self._http.release(client)

    @property
    def origin(self) -> str:
        """Give the microservice's own URL, which no client can reach."""
        return f"http{'s' if self.is_secure else ''}://{self.host}{self._path}"


class _Call:
    """One request on its way, and what has become of it."""

    def __init__(self, request: Request, send: Send, timeout: float, body_limit: int) -> None:
        self.request = request
        self._send = send
        self._timeout = timeout
        self._body_limit = body_limit
        self.problem: Problem | None = None
        self.has_begun = False
        self.is_sent = asyncio.Event()
        """The client's body has ended, so the next thing that comes from it is that it has gone."""

    def body(self) -> AsyncIterator[bytes] | None:
        length = self.request.headers.get("content-length")
        if length is None and "transfer-encoding" not in self.request.headers:
            self.is_sent.set()
            return None
        if length is not None and length.isdecimal() and int(length) > self._body_limit:
            raise Problem("body_too_large")
        return self._counted()

    async def _counted(self) -> AsyncIterator[bytes]:
        size = 0
        pieces = self.request.stream()
        while True:
            try:
                async with asyncio.timeout(self._timeout):
                    piece = await anext(pieces, None)
            except TimeoutError:
                self.problem = Problem("body_too_slow")
                raise self.problem from None
            if piece is None:
                self.is_sent.set()
                return
            size += len(piece)
            if size > self._body_limit:
                self.problem = Problem("body_too_large")
                raise self.problem
            if piece:
                yield piece

    async def answer(self, answer: aiohttp.ClientResponse, headers: RawHeaders) -> None:
        """Send the answer's body as it comes. If it breaks off, so does ours, so that nobody takes half for the whole."""
        await self._give({"type": "http.response.start", "status": answer.status, "headers": headers})
        self.has_begun = True
        async for piece in answer.content.iter_any():
            await self._give({"type": "http.response.body", "body": piece, "more_body": True})
        await self._give({"type": "http.response.body", "body": b"", "more_body": False})

    async def _give(self, message: dict[str, object]) -> None:
        async with asyncio.timeout(self._timeout):
            await self._send(message)

    async def gone(self) -> None:
        """Wait until the client has gone."""
        await self.is_sent.wait()
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


class _End(Enum):
    """Why a call is over."""

    DONE = auto()
    CLIENT_GONE = auto()
    SESSION_OVER = auto()


async def _until_done(work: asyncio.Task[None], call: _Call, is_over: Callable[[], Awaitable[bool]]) -> _End:
    """Wait for ``work``, or for what makes it pointless."""
    watching = asyncio.create_task(call.gone())
    try:
        while not work.done():
            done, _ = await asyncio.wait((work, watching), timeout=CHECK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if watching in done and work not in done:
                return _End.CLIENT_GONE
            if not done and await is_over():
                return _End.SESSION_OVER
        return _End.DONE
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
