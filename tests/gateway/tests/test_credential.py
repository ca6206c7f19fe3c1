"""What is taken off a request, and what is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from appwrite_session_gateway.credential import MAX_CREDENTIAL, Carrier, Credential, read_credential
from appwrite_session_gateway.problem import Problem

SECRET = "ab" * 128


def blob(user_id: str = "user-alice", secret: str = SECRET) -> str:
    return base64.b64encode(json.dumps({"id": user_id, "secret": secret}, separators=(",", ":")).encode()).decode()


def jwt(claims: dict[str, Any]) -> str:
    parts = ({"alg": "HS256"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts) + ".c2ln"


def read(*headers: tuple[str, str]) -> Credential:
    return read_credential([(name.encode(), value.encode("latin-1")) for name, value in headers], "demo")


def refusal(*headers: tuple[str, str]) -> str:
    with pytest.raises(Problem) as refused:
        read(*headers)
    return refused.value.type


GOOD = blob()
ESCAPED = GOOD.replace("=", "%3D")


def test_padding_is_there_so_that_it_can_go_wrong() -> None:
    assert GOOD.endswith("=")


@pytest.mark.parametrize(
    ("header", "carrier"),
    [
        (("Cookie", f"a_session_demo={GOOD}"), Carrier.COOKIE),
        (("cookie", f"theme=dark; a_session_demo={ESCAPED}; lb=1"), Carrier.COOKIE),
        (("Cookie", f"a_session_demo_legacy={GOOD}"), Carrier.COOKIE),
        (("Cookie", f"a_session_demo={GOOD}; a_session_demo_legacy={blob('other')}"), Carrier.COOKIE),
        (("Cookie", f"a_session_demo={GOOD}; a_session_demo={ESCAPED}"), Carrier.COOKIE),
        (("X-Fallback-Cookies", json.dumps({"a_session_demo": GOOD, "a_session_console": "x"})), Carrier.FALLBACK_COOKIES),
        (("X-Appwrite-Session", GOOD), Carrier.SESSION_HEADER),
        (("X-Appwrite-Session", GOOD.rstrip("=")), Carrier.SESSION_HEADER),
    ],
)
def test_a_session_is_read_from_every_carrier_and_is_the_same(header: tuple[str, str], carrier: Carrier) -> None:
    credential = read(header)
    assert (credential.carrier, credential.user_id, credential.text) == (carrier, "user-alice", GOOD)
    assert credential.digest("scope") == read(("X-Appwrite-Session", GOOD)).digest("scope")


def test_a_jwt_is_read_with_the_time_when_it_ends() -> None:
    credential = read(("Authorization", "bearer " + jwt({"userId": "user-alice", "exp": 1_900_000_000})))
    assert (credential.carrier, credential.user_id, credential.expires_at) == (Carrier.JWT, "user-alice", 1_900_000_000)


def test_cookies_in_several_lines_are_one_cookie_header() -> None:
    assert read(("Cookie", "a=b"), ("Cookie", f"a_session_demo={GOOD}")).user_id == "user-alice"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Cookie", "theme=dark; a_session_other=x")],
        [("Cookie", "a_session_demo=deleted; a_session_demo_legacy=")],
        [("X-Fallback-Cookies", "[]")],
        [("X-Fallback-Cookies", "{}"), ("X-Appwrite-Session", "")],
        [("Authorization", "Basic YTpi")],
    ],
)
def test_nothing_is_missing(headers: list[tuple[str, str]]) -> None:
    assert refusal(*headers) == "session_missing"


@pytest.mark.parametrize(
    "headers",
    [
        [("Cookie", f"a_session_demo={GOOD}"), ("X-Appwrite-Session", GOOD)],
        [("Cookie", f"a_session_demo={GOOD}"), ("Authorization", f"Bearer {jwt({'userId': 'a', 'exp': 1})}")],
        [("X-Fallback-Cookies", json.dumps({"a_session_demo": GOOD})), ("X-Appwrite-Session", GOOD)],
        [("X-Appwrite-Session", GOOD), ("X-Appwrite-Session", GOOD)],
        [("Cookie", f"a_session_demo={GOOD}; a_session_demo={blob('other')}")],
    ],
)
def test_two_are_too_many(headers: list[tuple[str, str]]) -> None:
    assert refusal(*headers) == "carrier_ambiguous"


@pytest.mark.parametrize(
    "header",
    [
        ("X-Appwrite-Session", "65f1c0ffee"),
        ("X-Appwrite-Session", ESCAPED),
        ("X-Appwrite-Session", GOOD + "xx!"),
        ("X-Appwrite-Session", base64.b64encode(b"[1]").decode()),
        ("X-Appwrite-Session", base64.b64encode(b"[" * 2000).decode()),
        ("X-Appwrite-Session", base64.b64encode(b"\xff\xfe").decode()),
        ("X-Appwrite-Session", blob(user_id="../etc")),
        ("X-Appwrite-Session", blob(secret="")),
        ("Cookie", 'a_session_demo="quoted"'),
        ("X-Fallback-Cookies", "{"),
        ("X-Fallback-Cookies", '{"a_session_demo": 7}'),
        ("X-Fallback-Cookies", json.dumps({"a_session_demo": ESCAPED})),
        ("Authorization", "Bearer "),
        ("Authorization", f"Bearer {GOOD}"),
        ("Authorization", "Bearer a.b.c"),
        ("Authorization", f"Bearer {jwt({'exp': 1})}"),
        ("Authorization", f"Bearer {jwt({'userId': 'a', 'exp': True})}"),
        ("Authorization", f"Bearer {jwt({'userId': 'a', 'exp': 'soon'})}"),
        ("Authorization", f"Bearer {jwt({'userId': 'a', 'exp': int('9' * 400)})}"),
        ("Authorization", f"Bearer {jwt({'userId': 'a', 'exp': float('nan')})}"),
        ("Authorization", f"Bearer {jwt({'userId': 'a', 'exp': float('inf')})}"),
        ("Authorization", f"Bearer {jwt({'userId': 'a', 'exp': -1})}"),
    ],
)
def test_what_cannot_be_a_credential_is_malformed(header: tuple[str, str]) -> None:
    assert refusal(header) == "credential_malformed"


@pytest.mark.parametrize(
    "header",
    [
        ("X-Appwrite-Session", "A" * (MAX_CREDENTIAL + 1)),
        ("Authorization", "Bearer " + "A" * (MAX_CREDENTIAL + 1)),
        ("Cookie", "a_session_demo=" + "A" * (MAX_CREDENTIAL + 1)),
        ("Cookie", "other=" + "A" * 20_000),
        ("X-Fallback-Cookies", json.dumps({"a_session_demo": GOOD, "other": "A" * 20_000})),
    ],
)
def test_what_is_too_large_is_not_looked_into(header: tuple[str, str]) -> None:
    assert refusal(header) == "credential_too_large"


def test_a_credential_is_in_no_repr_and_its_digest_depends_on_where_it_counts() -> None:
    credential = read(("X-Appwrite-Session", GOOD))
    assert GOOD[:30] not in repr(credential)
    assert SECRET[:16] not in repr(credential)
    assert credential.digest("one") != credential.digest("other")
    assert GOOD not in credential.digest("one")
