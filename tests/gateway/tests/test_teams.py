"""Requirements of a team: asked of Appwrite with the user's own credential, and believed as long as the session."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request

from appwrite_session_gateway import SessionAuth, TokenIssuer, User, revocation_router, token_router
from appwrite_session_gateway.appwrite import read_answer
from appwrite_session_gateway.credential import Carrier, Credential
from appwrite_session_gateway.testing import FakeSessions
from appwrite_session_gateway.verdict import Outcome
from support.keys import new_keys
from support.mock import Mock, Person
from support.redis import RedisServer

URL, KEY = "https://api.example.com/_gateway/webhooks/appwrite", "signature key"


def app_of(auth: SessionAuth) -> FastAPI:
    app = FastAPI(lifespan=auth.lifespan)
    app.include_router(revocation_router(auth, webhook_url=URL, webhook_key=KEY))

    @app.get("/texts")
    async def texts(user: Annotated[User, Depends(auth.require(team="editors"))]) -> str:
        return user.id

    @app.get("/settings")
    async def settings(user: Annotated[User, Depends(auth.require(team="editors", role=["owner", "chief"]))]) -> str:
        return user.id

    @app.get("/both")
    async def both(user: Annotated[User, Depends(auth.require(team="editors", label="staff"))]) -> str:
        return user.id

    @app.get("/of/{team}")
    async def of(team: str, request: Request, user: Annotated[User, Depends(auth)]) -> list[str]:
        return [user.id, *await auth.roles_in(team, request)]

    return app


class Team:
    """The team `editors`, whose members the test makes, and questions about them."""

    def __init__(self, mock: Mock) -> None:
        self._mock = mock
        mock.api("POST", "/teams", {"teamId": "editors", "name": "Editors"})

    def add(self, person: Person, *roles: str) -> str:
        """Make somebody a member, as the app's backend; gives the id of the membership."""
        body = {"userId": person.id, "roles": roles}
        return str(self._mock.api("POST", "/teams/editors/memberships", body).json()["$id"])

    def invite(self, person: Person, by: str) -> None:
        """Invite somebody, as a member does; nobody has accepted."""
        body = {"email": person.email, "roles": ["chief"], "url": "http://localhost/join"}
        self._mock.api("POST", "/teams/editors/memberships", body, session=by)

    def remove(self, membership: str) -> None:
        self._mock.api("DELETE", f"/teams/editors/memberships/{membership}")

    def questions(self) -> list[dict[str, Any]]:
        paths = ("/v1/teams/editors/memberships", "/v1/teams/others/memberships")
        agent = ["User-Agent", "appwrite-session-gateway"]
        return [each for each in self._mock.journal() if each["path"] in paths and agent in each["headers"]]


@pytest.fixture
def team(mock: Mock) -> Iterator[Team]:
    yield Team(mock)
    mock.heal()
    mock.api("DELETE", "/teams/editors")


def header(credential: str) -> dict[str, str]:
    return {"X-Appwrite-Session": credential}


def test_members_are_let_in_by_their_roles(mock: Mock, team: Team) -> None:
    owner, writer, invited, stranger = (mock.person() for _ in range(4))
    team.add(owner, "owner", "chief")
    team.add(writer, "writer")
    sessions = {each.id: mock.session(each) for each in (owner, writer, invited, stranger)}
    team.invite(invited, sessions[owner.id])
    mock.set_user(writer, labels=["staff"])
    with TestClient(app_of(SessionAuth(endpoint=mock.endpoint, project=mock.project))) as client:

        def statuses(path: str) -> list[int]:
            return [client.get(path, headers=header(credential)).status_code for credential in sessions.values()]

        assert statuses("/texts") == [200, 200, 403, 403]
        assert statuses("/settings") == [200, 403, 403, 403]
        assert statuses("/both") == [403, 200, 403, 403]
        assert statuses("/of/editors") == [200, 200, 403, 403]
        assert statuses("/of/others") == [403] * 4
        assert client.get("/of/editors", headers=header(sessions[owner.id])).json() == [owner.id, "owner", "chief"]
        assert client.get("/texts", headers=header(sessions[stranger.id])).json()["type"] == "not_permitted"
        assert client.get("/texts").json()["type"] == "session_missing"
        jwt = {"Authorization": f"Bearer {mock.jwt(sessions[writer.id])}"}
        assert client.get("/texts", headers=jwt).json() == writer.id
        mock.clear_journal()
        for path in ("/of/..%2Feditors", "/of/a%20b", "/of/" + "x" * 65):
            assert client.get(path, headers=header(sessions[owner.id])).status_code in (403, 404)
        assert mock.journal() == [], "what is no id is not asked about"


