"""Limits the head of a request, in size and in time. uvicorn's own setting has no effect with httptools, its faster parser."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST = 64 * 1024
"""Bytes."""
SECONDS = 20.0
"""For a whole head, from the connection or from its first byte."""
_REFUSAL = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 that answers 431 to a head which is too large, and 408 to one which does not end."""

    _size = 0
    _is_refused = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before a head has ended, also while the parser gives nothing of it."""
        if self._is_refused:
            return
        if self._timer is not None:
            self._size += len(data)
        super().data_received(data)
        if self._timer is not None and self._size > MOST:
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Begin to count a head."""
        super().on_message_begin()
        if self._timer is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """Serve the request if its head is small enough."""
        self._stop_waiting()
        if self._is_refused:
            return
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MOST:
            self._refuse(b"431 Request Header Fields Too Large")
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End a body."""
        if not self._is_refused:
            super().on_message_complete()

    def _wait(self) -> None:
        self._size = 0
        self._timer = self.loop.call_later(SECONDS, self._refuse, b"408 Request Timeout")

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: bytes) -> None:
        self._stop_waiting()
        self._is_refused = True
        if not self.transport.is_closing():
            self.transport.write(_REFUSAL % status)
            self.transport.close()
