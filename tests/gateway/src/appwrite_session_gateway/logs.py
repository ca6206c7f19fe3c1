"""Logs as JSON, one object a line, made of named fields only; and one line for every request."""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .headers import request_id
from .observe import IN_FLIGHT, REQUEST_SECONDS, REQUESTS

access = logging.getLogger("appwrite_session_gateway.access")

_STANDARD = set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Of an exception it tells the type and where it was raised, not its text or any value."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            trace, places = record.exc_info[2], []
            while trace is not None:
                places.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
                trace = trace.tb_next
            line["at"] = places
        return json.dumps(line, default=str)


def set_up_logs(level: str = "INFO") -> None:
    """Send every log to standard output as JSON. The libraries' own chatter, with its URLs, is left out."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("httpx", "httpcore", "websockets", "hpack", "h2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.getLogger("uvicorn.access").disabled = True


class RequestLog:
    """ASGI middleware: gives every request an id, and tells its method, path, status and duration. Never a query or a header."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 500 if scope["type"] == "http" else 0
        state = scope.setdefault("state", {})
        state["request_id"] = request_id(Headers(scope=scope).get("x-request-id"), secrets.token_hex(8))

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = state["request_id"]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        IN_FLIGHT.inc()
        try:
            await self._app(scope, receive, note)
        finally:
            IN_FLIGHT.dec()
            took = time.monotonic() - started
            method = scope.get("method", "WEBSOCKET")
            REQUESTS.labels(method if method in _METHODS or method == "WEBSOCKET" else "OTHER", status).inc()
            if scope["type"] == "http":
                REQUEST_SECONDS.observe(took)
            user = state.get("user")
            fields = {
                "request": state["request_id"], "method": method, "path": scope["path"], "status": status,
                "milliseconds": round(took * 1000, 2), "user": user.id if user else None,
            }  # fmt: skip
            access.info("request", extra=fields)
