"""A token's signature is computed once, and nothing else is taken on trust."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from appwrite_session_gateway import Problem, SigningKeys
from appwrite_session_gateway.credential import CLOCK_LEEWAY
from appwrite_session_gateway.tokens import check
from appwrite_session_gateway.tokens.check import TokenCheck
from test_tokens import ADA, ISSUER, SESSION, ed, issuer

KEYS = SigningKeys([ed()])


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the tokens whose signatures are computed."""
    tokens: list[str] = []
    decode = jwt.decode

    def note(token: str, *args: Any, **options: Any) -> Any:
        tokens.append(token)
        return decode(token, *args, **options)

    monkeypatch.setattr(jwt, "decode", note)
    return tokens


def checker() -> TokenCheck:
    return TokenCheck(issuer=ISSUER, audience="orders", project="demo")


def claims_of(checks: TokenCheck, token: str, keys: SigningKeys = KEYS) -> dict[str, Any]:
    return checks.claims(token, keys.of(checks.kid(token)))


def test_the_next_call_with_a_token_does_not_compute_its_signature(computed: list[str]) -> None:
    checks, token = checker(), issuer(KEYS).issue(ADA, SESSION)[0]
    first = claims_of(checks, token)
    first["sub"] = "eve"
    first["labels"].append("admin")
    again = claims_of(checks, token)
    assert (again["sub"], again["labels"]) == ("ada", ["staff"])
    assert computed == [token]


def test_a_changed_token_is_another_one() -> None:
    checks, token = checker(), issuer(KEYS).issue(ADA, SESSION)[0]
    claims_of(checks, token)
    head, claims, signature = token.split(".")
    for changed in (f"{head}.{claims}.{signature[::-1]}", f"{head}.{claims[::-1]}.{signature}", f"{token} "):
        with pytest.raises(Problem, match="none of this gateway"):
            claims_of(checks, changed)


def test_a_token_that_was_verified_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    checks, (token, life) = checker(), issuer(KEYS).issue(ADA, SESSION)
    claims_of(checks, token)
    later = time.time() + life + CLOCK_LEEWAY + 1
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(Problem, match="has ended"):
        claims_of(checks, token)
    assert checks.claims(token, KEYS.of(checks.kid(token)), late=True)["sub"] == "ada"


def test_a_token_ends_with_its_key() -> None:
    checks, token = checker(), issuer(KEYS).issue(ADA, SESSION)[0]
    claims_of(checks, token)
    with pytest.raises(Problem, match="none of this gateway"):
        claims_of(checks, token, SigningKeys([ed()]))


def test_so_many_tokens_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch, computed: list[str]) -> None:
    monkeypatch.setattr(check, "_MOST", 2)
    checks, issues = checker(), issuer(KEYS)
    tokens = [issues.issue(ADA, SESSION)[0] for _ in range(3)]
    for token in (*tokens, tokens[2], tokens[1], tokens[0]):
        claims_of(checks, token)
    assert computed == [*tokens, tokens[0]]
