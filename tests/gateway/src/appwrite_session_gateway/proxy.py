"""Passes requests on to the microservice and its answers back, both as streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response, StreamingResponse

from .headers import RawHeaders, UserHeaders, forwarded_headers, returned_headers
from .outgoing import outgoing_client
from .problem import Problem
from .user import User


class Proxy:
    """One microservice behind the gateway. ``timeout`` is without a byte in either direction, not for the whole."""

    def __init__(
        self, upstream: str, project: str, users: UserHeaders, *, timeout: float, body_limit: int, connections: int
    ) -> None:
        self.url = httpx.URL(upstream.rstrip("/"))
        self._project = project
        self._users = users
        self._timeout = timeout
        self._body_limit = body_limit
        self._http = outgoing_client(timeout=timeout, connections=connections)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def outgoing(self, connection: HTTPConnection, user: User) -> RawHeaders:
        """Give the headers of what goes to the microservice for ``user``."""
        headers = forwarded_headers(connection.scope["headers"], self._project)
        headers.append((b"Host", self.url.netloc))
        headers.append((b"X-Request-Id", connection.state.request_id.encode()))
        headers.append((b"X-Forwarded-For", (connection.client.host if connection.client else "unknown").encode()))
        headers.append((b"X-Forwarded-Proto", connection.url.scheme.replace("ws", "http").encode()))
        headers.append((b"X-Forwarded-Host", connection.headers.get("host", "").encode("latin-1")))
        return headers + self._users.of(user)

    def target(self, connection: HTTPConnection) -> httpx.URL:
        """Give the URL at the microservice. The path goes on byte for byte, and cannot name another host."""
        scope = connection.scope
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope["query_string"]
        base = self.url.raw_path.rstrip(b"/")
        return self.url.copy_with(raw_path=base + path.partition(b"?")[0] + (b"?" + query if query else b""))

    async def forward(self, request: Request, user: User) -> Response:
        """Pass one request on. Raises ``Problem`` if the microservice does not answer, or the body is too much."""
        upstream = self._http.build_request(
            request.method, self.target(request), headers=self.outgoing(request, user), content=self._body(request)
        )
        try:
            answer = await self._http.send(upstream, stream=True)
        except httpx.TimeoutException:
            raise Problem("service_timeout") from None
        except httpx.TransportError:
            raise Problem("service_unavailable") from None
        except ClientDisconnect:
            return Response(status_code=499)  # to nobody
        response = StreamingResponse(_pieces(answer), answer.status_code, background=BackgroundTask(answer.aclose))
        response.raw_headers = returned_headers(answer.headers.raw, self._project)
        return response

    def _body(self, request: Request) -> AsyncIterator[bytes] | None:
        length = request.headers.get("content-length")
        if length is None and "transfer-encoding" not in request.headers:
            return None
        if length is not None and length.isdecimal() and int(length) > self._body_limit:
            raise Problem("body_too_large")
        return self._counted(request)

    async def _counted(self, request: Request) -> AsyncIterator[bytes]:
        size = 0
        pieces = request.stream()
        while True:
            try:
                async with asyncio.timeout(self._timeout):
                    piece = await anext(pieces, None)
            except TimeoutError:
                raise Problem("body_too_slow") from None
            if piece is None:
                return
            size += len(piece)
            if size > self._body_limit:
                raise Problem("body_too_large")
            if piece:
                yield piece


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Give the answer's body as it comes; if it breaks off, so does ours, so that nobody takes half for the whole."""
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()
