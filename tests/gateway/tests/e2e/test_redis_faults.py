"""A revocation that a gateway acknowledged stays one, whatever Redis does and whatever the settings of the other gateways are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from conftest import World
from support.gateway import Gateway
from support.mock import Person
from support.process import Process, free_port
from support.redis import Clock, RedisServer
from support.relay import Relay
from support.waiting import eventually

LONG = {"ttl": 600, "local_ttl": 300, "grace": 600}
"""So long that only a revocation explains an early end."""


class Site:
    """A Redis behind a line, gateways of one worker each, so that every call reaches the same, and one session."""

    def __init__(
        self, world: World, folder: Path, *options: str, policies: tuple[dict[str, Any], ...] = (LONG, LONG),
        clock: Clock | None = None,
    ) -> None:  # fmt: skip
        self.world = world
        self.redis = RedisServer(folder, *options, environment=clock.environment if clock else None)
        self.line = Relay(self.redis.url)
        self.url = self.line.endpoint.replace("http:", "redis:")
        self.gateways = [self.start(policy) for policy in policies]
        self.person = world.mock.person()
        self.credential = world.mock.session(self.person)

    def start(self, policy: dict[str, Any]) -> Gateway:
        return Gateway(endpoint=self.world.line.endpoint, project="demo", upstream=self.world.service, cache=self.url, **policy)

    def get(self, number: int, credential: str = "") -> int:
        headers = {"X-Appwrite-Session": credential or self.credential}
        return httpx.get(self.gateways[number].url, headers=headers, trust_env=False, timeout=20).status_code

    def known(self) -> None:
        """Have both gateways know the session, so that neither asks any more."""
        assert [self.get(0), self.get(1)] == [200, 200]
        self.world.mock.clear_journal()
        assert [self.get(0), self.get(1), self.get(1)] == [200] * 3
        assert self.questions(self.person) == 0

    def questions(self, person: Person) -> int:
        return len(self.world.mock.questions(person))

    def end(self, person: Person | None = None) -> None:
        self.world.mock.revoke_all(person or self.person)

    def refused(self, number: int, within: float = 0) -> None:
        """Check that a gateway refuses the session, from then on for good."""
        eventually(lambda: self.get(number), lambda code: code == 401, within or 0.001)
        assert {self.get(number) for _ in range(5)} == {401}

    def hears(self, number: int, up: int = 1) -> None:
        eventually(lambda: self.gateways[number].metric("gateway_redis_up"), lambda now: now == up, 10)

    def close(self) -> None:
        for gateway in self.gateways:
            gateway.close()
        self.line.close()
        self.redis.kill()


@pytest.fixture
def make(world: World, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def new(*options: str, **more: Any) -> Site:
        sites.append(Site(world, tmp_path, *options, **more))
        return sites[-1]

    yield new
    for site in sites:
        site.close()


def fill(client: redis.Redis) -> None:
    """Have Redis take nothing more."""
    client.config_set("maxmemory", "1")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        client.set("more", "x")


def test_a_full_redis_takes_a_revocation_and_goes_on_serving_what_it_has(make: Callable[..., Site]) -> None:
    site = make("--maxmemory-policy", "noeviction")
    other = site.world.mock.person()
    others = site.world.mock.session(other)
    site.known()
    assert [site.get(0, others), site.get(1, others)] == [200] * 2
    with site.redis.client() as client:
        fill(client)
    site.world.mock.clear_journal()
    site.end()
    assert site.gateways[0].revoke(userId=site.person.id) == 204
    site.refused(0)
    site.refused(1, within=1)
    assert [site.get(0, others), site.get(1, others)] == [200] * 2
    assert site.questions(other) == 0, "it is still in Redis or in memory"
    assert site.get(0, site.world.mock.session(site.world.mock.person())) == 200, "a new one is served, too"
    with site.redis.client() as client:
        client.config_set("maxmemory", "0")
    site.refused(0)
    site.refused(1)


def stop_writes(client: redis.Redis) -> None:
    """Have Redis refuse every command that writes, as one does that cannot save or has too few replicas."""
    client.config_set("min-replicas-to-write", "1")


def become_replica(client: redis.Redis) -> None:
    client.replicaof("127.0.0.1", "9")


@pytest.mark.parametrize(
    ("stop", "go_on"),
    [
        (stop_writes, lambda it: it.config_set("min-replicas-to-write", "0")),
        (become_replica, lambda it: it.replicaof("NO", "ONE")),
    ],
    ids=["writes are refused", "a read-only replica"],
)
def test_a_redis_that_can_be_read_and_not_written_is_believed_by_nobody(
    make: Callable[..., Site], stop: Callable[[Any], object], go_on: Callable[[Any], object]
) -> None:
    site = make()
    site.known()
    with site.redis.client() as client:
        stop(client)
        site.end()
        assert site.gateways[0].revoke(userId=site.person.id) == 202
        site.refused(0)
        assert site.gateways[0].metric("gateway_revocations_waiting") == 1
        site.refused(1, within=4)
        site.hears(0, 0)
        site.hears(1, 0)
        assert site.gateways[0].metric("gateway_revocations_waiting") == 1
        go_on(client)
    site.hears(0)
    site.hears(1)
    eventually(lambda: site.gateways[0].metric("gateway_revocations_waiting"), lambda count: count == 0)
    site.refused(0)
    site.refused(1)


def test_a_revocation_that_redis_was_too_slow_for_is_passed_on_without_a_new_connection(make: Callable[..., Site]) -> None:
    """Only the gateway that is told sees the pause: the other one would go on believing."""
    site = make()
    site.known()
    with site.redis.client() as client:
        client.client_pause(1500, all=False)
        site.end()
        assert site.gateways[0].revoke(userId=site.person.id) == 202
        site.refused(0)
    site.refused(1, within=4)
    eventually(lambda: site.gateways[0].metric("gateway_revocations_waiting"), lambda count: count == 0)


def test_an_answer_of_a_gateway_with_a_longer_policy_is_not_believed_longer_after_a_revocation(make: Callable[..., Site]) -> None:
    """The first gateway would once have forgotten the revocation before the second one's answer was over."""
    short = {"ttl": 1, "local_ttl": 0, "grace": 0, "negative_ttl": 1}
    site = make(policies=(short, LONG))
    assert [site.get(1), site.get(0), site.get(1)] == [200] * 3
    site.end()
    assert site.gateways[0].revoke(userId=site.person.id) == 204
    with site.redis.client() as client:
        # Whatever else a gateway of another policy, an eviction or a flush of some keys does to generations.
        for key in client.scan_iter("*:generation"):
            client.delete(key)
    site.refused(0)
    site.refused(1, within=1)