def test_an_answer_is_shared_and_kept_as_that_about_the_session(mock: Mock, team: Team, redis_server: RedisServer) -> None:
    member, stranger = mock.person(), mock.person()
    team.add(member, "writer")
    headers = [header(mock.session(each)) for each in (member, stranger)]

    def worker() -> TestClient:
        return TestClient(app_of(SessionAuth(endpoint=mock.endpoint, project=mock.project, cache=redis_server.url, ttl=600)))

    with worker() as one, worker() as other:
        mock.clear_journal()
        for client in (one, other, one, other):
            assert [client.get("/texts", headers=each).status_code for each in headers] == [200, 403]
        assert other.get("/of/editors", headers=headers[0]).json() == [member.id, "writer"], "roles are in Redis, too"
        assert len(team.questions()) == 2
        assert (len(mock.questions(member)), len(mock.questions(stranger))) == (1, 1)


@pytest.mark.parametrize("with_redis", [True, False])
def test_a_member_who_was_removed_is_refused_when_a_webhook_says_so(
    mock: Mock, team: Team, redis_server: RedisServer, *, with_redis: bool
) -> None:
    member = mock.person()
    membership = team.add(member, "writer")
    headers = header(mock.session(member))
    cache = redis_server.url if with_redis else None
    with TestClient(
        app_of(SessionAuth(endpoint=mock.endpoint, project=mock.project, cache=cache, ttl=600, local_ttl=600))
    ) as client:
        assert client.get("/texts", headers=headers).status_code == 200
        team.remove(membership)
        assert client.get("/texts", headers=headers).status_code == 200, "it is believed until ttl ends"
        body = json.dumps({"$id": membership, "userId": member.id, "teamId": "editors"}).encode()
        name = f"teams.editors.memberships.{membership}"
        signed = {
            "X-Appwrite-Webhook-Signature": base64.b64encode(
                hmac.digest(KEY.encode(), URL.encode() + body, hashlib.sha1)
            ).decode(),
            "X-Appwrite-Webhook-Events": f"{name}.delete,teams.*.memberships.*.delete,{name},teams.editors",
        }
        assert client.post("/_gateway/webhooks/appwrite", headers=signed, content=body).status_code == 204
        refused = client.get("/texts", headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "not_permitted")
        assert client.get("/of/others", headers=headers).status_code == 403


def test_an_ended_session_is_no_member_any_more(mock: Mock, team: Team) -> None:
    member = mock.person()
    team.add(member)
    headers = header(mock.session(member))
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, ttl=600)
    app = app_of(auth)

    @app.post("/revoke")
    async def revoke() -> bool:
        return await auth.revoke_user(member.id)

    with TestClient(app) as client:
        assert client.get("/texts", headers=headers).status_code == 200
        mock.revoke_all(member)
        client.post("/revoke")
        assert client.get("/texts", headers=headers).json()["type"] == "session_invalid"


