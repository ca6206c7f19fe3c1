"""The other gateways of the guide, with the real nginx and node: the same contract."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from conftest import World
from support.deliveries import signature
from support.gateway import REVOCATION_SECRET, WEBHOOK_KEY
from support.process import Process, free_port
from support.waiting import eventually

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SERVER = """
import {{ createServer }} from 'node:http';
import {{ sessionAuth }} from '{module}';
const auth = sessionAuth({{ endpoint: '{endpoint}', project: 'demo', timeout: 2000 }});
createServer((req, res) => auth(req, res, () => res.end(JSON.stringify({{ userId: req.user.$id, headers: [] }}))))
  .listen({port}, '127.0.0.1', () => console.log('listening'));
"""


def start_nginx(world: World, folder: Path, port: int) -> Process:
    text = (EXAMPLES / "nginx.conf").read_text()
    service = urlsplit(world.service).netloc
    for example, real in (("8000", str(world.gateway.port)), ("8001", service.rpartition(":")[2]), ("8080", str(port))):
        text = text.replace(f"127.0.0.1:{example}", f"127.0.0.1:{real}")
    (folder / "nginx.conf").write_text(text)
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/bin")
    assert program, "nginx is not installed"
    settings = f"daemon off; pid {folder}/pid; error_log {folder}/error.log notice;"
    return Process([program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", settings])


def start_node(world: World, folder: Path, port: int) -> Process:
    program = shutil.which("node")
    assert program, "node is not installed"
    script = SERVER.format(module=(EXAMPLES / "express.mjs").as_uri(), endpoint=world.line.endpoint, port=port)
    return Process([program, "--input-type=module", "-e", script])


@pytest.fixture(params=["nginx", "express"])
def other(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[httpx.Client]:
    """Give a client of another gateway."""
    port = free_port()
    process = (start_nginx if request.param == "nginx" else start_node)(world, tmp_path, port)
    # Without the cookies that the service sets.
    nothing_kept = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10, cookies=nothing_kept) as http:
        eventually(lambda: answers(http), bool, 10)
        world.mock.clear_journal()
        yield http
    process.kill()


def answers(http: httpx.Client) -> bool:
    try:
        return http.get("/").status_code == 401
    except httpx.TransportError:
        return False


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["type"], answer.headers["content-type"].partition(";")[0]


def test_another_gateway_keeps_the_contract(other: httpx.Client, world: World) -> None:
    kind = "application/problem+json"
    person = world.mock.person()
    credential = world.mock.session(person)
    headers = world.headers(credential.replace("=", "%3D"))
    for _ in range(5):
        answer = other.get("/whoami", headers={**headers, "X-User-Id": "root"})
        assert (answer.status_code, answer.json()["userId"]) == (200, person.id)
        assert credential[:40] not in answer.text
    assert len(world.mock.journal()) == 1
    assert problem(other.get("/whoami")) == (401, "session_missing", kind)
    assert problem(other.post("/whoami", content=b"x")) == (401, "session_missing", kind)
    assert problem(other.get("/", headers={**headers, "X-Appwrite-Session": credential})) == (400, "carrier_ambiguous", kind)
    assert problem(other.get("/", headers={"X-Appwrite-Session": "x y"})) == (400, "credential_malformed", kind)
    jwt = world.mock.jwt(credential)
    assert other.get("/", headers={"Authorization": f"Bearer {jwt}"}).json()["userId"] == person.id
    assert problem(other.get("/", headers={**headers, "Authorization": f"Bearer {jwt}"})) == (400, "carrier_ambiguous", kind)
    assert other.get("/", headers={**headers, "Authorization": "Bearer the-apps-own"}).status_code == 200
    forged = {"Authorization": f"Bearer {jwt[:-4]}{'AAAA' if not jwt.endswith('AAAA') else 'BBBB'}"}
    assert problem(other.get("/", headers=forged)) == (401, "session_invalid", kind)
    assert problem(other.get("/", headers={"Authorization": "Bearer a.b.c"})) == (400, "credential_malformed", kind)
    legacy = {"Cookie": f"a_session_demo_legacy={credential}"}
    assert other.get("/", headers=legacy).json()["userId"] == person.id
    two = {"Cookie": f"a_session_demo={credential}; a_session_demo=another"}
    assert problem(other.get("/", headers=two)) == (400, "carrier_ambiguous", kind)
    fallback = {"X-Fallback-Cookies": json.dumps({"a_session_demo": credential})}
    assert other.get("/", headers=fallback).json()["userId"] == person.id
    assert problem(other.get("/", headers={"X-Fallback-Cookies": "[]"})) == (401, "session_missing", kind)
    assert problem(other.get("/", headers={"X-Fallback-Cookies": "{"})) == (400, "credential_malformed", kind)
    assert problem(other.get("/", headers={"X-Appwrite-Session": "A" * 5000})) == (400, "credential_too_large", kind)
    missing = other.get("/")
    assert missing.headers["x-problem-type"] == "session_missing"
    assert missing.headers["www-authenticate"] == 'Appwrite-Session error="session_missing"'
    assert missing.headers["cache-control"] == "no-store"
    revoked = world.mock.person()
    gone = world.headers(world.mock.session(revoked))
    world.mock.revoke_all(revoked)
    assert problem(other.get("/", headers=gone)) == (401, "session_invalid", kind)
    blocked = world.mock.person()
    theirs = world.headers(world.mock.session(blocked))
    world.mock.set_user(blocked, status=False)
    assert problem(other.get("/", headers=theirs)) == (403, "user_blocked", kind)
    factor = world.mock.person()
    pending = world.headers(world.mock.session(factor))
    world.mock.set_user(factor, mfa=True, totp=True)
    assert problem(other.get("/", headers=pending)) == (401, "mfa_required", kind)
    for fault in ({"kind": "html", "status": 401}, {"kind": "status", "status": 500}, {"kind": "hang"}):
        world.mock.fault(fault, times=2)
        unavailable = other.get("/", headers=world.headers(world.mock.session(person)))
        assert problem(unavailable) == (503, "auth_unavailable", kind), fault
        assert unavailable.headers["retry-after"] == "1"
        world.mock.heal()
    world.mock.fault({"kind": "rate_limited", "retryAfter": 7})
    busy = other.get("/", headers=world.headers(world.mock.session(world.mock.person())))
    assert (problem(busy), busy.headers["retry-after"]) == ((503, "auth_unavailable", kind), "7")


SPOOFED = {
    "X-User-Id": "root", "X-User-Name": "root", "X-User-Email": "root@example.com", "X-User-Email-Verified": "true",
    "X-User-Labels": "admin", "X-User-Token": "root", "X-Appwrite-Key": "root", "X-Appwrite-JWT": "root",
    "X-Appwrite-Mode": "admin", "X-Appwrite-Project": "root", "X_User_Labels": "admin", "X_User_Id": "root",
    "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "root", "X-Real-IP": "6.6.6.6",
    "Forwarded": "for=6.6.6.6",
}  # fmt: skip


@pytest.fixture
def nginx(world: World, tmp_path: Path) -> Iterator[httpx.Client]:
    port = free_port()
    process = start_nginx(world, tmp_path, port)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as http:
        eventually(lambda: answers(http), bool, 10)
        yield http
    process.kill()


def test_behind_nginx_a_client_cannot_say_who_it_is(nginx: httpx.Client, world: World) -> None:
    person = world.mock.person()
    answer = nginx.get("/whoami", headers={**world.headers(world.mock.session(person)), **SPOOFED})
    seen = {name.lower(): value for name, value in answer.json()["headers"]}
    assert seen["x-user-id"] == person.id
    assert seen["x-user-email"] == person.email
    assert seen["x-user-email-verified"] == "false"
    assert "x-user-labels" not in seen, "the user has none"
    for spoofed in ("root", "admin", "6.6.6.6", "gopher"):
        assert spoofed not in str(answer.json()["headers"])


def test_behind_nginx_a_webhook_of_any_size_reaches_the_gateway_and_nothing_else_of_it_is_outside(
    nginx: httpx.Client, world: World
) -> None:
    body = json.dumps({"$id": "ada", "prefs": {"p": "x" * 3_000_000}}).encode()
    signed = signature(world.gateway.webhook_url.replace("%20", " ").encode(), body, WEBHOOK_KEY)
    headers = {"X-Appwrite-Webhook-Signature": signed, "X-Appwrite-Webhook-Events": "users.ada.update,users.ada"}
    assert nginx.post("/_gateway/webhooks/appwrite", content=body, headers=headers).status_code == 204
    assert nginx.post("/_gateway/webhooks/appwrite", content=body + b" ", headers=headers).status_code == 403
    secret = {"Authorization": f"Bearer {REVOCATION_SECRET}"}
    assert nginx.post("/_gateway/revocations", json={"userId": "ada"}, headers=secret).status_code == 204
    for path in ("/_gateway/session", "/_gateway/openapi.json", "/_gateway/webhooks/appwrite/x"):
        assert nginx.get(path).status_code == 404
    session = world.headers(world.mock.session(world.mock.person()))
    assert nginx.post("/size", content=b"x" * 2_000_000, headers=session).json() == {"size": 2_000_000}
    assert nginx.post("/size", content=b"x" * 11_000_000, headers=session).status_code == 413
