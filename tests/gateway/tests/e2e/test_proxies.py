"""The proxies of ``examples``, each as it is, with the real program: one list of what has to hold in all of them."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from conftest import World
from support.deliveries import signature
from support.gateway import REVOCATION_SECRET, WEBHOOK_KEY
from support.proxies import NAMES, RunningProxy

KIND = "application/problem+json"


class Site:
    """A proxy in front of the microservice, beside the gateway, and a client of it that keeps no cookies."""

    def __init__(self, proxy: RunningProxy, world: World) -> None:
        self.proxy, self.world = proxy, world
        self.person = world.mock.person()
        self.credential = world.mock.session(self.person)
        self.signed_in = world.headers(self.credential)

    def get(self, path: str, headers: httpx._types.HeaderTypes | None = None) -> httpx.Response:
        return self.send("GET", path, headers)

    def send(
        self, method: str, path: str, headers: httpx._types.HeaderTypes | None = None, body: bytes | Iterator[bytes] | None = None
    ) -> httpx.Response:
        return httpx.request(method, self.proxy.url + path, headers=headers, content=body, trust_env=False, timeout=20)

    def problem(self, headers: dict[str, str] | None, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
        """Give what a refused caller is told, after a look at all of it."""
        answer = self.send(method, "/whoami", headers, body)
        content = answer.json()
        assert answer.headers["content-type"].partition(";")[0] == KIND
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-problem-type"] == content["type"]
        assert content["status"] == answer.status_code
        assert ("retry-after" in answer.headers) == (answer.status_code == 503)
        if answer.status_code == 401:
            assert answer.headers.get_list("www-authenticate") == [f'Appwrite-Session error="{content["type"]}"']
        return answer.status_code, content["type"]


@pytest.fixture(scope="module", params=NAMES)
def proxy(request: pytest.FixtureRequest, everything: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProxy]:
    name: str = request.param
    proxy = RunningProxy(name, tmp_path_factory.mktemp(name), gateway=everything.gateway.url, service=everything.service)
    yield proxy
    proxy.kill()


@pytest.fixture
def site(proxy: RunningProxy, world: World) -> Site:
    return Site(proxy, world)


def seen(answer: httpx.Response) -> list[tuple[str, str]]:
    """Give the headers that came to the service."""
    assert answer.status_code == 200, answer.text
    return [(name.lower(), value) for name, value in answer.json()["headers"]]


def test_who_is_signed_in_is_let_in_by_every_carrier(site: Site) -> None:
    carriers = [
        site.signed_in,
        {"Cookie": f"other=1; a_session_demo={site.credential}; another=2"},
        {"X-Fallback-Cookies": json.dumps({"a_session_demo": site.credential})},
        {"X-Appwrite-Session": site.credential},
        {"Authorization": f"Bearer {site.world.mock.jwt(site.credential)}"},
    ]
    for carrier in carriers:
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            headers = dict(seen(site.send(method, "/whoami", carrier)))
            assert headers["x-user-id"] == site.person.id
            assert headers["x-user-email"] == site.person.email
            assert headers["x-user-email-verified"] == "false"
            assert "%0A" in headers["x-user-name"], "a name cannot end a header"


def test_who_is_not_signed_in_is_told_what_the_contract_says(site: Site) -> None:
    mock = site.world.mock
    assert site.problem(None) == (401, "session_missing")
    assert site.problem(None, "POST", b"x" * 100_000) == (401, "session_missing")
    assert site.problem({"X-Appwrite-Session": "x y"}) == (400, "credential_malformed")
    assert site.problem({**site.signed_in, "X-Appwrite-Session": site.credential}) == (400, "carrier_ambiguous")
    person = mock.person()
    headers = site.world.headers(mock.session(person))
    assert site.get("/whoami", headers).status_code == 200
    mock.revoke_all(person)
    assert site.world.gateway.revoke(userId=person.id) == 204
    assert site.problem(headers) == (401, "session_invalid")
    blocked = mock.person()
    headers = site.world.headers(mock.session(blocked))
    mock.set_user(blocked, status=False)
    assert site.problem(headers) == (403, "user_blocked")
    pending = mock.person()
    headers = site.world.headers(mock.session(pending))
    mock.set_user(pending, mfa=True, totp=True)
    assert site.problem(headers) == (401, "mfa_required")


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "html", "status": 401}, {"kind": "hang"}], ids=str)
def test_while_appwrite_is_away_nobody_is_signed_out(site: Site, fault: dict[str, object]) -> None:
    person = site.world.mock.person()
    headers = site.world.headers(site.world.mock.session(person))
    number = site.world.mock.fault(fault, times=2)
    assert site.problem(headers, "POST", b"x") == (503, "auth_unavailable")
    site.world.mock.wait_for_hits(number, 1)
    site.world.mock.heal()
    assert site.get("/whoami", site.signed_in).status_code == 200


VALUE = "mallory"
NAMED = ["X-User-Id", "X-User-Name", "X-User-Email", "X-User-Email-Verified", "X-User-Labels", "X-User-Token"]
WHERE = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded"]
APPWRITE = ["X-Appwrite-Project", "X-Appwrite-Key", "X-Appwrite-Mode", "X-Appwrite-JWT"]


def spellings(name: str) -> list[str]:
    last = "_".join(name.rsplit("-", 1))
    return [name, name.lower(), name.upper(), name.replace("-", "_"), name.replace("-", "_", 1), last]


def test_nobody_can_say_who_they_are(site: Site) -> None:
    for name in NAMED + WHERE + APPWRITE:
        for spelling in spellings(name):
            headers = [*site.signed_in.items(), (spelling, VALUE), (spelling, VALUE)]
            received = seen(site.get("/whoami", headers))
            assert VALUE not in str(received), spelling
            assert [value for key, value in received if key.replace("_", "-") == "x-user-id"] == [site.person.id]
    nominated = [*site.signed_in.items(), ("Connection", "X-User-Id"), ("X-User-Id", VALUE)]
    assert VALUE not in str(seen(site.get("/whoami", nominated))), "a header that is said to be for one hop only"
    others = seen(site.get("/whoami", site.signed_in | {"X-User-Role": VALUE, "X-Appwrite-Other": VALUE}))
    # nginx can only remove headers that its configuration names.
    assert (VALUE in str(others)) == (site.proxy.name == "nginx")


def after_the_body(port: int, cookie: str) -> bytes:
    """Send a body with headers behind it; gives the whole answer."""
    head = (
        f"POST /whoami HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n"
        f"Trailer: X-User-Id, X-User-Labels\r\nConnection: close\r\n\r\n"
    )
    trailers = f"X-User-Id: {VALUE}\r\nX-User-Labels: {VALUE}\r\nX_User_Id: {VALUE}\r\n"
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.settimeout(10)
        line.sendall(f"{head}1\r\nx\r\n0\r\n{trailers}\r\n".encode())
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    return answer


def test_nobody_can_say_it_after_the_body(site: Site) -> None:
    answer = after_the_body(site.proxy.port, site.signed_in["Cookie"])
    # HAProxy's example takes no body of unknown length.
    assert answer.startswith(b"HTTP/1.1 411 " if site.proxy.name == "haproxy" else b"HTTP/1.1 200 "), answer
    assert VALUE.encode() not in answer
    port = urlsplit(site.world.service).port
    assert port
    assert VALUE.encode() in after_the_body(port, ""), "this service would believe it"


def test_the_credential_is_not_at_the_service(site: Site) -> None:
    part = site.credential[:40]
    for carrier in (
        {"Cookie": f"a_session_demo={site.credential}; a_session_console=secret-of-the-console"},
        {"X-Fallback-Cookies": json.dumps({"a_session_demo": site.credential})},
        {"X-Appwrite-Session": site.credential},
        {"Authorization": f"Bearer {site.world.mock.jwt(site.credential)}"},
    ):
        text = str(seen(site.get("/whoami", carrier)))
        for secret in (part, "a_session", "secret-of-the-console", "eyJ", "Bearer"):
            assert secret not in text, carrier.keys()


def test_a_body_arrives_byte_for_byte_and_has_a_limit(site: Site) -> None:
    body = os.urandom(300_000) + bytes(range(256))
    assert site.send("POST", "/echo", site.signed_in, body).content == body
    assert site.send("POST", "/size", site.signed_in, b"x" * 9_000_000).json() == {"size": 9_000_000}
    assert site.send("POST", "/size", site.signed_in, b"x" * 11_000_000).status_code == 413
    pieces = [os.urandom(70_000) for _ in range(4)]
    chunked = site.send("POST", "/echo", site.signed_in, iter(pieces))
    if site.proxy.name == "haproxy":
        assert chunked.status_code == 411, "its example takes no body of unknown length, because HAProxy does not count"
    else:
        assert chunked.content == b"".join(pieces)
        too_much = site.send("POST", "/size", site.signed_in, (b"x" * 100_000 for _ in range(110)))
        assert too_much.status_code == 413


def test_path_and_query_arrive_as_they_were_sent(site: Site) -> None:
    answer = site.get("/a%20b/c%2Cd;e?x=%2F&y=a+b&_gateway", site.signed_in).json()
    assert (answer["path"], answer["query"]) == ("/a%20b/c%2Cd;e", "x=%2F&y=a+b&_gateway")


def test_a_refusal_of_the_service_is_passed_on_as_it_is(site: Site) -> None:
    for status in (401, 403, 404, 500, 503):
        answer = site.get(f"/status/{status}", site.signed_in)
        assert (answer.status_code, answer.json()) == (status, {"detail": "the service's own"})


def test_a_website_cannot_make_a_browser_change_something(site: Site) -> None:
    foreign = {**site.signed_in, "Origin": "https://evil.example"}
    assert site.get("/whoami", foreign).status_code == 200
    assert site.problem(foreign, "POST", b"x") == (403, "origin_not_allowed")
    assert site.problem(foreign, "DELETE") == (403, "origin_not_allowed")
    assert site.problem({**foreign, "X-Forwarded-Method": "GET"}, "POST", b"x") == (403, "origin_not_allowed")
    own = {**site.signed_in, "Origin": site.proxy.url}
    assert site.send("POST", "/whoami", own, b"x").status_code == 200
    header = {"X-Appwrite-Session": site.credential, "Origin": "https://evil.example"}
    assert site.send("POST", "/whoami", header, b"x").status_code == 200


def test_a_websocket_is_let_through_for_who_is_signed_in(site: Site) -> None:
    url = site.proxy.url.replace("http", "ws") + "/chat"
    with connect(url, additional_headers={**site.signed_in, "X-User-Id": VALUE}, proxy=None) as chat:
        headers = json.loads(chat.recv())
        assert headers["x-user-id"] == site.person.id
        assert "cookie" not in headers
        chat.send("hello")
        assert chat.recv() == "hello"
        chat.send(b"\x00" * 100_000)
        assert chat.recv() == b"\x00" * 100_000
    for headers, status in (({}, 401), ({**site.signed_in, "Origin": "https://evil.example"}, 403)):
        with pytest.raises(InvalidStatus) as refused:
            connect(url, additional_headers=headers, proxy=None)
        assert refused.value.response.status_code == status


def test_a_webhook_of_any_size_reaches_the_gateway_and_nothing_else_of_it_is_outside(site: Site) -> None:
    body = json.dumps({"$id": "ada", "prefs": {"p": "x" * 11_000_000}}).encode()
    signed = signature(site.world.gateway.webhook_url.replace("%20", " ").encode(), body, WEBHOOK_KEY)
    headers = {"X-Appwrite-Webhook-Signature": signed, "X-Appwrite-Webhook-Events": "users.ada.update,users.ada"}
    assert site.send("POST", "/_gateway/webhooks/appwrite", headers, body).status_code == 204
    assert site.send("POST", "/_gateway/webhooks/appwrite", headers, body + b" ").status_code == 403
    secret = {"Authorization": f"Bearer {REVOCATION_SECRET}"}
    assert site.send("POST", "/_gateway/revocations", secret, b'{"userId":"ada"}').status_code == 204
    for path in ("/_gateway/session", "/_gateway/session/x", "/_gateway/openapi.json", "/_gateway/webhooks/appwrite/x"):
        assert site.get(path, site.signed_in).status_code == 404, path


PATIENCE = {
    "nginx": {"proxy_read_timeout 8s": "proxy_read_timeout 1s"},
    "envoy": {"cluster: gateway, timeout: 8s": "cluster: gateway, timeout: 1s"},
    "caddy": {"response_header_timeout 8s": "response_header_timeout 1s"},
    "haproxy": {"session 6000": "session 300"},
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_silent", [False, True], ids=["refuses", "is silent"])
def test_without_the_gateway_nobody_is_let_in(
    name: str, is_silent: bool, world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Somebody who takes connections, and never reads from them; or nobody.
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    port = listener.getsockname()[1]
    if not is_silent:
        listener.close()
    proxy = RunningProxy(
        name, tmp_path_factory.mktemp(name), gateway=f"http://127.0.0.1:{port}", service=world.service, changes=PATIENCE[name]
    )
    try:
        site = Site(proxy, world)
        assert site.problem(site.signed_in) == (503, "auth_unavailable")
        assert site.problem(None, "POST", b"x" * 100_000) == (503, "auth_unavailable")
    finally:
        proxy.kill()
        listener.close()
