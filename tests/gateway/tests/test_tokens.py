"""Access tokens: keys, issuing, the endpoints, and a microservice that verifies alone."""

import time
from typing import Annotated

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
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
ADA = User(id="ada", name="Ada", email="ada@example.com", email_verified=True, labels=("staff",))
SESSION = Credential(Carrier.COOKIE, "ada", text="canary")


def pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> str:
    hidden = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden).decode()


def public_pem(key: ed25519.Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def ed() -> str:
    return pem(ed25519.Ed25519PrivateKey.generate())


def p256() -> str:
    return pem(ec.generate_private_key(ec.SECP256R1()))


def issuer(keys: SigningKeys | None = None, life: int = 300, audience: str = "orders") -> TokenIssuer:
    return TokenIssuer(keys or SigningKeys([ed()]), issuer=ISSUER, audience=audience, project="demo", life=life)


def problem_of(token: str, reader: TokenIssuer) -> str:
    with pytest.raises(Problem) as raised:
        reader.read(token)
    return raised.value.type


@pytest.mark.parametrize(("key", "algorithm"), [(ed, "EdDSA"), (p256, "ES256")])
def test_a_token_has_the_claims_of_rfc_9068_and_any_jwt_library_verifies_it(key: object, algorithm: str) -> None:
    keys = SigningKeys([key()])  # type: ignore[operator]
    token, life = issuer(keys).issue(ADA, SESSION)
    assert life == 300
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["alg"], header["kid"]) == ("at+jwt", algorithm, keys.signing.kid)
    published = jwt.PyJWKSet.from_dict(keys.jwks())[header["kid"]]
    claims = jwt.decode(token, published, audience="orders", issuer=ISSUER)
    assert claims["exp"] - claims["iat"] == 300
    assert (claims["sub"], claims["client_id"], claims["labels"]) == ("ada", "demo", ["staff"])
    assert claims["jti"] != jwt.decode(issuer(keys).issue(ADA, SESSION)[0], published, audience="orders")["jti"]
    assert "canary" not in str(claims)
    assert issuer(keys).read(token).user == ADA
    assert "d" not in keys.jwks()["keys"][0]


def test_the_session_is_told_by_an_id_that_leads_nowhere() -> None:
    def sid(credential: Credential) -> str:
        token, _ = issuer().issue(ADA, credential)
        return str(jwt.decode(token, options={"verify_signature": False})["sid"])

    assert sid(SESSION) == sid(SESSION) != sid(Credential(Carrier.COOKIE, "ada", text="another"))
    assert sid(SESSION) not in SESSION.digest("")


def test_a_token_of_somebody_else_is_refused() -> None:
    mine = issuer()
    token, _ = mine.issue(ADA, SESSION)
    assert problem_of(token, issuer()) == "token_invalid"
    assert (
        problem_of(token, TokenIssuer(mine.keys, issuer="https://other.example", audience="orders", project="demo"))
        == "token_invalid"
    )
    assert problem_of(token, issuer(mine.keys, audience="billing")) == "token_invalid"
    assert problem_of(token[:-4] + "AAAA", mine) == "token_invalid"
    for text in ("", "x", "a.b.c", token + "." + token, token.split(".")[0] + ".."):
        assert problem_of(text, mine) == "token_invalid"


def test_neither_another_algorithm_nor_another_kind_of_jwt_is_taken() -> None:
    mine = issuer()
    key = mine.keys.signing
    assert key.private is not None
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "orders", "sub": "ada", "iat": now, "exp": now + 60, "jti": "1", "client_id": "demo"}
    header = {"typ": "at+jwt", "kid": key.kid}
    assert mine.read(jwt.encode(claims, key.private, "EdDSA", header)).user.id == "ada"
    assert problem_of(jwt.encode(claims, key.private, "EdDSA", {**header, "typ": "JWT"}), mine) == "token_invalid"
    assert problem_of(jwt.encode(claims, "", "none", header), mine) == "token_invalid"
    assert problem_of(jwt.encode(claims, key.jwk["x"] * 2, "HS256", header), mine) == "token_invalid"
    for missing in claims:
        partial = {name: value for name, value in claims.items() if name != missing}
        assert problem_of(jwt.encode(partial, key.private, "EdDSA", header), mine) == "token_invalid"
    expired = {**claims, "iat": now - 600, "exp": now - 60}
    assert problem_of(jwt.encode(expired, key.private, "EdDSA", header), mine) == "token_expired"


