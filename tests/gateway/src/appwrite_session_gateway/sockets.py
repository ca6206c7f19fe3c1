"""Passes a WebSocket on to the microservice, message by message, for as long as its session lives."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from .auth import SessionAuth
from .headers import returned_headers
from .problem import Problem
from .proxy import Proxy
from .user import User

SESSION_ENDED = 4401
"""The code by which a WebSocket is closed whose session Appwrite has ended, or wants another factor for."""


async def forward_socket(socket: WebSocket, user: User, auth: SessionAuth, proxy: Proxy, *, message_limit: int) -> None:
    """Connect ``socket`` with the microservice. Raises ``Problem`` if the microservice does not take it."""
    url = f"ws{'s' if proxy.is_secure else ''}://{proxy.host}{proxy.target(socket)}"
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in proxy.outgoing(socket, user)]
    headers = [each for each in headers if each[0].lower() != "host"]
    wanted = [Subprotocol(each) for each in socket.scope.get("subprotocols", [])]
    try:
        upstream = await connect(
            url, additional_headers=headers, subprotocols=wanted or None, proxy=None, open_timeout=5,
            user_agent_header=None, max_size=message_limit, compression=None, max_queue=4,
        )  # fmt: skip
    except InvalidStatus as refused:
        answer = refused.response
        raw = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.raw_items()]
        body = bytes(answer.body or b"")
        response = Response(body, answer.status_code)
        kept = [each for each in returned_headers(raw, auth.project) if each[0] != b"content-length"]
        response.raw_headers = [*kept, (b"content-length", str(len(body)).encode())]
        await socket.send_denial_response(response)
        return
    except TimeoutError:
        raise Problem("service_timeout") from None
    except (OSError, ValueError, InvalidHandshake, InvalidURI):
        raise Problem("service_unavailable") from None
    async with upstream:
        await socket.accept(subprotocol=upstream.subprotocol)
        directions = [
            asyncio.create_task(_to_service(socket, upstream)),
            asyncio.create_task(_to_client(socket, upstream)),
            asyncio.create_task(_until_session_ends(socket, auth)),
        ]
        done, others = await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        code, reason = done.pop().result()
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code, reason)
        await upstream.close(code if code in (1000, 1001) or code >= 3000 else 1011)


async def _to_service(socket: WebSocket, upstream: ClientConnection) -> tuple[int, str]:
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code") or 1000
                return 1000 if code == 1005 else code, ""
            text = message.get("text")
            await upstream.send(text if text is not None else message["bytes"])
    except ConnectionClosed as closed:
        return _ending(closed)


async def _to_client(socket: WebSocket, upstream: ClientConnection) -> tuple[int, str]:
    try:
        while True:
            message = await upstream.recv()
            if isinstance(message, str):
                await socket.send_text(message)
            else:
                await socket.send_bytes(message)
    except ConnectionClosed as closed:
        return _ending(closed)
    except (WebSocketDisconnect, RuntimeError):
        return 1000, ""


async def _until_session_ends(socket: WebSocket, auth: SessionAuth) -> tuple[int, str]:
    """Look again as often as for calls, so that an open connection is no way around a revocation."""
    while True:
        await asyncio.sleep(max(1, auth.policy.local_ttl))
        if ended := await auth.ended(socket.scope["headers"]):
            return SESSION_ENDED, ended


def _ending(closed: ConnectionClosed) -> tuple[int, str]:
    if closed.rcvd is None or closed.rcvd.code == 1005:
        return 1011 if closed.rcvd is None else 1000, ""
    return closed.rcvd.code, closed.rcvd.reason
