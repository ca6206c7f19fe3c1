"""The promises to the user of the app, through a real gateway: device, uvicorn workers, Redis, Appwrite and a microservice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conftest import World
from support.agent import Agent, Refused
from support.mock import PASSWORD, Person
from support.waiting import eventually

MANY = 200


def sign_in(device: Agent, world: World) -> Person:
    person = world.mock.person()
    assert device.sign_in(person.email, PASSWORD)["kind"] == "signed_in"
    world.mock.clear_journal()
    return person


def probes(world: World, person: Person) -> list[dict[str, Any]]:
    """Give what the device itself asked Appwrite about the account."""
    gateways = [each["seq"] for each in world.mock.questions(person)]
    entries = [
        each for each in world.mock.journal() if each["path"] == "/v1/account" and each["credential"]["userId"] == person.id
    ]
    return [each for each in entries if each["seq"] not in gateways]


@pytest.mark.parametrize("carrier", ["cookie", "fallback_cookies", "session_header"])
def test_every_call_is_known_to_be_the_users_and_the_credential_ends_at_the_gateway(
    new_device: Callable[[], Agent], world: World, carrier: str
) -> None:
    device = new_device()
    device.build(world.gateway.url, carrier=carrier)
    person = sign_in(device, world)
    answer = device.call("/orders/7?page=2&q=%2F", "GET")
    assert answer["status"] == 200
    assert answer["body"]["userId"] == person.id
    assert (answer["body"]["path"], answer["body"]["query"]) == ("/orders/7", "page=2&q=%2F")
    names = {name.lower() for name, _ in answer["body"]["headers"]}
    assert not names & {"authorization", "x-appwrite-session", "x-fallback-cookies", "x-appwrite-jwt"}
    assert "a_session_" not in str(answer["body"]["headers"])
    (question,) = world.mock.questions(person)
    assert (question["credential"]["carriers"], question["status"]) == (1, 200)
    assert not {"origin", "referer", "x-appwrite-key"} & {name.lower() for name, _ in question["headers"]}
    # Cookies of the service go back and forth; one that poses as Appwrite's does not get through.
    again = device.call("/orders")["body"]["headers"]
    assert [value for name, value in again if name.lower() == "cookie"] == ["lb=one"]


def test_a_redirect_to_a_stranger_takes_no_credential_along(device: Agent, world: World) -> None:
    sign_in(device, world)
    device.call(f"/redirect?to={world.mock.foreign}/gateway/open")
    (seen,) = [each for each in world.mock.journal() if each["listener"] == "foreign"]
    assert seen["credential"]["carriers"] == 0
    assert not [name for name, _ in seen["headers"] if name.lower().startswith(("x-user-", "x-appwrite-", "authorization"))]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html", "status": 401},
        {"kind": "html", "status": 200},
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 500},
        {"kind": "unavailable", "retryAfter": 7},
        {"kind": "rate_limited", "retryAfter": 7},
        {"kind": "wrong_json"},
        {"kind": "truncate_body"},
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "stall_body"},
        {"kind": "hang"},
    ],
    ids=lambda fault: "_".join(str(value) for value in fault.values()),
)
def test_no_trouble_of_appwrite_is_a_401_or_ends_a_session(device: Agent, world: World, fault: dict[str, Any]) -> None:
    sign_in(device, world)
    world.mock.fault(fault, times=2)  # the gateway asks twice if a connection breaks
    answer = device.call("/whoami")
    assert (answer["status"], answer["body"]["type"]) == (503, "auth_unavailable")
    assert answer["body"]["retryAfter"] == fault.get("retryAfter", 1)
    assert device.state() == "signed_in"


def test_an_appwrite_that_is_gone_ends_nothing_and_is_back_by_itself(device: Agent, world: World) -> None:
    person = sign_in(device, world)
    world.line.cut()
    answer = device.call("/whoami")
    assert (answer["status"], answer["body"]["type"]) == (503, "auth_unavailable")
    assert device.state() == "signed_in"
    world.line.mend()
    answer = eventually(lambda: device.call("/whoami"), lambda answer: answer["status"] == 200)
    assert answer["body"]["userId"] == person.id


def test_a_401_of_the_service_is_its_own_and_ends_nothing(device: Agent, world: World) -> None:
    person = sign_in(device, world)
    answer = device.call("/status/401")
    assert (answer["status"], answer["body"]) == (401, {"detail": "the service's own"})
    assert len(probes(world, person)) == 1
    assert device.state() == "signed_in"


def test_a_restart_of_the_app_goes_on_without_a_sign_in(device: Agent, world: World) -> None:
    person = sign_in(device, world)
    device.do("close")
    device.build(world.gateway.url)
    assert device.call("/whoami")["body"]["userId"] == person.id
    assert probes(world, person) == []


def test_many_calls_of_a_new_session_cost_appwrite_one_question(device: Agent, world: World) -> None:
    person = sign_in(device, world)
    calls = [device.begin("call", method="GET", target="/whoami") for _ in range(MANY)]
    assert {call.result(30)["body"]["userId"] for call in calls} == {person.id}
    assert len(world.mock.questions(person)) == 1


def test_a_revoked_session_ends_everywhere_with_one_probe(device: Agent, world: World) -> None:
    person = sign_in(device, world)
    assert device.call("/whoami")["status"] == 200
    world.mock.revoke_all(person)
    assert world.gateway.revoke(userId=person.id) == 204
    world.mock.clear_journal()
    calls = [device.begin("call", method="GET", target="/whoami") for _ in range(MANY)]
    for call in calls:
        with pytest.raises(Refused) as refused:
            call.result(30)
        assert (refused.value.code, refused.value.reason) == ("signed_out", "session_ended")
    assert len(probes(world, person)) == 1
    assert len(world.mock.questions(person)) <= 1
    assert device.state() == "signed_out"


def test_a_second_factor_is_asked_for_and_counts_at_once(device: Agent, world: World) -> None:
    person = sign_in(device, world)
    world.mock.set_user(person, mfa=True, totp=True)
    refusal = world.get(world.mock.session(person))
    assert (refusal.status_code, refusal.json()["type"]) == (401, "mfa_required")
    with pytest.raises(Refused, match="mfa_required"):
        device.call("/whoami")
    assert device.state() == "mfa_required"
    challenge = device.do("create_mfa_challenge", factor="totp")["id"]
    state = device.do("complete_mfa_challenge", challenge=challenge, code=world.mock.totp(person))
    assert state["kind"] == "signed_in"
    assert device.call("/whoami")["body"]["userId"] == person.id


def test_a_blocked_user_is_told_so_and_stays_signed_in(device: Agent, world: World) -> None:
    person = sign_in(device, world)
    world.mock.set_user(person, status=False)
    answer = device.call("/whoami")
    assert (answer["status"], answer["body"]["type"]) == (403, "user_blocked")
    assert device.state() == "signed_in"
    world.mock.set_user(person, status=True)
    assert world.gateway.revoke(userId=person.id) == 204
    answer = eventually(lambda: device.call("/whoami"), lambda answer: answer["status"] == 200)
    assert answer["body"]["userId"] == person.id


def test_the_credential_is_in_no_log_no_metric_and_not_in_redis(device: Agent, world: World) -> None:
    person = sign_in(device, world)
    credential = world.mock.session(person)
    jwt = world.mock.jwt(credential)
    assert world.get(credential, f"/whoami?leak={credential}").status_code == 200
    assert world.http.get("/whoami", headers={"Authorization": f"Bearer {jwt}"}).json()["userId"] == person.id
    assert world.http.get("/whoami", headers={"X-Appwrite-Session": credential + "!"}).status_code == 400
    world.mock.fault({"kind": "reset_before"}, times=2)
    assert world.get(world.mock.session(person)).status_code == 503
    metrics = httpx.get(f"http://127.0.0.1:{world.gateway.metrics_port}/metrics", trust_env=False).text
    stored = world.redis.stored()
    told = "\n".join(world.gateway.process.lines)
    assert "/whoami" in told
    assert "gateway_validations_total" in metrics
    assert person.email in stored
    for place in (told, metrics, stored):
        for secret in (credential, credential[20:60], jwt, jwt[-40:]):
            assert secret not in place
