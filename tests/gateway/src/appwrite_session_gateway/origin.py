"""Refuses what another website makes a browser send: a browser adds the cookie by itself, the website cannot read it."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from .credential import Carrier
from .problem import Problem

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "QUERY")
"""Those that change nothing."""


def check_origin(connection: HTTPConnection, carrier: Carrier, allowed: tuple[str, ...]) -> None:
    """Raise ``Problem`` ``origin_not_allowed`` if a website that is not ``allowed`` makes a browser change something.

    Only a cookie goes along by itself, and only a browser sends ``Origin``, which a website cannot change. A WebSocket is asked
    for with GET, and no browser keeps a website from reading what comes through it.
    """
    if carrier is not Carrier.COOKIE or "*" in allowed:
        return
    if connection.scope["type"] == "http" and connection.scope["method"] in SAFE_METHODS:
        return
    for origin in connection.headers.getlist("origin"):
        if origin not in allowed and not _is_here(origin, connection):
            raise Problem("origin_not_allowed")


def _is_here(origin: str, connection: HTTPConnection) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower() != ""
    except ValueError:
        return False
