"""What a service, a client or a path can do to the gateway's forwarding, with services that a test plays byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from conftest import World
from support.gateway import Gateway
from support.waiting import eventually

Play = Callable[[socket.socket, bytes], None]


class Service:
    """A service on a real socket: ``play`` gets each connection with the first bytes that came."""

    def __init__(self, play: Play) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heads: list[bytes] = []
        self._lines: list[socket.socket] = []
        self._play = play
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._lines.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        try:
            while head := line.recv(65536):
                self.heads.append(head)
                self._play(line, head)
        except OSError:
            return

    def close(self) -> None:
        self._listener.close()
        for line in self._lines:
            line.close()


@pytest.fixture
def gateway_to(world: World) -> Iterator[Callable[..., tuple[Service, Gateway]]]:
    made: list[Any] = []

    def make(play: Play, path: str = "", **settings: Any) -> tuple[Service, Gateway]:
        service = Service(play)
        url = f"http://127.0.0.1:{service.port}{path}"
        given = {"upstream_timeout": 2, "local_ttl": 0} | settings
        gateway = Gateway(endpoint=world.mock.endpoint, project="demo", upstream=url, **given)
        made.extend([gateway, service])
        return service, gateway

    yield make
    for each in made:
        each.close()


def ok(body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{each}\r\n" for each in headers)
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


def whose(head: bytes) -> bytes:
    return next((line for line in head.split(b"\r\n") if line.lower().startswith(b"x-user-id")), b"nobody").rpartition(b" ")[2]


@pytest.mark.parametrize("late", [False, True], ids=["at once", "a moment later"])
@pytest.mark.parametrize("kind", ["two answers", "a body on HEAD", "a body on 304", "too much"])
def test_what_a_service_sends_too_much_is_not_the_next_users_answer(
    gateway_to: Callable[..., tuple[Service, Gateway]], world: World, kind: str, late: bool
) -> None:
    def play(line: socket.socket, head: bytes) -> None:
        mine = ok(whose(head))
        first, surplus = {
            "two answers": (mine, mine),
            "a body on HEAD": (mine.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", mine),
            "a body on 304": (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", mine),
            "too much": (mine, mine[-3:] + mine),
        }[kind]
        if late:
            line.sendall(first)
            time.sleep(0.1)
            line.sendall(surplus)
        else:
            line.sendall(first + surplus)

    _, gateway = gateway_to(play)
    people = [world.mock.person() for _ in range(4)]
    sessions = [world.mock.session(each) for each in people]
    with httpx.Client(base_url=gateway.url, trust_env=False) as http:
        for person, session in zip(people, sessions, strict=True):
            headers = {"X-Appwrite-Session": session}
            answer = http.head("/x", headers=headers) if kind == "a body on HEAD" else http.get("/x", headers=headers)
            # What is no HTTP at all in one piece with an answer may spoil the answer itself, and no other one.
            right = 304 if kind == "a body on 304" else 200
            assert answer.status_code in (right, 502)
            assert late <= (answer.status_code == right)
            if answer.status_code == 200:
                assert answer.text == ("" if kind == "a body on HEAD" else person.id)
            time.sleep(0.2)  # the surplus has no signal


def raw(gateway: Gateway, target: str, session: str, method: str = "GET", *, body: str = "", more: str = "") -> bytes:
    """Send a request as it is; gives the whole answer."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as line:
        head = f"{method} {target} HTTP/1.1\r\nHost: gateway\r\nX-Appwrite-Session: {session}\r\nConnection: close\r\n{more}\r\n"
        line.sendall(head.encode("latin-1") + body.encode())
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.parametrize(
    "target", ['/a"b', "/{x}", "/a%22%7B", "/a/./b", "/a//b/", "/%2e%2E/x", "/a?q={}&\"='", "/a?", "/^`|", "/a;b=c"]
)
def test_a_target_arrives_byte_for_byte(gateway_to: Callable[..., tuple[Service, Gateway]], world: World, target: str) -> None:
    service, gateway = gateway_to(lambda line, _: line.sendall(ok(b"")))
    session = world.mock.session(world.mock.person())
    assert raw(gateway, target, session).startswith(b"HTTP/1.1 200")
    assert service.heads[0].split(b"\r\n")[0] == f"GET {target.removesuffix('?')} HTTP/1.1".encode()


