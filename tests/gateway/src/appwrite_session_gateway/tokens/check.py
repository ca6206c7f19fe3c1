"""Verifies access tokens, and remembers those of which it has computed the signature."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any, NamedTuple

import jwt

from ..credential import ACCESS_TOKEN_TYPE, CLOCK_LEEWAY
from ..problem import Problem
from .keys import Key

_REQUIRED = ["iss", "aud", "sub", "exp", "iat", "jti", "client_id"]
_MOST = 4096
"""So many tokens are remembered, some 5 MB. With one more, the one that was verified first is forgotten."""


class _Known(NamedTuple):
    key: Key
    ends: float
    claims: str
    """As JSON, so that nobody can change what the next call gets."""


class TokenCheck:
    """Verifies the tokens of one issuer for one audience, and of one project or, with ``None``, of every one.

    Nothing in a token changes: what was true of it stays true until it ends, or its key is withdrawn. So its signature is
    computed once. Tokens are remembered by their SHA-256, without the token itself.
    """

    def __init__(self, *, issuer: str, audience: str, project: str | None) -> None:
        self._issuer, self._audience, self._project = issuer, audience, project
        self._known: dict[bytes, _Known] = {}

    def kid(self, token: str) -> object:
        """Give the id of the key that a token says that it was signed with. Raises ``Problem`` if it is no access token."""
        known = self._known.get(_digest(token))
        return _kid_of(token) if known is None else known.key.kid

    def claims(self, token: str, key: Key | None, *, late: bool = False) -> dict[str, Any]:
        """Verify a token by ``key``, and give its claims. Raises ``Problem`` ``token_expired`` or ``token_invalid``.

        A token that may be ``late`` may have ended.
        """
        digest = _digest(token)
        known = self._known.get(digest)
        if known is None or known.key is not key:
            claims = _verified(token, key, issuer=self._issuer, audience=self._audience, project=self._project, late=late)
            if key is not None:
                self._keep(digest, _Known(key, float(claims["exp"]), json.dumps(claims)))
            return claims
        if not late and known.ends <= time.time() - CLOCK_LEEWAY:
            raise Problem("token_expired")
        found: dict[str, Any] = json.loads(known.claims)
        return found

    def _keep(self, digest: bytes, known: _Known) -> None:
        while len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[digest] = known


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _kid_of(token: str) -> object:
    """Give the id of the key that a token says that it was signed with. Raises ``Problem`` if it is no access token."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, RecursionError):
        raise Problem("token_invalid") from None
    if str(header.get("typ", "")).lower() not in (ACCESS_TOKEN_TYPE, f"application/{ACCESS_TOKEN_TYPE}"):
        raise Problem("token_invalid")
    return header.get("kid")


def _verified(
    token: str, key: Key | None, *, issuer: str, audience: str, project: str | None, late: bool = False
) -> dict[str, Any]:
    """Verify a token by ``key``, and give its claims. Raises ``Problem`` ``token_expired`` or ``token_invalid``.

    ``None`` takes the tokens of every project of the issuer. A token that may be ``late`` may have ended.
    """
    if key is None:
        raise Problem("token_invalid")
    options: jwt.types.Options = {"require": _REQUIRED, "verify_exp": not late}
    try:
        claims: dict[str, Any] = jwt.decode(
            token, key.public, [key.algorithm], options, audience=audience, issuer=issuer, leeway=CLOCK_LEEWAY
        )
    except jwt.ExpiredSignatureError:
        raise Problem("token_expired") from None
    except jwt.InvalidTokenError:
        raise Problem("token_invalid") from None
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise Problem("token_invalid")
    if project is not None and claims["client_id"] != project:
        # Its keys are shared with another project, whose user can have the same id.
        raise Problem("token_invalid")
    return claims
