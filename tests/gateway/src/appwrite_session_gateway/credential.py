"""Takes the one credential off a request, whichever carrier it came by; refuses two, malformed and oversized ones."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeGuard
from urllib.parse import unquote

from .problem import Problem

MAX_CREDENTIAL = 4096
"""Characters; a session's blob has about 420, a JWT about 300."""
MAX_COOKIES = 16384
_LATEST = 1e11
"""Seconds since 1970, in some 3000 years. A number that is no number is not below it either."""
_USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")

CLOCK_LEEWAY = 10
"""Seconds by which the clocks of the issuer of a token and of a verifier may differ."""
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
"""What the header of an access token says that it is (RFC 9068)."""

Headers = Iterable[tuple[bytes, bytes]]


class Carrier(StrEnum):
    """How a credential travels."""

    COOKIE = "cookie"
    FALLBACK_COOKIES = "fallback_cookies"
    SESSION_HEADER = "session_header"
    JWT = "jwt"
    """Appwrite's own."""
    ACCESS_TOKEN = "access_token"  # noqa: S105
    """One that the gateway has issued."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What proves a login, and whom it claims to be of; with ``team``, also a place in it. Its text is in no ``repr``."""

    carrier: Carrier
    user_id: str
    """Whom it names. Only Appwrite can say whether that is true."""
    expires_at: float | None = None
    """When a JWT says that it ends, in seconds since 1970."""
    text: str = field(default="", repr=False)
    team: str = ""
    """The id of the team whose member the user is to be; empty for the login alone."""

    def digest(self, scope: str) -> str:
        """Give the name under which answers about it are kept: a hash from which nobody gets it back."""
        kind = "jwt" if self.carrier is Carrier.JWT else "session"
        if self.team:
            kind += f" in team {self.team}"
        return hashlib.sha256(f"{scope}\n{kind}\n{self.text}".encode()).hexdigest()


def is_user_id(value: object) -> TypeGuard[str]:
    """Whether Appwrite can have a user with this id."""
    return isinstance(value, str) and _USER_ID.fullmatch(value) is not None


def cookie_names(project: str) -> tuple[str, str]:
    """Give the session cookies of a project, in the order in which Appwrite looks at them."""
    return f"a_session_{project}", f"a_session_{project}_legacy"


def read_credential(headers: Headers, project: str) -> Credential:
    """Read the one credential of a request from its raw headers.

    Raises ``Problem`` if there is none, more than one, or one that can be none.
    """
    found = list(_carried(headers, project))
    if len(found) > 1:
        # A Bearer of the app's own, beside a session, is for somebody else.
        found = [each for each in found if each[0] is not Carrier.JWT or _is_appwrites(each[1])]
    if not found:
        raise Problem("session_missing")
    if len(found) > 1:
        raise Problem("carrier_ambiguous")
    carrier, text = found[0]
    if len(text) > MAX_CREDENTIAL:
        raise Problem("credential_too_large")
    return _parsed_jwt(text) if carrier is Carrier.JWT else _parsed_session(carrier, text)


def _carried(headers: Headers, project: str) -> Iterable[tuple[Carrier, str]]:
    cookies: list[str] = []
    for raw_name, raw_value in headers:
        name = raw_name.lower()
        value = raw_value.decode("latin-1").strip()
        match name:
            case b"cookie":
                cookies.append(value)
            case b"x-appwrite-session" if value:
                yield Carrier.SESSION_HEADER, value
            case b"x-fallback-cookies" if value:
                if text := _fallback(value, project):
                    yield Carrier.FALLBACK_COOKIES, text
            case b"authorization":
                scheme, _, token = value.partition(" ")
                if scheme.lower() == "bearer":
                    yield Carrier.JWT, token.strip()
    if cookies and (text := _cookie("; ".join(cookies), project)):
        yield Carrier.COOKIE, text


def _cookie(line: str, project: str) -> str | None:
    if len(line) > MAX_COOKIES:
        raise Problem("credential_too_large")
    found: dict[str, set[str]] = {}
    for pair in line.split(";"):
        name, _, value = pair.strip().partition("=")
        if name in cookie_names(project) and value not in ("", "deleted"):
            found.setdefault(name, set()).add(unquote(value))
    # Appwrite looks at the second name only if the first is absent.
    for name in cookie_names(project):
        if values := found.get(name):
            if len(values) > 1:
                raise Problem("carrier_ambiguous")
            return values.pop()
    return None


def _fallback(value: str, project: str) -> str | None:
    if len(value) > MAX_COOKIES:
        raise Problem("credential_too_large")
    try:
        cookies = json.loads(value)
    except (ValueError, RecursionError):
        raise Problem("credential_malformed") from None
    if not isinstance(cookies, dict):
        return None  # `[]` is what Appwrite sends at a sign-out
    text = cookies.get(cookie_names(project)[0])
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise Problem("credential_malformed")
    return text


def _parsed_session(carrier: Carrier, text: str) -> Credential:
    content = _json_of(text, _BASE64, base64.b64decode)
    user_id, secret = content.get("id"), content.get("secret")
    if not is_user_id(user_id) or not isinstance(secret, str) or not secret:
        raise Problem("credential_malformed")
    # Appwrite takes it with and without padding: one session, one name for its answers.
    return Credential(carrier, user_id, text=text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _is_appwrites(text: str) -> bool:
    try:
        _parsed_jwt(text)
    except Problem:
        return False
    return True


def _parsed_jwt(text: str) -> Credential:
    if not _JWT.fullmatch(text):
        raise Problem("credential_malformed")
    kind = _json_of(text.split(".", 1)[0], re.compile(r".+"), base64.urlsafe_b64decode).get("typ")
    if isinstance(kind, str) and kind.lower() in (ACCESS_TOKEN_TYPE, f"application/{ACCESS_TOKEN_TYPE}"):
        # Who it is of is known once its signature is.
        return Credential(Carrier.ACCESS_TOKEN, "", text=text)
    content = _json_of(text.split(".")[1], re.compile(r".+"), base64.urlsafe_b64decode)
    user_id, expires_at = content.get("userId"), content.get("exp")
    if not is_user_id(user_id):
        raise Problem("credential_malformed")
    if isinstance(expires_at, bool) or not isinstance(expires_at, int | float) or not 0 <= expires_at < _LATEST:
        raise Problem("credential_malformed")
    return Credential(Carrier.JWT, user_id, float(expires_at), text)


def _json_of(text: str, alphabet: re.Pattern[str], decode: Any) -> dict[str, Any]:
    if not alphabet.fullmatch(text):
        raise Problem("credential_malformed")
    try:
        content = json.loads(decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise Problem("credential_malformed") from None
    if not isinstance(content, dict):
        raise Problem("credential_malformed")
    return content
