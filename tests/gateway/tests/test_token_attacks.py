"""Access tokens, keys and questions that are not what they should be: none lets anybody in, and none breaks anything."""

# Without `from __future__ import annotations`: FastAPI reads the annotations of functions within a function.

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from appwrite_session_gateway import (
    Problem,
    SessionAuth,
    SigningKeys,
    TokenAuth,
    TokenIssuer,
    User,
    answer_problem,
    token_router,
)
from appwrite_session_gateway.credential import Carrier, Credential
from support.mock import Mock

ISSUER = "https://api.example.com"
ADA = User(id="ada")
SESSION = Credential(Carrier.COOKIE, "ada", text="canary")


def pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def issuer(*keys: str) -> TokenIssuer:
    given = keys or (pem(ed25519.Ed25519PrivateKey.generate()),)
    return TokenIssuer(SigningKeys(given), issuer=ISSUER, audience="orders", project="demo")


def part(content: object) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class Readers:
    """A gateway and a microservice behind it that know the same keys."""

    def __init__(self, mock: Mock, tokens: TokenIssuer) -> None:
        auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, tokens=tokens)
        published = httpx.MockTransport(lambda _: httpx.Response(200, json=tokens.keys.jwks()))
        alone = TokenAuth(issuer=ISSUER, audience="orders", client=httpx.AsyncClient(transport=published))
        self.gateway = FastAPI(lifespan=auth.lifespan)
        self.gateway.include_router(token_router(auth, tokens))
        self.service = FastAPI()
        self.service.add_exception_handler(Problem, answer_problem)

        @self.gateway.get("/orders")
        async def orders(user: Annotated[User, Depends(auth)]) -> str:
            return user.id

        @self.service.get("/orders")
        async def orders_alone(user: Annotated[User, Depends(alone)]) -> str:
            return user.id


def test_no_forged_token_is_taken_or_breaks_anything(mock: Mock) -> None:
    ed, p256 = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    tokens = issuer(pem(ed), pem(p256))
    of_ed, of_p256 = tokens.keys.jwks()["keys"]
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER, "aud": "orders", "sub": "ada", "iat": now, "exp": now + 60, "jti": "1", "client_id": "demo",
    }  # fmt: skip
    public = ed.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    raw = ed.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def signed(key: Any, algorithm: str, kid: object, changes: dict[str, Any] | None = None, **header: Any) -> str:
        names = {"typ": "at+jwt", "alg": algorithm, "kid": kid, **header}
        text = f"{part(names)}.{part({**claims, **(changes or {})})}"
        algorithm_of = jwt.get_algorithm_by_name(algorithm)
        prepared = key if isinstance(key, bytes) else algorithm_of.prepare_key(key)
        signature = algorithm_of.sign(text.encode(), prepared)
        return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    good = [signed(ed, "EdDSA", of_ed["kid"]), signed(p256, "ES256", of_p256["kid"], {"aud": ["billing", "orders"]})]
    deep = "[" * 1400
    deep_header = '{"typ":"at+jwt","alg":"EdDSA","x":' + deep
    kids: list[object] = [None, 7, ["x"], {}, "", "../../etc/passwd", "x" * 2000, of_ed["kid"] + "="]
    changed: list[dict[str, Any]] = [
        {"iss": f"{ISSUER}/"}, {"iss": [ISSUER]}, {"iss": None}, {"aud": ["billing"]}, {"aud": []}, {"aud": {"orders": 1}},
        {"sub": ""}, {"sub": ["ada"]}, {"sub": None}, {"iat": now + 3600}, {"nbf": now + 3600}, {"jti": None},
        {"exp": "soon"}, {"exp": -1}, {"exp": True}, {"exp": [now + 60]}, {"exp": now - 60.5},
    ]  # fmt: skip
    forged = [
        signed(public, "HS256", of_ed["kid"]), signed(raw, "HS256", of_ed["kid"]),
        signed(ed, "EdDSA", of_p256["kid"]), signed(p256, "ES256", of_ed["kid"]),
        signed(ed25519.Ed25519PrivateKey.generate(), "EdDSA", of_ed["kid"]),
        signed(ed, "EdDSA", of_ed["kid"], alg="none"), signed(ed, "EdDSA", of_ed["kid"], alg="ES256"),
        *(signed(ed, "EdDSA", kid) for kid in kids), *(signed(ed, "EdDSA", of_ed["kid"], changes) for changes in changed),
        *(signed(ed, "EdDSA", of_ed["kid"], typ=typ) for typ in ("JWT", None, 7, ["at+jwt"], "at+jwt\u0000")),
        f"{part(deep_header)}.{part(claims)}.AAAA",
        f"{part({'typ': 'at+jwt', 'alg': 'EdDSA', 'kid': of_ed['kid']})}.{part(deep)}.AAAA",
        f"{good[0]}AAAA", good[0][:-2], good[0] + ".", "." + good[0], good[0].replace(".", "..", 1),
    ]  # fmt: skip
    readers = Readers(mock, tokens)
    with TestClient(readers.gateway) as gateway, TestClient(readers.service) as service:
        for client in (gateway, service):
            assert [client.get("/orders", headers={"Authorization": f"Bearer {each}"}).json() for each in good] == ["ada", "ada"]
            for token in forged:
                answer = client.get("/orders", headers={"Authorization": f"Bearer {token}"})
                assert answer.status_code in (400, 401), token[:300]
        for header in ("X-Appwrite-Session", "X-Fallback-Cookies", "Cookie"):
            value = f"a_session_{mock.project}={good[0]}" if header == "Cookie" else good[0]
            assert gateway.get("/orders", headers={header: value}).status_code == 400, header


