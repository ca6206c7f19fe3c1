"""What a caller is told when there is no user: problem+json (RFC 9457) with types that stay."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import Host, Mount
from starlette.websockets import WebSocket

MEDIA_TYPE = "application/problem+json"

# type: status, and a sentence for people. Both are part of the contract in README.md.
TYPES: dict[str, tuple[int, str]] = {
    "session_missing": (401, "The request carries no credential."),
    "session_invalid": (401, "Appwrite does not know this session any more."),
    "token_expired": (401, "The access token has ended; get another one."),
    "token_invalid": (401, "The access token is none of this gateway's, or it was revoked; get another one."),
    "mfa_required": (401, "Appwrite wants another factor before it lets this session in."),
    "user_blocked": (403, "Appwrite has blocked this user."),
    "password_reset_required": (403, "Appwrite wants this user to set a new password first."),
    "carrier_ambiguous": (400, "The request carries more than one credential; send exactly one carrier."),
    "credential_malformed": (400, "The carrier is there, but what it holds is no credential."),
    "credential_too_large": (400, "The carrier holds more than a credential can be."),
    "auth_unavailable": (503, "Appwrite cannot be asked at the moment; the session is neither accepted nor refused."),
    "rate_limited": (429, "Too many requests; wait as long as Retry-After says."),
    "body_too_large": (413, "The body is larger than this gateway takes."),
    "body_too_slow": (408, "The body did not arrive in time."),
    "service_unavailable": (502, "The service behind the gateway cannot be reached, or broke off."),
    "service_timeout": (504, "The service behind the gateway did not answer in time."),
    "not_permitted": (403, "This user lacks what the request requires."),
    "origin_not_allowed": (403, "A website that this gateway does not know made a browser send this request."),
    "not_authorized": (403, "This endpoint is for callers with the gateway's own secret."),
    "request_invalid": (400, "The request is not what this endpoint takes."),
}


class Problem(HTTPException):
    """An answer that is not the one that was asked for. ``type`` is one of ``TYPES``."""

    def __init__(self, type_: str, *, retry_after: int | None = None) -> None:
        self.type = type_
        self.retry_after = retry_after
        status, detail = TYPES[type_]
        # The type again, for who sees the head only, as nginx does.
        headers = {"Cache-Control": "no-store", "X-Problem-Type": type_}
        if status == 401:
            # What RFC 6750 §3.1 calls it, for clients that know nothing of problems.
            token = type_ in ("token_expired", "token_invalid")
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if token else f'Appwrite-Session error="{type_}"'
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        super().__init__(status, detail, headers)

    def response(self) -> Response:
        """Make the answer."""
        body: dict[str, Any] = {
            "type": self.type,
            "title": HTTPStatus(self.status_code).phrase,
            "status": self.status_code,
            "detail": self.detail,
        }
        if self.retry_after is not None:
            body["retryAfter"] = self.retry_after
        return JSONResponse(body, self.status_code, self.headers, MEDIA_TYPE)


async def answer_problem(connection: HTTPConnection, problem: Exception) -> Response:
    """Answer a ``Problem``: the exception handler that ``let_answer`` installs."""
    if not isinstance(problem, Problem):
        raise problem
    response = problem.response()
    if isinstance(connection, WebSocket):
        await connection.send_denial_response(response)
    return response


def let_answer(app: Starlette) -> None:
    """Let ``app``, and every app that is mounted in it, answer problems. A handler of the app's own for ``Problem`` stays.

    A mounted app handles the exceptions of its own routes, and nobody runs its lifespan.
    """
    for each in _apps(app):
        each.exception_handlers.setdefault(Problem, answer_problem)
        if each.middleware_stack is not None:
            # It was built without the handler; that of ``app`` is the one that is serving the lifespan.
            each.middleware_stack = each.build_middleware_stack()


def _apps(app: object) -> Iterator[Starlette]:
    while not hasattr(app, "routes") and hasattr(app, "app"):
        app = app.app  # what a middleware wraps
    if isinstance(app, Starlette):
        yield app
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount | Host):
            yield from _apps(route.app)


def _documented(status: int) -> dict[str, Any]:
    types = [name for name, (code, _) in TYPES.items() if code == status]
    return {
        "description": " · ".join(types),
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string", "enum": types},
                        "title": {"type": "string"},
                        "status": {"type": "integer", "const": status},
                        "detail": {"type": "string"},
                        "retryAfter": {"type": "integer"},
                    },
                }
            }
        },
    }


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {status: _documented(status) for status in (400, 401, 403, 503)}
"""For ``FastAPI(responses=…)``: what ``SessionAuth`` can answer, for the OpenAPI document."""
