"""What goes through the gateway, and what does not: headers, bodies, streams, WebSockets, slow and broken services."""

from __future__ import annotations

import base64
import json
import secrets
import socket
from collections.abc import Iterator
from functools import partial
from operator import eq

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from appwrite_session_gateway import read_user_token
from conftest import World
from support.gateway import Gateway
from support.mock import Person
from support.waiting import eventually

KEY = "k" * 32


@pytest.fixture
def credential(world: World) -> str:
    return world.mock.session(world.mock.person())


def seen(answer: httpx.Response) -> dict[str, list[str]]:
    """Give the headers that came to the service, by name."""
    found: dict[str, list[str]] = {}
    for name, value in answer.json()["headers"]:
        found.setdefault(name.lower(), []).append(value)
    return found


def test_a_client_cannot_say_who_it_is(world: World, credential: str) -> None:
    spoofed = {
        "X-User-Id": "root", "X_User_Id": "root", "x-user-labels": "admin", "X-User-Token": "x", "X-Appwrite-Key": "k",
        "X-Appwrite-JWT": "x", "X_Appwrite_Session": "x", "Forwarded": "for=1.2.3.4", "X-Forwarded-For": "1.2.3.4",
        "X-Real-IP": "1.2.3.4", "Connection": "keep-alive, X-User-Id, X-Secret-Hop", "X-Secret-Hop": "1", "X-Mine": "yes",
    }  # fmt: skip
    headers = seen(world.http.get("/whoami", headers={**world.headers(credential), **spoofed}))
    assert headers["x-mine"] == ["yes"]
    assert len(headers["x-user-id"]) == 1
    assert headers["x-user-id"][0].startswith("person-")
    assert headers["x-user-name"][0].startswith("Zo%C3%AB ")
    assert headers["x-user-name"][0].endswith("%0A"), "a name cannot end a header"
    assert headers["x-forwarded-for"] == ["127.0.0.1"]
    assert not {"x_user_id", "x-user-token", "x-appwrite-key", "x-appwrite-jwt", "x_appwrite_session", "forwarded", "x-real-ip",
                "x-secret-hop", "connection"} & set(headers)  # fmt: skip
    assert "root" not in str(headers)


def test_cookies_of_one_user_do_not_go_along_with_the_next(world: World, credential: str) -> None:
    for _ in range(8):  # more than there are workers
        answer = httpx.get(f"{world.gateway.url}/whoami", headers=world.headers(credential))
        assert "lb=one" in answer.headers["set-cookie"]
        assert "cookie" not in seen(answer)


def test_a_path_cannot_name_another_host_and_arrives_byte_for_byte(world: World, credential: str) -> None:
    for path in ("//evil.example.com/a", "/a%2Fb/%2e%2e/c", "/http://evil.example.com/", "/a;b=c"):
        with socket.create_connection(("127.0.0.1", world.gateway.port)) as line:
            head = f"GET {path} HTTP/1.1\r\nHost: gateway\r\nCookie: a_session_demo={credential}\r\nConnection: close\r\n\r\n"
            line.sendall(head.encode())
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        assert b" 200 " in answer.split(b"\r\n")[0], path
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["path"] == path


def test_a_request_reaches_the_service_piece_by_piece(world: World, credential: str) -> None:
    def size() -> int:
        arrived: int = httpx.get(f"{world.service}/progress/up", trust_env=False).json()["size"]
        return arrived

    def pieces() -> Iterator[bytes]:
        for number in (1, 2, 3):
            yield b"0123456789"
            eventually(size, partial(eq, number * 10))  # the next piece is sent only when this one is there

    answer = world.http.post("/upload/up", content=pieces(), headers=world.headers(credential))
    assert answer.json() == {"size": 30}


def test_an_answer_reaches_the_client_piece_by_piece(world: World, credential: str) -> None:
    with world.http.stream("GET", "/ticks/down", headers=world.headers(credential)) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "begin"
        for line in ("one", "two"):
            httpx.post(f"{world.service}/tick/down", content=f"{line}\n", trust_env=False)
            assert next(lines) == line
        httpx.post(f"{world.service}/tick/down", content=b"", trust_env=False)
        assert list(lines) == []


