"""The HTTP client for what a gateway asks of others: nothing from the environment, and nothing kept from one user to the next."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

CONNECT_SECONDS = 3
IDLE_SECONDS = 4
"""Shorter than servers keep a connection, so that none is found closed: uvicorn does for 5."""


def outgoing_client(*, timeout: float, connections: int, http2: bool = False) -> httpx.AsyncClient:
    """Make a client with a pool. ``timeout`` is without a byte in either direction."""
    short = min(timeout, CONNECT_SECONDS)
    client = httpx.AsyncClient(
        http2=http2,
        # No proxy, certificate or password out of the environment: a credential goes where it is told to, and nowhere else.
        trust_env=False,
        follow_redirects=False,
        # A cookie that one user's answer sets must not go along with the next user's request.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=httpx.Timeout(timeout, connect=short, pool=short),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=IDLE_SECONDS),
    )
    client.headers.clear()
    return client
