"""Access tokens behind the real proxies: Envoy verifies them by itself, the others ask the gateway's check."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from appwrite_session_gateway import SigningKeys, TokenIssuer, User
from appwrite_session_gateway.credential import Carrier, Credential
from conftest import World
from support.agent import Agent
from support.gateway import Gateway
from support.mock import PASSWORD
from support.process import json_lines
from support.proxies import NAMES, RunningProxy
from support.waiting import eventually

ISSUER, AUDIENCE = "https://api.example.com", "orders"
# A name that would be two more headers if it were one.
ADA = User(id="ada", name="Zoë\r\nX-User-Id: root", email="ada@example.com", email_verified=True, labels=("staff",))
SESSION = Credential(Carrier.COOKIE, "ada", text="canary")


def pem() -> str:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def issuer(keys: SigningKeys, audience: str = AUDIENCE, name: str = ISSUER) -> TokenIssuer:
    return TokenIssuer(keys, issuer=name, audience=audience, project="demo")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token_of(keys: SigningKeys, **names: str) -> dict[str, str]:
    return bearer(issuer(keys, **names).issue(ADA, SESSION)[0])


def expired(keys: SigningKeys, seconds_ago: int) -> dict[str, str]:
    key = keys.signing
    claims = jwt.decode(issuer(keys).issue(ADA, SESSION)[0], options={"verify_signature": False})
    ended = {**claims, "exp": int(time.time()) - seconds_ago}
    return bearer(jwt.encode(ended, key.private, key.algorithm, {"typ": "at+jwt", "kid": key.kid}))  # type: ignore[arg-type]


class KeyServer:
    """Stands in for the gateway: tells the keys, if it has any, and remembers who asked for what."""

    def __init__(self, keys: SigningKeys | None) -> None:
        self.keys = keys
        self.asked: list[str] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked.append(self.path)
                body = b"" if owner.keys is None else json.dumps(owner.keys.jwks()).encode()
                self.send_response(503 if owner.keys is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


Start = Callable[..., tuple[KeyServer, httpx.Client]]


@pytest.fixture
def envoy(world: World, tmp_path: Path) -> Iterator[Start]:
    made: list[Callable[[], None]] = []

    def start(keys: SigningKeys | None, **changes: str) -> tuple[KeyServer, httpx.Client]:
        server = KeyServer(keys)
        made.append(server.close)
        named = {"cache_duration: 300s": f"cache_duration: {changes['cache']}"} if changes else {}
        proxy = RunningProxy("envoy with tokens", tmp_path, gateway=server.url, service=world.service, changes=named)
        made.append(proxy.kill)
        client = httpx.Client(base_url=proxy.url, trust_env=False, timeout=10)
        made.append(client.close)
        return server, client

    yield start
    for end in reversed(made):
        end()


def problem(answer: httpx.Response) -> tuple[int, str]:
    content = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.headers["x-problem-type"], content["status"]) == (content["type"], answer.status_code)
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, content["type"]


def test_envoy_lets_a_valid_token_in_and_asks_nobody(envoy: Start) -> None:
    keys = SigningKeys([pem()])
    server, http = envoy(keys)
    token = token_of(keys)
    spoofed = {
        "X-User-Id": "root",
        "X_User_Id": "root",
        "X-User-Email": "root",
        "X-User-Claims": "root",
        "X-Appwrite-Key": "root",
    }
    cookies = {"Cookie": "a_session_demo=root"}
    for number in range(30):
        answer = http.get(f"/whoami?{number}", headers=token | spoofed | cookies)
        assert answer.status_code == 200, answer.text
        headers = [(name.lower(), value) for name, value in answer.json()["headers"]]
        assert "root" not in str(headers)
        assert token["Authorization"][7:40] not in str(headers)
        received = dict(headers)
        assert (received["x-user-id"], received["x-user-email-verified"]) == ("ada", "true")
        claims = json.loads(base64.urlsafe_b64decode(received["x-user-claims"] + "=="))
        assert (claims["name"], claims["email"], claims["labels"]) == (ADA.name, ADA.email, ["staff"])
    assert set(server.asked) == {"/.well-known/jwks.json"}
    assert len(server.asked) == 1, "no request to the gateway for a call"


def test_envoy_refuses_every_other_token_as_the_contract_says(envoy: Start) -> None:
    keys, others = SigningKeys([pem()]), SigningKeys([pem()])
    _, http = envoy(keys)
    assert http.get("/whoami", headers=expired(keys, 5)).status_code == 200, "clocks may differ"
    unsigned = token_of(keys)["Authorization"].rpartition(".")[0] + "."
    refused = {
        "token_expired": [expired(keys, 15)],
        "token_invalid": [
            token_of(keys, audience="payments"),
            token_of(keys, name="https://evil.example"),
            token_of(others),
            {"Authorization": unsigned},
            {"Authorization": "Bearer x.y.z"},
        ],
    }
    for type_, tokens in refused.items():
        for token in tokens:
            answer = http.get("/whoami", headers=token)
            assert problem(answer) == (401, type_)
            # By this the core knows, as any client of RFC 6750, that another token helps.
            said = answer.headers["www-authenticate"]
            assert said.lower().startswith("bearer")
            assert 'error="invalid_token"' in said
    query = token_of(keys)["Authorization"].removeprefix("Bearer ")
    for path, headers in (("/whoami", {}), (f"/whoami?access_token={query}", {}), ("/whoami", {"Cookie": "a_session_demo=x"})):
        missing = http.get(path, headers=headers)
        assert problem(missing) == (401, "session_missing")
        assert "invalid_token" not in missing.headers["www-authenticate"]


def test_envoy_takes_a_new_key_when_it_has_fetched_the_keys_again(envoy: Start) -> None:
    old, new = pem(), pem()
    server, http = envoy(SigningKeys([old]), cache="1s")

    def code(token: dict[str, str]) -> int:
        return http.get("/whoami", headers=token).status_code

    by_old, by_new = token_of(SigningKeys([old])), token_of(SigningKeys([new]))
    assert (code(by_old), code(by_new)) == (200, 401)
    # Published in second place first, as the README says. Then no token is refused by anybody at any moment.
    server.keys = SigningKeys([old, new])
    eventually(lambda: code(by_new), lambda status: status == 200, 10)
    assert code(by_old) == 200
    server.keys = SigningKeys([new])
    eventually(lambda: code(by_old), lambda status: status == 401, 10)
    assert code(by_new) == 200


def test_while_envoy_has_no_keys_no_token_is_called_invalid(envoy: Start) -> None:
    keys = SigningKeys([pem()])
    server, http = envoy(None)
    answer = http.get("/whoami", headers=token_of(keys))
    assert problem(answer) == (503, "auth_unavailable")
    assert answer.headers["retry-after"] == "1"
    server.keys = keys
    eventually(lambda: http.get("/whoami", headers=token_of(keys)).status_code, lambda status: status == 200, 10)
    # Keys that are there go on to be used while the gateway is away.
    server.keys = None
    assert http.get("/whoami", headers=token_of(keys)).status_code == 200


def issuing_gateway(world: World, key: str, port: int = 0) -> Gateway:
    return Gateway(
        endpoint=world.mock.endpoint, project=world.mock.project, upstream=world.service, port=port,
        token_keys=key, token_issuer=ISSUER, token_audience=AUDIENCE,
    )  # fmt: skip


def test_an_app_gets_another_token_when_envoy_refuses_the_one_it_has(
    new_device: Callable[[], Agent], world: World, tmp_path: Path
) -> None:
    old, new = pem(), pem()
    gateway = issuing_gateway(world, old)
    fast = {"cache_duration: 300s": "cache_duration: 1s"}
    proxy = RunningProxy("envoy with tokens", tmp_path, gateway=gateway.url, service=world.service, changes=fast)
    try:
        person = world.mock.person()
        device = new_device()
        device.build(proxy.url, carrier="access_token")
        device.sign_in(person.email, PASSWORD)
        for _ in range(3):
            answer = device.call("/whoami")
            assert (answer["status"], user_of(answer)) == (200, person.id), answer
        assert eventually(lambda: issued(gateway), bool) == 1
        gateway.close()
        # The hasty way to change a key: tokens that were issued are refused.
        gateway = issuing_gateway(world, new, gateway.port)
        by_new = token_of(SigningKeys([new]))
        url = f"{proxy.url}/whoami"
        eventually(lambda: httpx.get(url, headers=by_new, trust_env=False).status_code, lambda status: status == 200, 10)
        answer = device.call("/whoami")
        assert (answer["status"], user_of(answer)) == (200, person.id)
        assert eventually(lambda: issued(gateway), bool) == 1
        assert device.state() == "signed_in"
    finally:
        proxy.kill()
        gateway.close()


def user_of(answer: dict[str, Any]) -> object:
    return answer["body"].get("userId", answer)


def issued(gateway: Gateway) -> int:
    lines = json_lines(gateway.process.lines)
    return sum(line.get("path") == "/_gateway/token" and line.get("status") == 200 for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_every_proxy_lets_a_token_in_by_the_check(name: str, world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    key = pem()
    gateway = issuing_gateway(world, key)
    proxy = RunningProxy(name, tmp_path_factory.mktemp("tokens"), gateway=gateway.url, service=world.service)
    try:
        person = world.mock.person()
        session = world.headers(world.mock.session(person))
        # Without the cookies that the service sets.
        nothing_kept = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        with httpx.Client(base_url=proxy.url, trust_env=False, timeout=10, cookies=nothing_kept) as http:
            assert http.get("/.well-known/jwks.json").json() == SigningKeys([key]).jwks()
            token = http.post("/_gateway/token", headers=session).json()["access_token"]
            answer = http.get("/whoami", headers=bearer(token))
            assert (answer.status_code, answer.json()["userId"]) == (200, person.id)
            assert token not in answer.text
            ended = http.get("/whoami", headers=expired(SigningKeys([key]), 15))
            assert problem(ended) == (401, "token_expired")
            assert ended.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    finally:
        proxy.kill()
        gateway.close()