def test_a_large_body_arrives_whole_and_a_larger_one_is_refused(world: World, credential: str) -> None:
    headers = world.headers(credential)
    body = bytes(range(256)) * 3900
    assert world.http.post("/echo", content=body, headers=headers).content == body
    for content in (b"x" * 1_000_001, iter([b"x" * 100_000] * 11)):
        answer = world.http.post("/size", content=content, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (413, "body_too_large")


def test_an_answer_without_a_body_stays_one(world: World, credential: str) -> None:
    headers = world.headers(credential)
    for status in (204, 304):
        answer = world.http.get(f"/empty/{status}", headers=headers)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (status, b"", "x")
        assert "transfer-encoding" not in answer.headers
    head = world.http.head("/whoami", headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 100
    assert len(head.headers.get_list("date")) == 1


def test_a_service_that_is_silent_broken_or_gone_is_told_apart(world: World, credential: str) -> None:
    answer = world.get(credential, "/silent")
    assert (answer.status_code, answer.json()["type"]) == (504, "service_timeout")
    with pytest.raises(httpx.RemoteProtocolError):  # three bytes of ten are not passed off as the whole
        world.get(credential, "/broken")
    gateway = Gateway(endpoint=world.mock.endpoint, project="demo", upstream="http://127.0.0.1:9")
    try:
        answer = httpx.get(f"{gateway.url}/x", headers=world.headers(credential), trust_env=False)
        assert (answer.status_code, answer.json()["type"]) == (502, "service_unavailable")
    finally:
        gateway.close()


def test_a_body_that_does_not_come_is_not_waited_for(world: World, credential: str) -> None:
    with socket.create_connection(("127.0.0.1", world.gateway.port), timeout=10) as line:
        head = f"POST /size HTTP/1.1\r\nHost: g\r\nCookie: a_session_demo={credential}\r\nContent-Length: 10\r\n\r\nabc"
        line.sendall(head.encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_without_a_credential_nothing_reaches_the_service(world: World) -> None:
    answer = world.http.post("/echo", content=b"x")
    assert (answer.status_code, answer.json()["type"]) == (401, "session_missing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == 'Appwrite-Session error="session_missing"'
    assert world.mock.journal() == []


def test_two_carriers_are_refused_before_anybody_is_asked(world: World, credential: str) -> None:
    answer = world.http.get("/whoami", headers={**world.headers(credential), "X-Appwrite-Session": credential})
    assert (answer.status_code, answer.json()["type"]) == (400, "carrier_ambiguous")
    assert world.mock.journal() == []


def test_a_jwt_is_a_carrier_too(world: World, credential: str) -> None:
    jwt = world.mock.jwt(credential)
    answer = world.http.get("/whoami", headers={"Authorization": f"Bearer {jwt}"})
    assert answer.json()["userId"].startswith("person-")
    assert "authorization" not in seen(answer)
    forged = jwt[:-4] + ("AAAA" if not jwt.endswith("AAAA") else "BBBB")
    refusal = world.http.get("/whoami", headers={"Authorization": f"Bearer {forged}"})
    assert (refusal.status_code, refusal.json()["type"]) == (401, "session_invalid")


@pytest.fixture
def signing(world: World) -> Iterator[Gateway]:
    gateway = Gateway(
        endpoint=world.mock.endpoint, project="demo", upstream=world.service, user_signing_key=KEY, user_audience="orders",
        calls_per_minute=3, failures_per_minute=2, cache=world.redis.url,
    )  # fmt: skip
    yield gateway
    gateway.close()


def test_a_signed_user_can_be_verified_and_limits_hold(world: World, signing: Gateway) -> None:
    person = world.mock.person()
    headers = world.headers(world.mock.session(person))
    with httpx.Client(base_url=signing.url, trust_env=False) as http:
        received = seen(http.get("/whoami", headers=headers))
        claims = read_user_token(received["x-user-token"][0], signing_key=KEY, audience="orders")
        assert (claims["sub"], claims["email"]) == (person.id, person.email)
        assert "x-user-id" not in received
        session = http.get("/_gateway/session", headers=headers)
        assert (session.status_code, session.headers["x-user-token"][:3]) == (200, "eyJ")
        answers = [http.get("/whoami", headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert answers[1].json()["type"] == "rate_limited"
        assert 0 < int(answers[1].headers["retry-after"]) <= 60
        codes = [http.get("/whoami", headers={"X-Appwrite-Session": unknown(person)}).status_code for _ in range(3)]
        assert codes == [401, 401, 429], "nobody can have Appwrite asked about one guess after another"


def unknown(person: Person) -> str:
    """Make a credential as Appwrite's are, which Appwrite does not know."""
    return base64.b64encode(json.dumps({"id": person.id, "secret": secrets.token_hex(128)}).encode()).decode()


def test_a_websocket_goes_through_and_ends_as_the_service_ends_it(world: World, credential: str) -> None:
    url = world.gateway.url.replace("http", "ws") + "/chat"
    cookie = {"Cookie": f"a_session_demo={credential}; other=1", "X-User-Id": "root"}
    with connect(url, additional_headers=cookie, subprotocols=["chat"], proxy=None) as chat:  # type: ignore[list-item]
        assert chat.subprotocol == "chat"
        headers = json.loads(chat.recv())
        assert headers["x-user-id"].startswith("person-")
        assert headers["cookie"] == "other=1"
        chat.send("hello")
        assert chat.recv() == "hello"
        chat.send(b"\x00\xff")
        assert chat.recv() == b"\x00\xff"
        chat.send("bye")
        with pytest.raises(ConnectionClosed) as closed:
            chat.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4000, "as you like")


def test_a_websocket_without_a_session_is_refused_and_one_whose_session_ends_is_closed(world: World) -> None:
    url = world.gateway.url.replace("http", "ws") + "/chat"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, proxy=None)
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["type"] == "session_missing"
    person = world.mock.person()
    header = {"X-Appwrite-Session": world.mock.session(person)}
    with connect(url, additional_headers=header, proxy=None) as chat:
        chat.recv()
        world.mock.revoke_all(person)
        assert world.gateway.revoke(userId=person.id) == 204
        with pytest.raises(ConnectionClosed) as closed:
            chat.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4401, "session_invalid")


def test_health_readiness_and_the_openapi_document_need_no_session(world: World) -> None:
    assert world.http.get("/healthz").json() == {"status": "ok"}
    assert world.http.get("/readyz").json() == {"ready": True, "cache": "shared"}
    document = world.http.get("/_gateway/openapi.json").json()
    session = document["paths"]["/_gateway/session"]["get"]
    assert {name for scheme in session["security"] for name in scheme} == set(document["components"]["securitySchemes"])
    assert session["security"] == [{"AppwriteSession": []}]
    assert "application/problem+json" in session["responses"]["503"]["content"]
    assert world.http.get("/_gateway/elsewhere").status_code == 404


def test_revocations_need_the_secret_and_webhooks_the_signature(world: World) -> None:
    for path, header in (("revocations", "Authorization"), ("webhooks/appwrite", "X-Appwrite-Webhook-Signature")):
        for value in ("", "Bearer", "Bearer wrong", "Zm9v"):
            answer = world.http.post(f"/_gateway/{path}", json={"userId": "x"}, headers={header: value})
            assert (answer.status_code, answer.json()["type"]) == (403, "not_authorized")
    assert world.gateway.revoke(user="x") == 400


def test_a_gateway_that_is_told_to_end_answers_what_is_under_way(world: World, credential: str) -> None:
    gateway = Gateway(endpoint=world.mock.endpoint, project="demo", upstream=world.service, workers=2)
    try:
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as line:
            head = f"GET /slow?seconds=1 HTTP/1.1\r\nHost: g\r\nCookie: a_session_demo={credential}\r\n\r\n"
            line.sendall(head.encode())
            eventually(lambda: gateway.metric("gateway_requests_in_flight"), lambda count: count >= 1)
            assert gateway.process.terminate() == 0
            assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
    finally:
        gateway.close()
