"""The reference gateway: knows who calls, and passes the call on to the microservice."""

# Without `from __future__ import annotations`: FastAPI reads the annotations of functions within a function.

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Response, WebSocket
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from .auth import SessionAuth
from .headers import UserHeaders
from .limits import AtOnce, UserLimit
from .logs import RequestLog, set_up_logs
from .outgoing import trust
from .proxy import Proxy
from .revocation import revocation_router
from .session_check import session_check_router
from .settings import Settings
from .sockets import forward_socket
from .tokens import SigningKeys, TokenIssuer, token_router
from .user import User


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the gateway; without ``settings``, from the environment."""
    given = settings or Settings.from_environment()
    set_up_logs(given.log_level)
    tokens = None
    if given.token_keys:
        tokens = TokenIssuer(
            SigningKeys.from_text(given.token_keys), issuer=given.token_issuer, audience=given.token_audience,
            project=given.project, life=given.token_life,
        )  # fmt: skip
    auth = SessionAuth(
        endpoint=given.endpoint, project=given.project, cache=given.cache or None, ttl=given.ttl,
        negative_ttl=given.negative_ttl, grace=given.grace, local_ttl=given.local_ttl, timeout=given.appwrite_timeout,
        connections=given.appwrite_connections, failures_per_minute=given.failures_per_minute,
        origins=[each.strip() for each in given.origins.split(",") if each.strip()], ca_file=given.ca_file, tokens=tokens,
    )  # fmt: skip
    users = UserHeaders(signing_key=given.user_signing_key, audience=given.user_audience)
    proxy = Proxy(
        given.upstream, given.project, users,
        timeout=given.upstream_timeout, body_limit=given.body_limit, connections=given.connections,
        tls=trust(given.ca_file),
    )  # fmt: skip
    limit, at_once = auth.user_limit(given.calls_per_minute), AtOnce(given.calls_at_once)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with auth.lifespan(app):
            yield
        await proxy.close()

    async def caller(user: Annotated[User, Depends(auth)]) -> User:
        await limit.admit(user.id)
        return user

    caller_of = Annotated[User, Depends(caller)]
    app = FastAPI(title="Gateway", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/_gateway/openapi.json")
    app.add_middleware(RequestLog)

    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", summary="Whether the process runs")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.head("/readyz", include_in_schema=False)
    @app.get("/readyz", summary="Whether it takes requests; also how it remembers")
    async def readyz() -> JSONResponse:
        # An Appwrite or a Redis that is away does not take a gateway out of service: every other one sees the same.
        return JSONResponse({"ready": auth.is_ready, "cache": auth.cache_state}, 200 if auth.is_ready else 503)

    app.include_router(
        revocation_router(auth, secret=given.revocation_secret, webhook_key=given.webhook_key, webhook_url=given.webhook_url)
    )

    if tokens is not None:
        app.include_router(token_router(auth, tokens, limit))

    app.include_router(session_check_router(auth, users, limit))
    app.router.routes.append(Route("/_gateway/{rest:path}", Response(status_code=404)))
    app.router.routes.append(Route("/{path:path}", _Forward(auth, proxy, limit, at_once)))

    @app.websocket("/{path:path}")
    async def forward_websocket(socket: WebSocket, user: caller_of) -> None:
        async with at_once.admit(user.id):
            await forward_socket(socket, user, auth, proxy, message_limit=given.message_limit)

    return app


class _Forward:
    """Passes a call on. An ASGI app, so that it takes every method, and has the connection to itself."""

    def __init__(self, auth: SessionAuth, proxy: Proxy, limit: UserLimit, at_once: AtOnce) -> None:
        self._auth, self._proxy, self._limit, self._at_once = auth, proxy, limit, at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        user = await self._auth(HTTPConnection(scope))
        await self._limit.admit(user.id)

        async def is_over() -> bool:
            return bool(await self._auth.ended(scope["headers"], outlives_token=True))

        async with self._at_once.admit(user.id):
            await self._proxy.forward(scope, receive, send, user, is_over)
