"""Several workers and several gateways with one Redis: one question for all, every revocation heard, and Redis away."""

from __future__ import annotations

import os
import signal
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import World
from support.gateway import WEBHOOK_KEY, Gateway
from support.mock import Person
from support.redis import RedisServer
from support.relay import Relay
from support.waiting import eventually

CALLS = 1000
_NO_TLS = ssl.create_default_context()  # made once: making one takes longer than a call


class Group:
    """Two gateways of two workers each, behind one Redis which can be cut off and killed."""

    def __init__(self, world: World, folder: Path, **settings: Any) -> None:
        self.world = world
        self.redis = RedisServer(folder, "--appendonly", "yes", "--appendfsync", "always")
        self.lines = [Relay(self.redis.url) for _ in range(2)]
        self.gateways = [
            Gateway(
                endpoint=world.line.endpoint, project="demo", upstream=world.service, workers=2, appwrite_timeout=2,
                cache=line.endpoint.replace("http:", "redis:"), **settings,
            )
            for line in self.lines
        ]  # fmt: skip
        self.redis.wait_for_listeners(4)

    def get(self, gateway: Gateway, credential: str, path: str = "/whoami") -> httpx.Response:
        # Each by a connection of its own, so that all workers get some.
        return httpx.get(gateway.url + path, headers=self.world.headers(credential), trust_env=False, timeout=20, verify=_NO_TLS)

    def everywhere(self, credential: str, times: int = 12) -> set[int]:
        """Call both gateways often enough to reach all workers; gives what was answered."""
        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(self.get, gateway, credential) for gateway in self.gateways for _ in range(times)]
        return {call.result().status_code for call in calls}

    def revoke_by_webhook(self, gateway: Gateway, person: Person) -> int:
        """Have Appwrite tell a gateway that the sessions of somebody ended; gives what the gateway answered."""
        mock = self.world.mock
        hook = mock.add_webhook(gateway.webhook_url, WEBHOOK_KEY, ["users.*.sessions.delete"])
        before = len(mock.deliveries())
        mock.api("DELETE", f"/users/{person.id}/sessions")
        status: int = mock.deliveries(before + 1)[before]["status"]
        assert [(each["enabled"], each["attempts"]) for each in mock.webhooks()] == [(True, 0)]
        mock.delete_webhook(hook)
        return status

    def close(self) -> None:
        for gateway in self.gateways:
            gateway.close()
        for line in self.lines:
            line.close()
        self.redis.kill()


@pytest.fixture
def group(world: World, tmp_path: Path) -> Iterator[Group]:
    """Give a group that believes an answer for a minute, so that only a revocation explains an early end."""
    group = Group(world, tmp_path, ttl=60, local_ttl=30)
    yield group
    group.close()


def test_a_thousand_calls_of_one_session_at_four_workers_cost_one_question(group: Group) -> None:
    person = group.world.mock.person()
    credential = group.world.mock.session(person)
    held = group.world.mock.fault({"kind": "hold"})
    with ThreadPoolExecutor(64) as pool:
        calls = [pool.submit(group.get, group.gateways[number % 2], credential) for number in range(CALLS)]
        group.world.mock.wait_for_hits(held, 1)
        for gateway in group.gateways:
            eventually(lambda it=gateway: it.metric("gateway_requests_in_flight"), lambda count: count > 8)  # type: ignore[misc]
        group.world.mock.release(held)
        answers = [call.result() for call in calls]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["userId"] for answer in answers} == {person.id}
    assert len(group.world.mock.questions(person)) == 1


def test_a_revocation_at_one_gateway_counts_in_every_worker_of_all(group: Group) -> None:
    person = group.world.mock.person()
    credentials = [group.world.mock.session(person) for _ in range(2)]
    for credential in credentials:
        assert group.everywhere(credential) == {200}
    group.world.mock.revoke_all(person)
    assert group.everywhere(credentials[0]) == {200}, "nobody has told them yet"
    assert group.gateways[0].revoke(credential=credentials[0]) == 204
    for credential in credentials:
        eventually(lambda it=credential: group.everywhere(it), lambda codes: codes == {401}, 1)  # type: ignore[misc]


def test_an_answer_that_was_under_way_does_not_outlive_a_revocation(group: Group) -> None:
    person = group.world.mock.person()
    credential = group.world.mock.session(person)
    held = group.world.mock.fault({"kind": "hold_answer"})
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(group.get, group.gateways[0], credential)
        group.world.mock.wait_for_hits(held, 1)  # Appwrite has said yes, and the answer is on its way
        group.world.mock.revoke_all(person)
        assert group.gateways[1].revoke(userId=person.id) == 204
        group.world.mock.release(held)
        assert first.result().status_code == 401
    assert group.everywhere(credential) == {401}


def test_a_worker_that_was_killed_while_it_asked_holds_nobody_up(group: Group) -> None:
    credential = group.world.mock.session(group.world.mock.person())
    held = group.world.mock.fault({"kind": "hold"})
    gateway = group.gateways[0]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(group.get, gateway, credential)
        group.world.mock.wait_for_hits(held, 1)
        other = pool.submit(group.get, group.gateways[1], credential)
        gateway.process.kill()
        assert other.result().status_code == 200
        with pytest.raises(httpx.TransportError):
            first.result()
    group.world.mock.release(held)


