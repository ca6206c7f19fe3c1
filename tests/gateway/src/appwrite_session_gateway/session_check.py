"""Answers another proxy who makes the call that it has before it: nginx, Envoy, Traefik, Caddy, HAProxy, APISIX.

Such a proxy sends the head of the call here, without its body, and passes the call on to the service if the answer is 200. Envoy
sends the method and the path of the call, the path behind a prefix. The others send a GET, with the method in
``X-Forwarded-Method``.
"""

# Without `from __future__ import annotations`: FastAPI reads the annotations of functions within a function.

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from .auth import SessionAuth
from .headers import UserHeaders
from .limits import UserLimit
from .origin import SAFE_METHODS
from .problem import PROBLEM_RESPONSES
from .user import User

PATH = "/_gateway/session"
_EVERYTHING_BELOW = PATH + "/{rest:path}"


def session_check_router(auth: SessionAuth, users: UserHeaders, limit: UserLimit | None = None) -> APIRouter:
    """Make ``/_gateway/session`` and everything below it, in every method: 200 with the headers of ``users``, or a problem.

    The status is 200 and not 204, because for Envoy every other status is a refusal. No body is read. ``limit`` counts the
    calls of each user.
    """
    router = APIRouter()
    call = _ProxiedCall(auth)

    async def caller(user: Annotated[User, Depends(call)]) -> User:
        if limit is not None:
            await limit.admit(user.id)
        return user

    def answer(user: User) -> Response:
        response = Response(headers={"Cache-Control": "no-store"})
        response.raw_headers += [(name.lower(), value) for name, value in users.of(user)]
        return response

    class EveryMethod:
        """An ASGI app, so that it takes methods without a name of their own in HTTP, and reads no body."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await answer(await caller(await call(HTTPConnection(scope))))(scope, receive, send)

    async def handshake(socket: WebSocket) -> None:
        # A proxy that leaves the WebSocket's headers in what it asks. It wants an answer, and no WebSocket.
        await socket.send_denial_response(answer(await caller(await call(socket))))

    @router.get(PATH, responses=PROBLEM_RESPONSES, summary="Who calls, for another proxy")
    async def session(user: Annotated[User, Depends(caller)]) -> Response:
        return answer(user)

    for path in (PATH, _EVERYTHING_BELOW):
        router.routes.append(Route(path, EveryMethod(), include_in_schema=False))
        router.routes.append(WebSocketRoute(path, handshake))
    return router


class _ProxiedCall(SecurityBase):
    """Gives the user of a call that another proxy asks about, by the rules for that call and not for the question."""

    def __init__(self, auth: SessionAuth) -> None:
        self._auth = auth
        self.scheme_name, self.model = auth.scheme_name, auth.model

    async def __call__(self, connection: HTTPConnection) -> User:
        """Give the user; raises ``Problem`` if there is none."""
        return await self._auth(HTTPConnection(proxied_scope(connection)))


def proxied_scope(connection: HTTPConnection) -> Scope:
    """Give the ASGI scope of the call that a proxy asks about, as far as the origin rule looks at it.

    A method that changes something counts wherever it is named, and so do the headers of a WebSocket: a client that adds
    ``X-Forwarded-Method: GET`` gains nothing. ``X-Forwarded-Host`` is the proxy's; a website cannot make a browser send it.
    """
    headers = connection.headers
    methods = [connection.scope.get("method", "GET"), *headers.getlist("x-forwarded-method")]
    changing = [method for method in methods if method.upper() not in SAFE_METHODS]
    is_socket = connection.scope["type"] == "websocket" or "sec-websocket-version" in headers or "sec-websocket-key" in headers
    scope: Scope = {
        **connection.scope,
        "type": "websocket" if is_socket else "http",
        "method": changing[0] if changing else "GET",
    }
    if host := headers.get("x-forwarded-host"):
        others = [(name, value) for name, value in connection.scope["headers"] if name != b"host"]
        scope["headers"] = [*others, (b"host", host.encode("latin-1"))]
    return scope
