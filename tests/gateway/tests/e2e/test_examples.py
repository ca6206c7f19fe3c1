"""The other gateways of the guide, with the real nginx and node: the same contract."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx
import pytest

from conftest import World
from support.process import Process, free_port
from support.proxies import EXAMPLES, RunningProxy
from support.waiting import eventually

SERVER = """
import {{ createServer }} from 'node:http';
import {{ sessionAuth }} from '{module}';
const auth = sessionAuth({{ endpoint: '{endpoint}', project: 'demo', timeout: 2000 }});
createServer((req, res) => auth(req, res, () => res.end(JSON.stringify({{ userId: req.user.$id, headers: [] }}))))
  .listen({port}, '127.0.0.1', () => console.log('listening'));
"""


def start_node(world: World, port: int) -> Process:
    program = shutil.which("node")
    assert program, "node is not installed"
    script = SERVER.format(module=(EXAMPLES / "express.mjs").as_uri(), endpoint=world.line.endpoint, port=port)
    return Process([program, "--input-type=module", "-e", script])


@pytest.fixture(params=["nginx", "express"])
def other(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[httpx.Client]:
    """Give a client of another gateway."""
    running: RunningProxy | Process
    if request.param == "nginx":
        running = RunningProxy("nginx", tmp_path, gateway=world.gateway.url, service=world.service)
        port = running.port
    else:
        port = free_port()
        running = start_node(world, port)
    # Without the cookies that the service sets.
    nothing_kept = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10, cookies=nothing_kept) as http:
        eventually(lambda: answers(http), bool, 10)
        world.mock.clear_journal()
        yield http
    running.kill()


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