@pytest.mark.parametrize(
    ("told_dies", "by_webhook"),
    [(False, False), (True, False), (False, True)],
    ids=["told lives", "told dies", "told by a webhook"],
)
def test_a_revocation_that_was_heard_while_redis_was_away_is_not_forgotten_when_it_is_back(
    group: Group, told_dies: bool, by_webhook: bool
) -> None:
    person = group.world.mock.person()
    credential = group.world.mock.session(person)
    assert group.everywhere(credential) == {200}
    group.redis.kill()
    for gateway in group.gateways:
        eventually(lambda it=gateway: it.metric("gateway_redis_up"), lambda up: up == 0)  # type: ignore[misc]
    assert group.everywhere(credential) == {200}, "slower, not out of order"
    told, other = group.gateways
    if by_webhook:
        assert group.revoke_by_webhook(told, person) == 202
    else:
        group.world.mock.revoke_all(person)
        assert told.revoke(userId=person.id) == 202
    if told_dies:
        told.process.kill()
    group.redis.start()  # with the answer from before, which it had saved
    with group.redis.client() as redis:
        assert any('"alive"' in str(redis.get(key)) for key in redis.scan_iter("*:answer:*"))
    eventually(lambda: other.metric("gateway_redis_up"), lambda up: up == 2)
    assert {group.get(other, credential).status_code for _ in range(12)} == {401}
    if not told_dies:
        eventually(lambda: group.everywhere(credential), lambda codes: codes == {401}, 1)


def test_a_gateway_that_lost_redis_alone_believes_nothing_old(group: Group) -> None:
    person = group.world.mock.person()
    credential = group.world.mock.session(person)
    assert group.everywhere(credential) == {200}
    lonely, other = group.gateways
    group.lines[0].stall()
    eventually(lambda: lonely.metric("gateway_redis_up"), lambda up: up == 0)
    group.world.mock.revoke_all(person)
    assert other.revoke(userId=person.id) == 204
    eventually(lambda: group.get(lonely, credential).status_code, lambda code: code == 401, 2)
    group.lines[0].cut()
    group.lines[0].mend()
    eventually(lambda: lonely.metric("gateway_redis_up"), lambda up: up == 2)
    assert group.everywhere(credential) == {401}


def test_a_short_outage_of_appwrite_is_bridged_and_no_longer_than_the_grace(world: World, tmp_path: Path) -> None:
    group = Group(world, tmp_path, ttl=1, local_ttl=0, grace=4)
    try:
        person = world.mock.person()
        other = world.mock.person()
        known, revoked, new = (world.mock.session(each) for each in (person, other, world.mock.person()))
        assert group.everywhere(known) == {200}
        assert group.everywhere(revoked) == {200}
        world.line.cut()
        stale = group.gateways[0]
        eventually(lambda: (group.get(stale, known), stale.metric("gateway_validations_total", source="stale"))[1], bool)
        assert group.everywhere(known) == {200}
        assert group.everywhere(new) == {503}, "nobody is let in who was not known"
        assert group.gateways[1].revoke(userId=other.id) == 204
        eventually(lambda: group.everywhere(revoked), lambda codes: codes == {503}, 1)
        eventually(lambda: group.everywhere(known), lambda codes: codes == {503}, 6)
        world.line.mend()
        eventually(lambda: group.everywhere(known), lambda codes: codes == {200}, 4)
    finally:
        group.close()


def test_a_gateway_that_starts_without_its_redis_is_slower_and_works(world: World) -> None:
    gateway = Gateway(endpoint=world.mock.endpoint, project="demo", upstream=world.service, cache="redis://127.0.0.1:9/0")
    try:
        person = world.mock.person()
        headers = world.headers(world.mock.session(person))
        for _ in range(10):
            assert httpx.get(gateway.url, headers=headers, trust_env=False).json()["userId"] == person.id
        assert 1 <= len(world.mock.questions(person)) < 10
        assert httpx.get(f"{gateway.url}/readyz", trust_env=False).json() == {"ready": True, "cache": "degraded"}
    finally:
        gateway.close()


def test_a_worker_that_dies_is_replaced_and_hears_again(group: Group) -> None:
    gateway = group.gateways[0]
    credential = group.world.mock.session(group.world.mock.person())
    victim = gateway.worker_ids()[0]
    os.kill(victim, signal.SIGKILL)
    gateway.wait_for_workers(3)
    group.redis.wait_for_listeners(4)
    assert group.everywhere(credential) == {200}
    assert gateway.metric("gateway_redis_up") == 2, "the dead one is not counted"


def test_without_redis_a_gateway_remembers_for_itself(world: World) -> None:
    gateway = Gateway(endpoint=world.mock.endpoint, project="demo", upstream=world.service)
    try:
        person = world.mock.person()
        credential = world.mock.session(person)
        for _ in range(10):
            assert httpx.get(gateway.url, headers=world.headers(credential), trust_env=False).json()["userId"] == person.id
        assert len(world.mock.questions(person)) == 1
        assert httpx.get(f"{gateway.url}/readyz", trust_env=False).json()["cache"] == "local"
        world.mock.revoke_all(person)
        assert gateway.revoke(userId=person.id) == 204
        assert httpx.get(gateway.url, headers=world.headers(credential), trust_env=False).status_code == 401
    finally:
        gateway.close()
