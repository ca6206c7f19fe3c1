"""Two projects in one app, with one Redis: nothing of one is ever taken for the other's."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from starlette.requests import HTTPConnection

from appwrite_session_gateway import (
    Problem,
    SessionAuth,
    SigningKeys,
    TokenIssuer,
    User,
    revocation_router,
    session_check_router,
    token_router,
)
from appwrite_session_gateway.headers import UserHeaders
from support.keys import new_keys
from support.mock import PASSWORD, Mock, Person
from support.projects import Projects
from support.redis import RedisServer


@dataclass(frozen=True)
class Tenant:
    """A project, its mock, its somebody, and what the app has for it."""

    mock: Mock
    auth: SessionAuth
    person: Person
    credential: str
    name: str

    @property
    def header(self) -> dict[str, str]:
        return {"X-Appwrite-Session": self.credential}

    @property
    def cookie(self) -> str:
        return f"a_session_{self.auth.project}={self.credential}"

    def asked(self) -> int:
        return len(self.mock.questions(self.person))


@pytest.fixture(scope="module")
def mocks() -> Iterator[tuple[Mock, Mock]]:
    pair = Mock(), Mock()
    yield pair
    for each in pair:
        each.close()


@pytest.fixture(scope="module")
def shared_endpoint(mocks: tuple[Mock, Mock]) -> Iterator[str]:
    projects = Projects({"north": mocks[0], "south": mocks[1]})
    yield projects.endpoint
    projects.close()


@pytest.fixture
def two_projects(mocks: tuple[Mock, Mock], shared_endpoint: str, redis_server: RedisServer) -> list[Tenant]:
    """Give two projects of one Appwrite, with somebody of the same id in each."""
    return tenants_of(mocks, [shared_endpoint, shared_endpoint], ["north", "south"], redis_server)


@pytest.fixture(params=["two projects of one Appwrite", "one name in two Appwrites"])
def tenants(
    request: pytest.FixtureRequest, mocks: tuple[Mock, Mock], two_projects: list[Tenant], redis_server: RedisServer
) -> list[Tenant]:
    if request.param == "two projects of one Appwrite":
        return two_projects
    return tenants_of(mocks, [each.endpoint for each in mocks], [each.project for each in mocks], redis_server)


def tenants_of(mocks: tuple[Mock, Mock], endpoints: list[str], projects: list[str], redis: RedisServer) -> list[Tenant]:
    person = mocks[0].person()
    user = {"userId": person.id, "email": f"another-{person.email}", "name": "Another", "password": PASSWORD}
    mocks[1].control("POST", "/users", user)
    found = []
    for name, endpoint, project, mock in zip(("north", "south"), endpoints, projects, mocks, strict=True):
        auth = SessionAuth(endpoint=endpoint, project=project, cache=redis.url, ttl=600, scheme_name=f"Session of {name}")
        found.append(Tenant(mock, auth, person, mock.session(person), name))
        mock.clear_journal()
    return found


def app_of(tenants: list[Tenant], **routers: Any) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with tenants[0].auth.lifespan(app), tenants[1].auth.lifespan(app):
            yield

    app = FastAPI(lifespan=lifespan)
    by_name = {tenant.name: tenant.auth for tenant in tenants}

    async def user_of(tenant: str, connection: HTTPConnection) -> User:
        if tenant not in by_name:
            raise HTTPException(404)
        return await by_name[tenant](connection)

    @app.get("/both")
    async def both(
        one: Annotated[User, Depends(tenants[0].auth)], other: Annotated[User, Depends(tenants[1].auth)]
    ) -> list[list[str]]:
        return [[one.id, one.name], [other.id, other.name]]

    @app.get("/of/{tenant}")
    async def of(user: Annotated[User, Depends(user_of)]) -> list[str]:
        return [user.id, user.name]

    for tenant in tenants:
        app.include_router(session_check_router(tenant.auth, UserHeaders()), prefix=f"/at/{tenant.name}")
    return app


def test_no_answer_of_one_counts_for_the_other(tenants: list[Tenant]) -> None:
    north, south = tenants
    with TestClient(app_of(tenants)) as client:
        assert [north.auth.cache_state, south.auth.cache_state] == ["shared", "shared"]
        for _ in range(2):
            assert client.get("/of/north", headers=north.header).status_code == 200
            assert client.get("/of/south", headers=north.header).json()["type"] == "session_invalid"
            assert client.get("/of/south", headers=south.header).json() == [south.person.id, "Another"]
            assert client.get("/of/north", headers=south.header).json()["type"] == "session_invalid"
        # Each has asked once about either credential, and each answer stays its own.
        assert (north.asked(), south.asked()) == (2, 2)
        assert client.get("/of/west", headers=north.header).status_code == 404


def test_other_workers_find_each_answer_under_its_own_project(tenants: list[Tenant], redis_server: RedisServer) -> None:
    north, _ = tenants
    with TestClient(app_of(tenants)) as client:
        assert client.get("/of/north", headers=north.header).status_code == 200
        others = [
            Tenant(
                each.mock,
                SessionAuth(endpoint=each.auth.endpoint, project=each.auth.project, cache=redis_server.url, ttl=600),
                each.person, each.credential, each.name,
            )
            for each in tenants
        ]  # fmt: skip
        with TestClient(app_of(others)) as other:
            assert client.get("/of/north", headers=north.header).status_code == 200
            assert other.get("/of/south", headers=north.header).json()["type"] == "session_invalid"
            assert client.get("/of/south", headers=north.header).json()["type"] == "session_invalid"
            assert other.get("/of/north", headers=north.header).status_code == 200


def test_each_looks_at_its_own_carrier(two_projects: list[Tenant]) -> None:
    north, south = two_projects
    with TestClient(app_of(two_projects)) as client:
        cookies = {"Cookie": f"{north.cookie}; {south.cookie}"}
        assert client.get("/both", headers=cookies).json() == [
            [north.person.id, client.get("/of/north", headers=north.header).json()[1]], [south.person.id, "Another"],
        ]  # fmt: skip
        fallback = {f"a_session_{each.auth.project}": each.credential for each in two_projects}
        assert client.get("/both", headers={"X-Fallback-Cookies": json.dumps(fallback)}).status_code == 200
        for mine, theirs in ((north, south), (south, north)):
            assert client.get(f"/of/{mine.name}", headers={"Cookie": theirs.cookie}).json()["type"] == "session_missing"
            swapped = {"Cookie": f"a_session_{mine.auth.project}={theirs.credential}"}
            assert client.get(f"/of/{mine.name}", headers=swapped).json()["type"] == "session_invalid"
            checked = client.get(f"/at/{mine.name}/_gateway/session", headers={"Cookie": mine.cookie})
            assert checked.headers["x-user-id"] == mine.person.id
            assert client.get(f"/at/{mine.name}/_gateway/session", headers={"Cookie": theirs.cookie}).status_code == 401


def test_a_revocation_is_for_the_users_of_its_project(tenants: list[Tenant], redis_server: RedisServer) -> None:
    north, south = tenants
    app = app_of(tenants)
    for each in tenants:
        router = revocation_router(
            each.auth, webhook_url=f"https://api.example.com/{each.name}", webhook_key=f"key of {each.name}"
        )
        app.include_router(router, prefix=f"/at/{each.name}")

    def deliver(client: TestClient, to: str, signer: str) -> int:
        body = json.dumps({"$id": north.person.id}).encode()
        signed = hmac.digest(f"key of {signer}".encode(), f"https://api.example.com/{signer}".encode() + body, hashlib.sha1)
        headers = {
            "X-Appwrite-Webhook-Signature": base64.b64encode(signed).decode(),
            "X-Appwrite-Webhook-Events": f"users.{north.person.id}",
        }
        return int(client.post(f"/at/{to}/_gateway/webhooks/appwrite", headers=headers, content=body).status_code)

    with TestClient(app) as client:

        def both() -> list[int]:
            return [client.get(f"/of/{each.name}", headers=each.header).status_code for each in tenants]

        assert both() == [200, 200]
        assert (north.asked(), south.asked()) == (1, 1)
        assert deliver(client, "south", "north") == 403
        assert both() == [200, 200]
        assert (north.asked(), south.asked()) == (1, 1)
        assert deliver(client, "north", "north") == 204
        north.mock.revoke_all(north.person)
        assert both() == [401, 200]
        if north.auth.project != south.auth.project:
            assert (north.asked(), south.asked()) == (2, 1)


@pytest.mark.anyio
async def test_calls_are_counted_for_each_project(two_projects: list[Tenant]) -> None:
    north, south = two_projects
    async with north.auth.opened(), south.auth.opened():
        limits = [each.auth.user_limit(1) for each in two_projects]
        for limit in limits:
            await limit.admit(north.person.id)
        for limit in limits:
            with pytest.raises(Problem):
                await limit.admit(north.person.id)


def issuer_of(project: str, keys: SigningKeys) -> TokenIssuer:
    return TokenIssuer(keys, issuer="https://api.example.com", audience="orders", project=project)


def test_a_token_of_one_is_not_for_the_other_even_with_the_same_keys(mocks: tuple[Mock, Mock], shared_endpoint: str) -> None:
    keys = new_keys()
    issuers = {name: issuer_of(name, keys) for name in ("north", "south")}
    auths = {name: SessionAuth(endpoint=shared_endpoint, project=name, tokens=issuers[name]) for name in issuers}
    app = FastAPI(lifespan=auths["north"].lifespan)
    for name, auth in auths.items():
        app.include_router(token_router(auth, issuers[name]), prefix=f"/{name}")

        @app.get(f"/{name}/orders")
        async def orders(user: Annotated[User, Depends(auth)]) -> str:
            return user.id

    person = mocks[0].person()
    with TestClient(app) as client:
        session = {"X-Appwrite-Session": mocks[0].session(person)}
        token = client.post("/north/_gateway/token", headers=session).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert client.get("/north/orders", headers=bearer).json() == person.id
        assert client.get("/south/orders", headers=bearer).json()["type"] == "token_invalid"
        assert client.post("/south/_gateway/token", headers=session).json()["type"] == "session_invalid"


def test_an_issuer_of_another_project_is_refused_at_once(shared_endpoint: str) -> None:
    with pytest.raises(ValueError, match="tokens is the issuer of another project"):
        SessionAuth(endpoint=shared_endpoint, project="south", tokens=issuer_of("north", new_keys()))


def test_the_document_tells_them_apart(tenants: list[Tenant]) -> None:
    document = app_of(tenants).openapi()
    schemes = document["components"]["securitySchemes"]
    assert {name: scheme["name"] for name, scheme in schemes.items()} == {
        f"Session of {each.name}": f"a_session_{each.auth.project}" for each in tenants
    }
    assert {next(iter(each)) for each in document["paths"]["/both"]["get"]["security"]} == set(schemes)
