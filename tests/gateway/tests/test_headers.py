"""What the microservice is told, and that nobody else can tell it."""

from __future__ import annotations

import time

import jwt
import pytest

from appwrite_session_gateway import User, UserHeaders, read_user_token
from appwrite_session_gateway.headers import request_id, returned_headers

KEY = "k" * 32
ALICE = User(id="alice", name="Zoë\r\nX-User-Id: root", email="a@b.co", labels=("a", "b"))


def test_plain_headers_are_plain_ascii_in_one_line() -> None:
    headers = dict(UserHeaders().of(ALICE))
    assert headers[b"X-User-Id"] == b"alice"
    assert headers[b"X-User-Labels"] == b"a,b"
    assert all(value.isascii() and b"\r" not in value and b"\n" not in value for value in headers.values())


def test_a_token_is_for_one_audience_and_one_key() -> None:
    ((name, token),) = UserHeaders(signing_key=KEY, audience="orders").of(ALICE)
    assert name == b"X-User-Token"
    claims = read_user_token(token.decode(), signing_key=KEY, audience="orders")
    assert (claims["sub"], claims["name"], claims["exp"] - claims["iat"]) == ("alice", ALICE.name, 60)
    with pytest.raises(jwt.InvalidTokenError):
        read_user_token(token.decode(), signing_key=KEY, audience="billing")
    with pytest.raises(jwt.InvalidTokenError):
        read_user_token(token.decode(), signing_key="x" * 32, audience="orders")
    unsigned = jwt.encode({**claims}, "", algorithm="none")
    with pytest.raises(jwt.InvalidTokenError):
        read_user_token(unsigned, signing_key=KEY, audience="orders")


@pytest.mark.parametrize(("ahead", "counts"), [(5, True), (-65, True), (60, False), (-90, False)])
def test_the_clocks_of_gateway_and_service_may_differ_a_little(ahead: int, counts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + ahead)
    ((_, token),) = UserHeaders(signing_key=KEY, audience="orders").of(ALICE)
    monkeypatch.undo()
    if counts:
        assert read_user_token(token.decode(), signing_key=KEY, audience="orders")["sub"] == "alice"
    else:
        with pytest.raises(jwt.InvalidTokenError):
            read_user_token(token.decode(), signing_key=KEY, audience="orders")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 characters"):
        UserHeaders(signing_key="short")


def test_a_service_does_not_set_appwrites_cookie_or_the_hops_headers() -> None:
    given = [(b"Set-Cookie", b"a_session_demo=evil; Path=/"), (b"set-cookie", b"lb=1"), (b"Connection", b"x-hop"),
             (b"X-Hop", b"1"), (b"Transfer-Encoding", b"chunked"), (b"X-Mine", b"1")]  # fmt: skip
    assert returned_headers(given, "demo") == [(b"set-cookie", b"lb=1"), (b"X-Mine", b"1")]


@pytest.mark.parametrize(
    ("given", "taken"), [("abcdef-0123", True), (None, False), ("a b", False), ("a" * 65, False), ("é" * 9, False)]
)
def test_a_request_id_is_taken_over_if_it_looks_like_one(given: str | None, taken: bool) -> None:
    assert request_id(given, "made") == (given if taken else "made")
