"""The sign-in check for any ASGI app: Starlette, Litestar, Django, Quart, or one without a framework."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from .auth import SessionAuth
from .problem import Problem, answer_problem


class SessionMiddleware:
    """Answers requests and WebSockets without a user with the contract's problem, and gives the others to ``app``.

    The user is ``scope["state"]["user"]``, in Starlette ``request.state.user``. ``is_public`` says by the path which requests
    need no user; these have none, even if they carry a credential. It opens and closes ``auth`` with the app's lifespan, which
    the app has to support.
    """

    def __init__(self, app: ASGIApp, auth: SessionAuth, is_public: Callable[[str], bool] = lambda _path: False) -> None:
        self._app, self._auth, self._is_public = app, auth, is_public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            async with self._auth.opened():
                await self._app(scope, receive, send)
            return
        if scope["type"] in ("http", "websocket") and not self._is_public(scope["path"]):
            connection = HTTPConnection(scope) if scope["type"] == "http" else WebSocket(scope, receive, send)
            try:
                await self._auth(connection)
            except Problem as problem:
                response = await answer_problem(connection, problem)
                if scope["type"] == "http":
                    await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
