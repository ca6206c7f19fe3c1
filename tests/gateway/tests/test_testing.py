"""What an app's own tests use, as README.md says: users without Appwrite, Redis and a gateway."""

import subprocess
import sys
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import WebSocketDenialResponse

from appwrite_session_gateway import (
    Problem,
    SessionAuth,
    SessionMiddleware,
    TokenAuth,
    TokenIssuer,
    User,
    answer_problem,
    token_router,
)
from appwrite_session_gateway.testing import FakeSessions, FakeTokens
from support.keys import new_keys
from support.process import ROOT

NOWHERE = "127.0.0.1:9"
ADA = User(id="ada", name="Ada", email="ada@example.com", labels=("staff",))
BOB = User(id="bob", email_verified=True)

# An app as it is in production, whose Appwrite and Redis cannot be reached from here.
auth = SessionAuth(
    endpoint=f"http://{NOWHERE}/v1", project="shop", cache=f"redis://{NOWHERE}/0", origins=["https://shop.example"]
)
app = FastAPI(lifespan=auth.lifespan)


@app.api_route("/orders", methods=["GET", "POST"])
async def orders(user: Annotated[User, Depends(auth)]) -> User:
    return user


@app.get("/refunds")
async def refunds(user: Annotated[User, Depends(auth.require(label="staff"))]) -> str:
    return user.id


@app.get("/mail")
async def mail(user: Annotated[User, Depends(auth.require(verified=True))]) -> str:
    return user.id


@app.get("/shop")
async def shop(user: Annotated[User | None, Depends(auth.optional)]) -> str:
    return user.id if user else "nobody"


@app.websocket("/chat")
async def chat(socket: WebSocket, user: Annotated[User, Depends(auth)]) -> None:
    await socket.accept()
    await socket.send_text(user.id)


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> FakeSessions:
    return FakeSessions(auth, monkeypatch)


def type_of(client: TestClient, path: str, headers: dict[str, str]) -> str:
    answer = client.get(path, headers=headers)
    return str(answer.json()["type"]) if answer.is_error else "ok"


def test_a_request_is_of_the_user_who_signed_in(sessions: FakeSessions) -> None:
    with TestClient(app) as client:
        assert auth.cache_state == "local", "no Redis"
        ada, bob = sessions.sign_in(ADA), sessions.sign_in(BOB)
        assert User.model_validate(client.get("/orders", headers=ada).json()) == ADA
        assert User.model_validate(client.get("/orders", headers=bob).json()) == BOB
        assert [client.get("/shop", headers=each).json() for each in (ada, bob, {})] == ["ada", "bob", "nobody"]
        assert [type_of(client, "/refunds", each) for each in (ada, bob, {})] == ["ok", "not_permitted", "session_missing"]
        assert [type_of(client, "/mail", each) for each in (ada, bob)] == ["not_permitted", "ok"]
        promoted = sessions.sign_in(BOB.model_copy(update={"labels": ("staff",)}))
        assert client.get("/refunds", headers=promoted).json() == "bob"
        with client.websocket_connect("/chat", headers=ada) as socket:
            assert socket.receive_text() == "ada"


def test_what_is_no_session_is_refused_as_ever(sessions: FakeSessions) -> None:
    with TestClient(app) as client:
        ada, bob = sessions.sign_in(ADA), sessions.sign_in(BOB, cookie=True)
        assert type_of(client, "/shop", {"X-Appwrite-Session": "!"}) == "credential_malformed"
        assert type_of(client, "/orders", ada | bob) == "carrier_ambiguous"
        with pytest.MonkeyPatch.context() as patch:
            stranger = FakeSessions(SessionAuth(endpoint=auth.endpoint, project=auth.project), patch).sign_in(ADA)
        assert type_of(client, "/orders", stranger) == "session_invalid", "of another test"
        with pytest.raises(WebSocketDenialResponse), client.websocket_connect("/chat"):
            pass


def test_the_rule_about_other_websites_holds_for_the_cookie(sessions: FakeSessions) -> None:
    with TestClient(app) as client:
        cookie = sessions.sign_in(ADA, cookie=True)
        origins = ("https://shop.example", "http://testserver", "https://evil.example")
        assert [client.post("/orders", headers={**cookie, "Origin": each}).status_code for each in origins] == [200, 200, 403]


@pytest.mark.parametrize(
    ("type_", "status"),
    [
        ("session_invalid", 401), ("mfa_required", 401), ("user_blocked", 403), ("password_reset_required", 403),
        ("auth_unavailable", 503),
    ],
)  # fmt: skip
def test_a_session_is_refused_by_every_word_of_appwrite(sessions: FakeSessions, type_: str, status: int) -> None:
    with TestClient(app) as client:
        phone, browser = sessions.sign_in(ADA), sessions.sign_in(ADA, cookie=True)
        assert [type_of(client, "/orders", each) for each in (phone, browser)] == ["ok", "ok"]
        sessions.refuse(browser, type_)
        answer = client.get("/orders", headers=browser)
        assert (answer.status_code, answer.json()["type"]) == (status, type_)
        assert type_of(client, "/shop", browser) == type_
        assert type_of(client, "/orders", phone) == "ok", "another session of the same user"


