"""An app that is not at the root of its host: behind a proxy with a prefix, under a root path, mounted in another app."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Host, Mount, Route
from starlette.testclient import WebSocketDenialResponse

from appwrite_session_gateway import (
    Problem,
    SessionAuth,
    SessionMiddleware,
    TokenAuth,
    TokenIssuer,
    User,
    UserHeaders,
    revocation_router,
    session_check_router,
    token_router,
)
from appwrite_session_gateway.middleware import route_path
from support.keys import new_keys
from support.mock import Mock

PREFIX = "/api/v2"
ISSUER = f"https://api.example.com{PREFIX}"
SECRET = "between services"
WEBHOOK = (f"{ISSUER}/_gateway/webhooks/appwrite", "signature key")

# `FastAPI(root_path=…)` is deprecated in favour of the server's, and apps use both.
pytestmark = pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")


def new_auth(mock: Mock) -> SessionAuth:
    tokens = TokenIssuer(new_keys(), issuer=ISSUER, audience="orders", project=mock.project)
    return SessionAuth(endpoint=mock.endpoint, project=mock.project, tokens=tokens)


def everything(auth: SessionAuth) -> APIRouter:
    """All that the package can add to an app, and routes of the app's own."""
    router = APIRouter()
    assert auth.tokens is not None
    router.include_router(token_router(auth, auth.tokens))
    router.include_router(session_check_router(auth, UserHeaders()))
    router.include_router(revocation_router(auth, secret=SECRET, webhook_url=WEBHOOK[0], webhook_key=WEBHOOK[1]))

    @router.get("/orders")
    async def orders(user: Annotated[User, Depends(auth)]) -> str:
        return user.id

    @router.websocket("/chat")
    async def chat(socket: WebSocket, user: Annotated[User, Depends(auth)]) -> None:
        await socket.accept()
        await socket.send_text(user.id)

    return router


def app_of(auth: SessionAuth, root_path: str = "") -> FastAPI:
    app = FastAPI(lifespan=auth.lifespan, root_path=root_path)
    app.include_router(everything(auth))
    return app


def a_proxy_removes_the_prefix(auth: SessionAuth) -> tuple[TestClient, str]:
    return TestClient(app_of(auth, PREFIX)), ""


def a_proxy_keeps_the_prefix(auth: SessionAuth) -> tuple[TestClient, str]:
    return TestClient(app_of(auth, PREFIX)), PREFIX


def the_server_has_the_root_path(auth: SessionAuth) -> tuple[TestClient, str]:
    return TestClient(app_of(auth), root_path=PREFIX), PREFIX


def the_routers_have_the_prefix(auth: SessionAuth) -> tuple[TestClient, str]:
    app = FastAPI(lifespan=auth.lifespan)
    app.include_router(everything(auth), prefix=PREFIX)
    return TestClient(app), PREFIX


def the_app_is_mounted(auth: SessionAuth) -> tuple[TestClient, str]:
    inner = FastAPI()
    inner.include_router(everything(auth))
    app = FastAPI(lifespan=auth.lifespan)
    app.mount(PREFIX, GZipMiddleware(inner))
    return TestClient(app), PREFIX


def the_app_is_mounted_in_a_mount(auth: SessionAuth) -> tuple[TestClient, str]:
    inner = FastAPI()
    inner.include_router(everything(auth))
    part = Mount("/v2", app=inner, middleware=[Middleware(GZipMiddleware)])
    outer = FastAPI(lifespan=auth.lifespan)
    outer.router.routes.append(Host("testserver", Starlette(routes=[Mount("/api", routes=[part])])))
    return TestClient(outer), PREFIX


PLACES = [
    a_proxy_removes_the_prefix, a_proxy_keeps_the_prefix, the_server_has_the_root_path, the_routers_have_the_prefix,
    the_app_is_mounted, the_app_is_mounted_in_a_mount,
]  # fmt: skip


class Place:
    """An app somewhere below its host, and what a client sees of it."""

    def __init__(self, client: TestClient, start: str, mock: Mock) -> None:
        self.client, self.start = client, start
        self.person = mock.person()
        self.session = {"X-Appwrite-Session": mock.session(self.person)}

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        answer: httpx.Response = self.client.get(self.start + path, headers=headers)
        return answer

    def post(self, path: str, headers: dict[str, str], content: bytes = b"") -> httpx.Response:
        answer: httpx.Response = self.client.post(self.start + path, headers=headers, content=content)
        return answer


@pytest.fixture(params=PLACES, ids=lambda make: make.__name__)
def place(request: pytest.FixtureRequest, mock: Mock) -> Iterator[Place]:
    make: Callable[[SessionAuth], tuple[TestClient, str]] = request.param
    client, start = make(new_auth(mock))
    with client:
        yield Place(client, start, mock)


def test_the_callers_are_known_and_refusals_are_problems(place: Place) -> None:
    assert place.get("/orders", place.session).json() == place.person.id
    refused = place.get("/orders")
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    with place.client.websocket_connect(f"{place.start}/chat", headers=place.session) as socket:
        assert socket.receive_text() == place.person.id
    with pytest.raises(WebSocketDenialResponse) as denied, place.client.websocket_connect(f"{place.start}/chat"):
        pass
    assert denied.value.json()["type"] == "session_missing"


