"""The dependency in an app of one's own."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import WebSocketDenialResponse

from appwrite_session_gateway import PROBLEM_RESPONSES, SessionAuth, SessionMiddleware, Settings, User
from appwrite_session_gateway.logs import JsonFormatter
from support.mock import Mock
from support.redis import RedisServer


def test_the_quick_start_of_the_readme(mock: Mock) -> None:
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project)
    app = FastAPI(lifespan=auth.lifespan, responses=PROBLEM_RESPONSES)

    @app.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> list[str]:
        return [f"an order of {user.id}"]

    person = mock.person()
    with TestClient(app) as client:
        refused = client.get("/orders")
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
        assert refused.json() == {
            "type": "session_missing", "title": "Unauthorized", "status": 401, "detail": "The request carries no credential.",
        }  # fmt: skip
        client.cookies.set("a_session_demo", mock.session(person))
        assert client.get("/orders").json() == [f"an order of {person.id}"]
        document = client.get("/openapi.json").json()
    assert document["paths"]["/orders"]["get"]["security"] == [{"AppwriteSession": []}]
    assert document["components"]["securitySchemes"]["AppwriteSession"]["name"] == "a_session_demo"
    schema = document["paths"]["/orders"]["get"]["responses"]["401"]["content"]["application/problem+json"]["schema"]
    assert schema["properties"]["type"]["enum"] == [
        "session_missing", "session_invalid", "token_expired", "token_invalid", "mfa_required",
    ]  # fmt: skip


def test_a_lifespan_of_ones_own_can_enter_it(mock: Mock) -> None:
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with auth.lifespan(app):
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def root(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    with TestClient(app) as client:
        assert client.get("/", headers={"X-Appwrite-Session": "!"}).json()["type"] == "credential_malformed"


@pytest.mark.parametrize(("endpoint", "project"), [("cloud.appwrite.io/v1", "p"), ("https://x.io", "p"), ("https://x.io/v1", "")])
def test_what_cannot_work_is_refused_at_once(endpoint: str, project: str) -> None:
    with pytest.raises(ValueError, match="is the"):
        SessionAuth(endpoint=endpoint, project=project)


def test_settings_come_from_the_environment_and_tell_nothing() -> None:
    environment = {
        "GATEWAY_ENDPOINT": "https://x.io/v1", "GATEWAY_PROJECT": "p", "GATEWAY_UPSTREAM": "http://u", "GATEWAY_TTL": "7.5",
        "GATEWAY_BODY_LIMIT": "10", "GATEWAY_REVOCATION_SECRET": "hush",
    }  # fmt: skip
    settings = Settings.from_environment(environment)
    assert (settings.ttl, settings.body_limit, settings.revocation_secret) == (7.5, 10, "hush")
    assert "hush" not in repr(settings)
    with pytest.raises(ValueError, match="GATEWAY_UPSTREAM is not set"):
        Settings.from_environment({name: value for name, value in environment.items() if name != "GATEWAY_UPSTREAM"})
    with pytest.raises(ValueError, match="GATEWAY_TTL is no number") as refused:
        Settings.from_environment(environment | {"GATEWAY_TTL": "hush"})
    assert "hush" not in str(refused.value)


def test_a_log_of_an_exception_has_its_place_and_not_its_text() -> None:
    try:
        raise ValueError("a secret")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), (type(error), error, error.__traceback__))
    line = json.loads(JsonFormatter().format(record))
    assert (line["event"], line["exception"]) == ("failed", "ValueError")
    assert "a secret" not in json.dumps(line)
    assert line["at"]


def test_the_lifespan_can_be_entered_again_and_by_two_apps_at_once(mock: Mock, redis_server: RedisServer) -> None:
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, cache=redis_server.url)
    session = mock.session(mock.person())

    def app() -> FastAPI:
        it = FastAPI(lifespan=auth.lifespan)

        @it.get("/")
        async def root(user: Annotated[User, Depends(auth)]) -> str:
            return user.id

        return it

    headers = {"X-Appwrite-Session": session}
    one, other = app(), app()
    for _ in range(2):
        with TestClient(one) as client:
            assert client.get("/", headers=headers).status_code == 200
            assert auth.cache_state == "shared"
    with TestClient(one) as first:
        with TestClient(other):
            assert auth.is_ready
        assert auth.is_ready
        assert first.get("/", headers=headers).status_code == 200
    assert not auth.is_ready


GOOD = {"GATEWAY_ENDPOINT": "https://x.io/v1", "GATEWAY_PROJECT": "p", "GATEWAY_UPSTREAM": "http://u"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GATEWAY_UPSTREAM", "", "GATEWAY_UPSTREAM is a URL"),
        ("GATEWAY_UPSTREAM", "localhost:8001", "GATEWAY_UPSTREAM is a URL"),
        ("GATEWAY_UPSTREAM", "http://u?x=1", "GATEWAY_UPSTREAM is a URL"),
        ("GATEWAY_ENDPOINT", "https://x.io", "GATEWAY_ENDPOINT is the URL"),
        ("GATEWAY_PROJECT", "", "GATEWAY_PROJECT is the id"),
        ("GATEWAY_CONNECTIONS", "0", "GATEWAY_CONNECTIONS is 1 or more"),
        ("GATEWAY_CONNECTIONS", "20", "GATEWAY_CALLS_AT_ONCE is below connections"),
        ("GATEWAY_TTL", "nan", "GATEWAY_TTL is a number of seconds"),
        ("GATEWAY_TTL", "inf", "GATEWAY_TTL is a number of seconds"),
        ("GATEWAY_GRACE", "-1", "GATEWAY_GRACE is a number of seconds"),
        ("GATEWAY_APPWRITE_TIMEOUT", "0", "GATEWAY_APPWRITE_TIMEOUT is a number of seconds"),
        ("GATEWAY_BODY_LIMIT", "1.5", "GATEWAY_BODY_LIMIT is no number"),
        ("GATEWAY_CALLS_PER_MINUTE", "-1", "GATEWAY_CALLS_PER_MINUTE is 0"),
        ("GATEWAY_LOG_LEVEL", "loud", "GATEWAY_LOG_LEVEL is DEBUG"),
        ("GATEWAY_WEBHOK_KEY", "hush", "GATEWAY_WEBHOK_KEY is no setting; GATEWAY_WEBHOOK_KEY is"),
    ],
)
def test_a_wrong_setting_is_refused_at_start_by_its_name(name: str, value: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        Settings.from_environment(GOOD | {name: value})
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("wrong", [{"ttl": float("nan")}, {"connections": 0}, {"timeout": 0}, {"cache": "http://x"}])
def test_a_wrong_argument_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is|begins"):
        SessionAuth(endpoint="https://x.io/v1", project="p", **wrong)


def test_a_user_can_be_optional_and_must_have_what_is_required(mock: Mock) -> None:
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, ttl=0)
    app = FastAPI(lifespan=auth.lifespan)

    @app.get("/shop")
    async def shop(user: Annotated[User | None, Depends(auth.optional)]) -> str:
        return user.id if user else "nobody"

    @app.get("/staff")
    async def staff(user: Annotated[User, Depends(auth.require(label="staff"))]) -> str:
        return user.id

    @app.get("/mail")
    async def mail(user: Annotated[User, Depends(auth.require(verified=True, label=["staff", "mail"]))]) -> str:
        return user.id

    person = mock.person()
    headers = {"X-Appwrite-Session": mock.session(person)}
    with TestClient(app) as client:
        assert client.get("/shop").json() == "nobody"
        assert client.get("/shop", headers=headers).json() == person.id
        assert client.get("/shop", headers={"X-Appwrite-Session": "!"}).status_code == 400
        for path in ("/staff", "/mail"):
            assert client.get(path).json()["type"] == "session_missing"
            refused = client.get(path, headers=headers)
            assert (refused.status_code, refused.json()["type"]) == (403, "not_permitted")
        mock.set_user(person, labels=["staff"])
        assert [client.get(path, headers=headers).status_code for path in ("/staff", "/mail")] == [200, 403]
        mock.set_user(person, labels=["mail", "staff"])
        assert client.get("/mail", headers=headers).status_code == 403
        mock.set_user(person, emailVerification=True)
        assert client.get("/mail", headers=headers).status_code == 200
        document = client.get("/openapi.json").json()
    assert {str(each["get"]["security"]) for each in document["paths"].values()} == {"[{'AppwriteSession': []}]"}


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200), ("http://testserver", 200), ("https://app.example.com", 200), ("https://evil.example.com", 403),
        ("null", 403), ("https://app.example.com.evil.com", 403), ("", 403), ("http://[", 403),
    ],
)  # fmt: skip
def test_another_website_cannot_use_the_cookie_to_change_something(mock: Mock, origin: str | None, status: int) -> None:
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, origins=["https://app.example.com"])
    app = FastAPI(lifespan=auth.lifespan)

    @app.api_route("/", methods=["GET", "POST"])
    async def root(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    @app.websocket("/chat")
    async def chat(socket: WebSocket, user: Annotated[User, Depends(auth)]) -> None:
        await socket.accept()
        await socket.send_text(user.id)

    session = mock.session(mock.person())
    sent = {} if origin is None else {"Origin": origin}
    with TestClient(app) as client:
        cookie = {"Cookie": f"a_session_demo={session}", **sent}
        assert client.post("/", headers=cookie).status_code == status
        assert client.get("/", headers=cookie).status_code == 200, "another website cannot read the answer"
        assert client.post("/", headers={"X-Appwrite-Session": session, **sent}).status_code == 200, (
            "no browser adds it by itself"
        )
        if status == 200:
            with client.websocket_connect("/chat", headers=cookie) as socket:
                assert socket.receive_text()
        else:
            with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/chat", headers=cookie):
                pass
            assert refused.value.status_code == 403


def test_a_wrong_setting_is_told_in_the_log_with_what_to_do(mock: Mock, caplog: pytest.LogCaptureFixture) -> None:
    session = mock.session(mock.person())
    for endpoint, project, why in (
        (mock.endpoint, "other", "misconfigured"),
        (mock.endpoint.replace("/v1", "/x/v1"), "demo", ""),
        ("http://127.0.0.1:9/v1", "demo", "unreachable"),
    ):
        caplog.clear()
        auth = SessionAuth(endpoint=endpoint, project=project)
        app = FastAPI(lifespan=auth.lifespan)

        @app.get("/")
        async def root(user: Annotated[User, Depends(auth)]) -> str:
            return user.id

        with TestClient(app) as client:
            for _ in range(3):
                assert client.get("/", headers={"X-Appwrite-Session": session}).status_code == 503
        told = [record for record in caplog.records if record.message == "appwrite_unavailable"]
        assert len(told) == 1, "each reason once a minute"
        assert why in ("", vars(told[0])["why"])
        assert "check" in vars(told[0])["advice"]
        assert session[:40] not in str([vars(record) for record in caplog.records])


def test_a_wrong_password_of_redis_is_told_in_the_log(mock: Mock, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    redis = RedisServer(tmp_path, "--requirepass", "right")
    try:
        auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, cache=redis.url.replace("//", "//:wrong@"))
        with TestClient(FastAPI(lifespan=auth.lifespan)):
            assert auth.cache_state == "degraded"
        (told,) = [record for record in caplog.records if record.message == "redis_lost"]
        assert "password" in vars(told)["advice"]
        assert "wrong" not in str(vars(told))
    finally:
        redis.kill()


def test_an_apps_tests_can_say_who_calls() -> None:
    """As README.md says, without an Appwrite."""
    auth = SessionAuth(endpoint="http://127.0.0.1:9/v1", project="my-project")
    app = FastAPI(lifespan=auth.lifespan)

    @app.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    @app.get("/refunds")
    async def refunds(user: Annotated[User, Depends(auth.require(label="staff"))]) -> str:
        return user.id

    @app.get("/shop")
    async def shop(user: Annotated[User | None, Depends(auth.optional)]) -> str:
        return user.id if user else "nobody"

    app.dependency_overrides[auth] = lambda: User(id="ada", labels=("staff",))
    app.dependency_overrides[auth.optional] = lambda: None
    with TestClient(app) as client:
        assert [client.get(path).json() for path in ("/orders", "/refunds", "/shop")] == ["ada", "ada", "nobody"]
        app.dependency_overrides[auth] = lambda: User(id="bob")
        assert client.get("/refunds").json()["type"] == "not_permitted"


def test_an_asgi_app_of_any_kind_can_know_who_calls(mock: Mock, redis_server: RedisServer) -> None:
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, cache=redis_server.url)

    async def whoami(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.state.user.id if "user" in request.scope["state"] else "nobody")

    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(socket.state.user.id)

    inner = Starlette(routes=[Route("/{path:path}", whoami), WebSocketRoute("/chat", chat)])
    person = mock.person()
    headers = {"X-Appwrite-Session": mock.session(person)}
    with TestClient(SessionMiddleware(inner, auth, lambda path: path == "/open")) as client:
        assert auth.cache_state == "shared", "it is open"
        assert client.get("/x", headers=headers).text == person.id
        assert client.get("/open").text == "nobody"
        refused = client.get("/x")
        assert (refused.status_code, refused.json()["type"]) == (401, "session_missing")
        with client.websocket_connect("/chat", headers=headers) as socket:
            assert socket.receive_text() == person.id
        with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect("/chat"):
            pass
        assert denied.value.status_code == 401
    assert not auth.is_ready
