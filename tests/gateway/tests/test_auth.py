"""The dependency in an app of one's own."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from appwrite_session_gateway import PROBLEM_RESPONSES, SessionAuth, Settings, User
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
    assert len(document["paths"]["/orders"]["get"]["security"]) == 4
    assert document["components"]["securitySchemes"]["AppwriteSessionCookie"]["name"] == "a_session_demo"
    schema = document["paths"]["/orders"]["get"]["responses"]["401"]["content"]["application/problem+json"]["schema"]
    assert schema["properties"]["type"]["enum"] == ["session_missing", "session_invalid", "mfa_required"]


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
