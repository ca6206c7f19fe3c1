"""Which headers go on to the microservice, which come back, and how the microservice learns who calls."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import jwt

from .credential import cookie_names
from .user import User

RawHeaders = list[tuple[bytes, bytes]]

USER_TOKEN_SECONDS = 60
CLOCK_SKEW = 10
"""Seconds by which the clocks of a gateway and of a microservice may differ."""
_HOP_BY_HOP = {
    b"connection", b"expect", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
}  # fmt: skip
# What says who calls, or where from, is this gateway's to say. Also the credential, in whatever carrier.
_OURS = {b"authorization", b"host", b"forwarded", b"x-fallback-cookies", b"x-real-ip", b"x-request-id"}
_OURS_BY_START = (b"x-user-", b"x-appwrite-", b"x-forwarded-", b"sec-websocket-")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class UserHeaders:
    """Tells the microservice who calls: plainly, or in a token of a minute that proves that this gateway said so."""

    def __init__(self, *, signing_key: str = "", audience: str = "") -> None:
        if signing_key and len(signing_key) < 32:
            raise ValueError("a signing key has 32 characters at least")
        self._key = signing_key
        self._audience = audience

    def of(self, user: User) -> RawHeaders:
        """Give the headers for one request. Texts are percent-encoded UTF-8, so that a name cannot end a header."""
        if self._key:
            now = int(time.time())
            claims: dict[str, Any] = {
                "iss": "appwrite-session-gateway",
                "aud": self._audience,
                "sub": user.id,
                "iat": now,
                "exp": now + USER_TOKEN_SECONDS,
                "name": user.name,
                "email": user.email,
                "email_verified": user.email_verified,
                "labels": list(user.labels),
            }
            return [(b"X-User-Token", jwt.encode(claims, self._key, "HS256").encode())]
        plain = {
            "X-User-Id": user.id,
            "X-User-Name": user.name,
            "X-User-Email": user.email,
            "X-User-Email-Verified": "true" if user.email_verified else "false",
            "X-User-Labels": ",".join(user.labels),
        }
        return [(name.encode(), _encoded(value)) for name, value in plain.items()]


def _encoded(value: str) -> bytes:
    """Percent-encode. A space at an end is not part of a header's value, so it is encoded there."""
    inner = value.strip(" ")
    start = len(value) - len(value.lstrip(" "))
    end = len(value) - start - len(inner)
    return ("%20" * start + quote(inner, safe=" @.,:+-_") + "%20" * end).encode()


def read_user_token(token: str, *, signing_key: str, audience: str = "") -> dict[str, Any]:
    """For microservices in Python: verify an ``X-User-Token``. Raises ``jwt.InvalidTokenError`` if it is not the gateway's."""
    issuer = "appwrite-session-gateway"
    options: jwt.types.Options = {"require": ["exp", "iat", "sub", "aud", "iss"]}
    return dict(jwt.decode(token, signing_key, ["HS256"], options, audience=audience, issuer=issuer, leeway=CLOCK_SKEW))


def forwarded_headers(headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """Give what of a client's headers goes on: no credential, no user, nothing of this hop."""
    headers = list(headers)
    nominated = _nominated(headers)
    kept: RawHeaders = []
    cookies: list[bytes] = []
    for name, value in headers:
        # Some servers read `X_User_Id` as `X-User-Id`.
        plain = name.lower().replace(b"_", b"-")
        if plain in _HOP_BY_HOP | _OURS | nominated or plain.startswith(_OURS_BY_START):
            continue
        if plain == b"cookie":
            cookies += _other_cookies(value)
        else:
            kept.append((name, value))
    if cookies:
        kept.append((b"cookie", b"; ".join(cookies)))
    return kept


def returned_headers(headers: Iterable[tuple[bytes, bytes]], project: str, origin: str = "") -> RawHeaders:
    """Give what of a microservice's headers goes back: nothing of this hop, and no session cookie, which is Appwrite's to set.

    A redirect to the microservice's own ``origin``, which no client can reach, becomes one to the gateway.
    """
    headers = list(headers)
    dropped = _HOP_BY_HOP | _nominated(headers) | {b"date"}  # the server in front says when
    names = tuple(f"{name}=".encode() for name in cookie_names(project))
    return [
        (name, _outside(value, origin.encode()) if name.lower() in (b"location", b"content-location") else value)
        for name, value in headers
        if name.lower() not in dropped and not (name.lower() == b"set-cookie" and value.lstrip().startswith(names))
    ]


def _outside(location: bytes, origin: bytes) -> bytes:
    rest = location[len(origin) :] if origin and location.lower().startswith(origin.lower()) else b"another"
    if rest[:1] not in (b"", b"/", b"?", b"#"):
        return location
    # Two slashes would begin the name of another host.
    return b"/" + rest.lstrip(b"/") if rest[:1] in (b"", b"/") else b"/" + rest


def request_id(given: str | None, otherwise: str) -> str:
    """Give the id under which a request is in all logs: the client's, if it looks like one."""
    return given if given and _REQUEST_ID.fullmatch(given) else otherwise


def _nominated(headers: RawHeaders) -> set[bytes]:
    """Give the headers that ``Connection`` names as for one hop only."""
    lines = [value for name, value in headers if name.lower() == b"connection"]
    return {token.strip().lower().replace(b"_", b"-") for line in lines for token in line.split(b",")}


def _other_cookies(line: bytes) -> list[bytes]:
    """Give the cookies that are no session of Appwrite: of this project, of another one on the same host, or of the console."""
    pairs = [pair.strip() for pair in line.split(b";")]
    return [pair for pair in pairs if pair and not pair.startswith(b"a_session_")]
