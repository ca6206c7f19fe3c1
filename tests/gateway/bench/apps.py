"""One small app, with the dependency and without. Run by uvicorn, set up by the environment."""

import os
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from appwrite_session_gateway import SessionAuth, User

KEY = "k" * 32
ORDERS = {"orders": [{"id": number, "title": f"Order {number}"} for number in range(5)]}


def without_auth() -> FastAPI:
    """Make the app that everybody may call."""
    app = FastAPI()

    @app.get("/orders")
    async def orders() -> dict[str, object]:
        return {**ORDERS, "user": "anybody"}

    return app


def with_jwt() -> FastAPI:
    """Make the same app for holders of a JWT that it verifies by itself, as the least that any sign-in check costs."""
    app = FastAPI()
    bearer = HTTPBearer()

    async def caller(given: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
        claims = jwt.decode(given.credentials, KEY, ["HS256"], audience="bench", options={"require": ["exp", "sub"]})
        return str(claims["sub"])

    @app.get("/orders")
    async def orders(user: Annotated[str, Depends(caller)]) -> dict[str, object]:
        return {**ORDERS, "user": user}

    return app


def with_auth() -> FastAPI:
    """Make the same app for users of Appwrite."""
    auth = SessionAuth(
        endpoint=os.environ["BENCH_ENDPOINT"],
        project="demo",
        cache=os.environ.get("BENCH_CACHE") or None,
        ttl=float(os.environ.get("BENCH_TTL", "30")),
        local_ttl=float(os.environ.get("BENCH_LOCAL_TTL", "5")),
        grace=float(os.environ.get("BENCH_GRACE", "120")),
    )
    app = FastAPI(lifespan=auth.lifespan)

    @app.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> dict[str, object]:
        return {**ORDERS, "user": user.id}

    return app
