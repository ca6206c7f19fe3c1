"""The receiver of Appwrite's webhooks: with what a real Appwrite delivered, and with what else can come."""

import asyncio
import json
import logging
import traceback
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.testclient import TestClient

from appwrite_session_gateway import Problem, SessionAuth, User, revocation, revocation_router
from support.deliveries import Delivery, recorded, signature
from support.mock import Mock

PATH = "/_gateway/webhooks/appwrite"
URL = "https://gateway.example.com" + PATH
KEY = "a signing key"
SECRET = "JBSWY3DPEHPK3PXP"
HASH = "$argon2id$v=19$m=65536$dVlJbDgzZHVh"
DELETED = (
    "users.{0}.sessions.S.delete,users.*.sessions.*.delete,users.{0}.sessions.*.delete,users.{0}.sessions.S,users.{0},users.*"
)


class Recorder(SessionAuth):
    """Writes down whom it is told to forget."""

    def __init__(self) -> None:
        super().__init__(endpoint="http://127.0.0.1:9/v1", project="demo")
        self.revoked: list[str] = []
        self.told = True

    async def revoke_user(self, user_id: str, origin: str = "app") -> bool:
        self.revoked.append(user_id)
        return self.told


class Receiver:
    """The receiver in an app of its own."""

    def __init__(self, url: str = URL) -> None:
        self.auth = Recorder()
        self.app = FastAPI(lifespan=self.auth.lifespan)
        self.app.include_router(revocation_router(self.auth, webhook_key=KEY, webhook_url=url))
        self.client = TestClient(self.app)

    def deliver(self, body: bytes, events: Sequence[str] = (), *, url: bytes = URL.encode(), key: str = KEY) -> int:
        """Deliver, with one header for each element of ``events``; gives the status."""
        headers = [(b"X-Appwrite-Webhook-Signature", signature(url, body, key).encode())]
        headers += [(b"X-Appwrite-Webhook-Events", names.encode("latin-1")) for names in events]
        status: int = self.client.post(PATH, content=body, headers=headers).status_code
        return status


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    it = Receiver()
    with it.client:
        yield it


def test_a_real_delivery_makes_the_gateway_ask_again_about_its_user(mock: Mock) -> None:
    deliveries = recorded()
    assert len(deliveries) == 15
    (url,), (key,) = {each.url for each in deliveries}, {each.key for each in deliveries}
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, ttl=3600)
    app = FastAPI(lifespan=auth.lifespan)
    app.include_router(revocation_router(auth, webhook_key=key, webhook_url=url))

    @app.get("/whoami")
    async def whoami(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    sessions: dict[str, str] = {}
    with TestClient(app) as client:

        def call(delivery: Delivery) -> int:
            """Call as the user, twice; gives how often Appwrite was asked."""
            mock.clear_journal()
            for _ in range(2):
                assert (
                    client.get("/whoami", headers={"X-Appwrite-Session": sessions[delivery.user_id]}).json() == delivery.user_id
                )
            return len([each for each in mock.journal() if each["path"] == "/v1/account"])

        for delivery in deliveries:
            if delivery.user_id not in sessions:
                mock.control("POST", "/users", {"userId": delivery.user_id})
                path = f"/users/{delivery.user_id}/sessions"
                sessions[delivery.user_id] = mock.control("POST", path)["credential"]
            call(delivery)
            assert call(delivery) == 0, "known"
            other = delivery.body.replace(b'"', b"'", 1)
            assert client.post(PATH, content=other, headers=delivery.headers[5:]).status_code == 403
            assert call(delivery) == 0, "not signed"
            assert client.post(PATH, content=delivery.body, headers=delivery.headers).status_code == 204
            assert call(delivery) == 1, delivery.event


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"secret": SECRET, "uri": f"otpauth://totp/demo?secret={SECRET}"}).encode(),
        b'{"recoveryCodes":["1","2"]}', b'{"userId":7,"$id":null}', b'{"userId":"\\ud800"}', b'{"userId":"a b"}',
        b"[]", b"null", b'"text"', b"", b"no JSON", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}",
    ],
    ids=range(13),
)  # fmt: skip
def test_a_signed_body_without_a_user_is_a_success_and_the_header_names_the_user(receiver: Receiver, body: bytes) -> None:
    assert receiver.deliver(body, ["users.ada.update,users.*.update,users.ada.update.mfa,users.ada,users.*"]) == 204
    assert receiver.auth.revoked == ["ada"]
    assert receiver.deliver(body) == 204, "a proxy removed the header"
    assert receiver.auth.revoked == ["ada"]