def test_a_gateway_believes_an_answer_no_longer_than_by_its_own_policy(make: Callable[..., Site]) -> None:
    short = {"ttl": 1, "local_ttl": 0, "grace": 0, "negative_ttl": 1}
    site = make(policies=(LONG, short))
    site.known()
    site.end()
    time.sleep(1.1)  # what is stated: the first one's answer, which nobody revoked, is too old for the second one
    assert [site.get(0), site.get(1)] == [200, 401]


def test_a_failover_that_loses_the_revocation_does_not_bring_the_session_back(world: World, tmp_path: Path) -> None:
    for name in ("main", "replica"):
        (tmp_path / name).mkdir()
    main = RedisServer(tmp_path / "main")
    replica = RedisServer(tmp_path / "replica", "--replicaof", "127.0.0.1", str(main.port))
    port = free_port()
    settings = ["monitor main 127.0.0.1 {} 1", "down-after-milliseconds main 500", "failover-timeout main 2000"]
    lines = [f"port {port}", *(f"sentinel {each.format(main.port)}" for each in settings)]
    (tmp_path / "sentinel.conf").write_text("\n".join(lines) + "\n")
    sentinel = Process(["redis-server", str(tmp_path / "sentinel.conf"), "--sentinel"])
    gateway: Gateway | None = None
    try:
        sentinel.wait_for(lambda said: True if any("+slave" in line for line in said) else None)
        gateway = Gateway(
            endpoint=world.mock.endpoint, project="demo", upstream=world.service,
            cache=f"redis+sentinel://127.0.0.1:{port}/main/0", **LONG,
        )  # fmt: skip
        person = world.mock.person()
        headers = {"X-Appwrite-Session": world.mock.session(person)}

        def call() -> int:
            return httpx.get(gateway.url, headers=headers, trust_env=False, timeout=20).status_code

        assert call() == 200
        with replica.client() as copy, main.client() as original:
            eventually(lambda: list(copy.scan_iter("*:answer:*")), bool)
            # The replica hears nothing any more: what is revoked now is lost with the primary.
            copy.config_set("masteruser", "nobody")
            original.execute_command("CLIENT", "KILL", "TYPE", "replica")
            world.mock.revoke_all(person)
            assert gateway.revoke(userId=person.id) == 204
            assert call() == 401
            assert list(copy.scan_iter("*:answer:*")), "the replica still has the old answer"
        main.kill()
        with replica.client() as copy:
            eventually(lambda: str(copy.role()[0]), lambda role: "master" in role, 15)
            deadline = time.monotonic() + 4
            while time.monotonic() < deadline:
                assert call() == 401
        eventually(lambda: gateway.metric("gateway_redis_up"), lambda up: up == 1, 10)
        assert call() == 401
    finally:
        if gateway is not None:
            gateway.close()
        sentinel.kill()
        replica.kill()
        main.kill()


