"""The check that other proxies ask: in every method and below every path, without a body, by the rules for the call itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from appwrite_session_gateway import SessionAuth, UserHeaders, session_check_router
from conftest import World
from support.mock import Mock, Person

PATH = "/_gateway/session"
HOST = "api.example.com"
COOKIE_ONLY = "origin_not_allowed"


class Check:
    """An app of one's own with the check, and somebody who is signed in."""

    def __init__(self, client: TestClient, person: Person, credential: str) -> None:
        self.client, self.person = client, person
        self.cookie = {"Cookie": f"a_session_demo={credential}"}
        self.header = {"X-Appwrite-Session": credential}


@pytest.fixture(scope="module")
def check(mock: Mock) -> Iterator[Check]:
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, origins=["https://app.example.com"])
    app = FastAPI(lifespan=auth.lifespan)
    app.include_router(session_check_router(auth, UserHeaders()))
    person = mock.person()
    with TestClient(app, base_url=f"http://{HOST}") as client:
        yield Check(client, person, mock.session(person))


@pytest.mark.parametrize("path", [PATH, f"{PATH}/", f"{PATH}/orders/1?a=b", f"{PATH}//evil/%2e%2e/%2F"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "QUERY", "PROPFIND", "CONNECT"])
def test_every_method_and_path_gets_the_user_or_a_problem(check: Check, method: str, path: str) -> None:
    answer = check.client.request(method, path, headers=check.header)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["x-user-id"] == check.person.id
    assert answer.headers["x-user-email"] == check.person.email
    assert answer.headers["cache-control"] == "no-store"
    refused = check.client.request(method, path)
    assert (refused.status_code, refused.headers["x-problem-type"]) == (401, "session_missing")
    assert "x-user-id" not in refused.headers


def test_it_is_no_other_path(check: Check) -> None:
    for path in ("/_gateway/sessions", "/_gateway/", "/"):
        assert check.client.get(path, headers=check.header).status_code == 404


FOREIGN = {"Origin": "https://evil.example"}


@pytest.mark.parametrize(
    ("method", "headers", "allowed"),
    [
        ("GET", FOREIGN, True),
        ("POST", FOREIGN, False),
        ("POST", {"Origin": f"http://{HOST}"}, True),
        ("POST", {"Origin": "https://app.example.com"}, True),
        ("POST", {}, True),
        ("GET", FOREIGN | {"X-Forwarded-Method": "POST"}, False),
        ("GET", FOREIGN | {"X-Forwarded-Method": "GET"}, True),
        ("POST", FOREIGN | {"X-Forwarded-Method": "GET"}, False),
        ("PROPFIND", FOREIGN, False),
        ("GET", FOREIGN | {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}, False),
        ("GET", FOREIGN | {"Sec-WebSocket-Version": "13"}, False),
        ("GET", {"Origin": f"http://{HOST}", "Sec-WebSocket-Version": "13"}, True),
        # A proxy that asks under a name of its own says what the client asked for.
        ("GET", {"Origin": "https://shop.example", "X-Forwarded-Method": "POST", "X-Forwarded-Host": "shop.example"}, True),
        ("GET", {"Origin": f"http://{HOST}", "X-Forwarded-Method": "POST", "X-Forwarded-Host": "shop.example"}, False),
    ],
)
def test_a_website_cannot_make_a_browser_change_something(
    check: Check, method: str, headers: dict[str, str], allowed: bool
) -> None:
    answer = check.client.request(method, f"{PATH}/orders", headers=check.cookie | headers)
    assert (answer.status_code, answer.headers.get("x-problem-type")) == ((200, None) if allowed else (403, COOKIE_ONLY))
    assert check.client.request(method, PATH, headers=check.header | headers).status_code == 200, "no browser adds a header"


def test_two_lines_that_name_a_method_are_both_looked_at(check: Check) -> None:
    for methods in (["GET", "DELETE"], ["DELETE", "GET"]):
        headers = [*(check.cookie | FOREIGN).items(), *(("X-Forwarded-Method", method) for method in methods)]
        assert check.client.get(PATH, headers=headers).status_code == 403


def ask(world: World, head: bytes) -> bytes:
    """Send a head and nothing more, and give what comes until the answer's head has ended."""
    with socket.create_connection(("127.0.0.1", world.gateway.port), 10) as line:
        line.settimeout(10)
        line.sendall(head)
        answer = b""
        while b"\r\n\r\n" not in answer and (piece := line.recv(65536)):
            answer += piece
    return answer


def test_the_running_gateway_waits_for_no_body_and_makes_no_websocket_of_a_handshake(world: World) -> None:
    person = world.mock.person()
    session = world.mock.session(person).encode()
    for length in (b"Content-Length: 1000000", b"Transfer-Encoding: chunked"):
        answer = ask(
            world, b"POST %s/x HTTP/1.1\r\nHost: g\r\nX-Appwrite-Session: %s\r\n%s\r\n\r\n" % (PATH.encode(), session, length)
        )
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert f"x-user-id: {person.id}".encode() in answer.lower()
    handshake = (
        b"GET %s/chat HTTP/1.1\r\nHost: g\r\nX-Appwrite-Session: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    answer = ask(world, handshake % (PATH.encode(), session))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert f"x-user-id: {person.id}".encode() in answer.lower()
    refused = ask(world, handshake % (PATH.encode(), b""))
    assert refused.startswith(b"HTTP/1.1 401 ")
    assert b"session_missing" in refused
