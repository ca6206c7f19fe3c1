"""A revocation ends access tokens: whoever issued them, whoever looks at them, and however the two overlap."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI

from appwrite_session_gateway import Problem, SessionAuth, SigningKeys, TokenIssuer, User, token_router
from appwrite_session_gateway.credential import Carrier, Credential
from appwrite_session_gateway.revoked_tokens import LONGEST_LIFE_MS, MOST, RevokedTokens
from appwrite_session_gateway.untold import EVERYBODY
from appwrite_session_gateway.verdict import Outcome, Policy, Verdict
from support.mock import Mock, Person
from support.redis import RedisServer

pytestmark = pytest.mark.anyio

ISSUER = "https://api.example.com"
ADA = User(id="ada")
SESSION = Credential(Carrier.COOKIE, "ada", text="canary")


def issuer() -> TokenIssuer:
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return TokenIssuer(SigningKeys([key]), issuer=ISSUER, audience="orders", project="demo")


def bearer(token: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {token}".encode())]


class Worker:
    """A worker of a gateway that issues tokens."""

    def __init__(self, mock: Mock, redis: RedisServer, tokens: TokenIssuer) -> None:
        self.auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, cache=redis.url, tokens=tokens)
        self.app = FastAPI(lifespan=self.auth.lifespan)
        self.app.include_router(token_router(self.auth, tokens))
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://gateway")

    async def token(self, session: str) -> str:
        answer = await self._http.post("/_gateway/token", headers={"X-Appwrite-Session": session})
        return str(answer.json()["access_token"])

    async def says(self, token: str) -> str:
        try:
            return (await self.auth.identify(bearer(token))).id
        except Problem as problem:
            return problem.type


@contextlib.asynccontextmanager
async def worker(mock: Mock, redis: RedisServer, tokens: TokenIssuer) -> AsyncIterator[Worker]:
    made = Worker(mock, redis, tokens)
    async with made.auth.opened():
        yield made


async def heard(made: Worker, person: Person, token: str) -> None:
    async with asyncio.timeout(5):
        while await made.says(token) == person.id:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_revocation_reaches_every_worker_and_those_that_begin_later(mock: Mock, redis_server: RedisServer) -> None:
    tokens, (ada, bob) = issuer(), (mock.person(), mock.person())
    async with worker(mock, redis_server, tokens) as one, worker(mock, redis_server, tokens) as other:
        session = mock.session(ada)
        old, bobs = await one.token(session), await one.token(mock.session(bob))
        assert [await each.says(old) for each in (one, other)] == [ada.id, ada.id]
        assert await one.auth.revoke_user(ada.id)
        await heard(other, ada, old)
        # The session lives, so there is another token, and every worker takes it.
        new = await other.token(session)
        for made in (one, other):
            assert [await made.says(each) for each in (old, new, bobs)] == ["token_invalid", ada.id, bob.id]
    async with worker(mock, redis_server, tokens) as restarted:
        assert [await restarted.says(each) for each in (old, new, bobs)] == ["token_invalid", ada.id, bob.id]


async def test_a_token_by_an_answer_from_before_the_revocation_is_refused_although_it_is_younger(
    mock: Mock, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, ada = issuer(), mock.person()
    async with worker(mock, redis_server, tokens) as slow, worker(mock, redis_server, tokens) as other:
        session = mock.session(ada)
        first = await slow.token(session)
        # The news does not reach this worker for a while, and it answers from its memory.
        monkeypatch.setattr(slow.auth._open.validator, "forget_user", lambda *_: None)
        assert await other.auth.revoke_user(ada.id)
        await heard(other, ada, first)
        asked = len(mock.questions(ada))
        late = await slow.token(session)
        assert len(mock.questions(ada)) == asked, "it did not ask"
        assert await other.says(late) == "token_invalid"


async def test_a_worker_that_missed_a_revocation_while_it_was_deaf_hears_of_it_afterwards(
    mock: Mock, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, ada = issuer(), mock.person()
    async with worker(mock, redis_server, tokens) as deaf:
        with monkeypatch.context() as patch:
            patch.setattr(deaf.auth._open.validator, "forget_user", lambda *_: None)
            async with worker(mock, redis_server, tokens) as other:
                token = await other.token(mock.session(ada))
                assert await other.auth.revoke_user(ada.id)
                await heard(other, ada, token)
            assert await deaf.says(token) == ada.id
        with redis_server.client() as client:
            client.client_kill_filter(_type="pubsub")
        await heard(deaf, ada, token)


async def test_a_token_lives_from_the_moment_at_which_appwrite_was_asked() -> None:
    tokens = issuer()

    def life(**belief: float) -> int:
        token, life = tokens.issue(ADA, SESSION, **belief)  # type: ignore[arg-type]
        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == life
        return life

    assert [life(age=age) for age in (0.2, 20, 269, 290, 1000)] == [300, 280, 31, 30, 30]
    assert [life(age=40, longest=longest) for longest in (110.4, 5, 0.2, -1)] == [110, 5, 1, 1]


@pytest.mark.parametrize(("age", "life"), [(0, 300), (10, 290), (39.5, 110), (149.5, 1)])
async def test_what_an_old_answer_buys_is_not_let_in_longer_than_the_session_would_be(
    mock: Mock, monkeypatch: pytest.MonkeyPatch, age: float, life: int
) -> None:
    tokens = issuer()
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, tokens=tokens)
    assert auth.policy == Policy(ttl=30, grace=120)
    app = FastAPI(lifespan=auth.lifespan)
    app.include_router(token_router(auth, tokens))

    async def validate(_credential: Credential, _client: str, *, patiently: bool) -> Verdict:
        assert patiently
        return Verdict(Outcome.ALIVE, ADA, asked=time.monotonic() - age, asked_ms=123)

    async with auth.opened(), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        monkeypatch.setattr(auth._open.validator, "validate", validate)
        answer = await http.post("/_gateway/token", headers={"X-Appwrite-Session": mock.session(mock.person())})
    assert answer.json()["expires_in"] == life
    assert jwt.decode(answer.json()["access_token"], options={"verify_signature": False})["checked_ms"] == 123


async def test_a_connection_outlives_its_token_and_no_revocation(mock: Mock) -> None:
    tokens = issuer()
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, tokens=tokens)
    key = tokens.keys.signing
    assert key.private is not None
    token = tokens.issue(ADA, SESSION)[0]
    claims = {**jwt.decode(token, options={"verify_signature": False}), "exp": int(time.time()) - 60}
    ended = jwt.encode(claims, key.private, key.algorithm, {"typ": "at+jwt", "kid": key.kid})
    async with auth.opened():
        assert [await auth.ended(bearer(each)) for each in (token, ended)] == ["", "token_expired"]
        assert [await auth.ended(bearer(each), outlives_token=True) for each in (token, ended)] == ["", ""]
        await auth.revoke_user("ada")
        assert await auth.ended(bearer(token)) == "token_invalid"
        assert [await auth.ended(bearer(each), outlives_token=True) for each in (token, ended)] == ["token_invalid"] * 2


def test_revocations_are_forgotten_when_no_token_can_be_that_old() -> None:
    revoked = RevokedTokens()
    revoked.revoke("ada", 5000)
    revoked.revoke("ada", 4000)
    assert revoked.has("ada", 5000), "the later one counts, whichever comes first"
    assert not revoked.has("ada", 5001)
    assert not revoked.has("bob", 1)
    revoked.revoke("bob", 5001 + LONGEST_LIFE_MS)
    assert not revoked.has("ada", 1)


def test_more_revocations_than_can_be_remembered_revoke_everybody() -> None:
    revoked = RevokedTokens()
    for number in range(MOST + 2):
        revoked.revoke(str(number), 10_000 + number)
    assert revoked.has("0", 10_000)
    assert revoked.has("somebody", 10_001)
    assert not revoked.has("somebody", 10_002)
    revoked.revoke(EVERYBODY, 20_000_000)
    assert revoked.has("somebody", 20_000_000)
    assert not revoked.has("somebody", 20_000_001)