@pytest.mark.parametrize("user_id", ["a", "0", "x-_.y", "john.doe", "a.sessions.b.delete", "users.users", "d" * 36])
def test_every_id_that_appwrite_takes_is_found_in_the_header_and_in_the_body(receiver: Receiver, user_id: str) -> None:
    for events in (
        DELETED.format(user_id),
        f"users.{user_id}.update,users.*.update,users.{user_id}.update.status,users.*.update.status,users.{user_id},users.*",
        f"users.{user_id}.delete,users.*.delete,users.{user_id},users.*",
    ):
        assert receiver.deliver(b"[]", [events]) == 204
    for content in ({"$id": "S", "userId": user_id}, {"$id": user_id}):
        assert receiver.deliver(json.dumps(content).encode()) == 204
    assert receiver.auth.revoked == [user_id] * 5


@pytest.mark.parametrize(
    ("events", "revoked"),
    [
        ([DELETED.format("ada")], ["ada", "bob"]),
        (["users.*.sessions.*.delete,users.*"], ["bob"]),
        ([""], ["bob"]),
        ([" users.ada , users.ada.delete "], ["ada", "bob"]),
        (["users.ada,users.bob,users.eve"], ["ada", "bob", "eve"]),
        (["users.ada", "users.eve.update,users.eve"], ["ada", "eve", "bob"]),
        (["users.ada!,users.\xe9,users.," + "users." + "x" * 65], ["bob"]),
        (["databases.ada.collections.c.documents.d.create,databases.*"], []),
        (["buckets.b.files.f.create,buckets.*", "functions.f.executions.e.update"], []),
        (["teams.t.memberships.m.delete,teams.*.memberships.*.delete,teams.t,teams.*"], ["bob"]),
        (["teams.t.memberships.m.update,teams.*.memberships.*.update,teams.t,teams.*"], ["bob"]),
        (["teams.t.update,teams.*.update,teams.t,teams.*"], []),
    ],
)
def test_the_users_of_the_header_and_of_the_body_are_forgotten(receiver: Receiver, events: list[str], revoked: list[str]) -> None:
    assert receiver.deliver(b'{"$id":"S","userId":"bob"}', events) == 204
    assert sorted(receiver.auth.revoked) == sorted(revoked)


def test_who_sends_a_delivery_again_with_many_users_does_not_get_many_revocations(receiver: Receiver) -> None:
    assert receiver.deliver(b'{"userId":"bob"}', [",".join(f"users.u{number}" for number in range(5000))]) == 204
    assert len(receiver.auth.revoked) == 9
    assert "bob" in receiver.auth.revoked


@pytest.mark.parametrize("size", [256 * 1024, 256 * 1024 + 1, 3_000_000])
def test_a_delivery_of_any_size_is_verified_to_its_end(receiver: Receiver, size: int) -> None:
    body = json.dumps({"userId": "bob", "prefs": {"p": "x" * size}}).encode()
    assert receiver.deliver(body, [DELETED.format("ada")]) == 204
    assert receiver.auth.revoked == ["ada"], "the body is too large to be read for its user"
    answer = receiver.client.post(PATH, content=body[:-1] + b"!", headers={"X-Appwrite-Webhook-Signature": "x"})
    assert answer.status_code == 403
    signed = {"X-Appwrite-Webhook-Signature": signature(URL.encode(), body, KEY)}
    assert receiver.client.post(PATH, content=body[:-1] + b"!", headers=signed).status_code == 403
    assert receiver.client.post(PATH, content=body + b" ", headers=signed).status_code == 403


@pytest.mark.parametrize(
    ("registered", "signed"),
    [
        ("https://g.example.com:8443/a%20b/%2Fc%2f?x=%C3%A9&y=1+1", "https://g.example.com:8443/a b//c/?x=é&y=1+1"),
        ("https://g.example.com/100%/%zz%2", "https://g.example.com/100%/%zz%2"),
        ("https://g.example.com/%2520", "https://g.example.com/%20"),
        ("http://user:p%40ss@g.example.com/hook/", "http://user:p@ss@g.example.com/hook/"),
        ("https://g.example.com/gä", "https://g.example.com/gä"),
    ],
)
def test_the_url_is_signed_as_registered_and_percent_decoded(registered: str, signed: str) -> None:
    receiver = Receiver(registered)
    with receiver.client:
        assert receiver.deliver(b'{"$id":"ada"}', url=signed.encode()) == 204
        assert receiver.deliver(b'{"$id":"ada"}', url=signed.encode() + b"/") == 403
        assert receiver.deliver(b'{"$id":"ada"}', url=signed.encode(), key=KEY + "x") == 403
        # The name and password that a webhook can have are an Authorization header.
        headers = {"X-Appwrite-Webhook-Signature": signature(signed.encode(), b"[]", KEY), "Authorization": "Basic dTpw"}
        assert receiver.client.post(PATH, content=b"[]", headers=headers).status_code == 204
    assert receiver.auth.revoked == ["ada"]


