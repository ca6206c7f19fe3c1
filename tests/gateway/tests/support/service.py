"""A small microservice behind the gateway, which tells what came to it. Run by ``uvicorn support.service:app``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


async def whoami(request: Request) -> Response:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    path = request.scope["raw_path"].decode()
    body = {"userId": request.headers.get("x-user-id"), "headers": headers, "path": path, "query": request.url.query}
    answer = JSONResponse(body)
    answer.set_cookie("lb", "one")
    answer.set_cookie("a_session_demo", "evil")
    return answer


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/octet-stream")


_received: dict[str, int] = {}
_ticks: dict[str, asyncio.Queue[bytes]] = {}


async def upload(request: Request) -> Response:
    """Count what has come so far under a name."""
    name = request.path_params["name"]
    async for piece in request.stream():
        _received[name] = _received.get(name, 0) + len(piece)
    return JSONResponse({"size": _received[name]})


async def progress(request: Request) -> Response:
    return JSONResponse({"size": _received.get(request.path_params["name"], 0)})


async def ticks(request: Request) -> Response:
    """Stream what ``tick`` says, until it says nothing."""
    queue = _ticks.setdefault(request.path_params["name"], asyncio.Queue())

    async def pieces() -> AsyncIterator[bytes]:
        yield b"begin\n"
        while piece := await queue.get():
            yield piece

    return StreamingResponse(pieces())


async def tick(request: Request) -> Response:
    _ticks[request.path_params["name"]].put_nowait(await request.body())
    return Response(status_code=204)


async def size(request: Request) -> Response:
    return JSONResponse({"size": len(await request.body())})


async def status(request: Request) -> Response:
    return JSONResponse({"detail": "the service's own"}, request.path_params["status"])


async def empty(request: Request) -> Response:
    return Response(status_code=request.path_params["status"], headers={"ETag": "x"})


async def redirect(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"], 302)


async def silent(request: Request) -> Response:
    await asyncio.Event().wait()
    return Response()


async def broken(request: Request) -> Response:
    """Promise ten bytes and give three."""

    async def some() -> AsyncIterator[bytes]:
        yield b"abc"
        raise ConnectionError("broken on purpose")

    return StreamingResponse(some(), headers={"Content-Length": "10"})


async def slow(request: Request) -> Response:
    await asyncio.sleep(float(request.query_params["seconds"]))
    return JSONResponse({"userId": request.headers.get("x-user-id")})


async def chat(socket: WebSocket) -> None:
    await socket.accept(subprotocol="chat" if "chat" in socket.scope["subprotocols"] else None)
    headers = {name: value for name, value in socket.headers.items() if name.startswith(("x-", "cookie", "authorization"))}
    await socket.send_text(json.dumps(headers))
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") == "bye":
                await socket.close(4000, "as you like")
                return
            if message.get("text") is not None:
                await socket.send_text(message["text"])
            else:
                await socket.send_bytes(message["bytes"])
    except WebSocketDisconnect:
        return


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
app = Starlette(
    routes=[
        Route("/echo", echo, methods=["POST"]),
        Route("/upload/{name}", upload, methods=["POST"]),
        Route("/progress/{name}", progress),
        Route("/ticks/{name}", ticks),
        Route("/tick/{name}", tick, methods=["POST"]),
        Route("/size", size, methods=["POST"]),
        Route("/status/{status:int}", status, methods=_METHODS),
        Route("/empty/{status:int}", empty),
        Route("/redirect", redirect),
        Route("/silent", silent),
        Route("/broken", broken),
        Route("/slow", slow),
        WebSocketRoute("/chat", chat),
        Route("/{path:path}", whoami, methods=_METHODS),
    ]
)
