"""A browser app of another origin: preflights are answered without Appwrite, and refusals can be read."""

from collections.abc import Callable, Iterator
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from appwrite_session_gateway import SessionAuth, SessionMiddleware, User
from support.mock import Mock

WEBSITE = "https://app.example.com"
OTHER = "https://other.example.com"
RULES = {
    "allow_origins": [WEBSITE], "allow_methods": ["*"], "allow_headers": ["X-Appwrite-Session"], "allow_credentials": True,
    "expose_headers": ["X-Problem-Type", "Retry-After"],
}  # fmt: skip


def new_auth(mock: Mock) -> SessionAuth:
    return SessionAuth(endpoint=mock.endpoint, project=mock.project, origins=[WEBSITE])


def with_a_dependency(mock: Mock) -> ASGIApp:
    auth = new_auth(mock)
    app = FastAPI(lifespan=auth.lifespan)
    app.add_middleware(CORSMiddleware, **RULES)  # type: ignore[arg-type]

    @app.api_route("/orders", methods=["GET", "POST"])
    async def orders(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    return app


def with_a_dependency_and_cors_around(mock: Mock) -> ASGIApp:
    auth = new_auth(mock)
    app = FastAPI(lifespan=auth.lifespan)

    @app.api_route("/orders", methods=["GET", "POST"])
    async def orders(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    return CORSMiddleware(app, **RULES)  # type: ignore[arg-type]


async def whoami(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.state.user.id)


ROUTES = [Route("/orders", whoami, methods=["GET", "POST", "OPTIONS"])]


def cors_around_the_middleware(mock: Mock) -> ASGIApp:
    return CORSMiddleware(SessionMiddleware(Starlette(routes=ROUTES), new_auth(mock)), **RULES)  # type: ignore[arg-type]


def the_middleware_around_cors(mock: Mock) -> ASGIApp:
    return SessionMiddleware(CORSMiddleware(Starlette(routes=ROUTES), **RULES), new_auth(mock))  # type: ignore[arg-type]


def the_middleware_around_an_app_with_cors(mock: Mock) -> ASGIApp:
    app = Starlette(routes=ROUTES)
    app.add_middleware(CORSMiddleware, **RULES)  # type: ignore[arg-type]
    return SessionMiddleware(GZipMiddleware(app), new_auth(mock))


def both_added_with_the_check_in_front(mock: Mock) -> ASGIApp:
    cors = Middleware(CORSMiddleware, **RULES)  # type: ignore[arg-type]
    return Starlette(routes=ROUTES, middleware=[Middleware(SessionMiddleware, auth=new_auth(mock)), cors])


def both_added_with_cors_in_front(mock: Mock) -> ASGIApp:
    cors = Middleware(CORSMiddleware, **RULES)  # type: ignore[arg-type]
    return Starlette(routes=ROUTES, middleware=[cors, Middleware(SessionMiddleware, auth=new_auth(mock))])


APPS = [
    with_a_dependency, with_a_dependency_and_cors_around, cors_around_the_middleware, the_middleware_around_cors,
    the_middleware_around_an_app_with_cors, both_added_with_the_check_in_front, both_added_with_cors_in_front,
]  # fmt: skip


@pytest.fixture(params=APPS, ids=lambda make: make.__name__)
def client(request: pytest.FixtureRequest, mock: Mock) -> Iterator[TestClient]:
    make: Callable[[Mock], ASGIApp] = request.param
    with TestClient(make(mock)) as client:
        mock.clear_journal()
        yield client
    mock.heal()


def preflight(client: TestClient, website: str, **more: str) -> httpx.Response:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-appwrite-session"}
    answer: httpx.Response = client.options("/orders", headers={"Origin": website, **asked, **more})
    return answer


def readable_by(answer: httpx.Response) -> tuple[str | None, str | None]:
    headers = answer.headers
    return headers.get("access-control-allow-origin"), headers.get("access-control-allow-credentials")


def test_a_preflight_is_answered_without_a_user_and_without_appwrite(client: TestClient, mock: Mock) -> None:
    allowed = preflight(client, WEBSITE)
    assert (allowed.status_code, readable_by(allowed)) == (200, (WEBSITE, "true"))
    assert "X-Appwrite-Session" in allowed.headers["access-control-allow-headers"]
    refused = preflight(client, OTHER)
    assert (refused.status_code, readable_by(refused)[0]) == (400, None)
    # No browser does this. It is no way to have Appwrite asked, nor to the app's own answer.
    assert preflight(client, WEBSITE, Cookie=f"a_session_demo={mock.session(mock.person())}").text == "OK"
    assert [each["path"] for each in mock.journal() if each["path"] == "/v1/account"] == []


def test_the_website_can_read_an_answer_and_every_refusal(client: TestClient, mock: Mock) -> None:
    person = mock.person()
    session = mock.session(person)
    cookie = {"Cookie": f"a_session_demo={session}", "Origin": WEBSITE}
    answer = client.post("/orders", headers=cookie)
    assert (answer.status_code, person.id in answer.text, readable_by(answer)) == (200, True, (WEBSITE, "true"))
    ended = mock.session(person)
    mock.revoke_all(person)
    blocked, mfa = mock.person(), mock.person()
    refusals: dict[str, dict[str, str]] = {
        "session_missing": {},
        "credential_malformed": {"X-Appwrite-Session": "!"},
        "session_invalid": {"X-Appwrite-Session": ended},
        "user_blocked": {"X-Appwrite-Session": mock.session(blocked)},
        "mfa_required": {"X-Appwrite-Session": mock.session(mfa)},
    }
    mock.set_user(blocked, status=False)
    mock.set_user(mfa, mfa=True, totp=True)
    for type_, headers in refusals.items():
        refused = client.get("/orders", headers={**headers, "Origin": WEBSITE})
        assert (refused.headers["x-problem-type"], readable_by(refused)) == (type_, (WEBSITE, "true"))
        assert "X-Problem-Type" in refused.headers["access-control-expose-headers"]
        assert "Origin" in refused.headers["vary"]
        hidden = client.get("/orders", headers={**headers, "Origin": OTHER})
        assert (hidden.headers["x-problem-type"], readable_by(hidden)[0]) == (type_, None)
        assert "Origin" in hidden.headers["vary"], "no cache may give it to the website"


def test_what_cors_allows_the_origin_rule_still_refuses_so_that_it_can_be_read(mock: Mock) -> None:
    """The two lists are two: one says who may read, the other who may use the cookie to change something."""
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project)
    app = FastAPI(lifespan=auth.lifespan)
    app.add_middleware(CORSMiddleware, **RULES)  # type: ignore[arg-type]

    @app.post("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    person = mock.person()
    session = mock.session(person)
    with TestClient(app) as client:
        refused = client.post("/orders", headers={"Cookie": f"a_session_demo={session}", "Origin": WEBSITE})
        assert (refused.status_code, refused.json()["type"], readable_by(refused)[0]) == (403, "origin_not_allowed", WEBSITE)
        taken = client.post("/orders", headers={"X-Appwrite-Session": session, "Origin": WEBSITE})
        assert (taken.json(), readable_by(taken)[0]) == (person.id, WEBSITE)


def test_without_cors_in_sight_a_preflight_is_a_request_without_a_user(mock: Mock) -> None:
    with TestClient(SessionMiddleware(Starlette(routes=ROUTES), new_auth(mock))) as client:
        refused = preflight(client, WEBSITE)
        assert (refused.status_code, refused.json()["type"]) == (401, "session_missing")
        assert client.options("/orders").status_code == 401


def test_an_options_request_that_is_no_preflight_needs_a_user(mock: Mock) -> None:
    with TestClient(the_middleware_around_cors(mock)) as client:
        for headers in ({}, {"Origin": WEBSITE}, {"Access-Control-Request-Method": "POST"}):
            assert client.options("/orders", headers=headers).status_code == 401