def test_a_token_is_for_a_session_and_does_not_outlive_what_it_is_made_for() -> None:
    mine = issuer()
    token, _ = mine.issue(ADA, SESSION)
    with pytest.raises(Problem) as raised:
        mine.issue(ADA, Credential(Carrier.ACCESS_TOKEN, "", text=token))
    assert raised.value.type == "session_missing"
    _, life = mine.issue(ADA, Credential(Carrier.JWT, "ada", time.time() + 100, "jwt"))
    assert 98 <= life <= 100


def test_keys_are_changed_with_an_overlap() -> None:
    old, new = ed25519.Ed25519PrivateKey.generate(), p256()
    before = issuer(SigningKeys([pem(old)]))
    token, _ = before.issue(ADA, SESSION)
    announced = issuer(SigningKeys([pem(old), new]))
    assert announced.keys.signing.kid == before.keys.signing.kid
    changed = issuer(SigningKeys([new, public_pem(old)]))
    assert changed.read(token).user == ADA
    assert len(changed.keys.jwks()["keys"]) == 2
    assert announced.read(changed.issue(ADA, SESSION)[0]).user == ADA
    assert problem_of(token, issuer(SigningKeys([new]))) == "token_invalid"


def test_keys_come_from_files_and_from_the_environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("keys")
    (folder / "one.pem").write_text(ed())
    (folder / "two.pem").write_text(p256())
    assert len(SigningKeys.from_text(f"{folder}/one.pem, {folder}/two.pem").jwks()["keys"]) == 2
    assert len(SigningKeys.from_text((ed() + p256()).replace("\n", "\\n")).jwks()["keys"]) == 2


def test_a_wrong_key_is_told_by_a_sentence_without_the_key() -> None:
    public = public_pem(ed25519.Ed25519PrivateKey.generate())
    rsa_key = pem(rsa.generate_private_key(65537, 2048))
    one = ed()
    for texts, words in [
        ([], "no key"), ([public], "private"), ([one, one], "twice"), ([rsa_key], "neither Ed25519 nor P-256"),
        ([pem(ec.generate_private_key(ec.SECP384R1()))], "neither Ed25519 nor P-256"),
        (["-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----"], "no PEM"),
        ([pem(ed25519.Ed25519PrivateKey.generate(), b"secret")], "password"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=words) as raised:
            SigningKeys(texts)
        assert "canary" not in str(raised.value)
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        SigningKeys.from_text("/nowhere/key.pem")
    assert "PRIVATE" not in repr(SigningKeys([one]))
    assert "PRIVATE" not in repr(SigningKeys([one]).signing)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"issuer": "api.example.com"}, "URL"),
        ({"issuer": f"{ISSUER}/"}, "slash"),
        ({"audience": ""}, "audience"),
        ({"life": 5}, "30"),
    ],
)
def test_wrong_settings_are_told_at_start(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TokenIssuer(SigningKeys([ed()]), **{"issuer": ISSUER, "audience": "orders", "project": "demo", **given})  # type: ignore[arg-type]


def gateway(mock: Mock, tokens: TokenIssuer) -> FastAPI:
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, tokens=tokens)
    app = FastAPI(lifespan=auth.lifespan)
    app.include_router(token_router(auth, tokens))

    @app.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    return app


