"""Spans of questions to Appwrite, with the SDK of OpenTelemetry, and an app without OpenTelemetry."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.requests import HTTPConnection, Request
from starlette.types import Scope

from appwrite_session_gateway import Problem, SessionAuth, tracing
from appwrite_session_gateway.verdict import Outcome, Verdict
from support.mock import Mock, Person


class Traced:
    """An app's side: its server spans, and what was exported."""

    def __init__(self, mock: Mock, endpoint: str = "", *, trace_user: bool = False, timeout: float = 5) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.auth = SessionAuth(
            endpoint=endpoint or mock.endpoint, project=mock.project, tracer_provider=self.provider, trace_user=trace_user,
            timeout=timeout, grace=0,
        )  # fmt: skip

    async def call(self, credential: str) -> str:
        """Serve a request in a span; gives the type of the problem, or the user's id."""
        headers = [(b"x-appwrite-session", credential.encode())]
        scope: Scope = {"type": "http", "method": "GET", "path": "/orders", "headers": headers, "client": None, "state": {}}
        with self.provider.get_tracer("the app").start_as_current_span("server", kind=SpanKind.SERVER):
            try:
                return (await self.auth(Request(scope))).id
            except Problem as problem:
                return problem.type

    def spans(self) -> tuple[list[ReadableSpan], list[ReadableSpan]]:
        """Give the questions and the requests."""
        finished = self._exporter.get_finished_spans()
        self._exporter.clear()
        kinds = (SpanKind.CLIENT, SpanKind.SERVER)
        questions, requests = ([span for span in finished if span.kind is kind] for kind in kinds)
        return questions, requests


@asynccontextmanager
async def traced(mock: Mock, endpoint: str = "", *, trace_user: bool = False, timeout: float = 5) -> AsyncIterator[Traced]:
    app = Traced(mock, endpoint, trace_user=trace_user, timeout=timeout)
    async with app.auth.opened():
        yield app
    mock.heal()


def all_of(spans: list[ReadableSpan]) -> str:
    return "\n".join(span.to_json() for span in spans)


def told_to_appwrite(mock: Mock, person: Person) -> set[str]:
    return {name.lower() for question in mock.questions(person) for name, _ in question["headers"]}


@pytest.mark.anyio
async def test_a_question_is_a_client_span_in_the_span_of_the_request(mock: Mock) -> None:
    person = mock.person()
    credential = mock.session(person)
    async with traced(mock) as app:
        assert [await app.call(credential) for _ in range(3)] == [person.id] * 3
        questions, requests = app.spans()
        (question,) = questions
        assert len(requests) == 3, "what is known is not asked about"
        assert question.parent is not None
        assert requests[0].context is not None
        assert question.parent.span_id == requests[0].context.span_id
        assert (question.name, question.status.status_code) == ("GET", StatusCode.UNSET)
        host, port = mock.endpoint.removeprefix("http://").removesuffix("/v1").split(":")
        assert dict(question.attributes or {}) == {
            "http.request.method": "GET", "http.response.status_code": 200, "server.address": host, "server.port": int(port),
            "url.full": f"{mock.endpoint}/account", "appwrite_session.outcome": "alive",
        }  # fmt: skip
        for secret in (credential, credential[:40], person.id, person.email):
            assert secret not in all_of(questions + requests)
    assert not {"traceparent", "tracestate", "baggage"} & told_to_appwrite(mock, person)


@pytest.mark.anyio
async def test_a_refusal_is_an_answer_and_no_answer_is_an_error(mock: Mock) -> None:
    person = mock.person()
    ended, other = mock.session(person), mock.session(person)
    mock.revoke_all(person)
    living = mock.session(person)
    async with traced(mock) as app:
        assert await app.call(ended) == "session_invalid"
        ((question,), _) = app.spans()
        attributes = dict(question.attributes or {})
        assert (attributes["http.response.status_code"], attributes["appwrite_session.outcome"]) == (401, "session_invalid")
        assert question.status.status_code is StatusCode.UNSET
        assert "error.type" not in attributes
        mock.fault({"kind": "status", "status": 503})
        assert await app.call(living) == "auth_unavailable"
        ((question,), _) = app.spans()
        attributes = dict(question.attributes or {})
        assert (attributes["http.response.status_code"], attributes["error.type"]) == (503, "failing")
        assert question.status.status_code is StatusCode.ERROR
    async with traced(mock, "http://someone:hush@127.0.0.1:9/v1") as app:
        assert await app.call(other) == "auth_unavailable"
        ((question,), _) = app.spans()
        attributes = dict(question.attributes or {})
        assert (attributes["url.full"], attributes["error.type"]) == ("http://127.0.0.1:9/v1/account", "unreachable")
        assert "http.response.status_code" not in attributes
        assert question.events == ()
        assert "hush" not in all_of([question])


@pytest.mark.anyio
async def test_a_question_about_a_team_does_not_tell_whose_it_is(mock: Mock) -> None:
    person = mock.person()
    credential = mock.session(person)
    async with traced(mock) as app:
        scope: Scope = {"type": "http", "headers": [(b"x-appwrite-session", credential.encode())], "client": None}
        with pytest.raises(Problem, match="lacks"):
            await app.auth.roles_in("nobodys", HTTPConnection(scope))
        ((question,), _) = app.spans()
        attributes = dict(question.attributes or {})
        assert attributes["url.full"] == f"{mock.endpoint}/teams/nobodys/memberships"
        assert (attributes["appwrite_session.outcome"], question.status.status_code) == ("not_permitted", StatusCode.UNSET)
        assert person.id not in all_of([question])


@pytest.mark.anyio
async def test_the_user_is_on_the_request_only_if_the_app_asks_for_it(mock: Mock) -> None:
    person = mock.person()
    credential = mock.session(person)
    async with traced(mock, trace_user=True) as app:
        await app.call(credential)
        await app.call(credential)
        (question,), requests = app.spans()
        assert [dict(span.attributes or {}) for span in requests] == [{"enduser.id": person.id}] * 2
        assert person.id not in all_of([question])
        assert credential[:40] not in all_of([question, *requests])


@pytest.mark.anyio
async def test_without_a_provider_it_is_the_global_one_of_the_moment(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project)
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    async with auth.opened():
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
        await auth.identify([(b"x-appwrite-session", mock.session(mock.person()).encode())])
    assert [span.kind for span in exporter.get_finished_spans()] == [SpanKind.CLIENT]


def test_an_app_without_opentelemetry_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    spec = importlib.util.spec_from_file_location("appwrite_session_gateway.tracing_alone", tracing.__file__)
    assert spec is not None
    assert spec.loader is not None
    alone = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(alone)
    assert not alone.can_trace()
    with alone.Questions("https://x.io/v1").span("/account") as span:
        span.note_status(200)
        span.note_verdict(Verdict(Outcome.UNAVAILABLE, why="timeout"))
    monkeypatch.setattr(tracing, "trace", None)
    with pytest.raises(ValueError, match="trace_user is for apps that have opentelemetry-api"):
        SessionAuth(endpoint="https://x.io/v1", project="p", trace_user=True)
