"""The HTTP client for what a gateway asks of others: nothing from the environment, and nothing kept from one user to the next."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

CONNECT_SECONDS = 3
IDLE_SECONDS = 4
"""Shorter than servers keep a connection, so that none is found closed: uvicorn does for 5."""
MAX_HEADER = 64 * 1024

FAILURES = (aiohttp.ClientError, OSError, ValueError)
"""What a request raises that got no answer, or one that is no HTTP. ``TimeoutError``, for one that is late, is an ``OSError``."""


class _CleanConnector(aiohttp.TCPConnector):
    """Never uses a connection again on which more came than the answer that was asked for: it would be the next user's answer.

    aiohttp closes a connection on which that has come by the end of the answer. This one also looks before the next request.
    """

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            protocol = connection.protocol
            if protocol is not None and not protocol.should_close:
                return connection
            connection.close()
        return None


def outgoing_client(
    *, timeout: float, connections: int, decompress: bool = False, tls: ssl.SSLContext | None = None
) -> aiohttp.ClientSession:
    """Make a client with a pool, in a running event loop. ``timeout`` is without a byte from the other side.

    A request by GET is sent once more if the pooled connection turns out to be closed.
    """
    short = min(timeout, CONNECT_SECONDS)
    return aiohttp.ClientSession(
        connector=_CleanConnector(limit=connections, keepalive_timeout=IDLE_SECONDS, ssl=tls or True),
        # No proxy, certificate or password out of the environment: a credential goes where it is told to, and nowhere else.
        trust_env=False,
        # A cookie that one user's answer sets must not go along with the next user's request.
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(sock_connect=short, connect=None, sock_read=timeout),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        max_line_size=MAX_HEADER,
        max_field_size=MAX_HEADER,
        auto_decompress=decompress,
    )


def trust(ca_file: str) -> ssl.SSLContext | None:
    """Trust the authorities in a file of PEM, beside those of the system; ``None``, the default, without a file.

    Raises ``ValueError`` if the file cannot be read or holds no certificate.
    """
    if not ca_file:
        return None
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:
        raise ValueError("ca_file is a file with certificates in PEM that can be read") from error
    return context


class Outgoing:
    """A client that is made when it is first used, in the event loop that uses it, and can be given up and made anew."""

    def __init__(self, make: Callable[[], aiohttp.ClientSession]) -> None:
        self._make = make
        self._current: aiohttp.ClientSession | None = None
        self._using: dict[aiohttp.ClientSession, int] = {}

    def take(self) -> aiohttp.ClientSession:
        """Give the client for one request, until ``release``."""
        if self._current is None:
            self._current = self._make()
        self._using[self._current] = self._using.get(self._current, 0) + 1
        return self._current

    async def release(self, client: aiohttp.ClientSession) -> None:
        """Say that a request is over."""
        self._using[client] -= 1
        if not self._using[client]:
            del self._using[client]
            if client is not self._current:
                await client.close()

    def give_up(self, client: aiohttp.ClientSession) -> None:
        """Do not use the connections of ``client`` for new requests: the network may have swallowed all of them."""
        if client is self._current:
            self._current = None

    async def close(self) -> None:
        """Close the connections. It can be used again."""
        clients = {*self._using, *((self._current,) if self._current else ())}
        self._current = None
        self._using.clear()
        for client in clients:
            await client.close()