def test_without_an_answer_nobody_is_let_in_and_nobody_is_refused(mock: Mock, team: Team) -> None:
    member = mock.person()
    team.add(member)
    headers = header(mock.session(member))
    with TestClient(app_of(SessionAuth(endpoint=mock.endpoint, project=mock.project))) as client:
        assert client.get("/of/others", headers=headers).status_code == 403
        fault = {"kind": "status", "status": 503}
        mock.control("POST", "/faults", {"path": "/v1/teams/editors/memberships", "times": 1, "fault": fault})
        refused = client.get("/texts", headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (503, "auth_unavailable")


def test_an_access_token_proves_no_membership(mock: Mock, team: Team) -> None:
    member = mock.person()
    team.add(member)
    tokens = TokenIssuer(new_keys(), issuer="https://api.example.com", audience="orders", project=mock.project)
    auth = SessionAuth(endpoint=mock.endpoint, project=mock.project, tokens=tokens)
    app = app_of(auth)
    app.include_router(token_router(auth, tokens))
    with TestClient(app) as client:
        session = header(mock.session(member))
        token = client.post("/_gateway/token", headers=session).json()["access_token"]
        assert client.get("/texts", headers={"Authorization": f"Bearer {token}"}).json()["type"] == "not_permitted"
        assert client.get("/texts", headers=session).status_code == 200


MEMBERSHIP = {"userId": "ada", "teamId": "editors", "confirm": True, "roles": ["writer", 7]}


@pytest.mark.parametrize(
    ("status", "body", "outcome", "roles"),
    [
        (200, {"memberships": [MEMBERSHIP]}, Outcome.ALIVE, ("writer",)),
        (200, {"memberships": [{**MEMBERSHIP, "userId": "bob"}, MEMBERSHIP]}, Outcome.ALIVE, ("writer",)),
        (200, {"memberships": [{**MEMBERSHIP, "roles": None}]}, Outcome.ALIVE, ()),
        (200, {"memberships": []}, Outcome.NOT_PERMITTED, ()),
        (200, {"memberships": [{**MEMBERSHIP, "userId": "bob"}]}, Outcome.NOT_PERMITTED, ()),
        (200, {"memberships": [{**MEMBERSHIP, "teamId": "others"}]}, Outcome.NOT_PERMITTED, ()),
        (200, {"memberships": [{**MEMBERSHIP, "confirm": False}]}, Outcome.NOT_PERMITTED, ()),
        (200, {"memberships": ["ada"]}, Outcome.UNAVAILABLE, ()),
        (200, {"$id": "ada"}, Outcome.UNAVAILABLE, ()),
        (404, {"type": "team_not_found"}, Outcome.NOT_PERMITTED, ()),
        (404, {"type": "project_not_found"}, Outcome.UNAVAILABLE, ()),
        (404, {"type": "general_route_not_found"}, Outcome.UNAVAILABLE, ()),
        (503, {"type": "general_service_disabled"}, Outcome.UNAVAILABLE, ()),
        (401, {"type": "general_unauthorized_scope"}, Outcome.SESSION_INVALID, ()),
        (401, {"type": "user_more_factors_required"}, Outcome.MFA_REQUIRED, ()),
    ],
)
def test_only_a_confirmed_membership_of_the_user_counts(
    status: int, body: dict[str, Any], outcome: Outcome, roles: tuple[str, ...]
) -> None:
    asked = Credential(Carrier.COOKIE, "ada", text="a session", team="editors")
    verdict = read_answer(status, {}, json.dumps(body).encode(), asked)
    assert (verdict.outcome, verdict.roles) == (outcome, roles)


def test_an_account_is_no_membership_and_the_other_way_round() -> None:
    session = Credential(Carrier.COOKIE, "ada", text="a session")
    names = {each.digest("scope") for each in (session, Credential(Carrier.COOKIE, "ada", text="a session", team="editors"))}
    assert len(names) == 2
    assert read_answer(404, {}, b'{"type":"team_not_found"}', session).outcome is Outcome.UNAVAILABLE


@pytest.mark.parametrize("wrong", [{"team": "no id!"}, {"team": "../x"}, {"role": "owner"}])
def test_what_cannot_be_required_is_refused_at_once(wrong: dict[str, str]) -> None:
    auth = SessionAuth(endpoint="https://x.io/v1", project="p")
    with pytest.raises(ValueError, match="team is"):
        auth.require(**wrong)  # type: ignore[arg-type]


def test_an_apps_tests_can_say_who_is_in_a_team(monkeypatch: pytest.MonkeyPatch) -> None:
    auth = SessionAuth(endpoint="http://127.0.0.1:9/v1", project="my-project")
    sessions = FakeSessions(auth, monkeypatch)
    ada = sessions.sign_in(User(id="ada"), teams={"editors": ["owner", "chief"]})
    bob = sessions.sign_in(User(id="bob"), teams={"editors": []})
    eve = sessions.sign_in(User(id="eve"), teams={"others": ["owner"]})
    with TestClient(app_of(auth)) as client:
        assert [client.get("/texts", headers=each).status_code for each in (ada, bob, eve)] == [200, 200, 403]
        assert [client.get("/settings", headers=each).status_code for each in (ada, bob, eve)] == [200, 403, 403]
        sessions.refuse(ada, "mfa_required")
        assert client.get("/texts", headers=ada).json()["type"] == "mfa_required"
