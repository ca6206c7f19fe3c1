"""Heads that are too large or never end, and connections that say nothing."""

from __future__ import annotations

import socket
import time

import pytest

from appwrite_session_gateway import heads
from conftest import World

KIB = 1024


def answer(line: socket.socket) -> bytes:
    try:
        return b"".join(iter(lambda: line.recv(65536), b""))
    except ConnectionResetError:
        return b"reset"


@pytest.mark.parametrize("size", [65 * KIB, 300 * KIB, 64 * KIB * KIB])
@pytest.mark.parametrize("kind", ["one header", "many headers", "the target", "no line"])
def test_a_head_that_is_too_large_is_refused_and_not_kept(world: World, kind: str, size: int) -> None:
    if size > 300 * KIB and kind != "no line":
        size = 2 * KIB * KIB
    start, piece = {
        "one header": (b"GET / HTTP/1.1\r\nX: ", b"x" * KIB),
        "many headers": (b"GET / HTTP/1.1\r\n", (b"X: " + b"x" * 59 + b"\r\n") * 16),
        "the target": (b"GET /", b"x" * KIB),
        "no line": (b"GET / HTTP/1.1\r\nX", b"-" * KIB),
    }[kind]
    end = {"the target": b" HTTP/1.1\r\nHost: g"}.get(kind, b": x" if kind == "no line" else b"")
    sent = 0
    with socket.create_connection(("127.0.0.1", world.gateway.port), timeout=10) as line:
        try:
            line.sendall(start)
            while sent < size:
                line.sendall(piece)
                sent += len(piece)
            line.sendall(end + b"\r\n\r\n")
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert answer(line).startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 ", b"reset"))
    assert sent < 8 * KIB * KIB, "it is not read to its end"
    assert world.http.get("/healthz").status_code == 200


def test_a_head_of_an_ordinary_size_is_taken_with_a_body_in_the_same_packet(world: World) -> None:
    session = world.mock.session(world.mock.person())
    body = b"x" * 200_000
    lines = [
        "POST /size HTTP/1.1",
        "Host: g",
        f"X-Appwrite-Session: {session}",
        "X: " + "y" * 30_000,
        f"Content-Length: {len(body)}",
    ]
    head = "\r\n".join([*lines, "", ""])
    with socket.create_connection(("127.0.0.1", world.gateway.port), timeout=10) as line:
        for _ in range(3):
            line.sendall(head.encode() + body)
            answered = b""
            while not answered.endswith(b'{"size":200000}'):
                answered += line.recv(65536)
            assert answered.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: g\r\n"])
def test_a_connection_on_which_no_head_comes_is_closed(world: World, sent: bytes) -> None:
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", world.gateway.port), timeout=heads.SECONDS + 10) as line:
        line.sendall(sent)
        assert answer(line).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - begun < heads.SECONDS + 8
