"""Appwrite's webhooks from end to end: the mock delivers what Appwrite would, signed, to a running gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest

from conftest import World
from support.deliveries import signature
from support.gateway import WEBHOOK_KEY, Gateway
from support.mock import PASSWORD, Mock, Person
from support.process import ROOT
from support.redis import RedisServer
from support.waiting import eventually

README = (ROOT / "tests" / "gateway" / "README.md").read_text()
EVENTS = re.findall(r"`(users\.[a-z.*]+)`", README.partition("4. Let Appwrite report")[2].partition("\n5. ")[0])
"""The events of step 4 of the guide."""
TEAM_EVENTS = re.findall(r"`(teams\.[a-z.*]+)`", README.partition("### Webhooks")[2].partition("\n## ")[0])
"""Those that the chapter on webhooks adds for requirements of a team."""
HOUR = 3600


class Site:
    """An Appwrite that reports to a gateway which otherwise believes an answer for an hour."""

    def __init__(self, mock: Mock, gateway: Gateway) -> None:
        self.mock, self.gateway = mock, gateway
        mock.control("PATCH", "/project", {"rateLimits": False})
        mock.add_webhook(gateway.webhook_url, WEBHOOK_KEY, EVENTS)

    def get(self, credential: str) -> httpx.Response:
        return httpx.get(self.gateway.url, headers={"X-Appwrite-Session": credential}, trust_env=False)

    def known(self, credential: str) -> None:
        """Have the gateway know a session, so that it does not ask Appwrite about it any more."""
        assert self.get(credential).status_code == 200
        self.mock.clear_journal()
        assert self.get(credential).status_code == 200
        assert self.questions() == 0

    def questions(self) -> int:
        return len([each for each in self.mock.journal() if ["User-Agent", "appwrite-session-gateway"] in each["headers"]])


@pytest.fixture(scope="module", params=["1.9", "2.7"])
def site(request: pytest.FixtureRequest, service: str, redis_server: RedisServer) -> Iterator[Site]:
    mock = Mock(request.param)
    # One worker, so that the very next call must be refused.
    gateway = Gateway(
        endpoint=mock.endpoint, project=mock.project, upstream=service, cache=redis_server.url, ttl=HOUR, local_ttl=HOUR
    )
    yield Site(mock, gateway)
    gateway.close()
    mock.close()


End = Callable[[Mock, Person, str, str], object]
"""Ends a session of somebody, given its credential and its id."""
ENDS: dict[str, End] = {
    "by another device": lambda mock, person, _, id_: mock.api(
        "DELETE", f"/account/sessions/{id_}", session=mock.session(person)
    ),
    "by itself": lambda mock, _, session, __: mock.api("DELETE", "/account/sessions/current", session=session),
    "by the backend": lambda mock, person, _, id_: mock.api("DELETE", f"/users/{person.id}/sessions/{id_}"),
    "everywhere": lambda mock, person, _, __: mock.api("DELETE", "/account/sessions", session=mock.session(person)),
    "everywhere by the backend": lambda mock, person, _, __: mock.api("DELETE", f"/users/{person.id}/sessions"),
    "password": lambda mock, person, _, __: mock.api(
        "PATCH", "/account/password", {"password": PASSWORD + "!", "oldPassword": PASSWORD}, session=mock.session(person)
    ),
    "password by the backend": lambda mock, person, _, __: mock.api(
        "PATCH", f"/users/{person.id}/password", {"password": PASSWORD + "!"}
    ),
    "recovery": lambda mock, person, _, __: recover(mock, person),
    "user deleted": lambda mock, person, _, __: mock.api("DELETE", f"/users/{person.id}"),
    "user blocked": lambda mock, person, _, __: mock.api("PATCH", f"/users/{person.id}/status", {"status": False}),
}


def recover(mock: Mock, person: Person) -> None:
    mock.guest("POST", "/account/recovery", {"email": person.email, "url": "http://localhost/reset"})
    (secret,) = (each["secret"] for each in mock.control("GET", "/messages") if each["userId"] == person.id)
    mock.guest("PUT", "/account/recovery", {"userId": person.id, "secret": secret, "password": PASSWORD + "!"})


@pytest.mark.parametrize("end", ENDS)
def test_the_next_call_is_refused(site: Site, end: str) -> None:
    person = site.mock.person()
    old = site.mock.control("POST", f"/users/{person.id}/sessions")
    site.known(old["credential"])
    before = len(site.mock.deliveries())
    ENDS[end](site.mock, person, old["credential"], old["sessionId"])
    (delivery, *_) = site.mock.deliveries(before + 1)[before:]
    assert delivery["status"] == 204
    assert set(delivery["events"]) & set(EVENTS)
    refused = site.get(old["credential"])
    expected = (403, "user_blocked") if end == "user blocked" else (401, "session_invalid")
    assert (refused.status_code, refused.json()["type"]) == expected


def test_an_accepted_invitation_has_the_gateway_ask_anew(site: Site) -> None:
    mock, person = site.mock, site.mock.person()
    owner, session = mock.session(mock.person()), mock.session(person)
    webhook = mock.add_webhook(site.gateway.webhook_url, WEBHOOK_KEY, TEAM_EVENTS)
    team = mock.api("POST", "/teams", {"teamId": "unique()", "name": "Editors"}, session=owner).json()["$id"]
    path = f"/teams/{team}/memberships"
    invitation = {"email": person.email, "roles": ["writer"], "url": "http://localhost/join"}
    membership = mock.api("POST", path, invitation, session=owner).json()["$id"]
    (secret,) = (each["secret"] for each in mock.control("GET", "/messages") if each["userId"] == person.id)
    site.known(session)
    before = len(mock.deliveries())
    mock.guest("PATCH", f"{path}/{membership}/status", {"userId": person.id, "secret": secret})
    (delivery, *_) = mock.deliveries(before + 1)[before:]
    assert delivery["status"] == 204
    assert set(delivery["events"]) & set(TEAM_EVENTS)
    mock.clear_journal()
    assert site.get(session).status_code == 200
    assert site.questions() == 1
    mock.delete_webhook(webhook)


def test_no_webhook_reports_an_eviction_and_a_user_who_deletes_the_own_account(site: Site) -> None:
    """The guide says that the lifetime of an answer is the bound in these cases: Appwrite delivers nothing."""
    evicted, deleted, blocked = (site.mock.person() for _ in range(3))
    sessions = [site.mock.session(each) for each in (evicted, deleted)]
    for session in sessions:
        site.known(session)
    before = len(site.mock.deliveries())
    site.mock.control("PATCH", "/project", {"sessionLimit": 1})
    site.mock.guest("POST", "/account/sessions/email", {"email": evicted.email, "password": PASSWORD})
    eventually(lambda: len(site.mock.control("GET", f"/users/{evicted.id}/sessions")), lambda count: count == 1)
    site.mock.control("PATCH", "/project", {"sessionLimit": 10})
    site.mock.api("DELETE", "/account", session=sessions[1])
    # Deliveries are in order: this one comes after what would be delivered of the others.
    site.mock.api("PATCH", f"/users/{blocked.id}/status", {"status": False})
    (delivery,) = site.mock.deliveries(before + 1)[before:]
    assert f"users.{blocked.id}" in delivery["events"]
    for session in sessions:
        assert site.get(session).status_code == 200
        assert site.gateway.revoke(credential=session) == 204
        assert site.get(session).status_code == 401


def test_a_user_cannot_have_the_webhook_of_the_guide_switched_off(site: Site) -> None:
    """Appwrite reports an authenticator that is deleted as `users.*.delete`, with the body `[]`."""
    person = site.mock.person()
    own = site.mock.session(person)
    before = len(site.mock.deliveries())
    for number in range(12):
        site.mock.api("POST", "/account/mfa/authenticators/totp", {}, session=own)
        site.mock.api("PUT", "/account/mfa/authenticators/totp", {"otp": site.mock.totp(person)}, session=own)
        if number == 0:
            challenge = site.mock.api("POST", "/account/mfa/challenges", {"factor": "totp"}, session=own).json()["$id"]
            answer = {"challengeId": challenge, "otp": site.mock.totp(person)}
            site.mock.api("PUT", "/account/mfa/challenges", answer, session=own)
        site.mock.api("DELETE", "/account/mfa/authenticators/totp", session=own)
    assert [each["status"] for each in site.mock.deliveries(before + 12)[before:]] == [204] * 12
    assert [(each["enabled"], each["attempts"]) for each in site.mock.webhooks()] == [(True, 0)]


def test_a_user_cannot_have_a_webhook_for_everything_switched_off(site: Site) -> None:
    # Too broad: every event of every user.
    broad = site.mock.add_webhook(site.gateway.webhook_url, WEBHOOK_KEY, ["users.*"])
    person = site.mock.person()
    own = site.mock.session(person)
    before = len(site.mock.deliveries())
    for _ in range(12):
        # A body without the user, and one with somebody else's id in it.
        site.mock.api("POST", "/account/mfa/authenticators/totp", {}, session=own)
        site.mock.api("PATCH", f"/users/{person.id}/prefs", {"prefs": {"userId": "somebody", "long": "x" * 60_000}})
    tried = site.mock.deliveries(before + 24)[before:]
    assert [each["status"] for each in tried] == [204] * 24
    assert [(each["enabled"], each["attempts"]) for each in site.mock.webhooks()] == [(True, 0)] * 2
    # It still works, and for other events than the guide's, too.
    site.known(own)
    site.mock.api("PUT", f"/users/{person.id}/labels", {"labels": ["admin"]})
    site.mock.deliveries(before + 25)
    assert ["x-user-labels", "admin"] in site.get(own).json()["headers"]
    site.mock.delete_webhook(broad)


def test_the_secrets_of_deliveries_are_in_no_log_no_metric_and_not_in_redis(world: World) -> None:
    hook = world.mock.add_webhook(world.gateway.webhook_url, WEBHOOK_KEY, ["users.*"])
    person = world.mock.person()
    own = world.mock.session(person)
    before = len(world.mock.deliveries())
    secret = world.mock.api("POST", "/account/mfa/authenticators/totp", {}, session=own).json()["secret"]
    world.mock.api("PATCH", f"/users/{person.id}/password", {"password": PASSWORD + "!"})
    assert [each["status"] for each in world.mock.deliveries(before + 2)[before:]] == [204, 204]
    world.mock.delete_webhook(hook)
    body = json.dumps({"$id": person.id, "secret": secret}).encode()
    url = world.gateway.webhook_url.replace("%20", " ").encode()
    for content, key, status in ((body[:-1], WEBHOOK_KEY, 204), (body, "another key", 403)):
        headers = {"X-Appwrite-Webhook-Signature": signature(url, content, key)}
        assert httpx.post(world.gateway.webhook_url, content=content, headers=headers, trust_env=False).status_code == status
    metrics = httpx.get(f"http://127.0.0.1:{world.gateway.metrics_port}/metrics", trust_env=False).text
    stored = world.redis.stored()
    told = "\n".join(world.gateway.process.lines)
    assert "/_gateway/webhooks/appwrite" in told
    assert 'gateway_revocations_total{origin="webhook"}' in metrics
    for place in (told, metrics, stored):
        for hidden in (secret, "argon2", WEBHOOK_KEY):
            assert hidden not in place