def test_the_check_of_other_proxies_is_there(place: Place) -> None:
    for path in ("/_gateway/session", "/_gateway/session/orders/1"):
        checked = place.client.request("QUERY", place.start + path, headers=place.session)
        assert (checked.status_code, checked.headers["x-user-id"]) == (200, place.person.id)
        assert place.get(path).json()["type"] == "session_missing"


def test_revocations_arrive(place: Place, mock: Mock) -> None:
    url, key = WEBHOOK

    def delivery(body: bytes, signed: bytes) -> dict[str, str]:
        signature = base64.b64encode(hmac.digest(key.encode(), url.encode() + signed, hashlib.sha1)).decode()
        name = f"users.{place.person.id}"
        return {"X-Appwrite-Webhook-Signature": signature, "X-Appwrite-Webhook-Events": f"{name},{name}.update.status"}

    assert place.get("/orders", place.session).status_code == 200
    mock.clear_journal()
    told = place.post(
        "/_gateway/revocations", {"Authorization": f"Bearer {SECRET}"}, b'{"userId": "%s"}' % place.person.id.encode()
    )
    assert (told.status_code, place.get("/orders", place.session).status_code) == (204, 200)
    assert place.post("/_gateway/webhooks/appwrite", delivery(b"{}", b"{}"), b"{}").status_code == 204
    assert place.get("/orders", place.session).status_code == 200
    assert len(mock.questions(place.person)) == 2, "one after each revocation"
    assert place.post("/_gateway/webhooks/appwrite", delivery(b"{}", b"[]"), b"{}").json()["type"] == "not_authorized"


@pytest.mark.anyio
async def test_the_urls_of_the_issuer_lead_to_its_endpoints(place: Place) -> None:
    discovery = place.get("/.well-known/openid-configuration").json()
    assert discovery["issuer"] == ISSUER

    def called(url: str) -> str:
        assert url.startswith(f"{ISSUER}/"), "as a client calls it, in front of the proxy"
        return url.removeprefix(ISSUER)

    token = place.post(called(discovery["token_endpoint"]), place.session).json()["access_token"]
    assert place.get("/orders", {"Authorization": f"Bearer {token}"}).json() == place.person.id

    def published(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == discovery["jwks_uri"]
        return httpx.Response(200, json=place.get(called(str(request.url))).json())

    service = TokenAuth(issuer=ISSUER, audience="orders", client=httpx.AsyncClient(transport=httpx.MockTransport(published)))
    assert (await service.claims(token))["sub"] == place.person.id


async def whoami(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.state.user.id if "user" in request.scope["state"] else "nobody")


@pytest.mark.parametrize(("root", "start"), [("", ""), (PREFIX, PREFIX), (PREFIX, "")])
def test_public_paths_are_those_that_the_app_routes_by(mock: Mock, root: str, start: str) -> None:
    auth = new_auth(mock)
    app = Starlette(routes=[Route("/", whoami), Route("/{path:path}", whoami)])
    checked = SessionMiddleware(app, auth, lambda path: path in ("/", "/open"))
    with TestClient(checked, root_path=root) as client:
        assert client.get(f"{start}/open").text == "nobody"
        assert client.get(f"{start}/").text == "nobody"
        assert client.get(f"{start}/closed").json()["type"] == "session_missing"
        assert client.get(f"{start}/closed/open").status_code == 401
        assert client.get(f"{root}x/open").status_code == 401


def test_a_mounted_app_can_have_the_middleware_of_its_own(mock: Mock) -> None:
    auth = new_auth(mock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # A mounted app has no lifespan.
        async with auth.opened():
            yield

    inner = Starlette(routes=[Route("/{path:path}", whoami)])
    mounted = Mount(PREFIX, app=SessionMiddleware(inner, auth, lambda path: path == "/open"))
    with TestClient(Starlette(routes=[mounted, Route("/open", whoami)], lifespan=lifespan)) as client:
        assert auth.is_ready
        assert [client.get(f"{PREFIX}{path}").status_code for path in ("/open", "/x", f"{PREFIX}/open")] == [200, 401, 401]


@pytest.mark.parametrize(
    ("path", "root"), [("/a", ""), ("/api", "/api"), ("/api/", "/api"), ("/api/a", "/api"), ("/apia", "/api"), ("/a", "/api")]
)
def test_the_path_is_the_one_that_starlette_routes_by(path: str, root: str) -> None:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": root, "headers": []}
    routes = [Route("/{rest:path}", whoami), Route("/", whoami)]
    _, child = routes[0].matches(scope)
    expected = "/" + child["path_params"]["rest"] if child else "/"
    assert route_path(scope) == expected


def test_a_handler_of_the_apps_own_stays(mock: Mock) -> None:
    auth = new_auth(mock)

    async def own(_: Request, problem: Exception) -> Response:
        assert isinstance(problem, Problem)
        return PlainTextResponse(f"mine: {problem.type}", problem.status_code)

    app = app_of(auth)
    app.add_exception_handler(Problem, own)
    with TestClient(app) as client:
        assert client.get("/orders").text == "mine: session_missing"
