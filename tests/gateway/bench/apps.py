"""One small app, with the dependency and without. Run by uvicorn, set up by the environment."""

import os
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from appwrite_session_gateway import Problem, SessionAuth, SigningKeys, TokenAuth, TokenIssuer, User, answer_problem, token_router

KEY = "k" * 32
ISSUER, AUDIENCE = "https://api.example.com", "orders"
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
    return _app_of(_auth())


def hybrid() -> FastAPI:
    """Make the same app with access tokens, which it issues and takes."""
    issuer = TokenIssuer(SigningKeys.from_text(os.environ["BENCH_TOKEN_KEYS"]), issuer=ISSUER, audience=AUDIENCE, project="demo")
    auth = _auth(issuer)
    app = _app_of(auth)
    app.include_router(token_router(auth, issuer))
    return app


def microservice() -> FastAPI:
    """Make the same app behind a gateway that issues access tokens, which it verifies by itself."""
    jwks = f"http://127.0.0.1:{os.environ['BENCH_ISSUER']}/.well-known/jwks.json"
    auth = TokenAuth(issuer=ISSUER, audience=AUDIENCE, jwks_url=jwks)
    app = FastAPI()
    app.add_exception_handler(Problem, answer_problem)

    @app.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> dict[str, object]:
        return {**ORDERS, "user": user.id}

    return app


def _auth(tokens: TokenIssuer | None = None) -> SessionAuth:
    return SessionAuth(
        endpoint=os.environ["BENCH_ENDPOINT"],
        project="demo",
        cache=os.environ.get("BENCH_CACHE") or None,
        ttl=float(os.environ.get("BENCH_TTL", "30")),
        local_ttl=float(os.environ.get("BENCH_LOCAL_TTL", "5")),
        grace=float(os.environ.get("BENCH_GRACE", "120")),
        tokens=tokens,
    )


def _app_of(auth: SessionAuth) -> FastAPI:
    app = FastAPI(lifespan=auth.lifespan)

    @app.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> dict[str, object]:
        return {**ORDERS, "user": user.id}

    return app