def test_another_website_gets_no_token_by_the_cookie(mock: Mock) -> None:
    with TestClient(Readers(mock, issuer()).gateway) as client:
        cookie = {"Cookie": f"a_session_{mock.project}={mock.session(mock.person())}"}
        assert client.post("/_gateway/token", headers=cookie).status_code == 200
        answer = client.post("/_gateway/token", headers={**cookie, "Origin": "https://evil.example"})
        assert (answer.status_code, answer.json()["type"]) == (403, "origin_not_allowed")


def test_a_jwt_of_appwrites_that_has_ended_says_so_and_nobody_is_asked(mock: Mock) -> None:
    person = mock.person()
    real = mock.jwt(mock.session(person))
    header, claims, signature = real.split(".")
    content = json.loads(base64.urlsafe_b64decode(claims + "=="))

    def ended(seconds_ago: float) -> dict[str, str]:
        return {"Authorization": f"Bearer {header}.{part({**content, 'exp': time.time() - seconds_ago})}.{signature}"}

    with TestClient(Readers(mock, issuer()).gateway) as client:
        assert client.get("/orders", headers={"Authorization": f"Bearer {real}"}).json() == person.id
        asked = len(mock.questions(person))
        for path, method in (("/orders", "GET"), ("/_gateway/token", "POST")):
            answer = client.request(method, path, headers=ended(60))
            assert (answer.status_code, answer.json()["type"]) == (401, "token_expired")
        assert len(mock.questions(person)) == asked
        # The clocks may differ a little. Then Appwrite decides.
        assert client.get("/orders", headers=ended(5)).json()["type"] == "session_invalid"


class KeyServer:
    """Publishes keys, or does not."""

    def __init__(self, tokens: TokenIssuer) -> None:
        self.asked, self.pieces = 0, 0
        self.answers: Callable[[], AsyncIterator[bytes]] = self.whole
        self._tokens = tokens
        self.gate, self.reached = asyncio.Event(), asyncio.Event()

    async def whole(self) -> AsyncIterator[bytes]:
        yield json.dumps(self._tokens.keys.jwks()).encode()

    async def held(self) -> AsyncIterator[bytes]:
        await self.gate.wait()
        yield json.dumps(self._tokens.keys.jwks()).encode()

    async def long(self) -> AsyncIterator[bytes]:
        for _ in range(1000):
            self.pieces += 1
            yield b" " * 65536

    async def deep(self) -> AsyncIterator[bytes]:
        yield b'{"keys":' + b"[" * 100_000

    async def serve(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        self.reached.set()
        return httpx.Response(200, content=self.answers())

    def auth(self, timeout: float = 5) -> TokenAuth:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.serve))
        return TokenAuth(issuer=ISSUER, audience="orders", client=client, timeout=timeout)


async def says(auth: TokenAuth, token: str) -> str:
    try:
        return str((await auth.claims(token))["sub"])
    except Problem as problem:
        return problem.type


@pytest.mark.anyio
async def test_keys_are_fetched_once_for_all_and_whoever_gives_up_stops_it_for_nobody() -> None:
    tokens = issuer()
    server = KeyServer(tokens)
    server.answers = server.held
    auth, token = server.auth(), tokens.issue(ADA, SESSION)[0]
    waiting = [asyncio.create_task(says(auth, token)) for _ in range(50)]
    await server.reached.wait()
    waiting[0].cancel()
    await asyncio.sleep(0)
    server.gate.set()
    async with asyncio.timeout(2):
        assert await asyncio.gather(*waiting[1:]) == ["ada"] * 49
    assert server.asked == 1


@pytest.mark.anyio
async def test_no_call_with_a_known_key_waits_for_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr("appwrite_session_gateway.tokens.verifier.time.monotonic", lambda: now)
    tokens = issuer()
    server = KeyServer(tokens)
    auth, token = server.auth(), tokens.issue(ADA, SESSION)[0]
    assert await says(auth, token) == "ada"
    server.answers = server.held
    server.reached.clear()
    now += 301
    calls = [asyncio.create_task(says(auth, token)) for _ in range(20)]
    await server.reached.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    # No time passes here, so nothing that waits ends by itself.
    ended = [call.done() for call in calls]
    server.gate.set()
    assert (await asyncio.gather(*calls), ended) == (["ada"] * 20, [True] * 20)
    assert server.asked == 2


@pytest.mark.anyio
@pytest.mark.parametrize("answers", ["held", "long", "deep"])
async def test_a_server_of_keys_that_is_silent_or_says_too_much_is_given_up(answers: str) -> None:
    tokens = issuer()
    server = KeyServer(tokens)
    server.answers = getattr(server, answers)
    auth = server.auth(timeout=0.2 if answers == "held" else 5)
    async with asyncio.timeout(3):
        assert await says(auth, tokens.issue(ADA, SESSION)[0]) == "auth_unavailable"
    assert server.pieces <= 6


def test_an_issuer_that_no_token_can_have_is_told_at_start() -> None:
    with pytest.raises(ValueError, match="slash"):
        TokenAuth(issuer=f"{ISSUER}/", audience="orders")
