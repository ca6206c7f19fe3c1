"""Issues access tokens, and reads the gateway's own ones again."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from typing import Any, NamedTuple

import jwt

from ..credential import ACCESS_TOKEN_TYPE, Carrier, Credential
from ..problem import Problem
from ..user import User
from .check import TokenCheck
from .keys import SigningKeys

_SHORTEST_LIFE = 30


class IssuedToken(NamedTuple):
    """What a verified token says."""

    user: User
    checked_ms: int
    """When Appwrite was asked about the session, in milliseconds since 1970, by the clock that revocations are dated by."""


class TokenIssuer:
    """Makes access tokens of users (RFC 9068), each for one session.

    ``issuer`` is the gateway's public URL, such as ``https://api.example.com``, with the prefix if it is below one, and
    ``audience`` the name under which the microservices know themselves. ``life`` is in seconds. A revocation takes effect in the
    gateway at once, and in microservices at the latest when the token has ended; so a longer life saves requests, and a shorter
    one is safer.
    """

    def __init__(self, keys: SigningKeys, *, issuer: str, audience: str, project: str, life: int = 300) -> None:
        if not issuer.startswith(("https://", "http://")) or issuer.endswith("/"):
            raise ValueError("issuer is the public URL of the gateway, https://… without a slash at its end")
        if not audience:
            raise ValueError("audience is the name under which the microservices know themselves")
        if not _SHORTEST_LIFE <= life <= 3600:
            raise ValueError("an access token lives for 30 to 3600 seconds")
        self.keys, self.issuer, self.audience, self.project, self.life = keys, issuer, audience, project, life
        self._check = TokenCheck(issuer=issuer, audience=audience, project=project)

    def issue(
        self, user: User, credential: Credential, scope: str = "", *,
        age: float = 0, checked_ms: int | None = None, longest: float = math.inf,
    ) -> tuple[str, int]:  # fmt: skip
        """Make a token for the session behind ``credential``; also gives its life in seconds, which is ``longest`` at most.

        ``age`` is how many seconds ago Appwrite was asked about the session, and ``checked_ms`` when that was, by the clock that
        revocations are dated by. The life counts from there, so that a session that Appwrite has ended in between is let in no
        longer. A token does not outlive an Appwrite JWT that it is made for either. Raises ``Problem`` if the credential is
        itself an access token: otherwise one token could be renewed for ever without the session.
        """
        if credential.carrier is Carrier.ACCESS_TOKEN:
            raise Problem("session_missing")
        now = time.time()
        life = int(min(max(math.ceil(self.life - age), _SHORTEST_LIFE), max(longest, 1)))
        if credential.expires_at is not None:
            life = min(life, int(credential.expires_at - now))
        if life <= 0:
            raise Problem("token_expired")
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": user.id,
            # Which session it is, without a way back to the credential.
            "sid": hashlib.sha256(f"sid\n{credential.digest(scope)}".encode()).hexdigest()[:32],
            "client_id": self.project,
            "iat": int(now),
            "checked_ms": int(now * 1000) if checked_ms is None else checked_ms,
            "exp": int(now) + life,
            "jti": secrets.token_urlsafe(16),
            **_claims_of(user),
        }
        key = self.keys.signing
        if key.private is None:
            raise RuntimeError("the first key is a private one")
        token = jwt.encode(claims, key.private, key.algorithm, {"typ": ACCESS_TOKEN_TYPE, "kid": key.kid})
        return token, life

    def read(self, token: str, *, late: bool = False) -> IssuedToken:
        """Verify a token that this gateway has issued. Raises ``Problem`` if it is none, or has ended and may not be ``late``."""
        claims = self._check.claims(token, self.keys.of(self._check.kid(token)), late=late)
        checked_ms = claims.get("checked_ms")
        return IssuedToken(user_of(claims), checked_ms if type(checked_ms) is int else int(claims["iat"]) * 1000)


def user_of(claims: dict[str, Any]) -> User:
    """Give the user whom verified claims describe."""
    labels = claims.get("labels")
    return User(
        id=claims["sub"],
        name=str(claims.get("name") or ""),
        email=str(claims.get("email") or ""),
        phone=str(claims.get("phone_number") or ""),
        email_verified=claims.get("email_verified") is True,
        phone_verified=claims.get("phone_number_verified") is True,
        mfa_enabled=claims.get("mfa_enabled") is True,
        labels=tuple(str(label) for label in labels) if isinstance(labels, list) else (),
    )


def _claims_of(user: User) -> dict[str, Any]:
    """Give what a token says of its user, in the names of OpenID Connect where there is one."""
    return {
        "name": user.name,
        "email": user.email,
        "email_verified": user.email_verified,
        "phone_number": user.phone,
        "phone_number_verified": user.phone_verified,
        "mfa_enabled": user.mfa_enabled,
        "labels": list(user.labels),
    }
