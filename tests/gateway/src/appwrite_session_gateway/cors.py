"""Finds the CORS middleware of an app, for what is answered in front of it: without its headers no website can read that."""

from __future__ import annotations

import copy
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

Wrap = Callable[[ASGIApp], ASGIApp]


def cors_of(app: object) -> Wrap | None:
    """Give what answers preflights and adds headers as the ``CORSMiddleware`` in ``app`` does; ``None`` if none is found.

    It is looked for in what middleware wraps and in the middleware of a Starlette or FastAPI app.
    """
    while app is not None:
        if isinstance(app, CORSMiddleware):
            return _around(app)
        if isinstance(app, Starlette):
            return _added_to(app)
        app = getattr(app, "app", None)
    return None


def _around(cors: CORSMiddleware) -> Wrap:
    def wrap(inner: ASGIApp) -> ASGIApp:
        other = copy.copy(cors)
        other.app = inner
        return other

    return wrap


def _added_to(app: Starlette) -> Wrap | None:
    for cls, args, kwargs in app.user_middleware:
        if isinstance(cls, type) and issubclass(cls, CORSMiddleware):
            return lambda inner: cls(inner, *args, **kwargs)
    return None
