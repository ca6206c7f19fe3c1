"""Spans of OpenTelemetry, if the app has ``opentelemetry-api``; without it, nothing is done.

A span has no credential, no header, no body and no user in it. Nothing of it is sent to Appwrite.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .user import User
from .verdict import Outcome, Verdict

try:
    from opentelemetry import trace
except ImportError:
    trace = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from opentelemetry.trace import Span, TracerProvider

_SCOPE = "appwrite_session_gateway"
OUTCOME = "appwrite_session.outcome"
"""The attribute with Appwrite's word, by the names of ``Outcome``."""


class Questions:
    """Makes a client span for each question to Appwrite at ``endpoint``, by the semantic conventions for HTTP clients.

    Without a ``provider`` it is the global one, which is the one of the moment of the question.
    """

    def __init__(self, endpoint: str, provider: TracerProvider | None = None) -> None:
        parts = urlsplit(endpoint)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        # Without a user name and a password, which a URL can have.
        authority = parts.netloc.rpartition("@")[2]
        self._endpoint = f"{parts.scheme}://{authority}{parts.path}"
        self._attributes: dict[str, str | int] = {
            "http.request.method": "GET",
            "server.address": parts.hostname or "",
            "server.port": port,
        }
        self._provider = provider

    @contextmanager
    def span(self, path: str) -> Iterator[QuestionSpan]:
        """Give the span of one question, which ends with the block. The query is not told: it can have the user's id."""
        if trace is None:
            yield QuestionSpan(None)
            return
        tracer = trace.get_tracer(_SCOPE, tracer_provider=self._provider)
        attributes = {**self._attributes, "url.full": self._endpoint + path}
        # An exception's text is not ours, so it is not recorded.
        with tracer.start_as_current_span(
            "GET", kind=trace.SpanKind.CLIENT, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            yield QuestionSpan(span)


class QuestionSpan:
    """One question, or nothing if there is no OpenTelemetry."""

    def __init__(self, span: Span | None) -> None:
        self._span = span

    def note_status(self, status: int) -> None:
        """Tell the status of Appwrite's answer."""
        if self._span is not None:
            self._span.set_attribute("http.response.status_code", status)

    def note_verdict(self, verdict: Verdict) -> None:
        """Tell what came of it. A refused credential is an answer like any other; only no answer is an error."""
        if self._span is None:
            return
        self._span.set_attribute(OUTCOME, verdict.outcome.value)
        if verdict.outcome is Outcome.UNAVAILABLE:
            self._span.set_attribute("error.type", verdict.why)
            self._span.set_status(trace.StatusCode.ERROR)


def can_trace() -> bool:
    """Whether the app has ``opentelemetry-api``."""
    return trace is not None


def note_user(user: User) -> None:
    """Put the id of the user on the current span, for an app that wants it there."""
    trace.get_current_span().set_attribute("enduser.id", user.id)