def test_a_flushed_redis_brings_nothing_back(make: Callable[..., Site]) -> None:
    site = make()
    site.known()
    site.end()
    assert site.gateways[0].revoke(userId=site.person.id) == 204
    with site.redis.client() as client:
        client.flushall()
    site.refused(0)
    site.refused(1, within=1)


def test_a_lost_subscription_alone_makes_a_gateway_forget_and_it_hears_again(make: Callable[..., Site]) -> None:
    site = make()
    for _ in range(3):
        person = site.person = site.world.mock.person()
        site.credential = site.world.mock.session(person)
        site.known()
        site.end()
        with site.redis.client() as client:
            # Lost at the very moment of the revocation, so that the news are in no line.
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert site.gateways[0].revoke(userId=person.id) == 204
        site.refused(0)
        site.refused(1, within=3)
        site.hears(0)
        site.hears(1)


def test_gateways_that_are_replaced_one_after_the_other_bring_nothing_back(make: Callable[..., Site]) -> None:
    site = make()
    site.known()
    site.end()
    assert site.gateways[1].revoke(userId=site.person.id) == 204
    for number, policy in enumerate(({**LONG, "ttl": 900}, {**LONG, "ttl": 20})):
        old = site.gateways[number]
        site.gateways[number] = site.start(policy)
        old.close()
        site.refused(0)
        site.refused(1)


def test_what_another_release_writes_is_ignored_and_its_revocations_count(make: Callable[..., Site]) -> None:
    site = make()
    site.known()
    site.end()
    with site.redis.client() as client:
        (answer,), (generation,) = (list(client.scan_iter(f"*:{kind}*")) for kind in ("answer:", "generation"))
        channel = answer.partition(":{")[0] + ":news"
        for news in ("no JSON", "[]", '{"later": 1}', '{"epoch": "x"}', '{"done": 7}', '{"revoked": null}'):
            client.publish(channel, news)
        client.delete(generation)
        client.publish(channel, f'{{"revoked": "{site.person.id}", "later": 1}}')
    site.refused(0, within=1)
    site.refused(1, within=1)


def test_a_clock_that_is_set_back_does_not_make_an_answer_younger(make: Callable[..., Site], tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    policy = {"ttl": 20, "local_ttl": 0, "grace": 0}
    site = make(policies=(policy, policy), clock=clock)
    for times, back in enumerate((-15, -3600, -3600 - 5)):
        site.credential = site.world.mock.session(site.person)
        site.known()
        clock.set_by(back)
        with site.redis.client() as client:
            assert abs(int(client.time()[0]) - time.time() - back) < 2, "the clock was set"
        # Both notice it and begin anew, so what was known before does not count any more …
        for number in (0, 1):
            eventually(lambda it=number: (site.get(it), site.questions(site.person))[1], lambda count: count > 0)  # type: ignore[misc]
        eventually(lambda: begun(site.gateways[0]), lambda count, wanted=times + 2: count >= wanted)  # type: ignore[misc]
        # … and what is learned now does, for everybody.
        eventually(lambda: learned(site), bool, 10)
        site.end()
        assert site.gateways[0].revoke(userId=site.person.id) == 204
        site.refused(0)
        site.refused(1)


def begun(gateway: Gateway) -> int:
    """Give how often a gateway of one worker has begun to hear."""
    return sum('"redis_heard"' in line for line in gateway.process.lines)


def learned(site: Site) -> bool:
    """Say whether calls of both gateways are answered without a question."""
    site.get(0)
    site.world.mock.clear_journal()
    return [site.get(0), site.get(1)] == [200, 200] and site.questions(site.person) == 0