@pytest.mark.parametrize(
    "target", ["/../admin", "/a/../../admin", "/%2e%2e/admin", "/..%2fadmin", "/..\\admin", "/a/..", "/./../x"]
)
def test_nobody_leaves_the_path_of_the_service(
    gateway_to: Callable[..., tuple[Service, Gateway]], world: World, target: str
) -> None:
    service, gateway = gateway_to(lambda line, _: line.sendall(ok(b"")), "/public/v1")
    session = world.mock.session(world.mock.person())
    assert raw(gateway, target, session).startswith(b"HTTP/1.1 400")
    assert service.heads == []
    assert raw(gateway, "/fine", session).startswith(b"HTTP/1.1 200")
    assert service.heads[0].startswith(b"GET /public/v1/fine HTTP/1.1\r\n")


@pytest.mark.parametrize("method", ["QUERY", "PROPFIND", "REPORT", "LOCK"])
def test_every_method_goes_on(gateway_to: Callable[..., tuple[Service, Gateway]], world: World, method: str) -> None:
    service, gateway = gateway_to(lambda line, _: line.sendall(ok(b"done")))
    answer = raw(gateway, "/x", world.mock.session(world.mock.person()), method)
    assert answer.startswith(b"HTTP/1.1 200")
    assert service.heads[0].startswith(method.encode() + b" /x")


def test_a_name_with_spaces_at_its_ends_an_early_413_and_an_inner_redirect(
    gateway_to: Callable[..., tuple[Service, Gateway]], world: World
) -> None:
    def play(line: socket.socket, head: bytes) -> None:
        if head.startswith(b"POST"):
            line.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge")
            line.shutdown(socket.SHUT_WR)
            while line.recv(65536):
                pass
        elif head.startswith(b"GET /inner/slash"):
            host = f"http://127.0.0.1:{service.port}/inner"
            target = {b"1": f"{host}/slash/?a=b", b"2": f"{host}//evil.example.com", b"3": host + "ly"}[
                head.split(b"/slash")[1][:1]
            ]
            line.sendall(f"HTTP/1.1 307 T\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            line.sendall(ok(head))

    service, gateway = gateway_to(play, "/inner", body_limit=50_000_000)
    person = world.mock.person()
    world.mock.set_user(person, name=" Ada  L ")
    headers = {"X-Appwrite-Session": world.mock.session(person), "Cookie": "a_session_other=x; a_session_console=y; mine=1"}
    with httpx.Client(base_url=gateway.url, trust_env=False) as http:
        seen = http.get("/x", headers=headers).text
        assert "X-User-Name: %20Ada  L%20\r\n" in seen
        assert "cookie: mine=1\r\n" in seen.replace("Cookie", "cookie")
        answer = http.post("/x", content=iter([b"x" * 100_000] * 300), headers=headers)
        assert (answer.status_code, answer.text) == (413, "large")
        places = [http.get(f"/slash{number}", headers=headers).headers["location"] for number in (1, 2, 3)]
    assert places[:2] == ["/slash/?a=b", "/evil.example.com"]
    assert places[2].endswith("/innerly")


def drain(pieces: Iterator[bytes]) -> None:
    """Read to the end, for a quarter of a minute at most."""
    until = time.monotonic() + 15
    for _ in pieces:
        assert time.monotonic() < until


def test_a_stream_ends_with_its_session_and_a_slow_reader_and_a_client_that_went_are_given_up(
    gateway_to: Callable[..., tuple[Service, Gateway]], world: World
) -> None:
    gone = threading.Event()

    def play(line: socket.socket, head: bytes) -> None:
        if b"/silent" in head.split(b"\r\n")[0]:
            line.settimeout(20)
            if not line.recv(1):
                gone.set()
            return
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"x" * 65536 if b"/flood" in head else b"data: x\n\n"
        try:
            while True:
                line.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
                time.sleep(0 if b"/flood" in head else 0.2)
        except OSError:
            gone.set()

    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    _, gateway = gateway_to(play, upstream_timeout=3, token_keys=key, token_issuer="https://api.example.com")
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=20) as http:
        for by_token in (False, True):
            person = world.mock.person()
            headers = {"X-Appwrite-Session": world.mock.session(person)}
            if by_token:
                headers = {"Authorization": f"Bearer {http.post('/_gateway/token', headers=headers).json()['access_token']}"}
            with http.stream("GET", "/events", headers=headers) as stream:
                pieces = stream.iter_raw()
                next(pieces)
                world.mock.revoke_all(person)
                assert gateway.revoke(userId=person.id) == 204
                with pytest.raises(httpx.RemoteProtocolError):
                    drain(pieces)
            assert gone.wait(5)
            gone.clear()
    headers = {"X-Appwrite-Session": world.mock.session(world.mock.person())}
    for target in ("/silent", "/flood"):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as line:
            line.sendall(
                f"GET {target} HTTP/1.1\r\nHost: g\r\nX-Appwrite-Session: {headers['X-Appwrite-Session']}\r\n\r\n".encode()
            )
            if target == "/silent":
                eventually(lambda: gateway.metric("gateway_requests_in_flight"), lambda count: count >= 1)
                line.close()
            assert gone.wait(8), target
        gone.clear()


