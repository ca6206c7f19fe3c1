"""The sign-in check for any ASGI app: Starlette, Litestar, Django, Quart, or one without a framework."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from .auth import SessionAuth
from .cors import cors_of
from .problem import Problem, answer_problem


class SessionMiddleware:
    """Answers requests and WebSockets without a user with the contract's problem, and gives the others to ``app``.

    The user is ``scope["state"]["user"]``, in Starlette ``request.state.user``. ``is_public`` says by the path which requests
    need no user; these have none, even if they carry a credential. The path is the one that ``app`` routes by: without the
    ``root_path`` of the server or of a mount. It opens and closes ``auth`` with the app's lifespan, which the app has to support.

    If a ``CORSMiddleware`` of Starlette is in ``app``, it answers preflights, and its headers are on the problems.
    """

    def __init__(self, app: ASGIApp, auth: SessionAuth, is_public: Callable[[str], bool] = lambda _path: False) -> None:
        self.app, self._auth, self._is_public = app, auth, is_public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            async with self._auth.opened():
                await self.app(scope, receive, send)
            return
        if scope["type"] in ("http", "websocket") and not self._is_public(route_path(scope)):
            answer = await self._refusal(scope, receive, send)
            if answer is not None:
                if scope["type"] == "http":
                    await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _refusal(self, scope: Scope, receive: Receive, send: Send) -> ASGIApp | None:
        """Say what is answered in place of the app: nothing, if there is a user. A WebSocket is already answered then."""
        if _is_preflight(scope) and (cors := cors_of(self.app)) is not None:
            return cors(Response())
        is_http = scope["type"] == "http"
        connection = HTTPConnection(scope) if is_http else WebSocket(scope, receive, send)
        try:
            await self._auth(connection)
        except Problem as problem:
            response = await answer_problem(connection, problem)
            cors = cors_of(self.app) if is_http else None
            return response if cors is None else cors(response)
        return None


def route_path(scope: Scope) -> str:
    """Give the path without the root path, as Starlette and FastAPI route by it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if root and (path == root or path.startswith(f"{root}/")):
        return path[len(root) :] or "/"
    return path


def _is_preflight(scope: Scope) -> bool:
    """Whether a browser asks whether it may send a request. It has no credential, and no app's own code answers it."""
    if scope["type"] != "http" or scope["method"] != "OPTIONS":
        return False
    headers = Headers(scope=scope)
    return "origin" in headers and "access-control-request-method" in headers
