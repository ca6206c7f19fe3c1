"""For the tests of an app: users without Appwrite, Redis and a gateway. What is replaced is what would be asked, not what checks.

.. code-block:: python

    @pytest.fixture
    def sessions(monkeypatch: pytest.MonkeyPatch) -> FakeSessions:
        return FakeSessions(auth, monkeypatch)

    def test_staff_see_refunds(sessions: FakeSessions) -> None:
        with TestClient(app) as client:
            ada = sessions.sign_in(User(id="ada", labels=("staff",)))
            assert client.get("/refunds", headers=ada).status_code == 200

It needs pytest, does nothing outside of a run of pytest, and is undone with ``monkeypatch``.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .auth import SessionAuth
from .credential import Carrier, Credential, cookie_names, is_user_id, read_credential
from .tokens import SigningKeys, TokenAuth, TokenIssuer
from .user import User
from .verdict import Outcome, Verdict

__all__ = ["FakeSessions", "FakeTokens"]

_REFUSALS = tuple(outcome.value for outcome in Outcome if outcome not in (Outcome.ALIVE, Outcome.NOT_PERMITTED))
_LONG_AGO = 24 * 3600


class FakeSessions:
    """The sessions of an Appwrite that is not there, for the ``SessionAuth`` of an app.

    A request goes through the real ``auth``, with ``optional``, ``require``, the rule about other websites and all problems. Only
    what would be a question to Appwrite is answered from here, and ``cache`` is this process's memory. Make it before the app is
    opened. Raises ``RuntimeError`` if the app is open, or if this is no run of pytest.
    """

    def __init__(self, auth: SessionAuth, monkeypatch: pytest.MonkeyPatch) -> None:
        _check_that_this_is_a_test()
        if auth.is_ready:
            raise RuntimeError("the app is open: make FakeSessions before `with TestClient(app)`")
        self._auth = auth
        self._appwrite = _FakeAppwrite()
        monkeypatch.setattr(auth, "_make", lambda: self._appwrite)
        monkeypatch.setattr(auth, "_cache", None)
        monkeypatch.setattr(auth, "_parts", None)

    def sign_in(self, user: User, *, teams: Mapping[str, Collection[str]] | None = None, cookie: bool = False) -> dict[str, str]:
        """Open a session of ``user``; gives the header for their requests, with ``cookie`` the one that a browser sends.

        ``teams`` are the ids of the teams that the user is in, each with the user's roles there.
        """
        if not is_user_id(user.id):
            raise ValueError(f"Appwrite has no user with the id {user.id!r}")
        content = json.dumps({"id": user.id, "secret": secrets.token_hex(128)})
        text = base64.b64encode(content.encode()).decode()
        self._appwrite.verdicts[text] = Verdict(Outcome.ALIVE, user)
        self._appwrite.teams[text] = {team: tuple(roles) for team, roles in (teams or {}).items()}
        return {"Cookie": f"{cookie_names(self._auth.project)[0]}={text}"} if cookie else {"X-Appwrite-Session": text}

    def refuse(self, headers: Mapping[str, str], type_: str = "session_invalid") -> None:
        """Have Appwrite refuse the session of ``headers`` from now on; the app is told as by a webhook.

        ``type_`` is ``session_invalid``, ``mfa_required``, ``user_blocked``, ``password_reset_required`` or ``auth_unavailable``,
        with which it does not answer.
        """
        if type_ not in _REFUSALS:
            raise ValueError(f"a session is refused with one of {', '.join(_REFUSALS)}")
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        credential = read_credential(raw, self._auth.project)
        self._appwrite.verdicts[credential.text] = Verdict(Outcome(type_))
        self._auth._open.validator.forget_user(credential.user_id)


class FakeTokens:
    """The access tokens of a gateway that is not there, for the ``TokenAuth`` of a microservice.

    A request goes through the real ``auth``, which verifies the token by a key that is made for the test. Raises ``RuntimeError``
    if this is no run of pytest.
    """

    def __init__(self, auth: TokenAuth, monkeypatch: pytest.MonkeyPatch) -> None:
        _check_that_this_is_a_test()
        key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self._auth = auth
        self._issuer = TokenIssuer(
            SigningKeys([key]), issuer=auth.issuer, audience=auth.audience, project=auth.project or "project"
        )
        self._published = self._issuer.keys.jwks()
        self._is_away = False
        monkeypatch.setattr(auth, "_client", httpx.AsyncClient(transport=httpx.MockTransport(self._publish)))
        for name, value in (("_keys", {}), ("_fetched", float("-inf")), ("_tried", float("-inf"))):
            monkeypatch.setattr(auth, name, value)

    def sign_in(self, user: User, *, expired: bool = False) -> dict[str, str]:
        """Issue a token of ``user``; gives the header for their requests."""
        text, _ = self._issuer.issue(user, Credential(Carrier.SESSION_HEADER, user.id))
        if expired:
            key, header = self._issuer.keys.signing, jwt.get_unverified_header(text)
            assert key.private is not None  # noqa: S101
            claims = jwt.decode(text, options={"verify_signature": False})
            text = jwt.encode({**claims, "exp": claims["exp"] - _LONG_AGO}, key.private, key.algorithm, header)
        return {"Authorization": f"Bearer {text}"}

    def lose_keys(self) -> None:
        """Have the keys be away, so that every token is answered ``auth_unavailable``."""
        self._is_away = True
        self._auth._keys, self._auth._tried = {}, float("-inf")

    def _publish(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(503) if self._is_away else httpx.Response(200, json=self._published)


class _FakeAppwrite:
    """Answers what it was told about each session, and knows no other."""

    def __init__(self) -> None:
        self.verdicts: dict[str, Verdict] = {}
        self.teams: dict[str, dict[str, tuple[str, ...]]] = {}

    async def ask(self, credential: Credential) -> Verdict:
        verdict = self.verdicts.get(credential.text, Verdict(Outcome.SESSION_INVALID))
        if not credential.team or verdict.outcome is not Outcome.ALIVE:
            return verdict
        roles = self.teams[credential.text].get(credential.team)
        return Verdict(Outcome.NOT_PERMITTED) if roles is None else replace(verdict, roles=roles)

    async def close(self) -> None:
        """Close nothing."""


def _check_that_this_is_a_test() -> None:
    # pytest sets it for as long as it runs.
    if "PYTEST_VERSION" not in os.environ:
        raise RuntimeError("appwrite_session_gateway.testing is for tests that pytest runs (8.2 or newer)")