def test_a_session_is_exchanged_for_a_token_that_the_gateway_takes(mock: Mock) -> None:
    person = mock.person()
    with TestClient(gateway(mock, issuer())) as client:
        session = {"X-Appwrite-Session": mock.session(person)}
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}
        answer = client.post("/_gateway/token", headers=session, data=form)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        body = answer.json()
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
        bearer = {"Authorization": f"Bearer {body['access_token']}"}
        assert client.get("/orders", headers=bearer).json() == person.id
        assert client.post("/_gateway/token", headers=session).status_code == 200, "a form is not needed"
        assert client.post("/_gateway/token", headers=bearer).json()["type"] == "session_missing"
        assert client.get("/orders", headers={**bearer, **session}).json()["type"] == "carrier_ambiguous"
        refused = client.post("/_gateway/token", headers=session, data={"grant_type": "password"})
        assert (refused.status_code, refused.json()) == (400, {"error": "unsupported_grant_type"})
        assert client.post("/_gateway/token").json()["type"] == "session_missing"
        assert client.post("/_gateway/token", headers=session, content=b"x" * 20_000).status_code == 413
        assert client.post("/_gateway/token", headers=session, content=b"\xff").status_code == 400
        discovery = client.get("/.well-known/openid-configuration").json()
        assert discovery == client.get("/.well-known/oauth-authorization-server").json()
        assert discovery["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"
        assert client.get("/.well-known/jwks.json").headers["cache-control"] == "public, max-age=300"


def test_a_refused_token_says_so_in_the_words_of_rfc_6750(mock: Mock) -> None:
    with TestClient(gateway(mock, issuer())) as client:
        token, _ = issuer().issue(ADA, SESSION)
        answer = client.get("/orders", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["type"]) == (401, "token_invalid")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


class Published:
    """The published keys, as a microservice sees them."""

    def __init__(self, keys: SigningKeys) -> None:
        self.keys, self.asked, self.fails = keys, 0, False

    async def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/.well-known/jwks.json"
        self.asked += 1
        return httpx.Response(503) if self.fails else httpx.Response(200, json=self.keys.jwks())

    def auth(self) -> TokenAuth:
        return TokenAuth(issuer=ISSUER, audience="orders", client=httpx.AsyncClient(transport=httpx.MockTransport(self.answer)))


def test_a_microservice_verifies_alone_and_follows_a_change_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    published = Published(SigningKeys([ed()]))
    auth = published.auth()
    app = FastAPI()
    app.add_exception_handler(Problem, answer_problem)

    @app.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> list[str]:
        return [user.id, *user.labels]

    def status(token: str) -> int:
        return int(client.get("/orders", headers={"Authorization": f"Bearer {token}"}).status_code)

    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with TestClient(app) as client:
        assert client.get("/orders").json()["type"] == "session_missing"
        first = issuer(published.keys).issue(ADA, SESSION)[0]
        for _ in range(5):
            assert client.get("/orders", headers={"Authorization": f"Bearer {first}"}).json() == ["ada", "staff"]
        assert published.asked == 1
        now += 11
        published.keys = SigningKeys([p256()])
        second = issuer(published.keys).issue(ADA, SESSION)[0]
        assert (status(second), published.asked) == (200, 2)
        assert status(first) == 401
        # Made-up keys do not make it ask without end.
        for _ in range(5):
            assert status(issuer().issue(ADA, SESSION)[0]) == 401
        assert published.asked == 2
        now += 301
        published.fails = True
        assert (status(second), published.asked) == (200, 3)


@pytest.mark.anyio
async def test_a_microservice_can_be_for_the_users_of_one_project() -> None:
    keys = SigningKeys([ed()])
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=keys.jwks())))
    token = issuer(keys).issue(ADA, SESSION)[0]
    for project, taken in ((None, True), ("demo", True), ("another", False)):
        auth = TokenAuth(issuer=ISSUER, audience="orders", project=project, client=client)
        if taken:
            assert (await auth.claims(token))["client_id"] == "demo"
            continue
        with pytest.raises(Problem) as raised:
            await auth.claims(token)
        assert raised.value.type == "token_invalid"


def test_without_keys_nobody_is_let_in_and_nobody_is_signed_out() -> None:
    published = Published(SigningKeys([ed()]))
    published.fails = True
    auth = published.auth()
    app = FastAPI()
    app.add_exception_handler(Problem, answer_problem)

    @app.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    token = issuer(published.keys).issue(ADA, SESSION)[0]
    with TestClient(app) as client:
        answer = client.get("/orders", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["type"], answer.headers["retry-after"]) == (503, "auth_unavailable", "10")


def test_a_revocation_ends_the_tokens_of_its_user_in_the_gateway_at_once(mock: Mock) -> None:
    tokens = issuer()
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, tokens=tokens)
    app = FastAPI(lifespan=auth.lifespan)
    app.include_router(token_router(auth, tokens))

    @app.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    @app.post("/revoke/{user_id}")
    async def revoke(user_id: str) -> bool:
        return await auth.revoke_user(user_id)

    ada, bob = mock.person(), mock.person()
    with TestClient(app) as client:

        def bearer(credential: str) -> dict[str, str]:
            body = client.post("/_gateway/token", headers={"X-Appwrite-Session": credential}).json()
            return {"Authorization": f"Bearer {body['access_token']}"}

        sessions = {person.id: mock.session(person) for person in (ada, bob)}
        tokens_of = {user_id: bearer(credential) for user_id, credential in sessions.items()}
        client.post(f"/revoke/{ada.id}")
        refused = client.get("/orders", headers=tokens_of[ada.id])
        assert (refused.status_code, refused.json()["type"]) == (401, "token_invalid")
        assert client.get("/orders", headers=tokens_of[bob.id]).json() == bob.id
        # The session lives, so the client gets another one.
        time.sleep(0.002)
        assert client.get("/orders", headers=bearer(sessions[ada.id])).json() == ada.id