def test_a_delivery_is_a_success_while_redis_is_away(receiver: Receiver) -> None:
    receiver.auth.told = False
    assert receiver.deliver(b"[]", ["users.ada"]) == 202
    assert receiver.deliver(b"[]", ["teams.t"]) == 204, "there is nothing to tell"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"userId":"ada"}', 204),
        (b'{"userId":"a b"}', 400),
        (b'{"userId":"\\ud800"}', 400),
        (b'{"userId":7}', 400),
        (b"{}", 400),
        (b"[]", 400),
        (b'{"userId":"ada"', 400),
        (b'{"credential":"!"}', 400),
        (b'{"userId":"ada","more":"' + b"x" * 300_000 + b'"}', 413),
    ],
    ids=range(9),
)
def test_a_service_names_a_user_whom_appwrite_can_have(body: bytes, status: int) -> None:
    auth = Recorder()
    app = FastAPI(lifespan=auth.lifespan)
    app.include_router(revocation_router(auth, secret="hush"))
    with TestClient(app) as client:
        assert client.post("/_gateway/revocations", content=body, headers={"Authorization": "Bearer hush"}).status_code == status
        assert client.post("/_gateway/revocations", content=body, headers={"Authorization": "Bearer no"}).status_code == 403
        assert client.post(PATH, content=body).status_code == 404
    assert auth.revoked == (["ada"] if status == 204 else [])


@pytest.mark.parametrize("half", [{"webhook_key": KEY}, {"webhook_url": URL}])
def test_half_of_what_a_webhook_needs_is_refused(half: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="belong together") as refused:
        revocation_router(Recorder(), **half)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    ("messages", "key", "status"),
    [
        (["all"], KEY, 204),
        (["all"], KEY, 500),
        (["all"], "another key", 403),
        (["half", "disconnect"], KEY, 400),
        (["half"], KEY, 408),
    ],
    ids=["well", "the revocation fails", "not signed", "broken off", "too slow"],
)
@pytest.mark.anyio
async def test_what_a_delivery_holds_is_in_no_log_no_exception_and_no_local_variable_of_one(
    messages: list[str], key: str, status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(revocation, "_PATIENCE", 0.05)
    caplog.set_level(logging.DEBUG)
    auth, raised = Recorder(), list[str]()
    if status == 500:
        monkeypatch.setattr(auth, "revoke_user", fail)
    app = FastAPI()
    app.include_router(revocation_router(auth, webhook_key=KEY, webhook_url=URL))

    async def handle(request: Request, error: Exception) -> Response:
        raised.append(told_by(error))
        return Response(status_code=error.status_code if isinstance(error, Problem) else 500)

    app.add_exception_handler(Problem, handle)
    app.add_exception_handler(ZeroDivisionError, handle)
    body = f'{{"$id":"ada","password":"{HASH}","secret":"{SECRET}"}}'.encode()
    left = iter(messages)
    kinds: dict[str, dict[str, Any]] = {
        "all": {"type": "http.request", "body": body},
        "half": {"type": "http.request", "body": body[:-1], "more_body": True},
        "disconnect": {"type": "http.disconnect"},
    }
    answered: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if (name := next(left, None)) is None:
            await asyncio.Event().wait()
        return kinds[str(name)]

    async def send(message: MutableMapping[str, Any]) -> None:
        answered.append(message)

    signed = (b"x-appwrite-webhook-signature", signature(URL.encode(), body, key).encode())
    await app({"type": "http", "method": "POST", "path": PATH, "query_string": b"", "headers": [signed]}, receive, send)
    assert answered[0]["status"] == status
    assert len(raised) == (0 if status == 204 else 1)
    assert all("revocation.py" in told for told in raised)
    told = "".join([*raised, caplog.text, *(str(vars(record)) for record in caplog.records), str(answered)])
    for hidden in (SECRET, HASH, KEY):
        assert hidden not in told


async def fail(user_id: str, origin: str) -> bool:
    raise ZeroDivisionError(user_id, origin)


def told_by(error: BaseException | None) -> str:
    """Give what an error tracker stores: the local variables of every frame, and what an exception was raised while handling."""
    told = ""
    while error is not None:
        told += "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        error = error.__context__
    return told
