"""What Appwrite's answers mean."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from appwrite_session_gateway.appwrite import read_answer
from appwrite_session_gateway.credential import Carrier, Credential
from appwrite_session_gateway.verdict import Outcome, Verdict

ALICE = Credential(Carrier.COOKIE, "alice", text="x")
ACCOUNT: dict[str, Any] = {"$id": "alice", "name": "", "email": None, "labels": ["staff"], "emailVerification": True, "prefs": {}}


def read(status: int, body: Any, **headers: str) -> Verdict:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_answer(status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()}), content, ALICE)


@pytest.mark.parametrize(
    ("status", "type_", "outcome"),
    [
        (401, "general_unauthorized_scope", Outcome.SESSION_INVALID),
        (401, "user_jwt_invalid", Outcome.SESSION_INVALID),
        (401, "user_more_factors_required", Outcome.MFA_REQUIRED),
        (401, "user_blocked", Outcome.USER_BLOCKED),
        (403, "user_blocked", Outcome.USER_BLOCKED),
        (412, "user_password_reset_required", Outcome.PASSWORD_RESET),
        (401, "general_access_forbidden", Outcome.UNAVAILABLE),
        (401, "user_unauthorized", Outcome.UNAVAILABLE),
        (403, "general_unknown_origin", Outcome.UNAVAILABLE),
        (403, "user_jwt_and_cookie_set", Outcome.UNAVAILABLE),
        (404, "project_not_found", Outcome.UNAVAILABLE),
        (404, "general_unauthorized_scope", Outcome.UNAVAILABLE),
        (429, "general_rate_limit_exceeded", Outcome.UNAVAILABLE),
        (500, "general_unauthorized_scope", Outcome.UNAVAILABLE),
        (503, "general_unknown", Outcome.UNAVAILABLE),
    ],
)
def test_only_appwrites_own_words_decide(status: int, type_: str, outcome: Outcome) -> None:
    assert read(status, {"type": type_, "code": status}).outcome is outcome


@pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 500])
@pytest.mark.parametrize("body", [b"<html>general_unauthorized_scope</html>", b"", b"[]", b"\xff", b"[" * 100_000, b"null", {}])
def test_a_page_or_half_an_answer_decides_nothing(status: int, body: Any) -> None:
    assert read(status, body).outcome is Outcome.UNAVAILABLE


def test_an_account_is_a_user() -> None:
    user = read(200, ACCOUNT).user
    assert user is not None
    assert (user.id, user.email, user.labels, user.email_verified) == ("alice", "", ("staff",), True)


@pytest.mark.parametrize("change", [{"$id": "bob"}, {"$id": None}, {"$id": ""}, {"$id": 7}, {"name": 7}, {"labels": 7}])
def test_an_account_of_somebody_else_or_none_lets_nobody_in(change: dict[str, Any]) -> None:
    assert read(200, ACCOUNT | change).outcome is Outcome.UNAVAILABLE


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 1),
        ({"retry_after": "7"}, 7),
        ({"retry_after": "0"}, 1),
        ({"retry_after": "86400"}, 60),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 1),
        ({"retry_after": "nan"}, 1),
        ({"x_ratelimit_reset": str(time.time() - 5)}, 1),
        ({"x_ratelimit_reset": str(time.time() + 3600)}, 60),
    ],
)
def test_when_to_come_back_is_between_a_second_and_a_minute(headers: dict[str, str], seconds: int) -> None:
    assert read(429, {}, **headers).retry_after == seconds