def test_only_what_appwrite_can_say_can_be_said(sessions: FakeSessions) -> None:
    for wrong in ("alive", "not_permitted", ""):
        with pytest.raises(ValueError, match="refused with one of session_invalid, mfa_required"):
            sessions.refuse(sessions.sign_in(ADA), wrong)
    with pytest.raises(ValueError, match="no user with the id"):
        sessions.sign_in(User(id="no such id!"))


def test_the_middleware_and_the_apps_own_tokens_work_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def whoami(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.state.user.id)

    issuer = TokenIssuer(new_keys(), issuer="https://shop.example", audience="shop", project="shop")
    own = SessionAuth(endpoint=auth.endpoint, project="shop", tokens=issuer)
    sessions = FakeSessions(own, monkeypatch)
    ada = sessions.sign_in(ADA)
    with TestClient(SessionMiddleware(Starlette(routes=[Route("/", whoami)]), own)) as client:
        assert client.get("/", headers=ada).text == "ada"
        assert client.get("/").json()["type"] == "session_missing"
    issuing = FastAPI(lifespan=own.lifespan)
    issuing.include_router(token_router(own, issuer))
    with TestClient(issuing) as client:
        assert client.post("/_gateway/token", headers=ada).json()["token_type"] == "Bearer"


def test_it_ends_with_the_test() -> None:
    with pytest.MonkeyPatch.context() as patch:
        sessions = FakeSessions(auth, patch)
        ada = sessions.sign_in(ADA)
        kept_open = TestClient(app)
        assert kept_open.get("/shop", headers=ada).json() == "ada", "also without a lifespan"
    # From here on, the one who is asked is Appwrite, even by an app that was in use.
    assert kept_open.get("/shop", headers=ada).status_code == 503


def test_an_app_that_is_open_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    own = SessionAuth(endpoint=auth.endpoint, project="shop")
    with TestClient(FastAPI(lifespan=own.lifespan)), pytest.raises(RuntimeError, match="the app is open"):
        FakeSessions(own, monkeypatch)


@pytest.mark.parametrize(
    "line",
    [
        "FakeSessions(SessionAuth(endpoint='https://x.io/v1', project='p'), MonkeyPatch())",
        "FakeTokens(TokenAuth(issuer='https://x.io', audience='p'), MonkeyPatch())",
    ],
)
def test_it_does_nothing_outside_of_a_run_of_pytest(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_VERSION")
    imports = (
        "from pytest import MonkeyPatch\n"
        "from appwrite_session_gateway import SessionAuth, TokenAuth\n"
        "from appwrite_session_gateway.testing import FakeSessions, FakeTokens\n"
    )
    ended = subprocess.run([sys.executable, "-c", imports + line], capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 1
    assert "RuntimeError: appwrite_session_gateway.testing is for tests that pytest runs" in ended.stderr


def test_the_package_itself_does_not_load_it() -> None:
    script = "import sys, appwrite_session_gateway, appwrite_session_gateway.app; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"appwrite_session_gateway.testing", "pytest"} & set(ended.stdout.split())


# A microservice whose gateway cannot be reached from here.
token_auth = TokenAuth(issuer=f"http://{NOWHERE}", audience="orders", project="shop")
service = FastAPI()
service.add_exception_handler(Problem, answer_problem)


@service.get("/orders")
async def orders_of_the_service(user: Annotated[User, Depends(token_auth)]) -> User:
    return user


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> FakeTokens:
    return FakeTokens(token_auth, monkeypatch)


def test_a_microservice_knows_the_user_of_a_token(tokens: FakeTokens) -> None:
    with TestClient(service) as client:
        assert User.model_validate(client.get("/orders", headers=tokens.sign_in(ADA)).json()) == ADA
        assert User.model_validate(client.get("/orders", headers=tokens.sign_in(BOB)).json()) == BOB
        assert type_of(client, "/orders", {}) == "session_missing"
        assert type_of(client, "/orders", {"Authorization": "Bearer x.y.z"}) == "token_invalid"
        assert type_of(client, "/orders", tokens.sign_in(ADA, expired=True)) == "token_expired"
        ada = tokens.sign_in(ADA)
        tokens.lose_keys()
        assert type_of(client, "/orders", ada) == "auth_unavailable"


def test_tokens_end_with_the_test_and_are_for_one_service() -> None:
    with pytest.MonkeyPatch.context() as patch:
        ada = FakeTokens(token_auth, patch).sign_in(ADA)
        other = FakeTokens(TokenAuth(issuer=token_auth.issuer, audience="billing"), patch).sign_in(ADA)
        with TestClient(service) as client:
            assert type_of(client, "/orders", ada) == "ok"
            assert type_of(client, "/orders", other) == "token_invalid"
    with TestClient(service) as client:
        assert type_of(client, "/orders", ada) == "auth_unavailable", "the gateway is asked for its keys"