def test_one_user_does_not_take_all_connections(gateway_to: Callable[..., tuple[Service, Gateway]], world: World) -> None:
    def play(line: socket.socket, head: bytes) -> None:
        if b"/slow" in head:
            return
        line.sendall(ok(b""))

    _, gateway = gateway_to(play, calls_at_once=3, connections=5, upstream_timeout=20)
    busy, other = (world.mock.session(world.mock.person()) for _ in range(2))
    lines = []
    for _ in range(3):
        line = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
        line.sendall(f"GET /slow HTTP/1.1\r\nHost: g\r\nX-Appwrite-Session: {busy}\r\n\r\n".encode())
        lines.append(line)
    eventually(lambda: gateway.metric("gateway_requests_in_flight"), lambda count: count >= 3)

    def get(session: str) -> int:
        return httpx.get(gateway.url, headers={"X-Appwrite-Session": session}, trust_env=False, timeout=15).status_code

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(get, busy)
        assert get(other) == 200
        assert not waiting.done()
        for line in lines:
            line.close()
        assert waiting.result(10) == 200


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_a_websocket_that_the_service_refuses_is_refused_as_it_did(
    gateway_to: Callable[..., tuple[Service, Gateway]], world: World, status: int
) -> None:
    body = b'{"detail":"no"}'
    refusal = f"HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    _, gateway = gateway_to(lambda line, _: line.sendall(refusal))
    headers = {"X-Appwrite-Session": world.mock.session(world.mock.person())}
    with pytest.raises(InvalidStatus) as refused:
        connect(gateway.url.replace("http", "ws") + "/chat", additional_headers=headers, proxy=None)
    assert (refused.value.response.status_code, json.loads(refused.value.response.body)) == (status, {"detail": "no"})


def test_a_websocket_with_a_strange_path_is_refused(world: World) -> None:
    headers = {"X-Appwrite-Session": world.mock.session(world.mock.person())}
    wanted = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    with socket.create_connection(("127.0.0.1", world.gateway.port), timeout=10) as line:
        carrier = f"X-Appwrite-Session: {headers['X-Appwrite-Session']}"
        line.sendall("\r\n".join(["GET /chat#x HTTP/1.1", "Host: g", carrier, *wanted, "", ""]).encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_websocket_that_a_client_ends_without_a_code_ends_so_for_the_service(world: World) -> None:
    ends: Queue[int | None] = Queue()

    def chat(line: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            line.recv()
        ends.put(line.close_code)

    with serve(chat, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        gateway = Gateway(endpoint=world.mock.endpoint, project="demo", upstream=url)
        headers = {"X-Appwrite-Session": world.mock.session(world.mock.person())}
        try:
            with connect(gateway.url.replace("http", "ws"), additional_headers=headers, proxy=None) as line:
                line.protocol.send_close()  # without a code
                line.socket.sendall(b"".join(line.protocol.data_to_send()))
                assert ends.get(timeout=10) in (1000, 1005)
        finally:
            gateway.close()
            server.shutdown()


def test_800_sessions_that_are_new_at_once_are_all_answered(world: World) -> None:
    with ThreadPoolExecutor(16) as pool:
        sessions = list(pool.map(lambda _: world.mock.session(world.mock.person()), range(800)))
    gateway = Gateway(endpoint=world.mock.endpoint, project="demo", upstream=world.service, cache=world.redis.url)

    async def call(session: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(f"GET /_gateway/session HTTP/1.1\r\nHost: g\r\nX-Appwrite-Session: {session}\r\n\r\n".encode())
        status = await reader.readline()
        writer.close()
        return status

    async def all_of_them() -> list[bytes]:
        return await asyncio.gather(*map(call, sessions))

    try:
        for _ in range(2):
            assert set(asyncio.run(all_of_them())) == {b"HTTP/1.1 200 OK\r\n"}
        assert gateway.metric("gateway_appwrite_requests_total") == 800, "each was asked about once"
    finally:
        gateway.close()


def test_health_is_answered_to_head_and_a_bearer_of_the_apps_own_is_no_second_carrier(world: World) -> None:
    assert [world.http.head(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    headers = world.headers(world.mock.session(world.mock.person()))
    for bearer in ("ghp_abc", "a.b.c", "Bearer", "x" * 5000):
        assert world.http.get("/whoami", headers={**headers, "Authorization": f"Bearer {bearer}"}).status_code == 200
