"""The fault run: everything is killed, cut and slowed under load, and no answer may be wrong.

A valid user may be told 503 or get no answer, but is never refused and never becomes somebody else. A revoked one is let in no
more once the gateway was told, or once the stated time is over.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from conftest import World
from support.gateway import Gateway
from support.mock import Mock, Person
from support.redis import RedisServer

PEOPLE = 40
CALLERS = 24
SECONDS = float(os.environ.get("TEST_GATEWAY_FAULT_SECONDS", "30"))
TTL, GRACE = 2.0, 3.0
TOLD = 3.5
"""Seconds until all workers have heard: a moment with Redis, the time to find out that it is away without."""


@dataclass
class Subject:
    """Somebody, and what may be answered to them."""

    person: Person
    credential: str
    revoked_at: float = float("inf")
    told_at: float = float("inf")


@dataclass
class Tally:
    """What was answered, and what of it was wrong."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, subject: Subject, asked_at: float, answer: httpx.Response) -> None:
        kind = answer.json().get("type", "") if answer.status_code != 200 else ""
        self.answers[f"{answer.status_code} {kind}".strip()] += 1
        if fault := fault_of(subject, asked_at, answer.status_code, kind, answer):
            self.wrong.append(f"{subject.person.id}: {fault} ({answer.status_code} {kind})")


def fault_of(subject: Subject, asked_at: float, status: int, kind: str, answer: httpx.Response) -> str | None:
    """Say what is wrong with an answer to a request of the moment ``asked_at``."""
    if status == 200:
        if answer.json()["userId"] != subject.person.id:
            return "somebody else's identity"
        if asked_at > subject.told_at + TOLD:
            return "let in after the gateway was told"
        if asked_at > subject.revoked_at + TTL + GRACE:
            return "let in after the stated time"
        return None
    if status == 401 and kind == "session_invalid":
        return "refused" if time.monotonic() < subject.revoked_at else None
    return None if (status, kind) in ((503, "auth_unavailable"),) else "an answer that nothing explains"


async def load(subjects: list[Subject], gateways: list[Gateway], tally: Tally, until: float) -> None:
    """Call as fast as one caller can, anybody, anywhere."""
    limits = httpx.Limits(max_connections=1)
    clients = [httpx.AsyncClient(base_url=each.url, trust_env=False, timeout=15, limits=limits) for each in gateways]
    carriers = ("Cookie", "X-Fallback-Cookies", "X-Appwrite-Session")
    forms = ("a_session_demo={}", '{{"a_session_demo":"{}"}}', "{}")
    while time.monotonic() < until:
        subject, client, carrier = random.choice(subjects), random.choice(clients), random.randrange(3)
        asked_at = time.monotonic()
        try:
            headers = {carriers[carrier]: forms[carrier].format(subject.credential)}
            tally.note(subject, asked_at, await client.get("/whoami", headers=headers))
        except httpx.TransportError:
            tally.answers["no answer"] += 1  # a worker was killed
    for client in clients:
        await client.aclose()


async def revoke(subjects: list[Subject], mock: Mock, gateways: list[Gateway], until: float) -> None:
    """End a session now and then; tell a gateway of every other one. A gateway that does not answer was not told."""
    for number, subject in enumerate(subjects[: PEOPLE // 2]):
        await asyncio.sleep(max(0, (until - time.monotonic() - 6) / (PEOPLE // 2 - number)))
        subject.revoked_at = time.monotonic()  # from here on either answer is right
        await asyncio.to_thread(mock.revoke_all, subject.person)
        if number % 2:
            try:
                code = await asyncio.to_thread(random.choice(gateways).revoke, userId=subject.person.id)
            except httpx.TransportError:
                continue
            if code == 204:
                subject.told_at = time.monotonic()


async def break_things(world: World, redis: RedisServer, gateways: list[Gateway], until: float) -> Counter[str]:
    """Do one thing after another to the system, until the time is up."""
    done: Counter[str] = Counter()

    async def redis_dies() -> None:
        redis.kill()
        await asyncio.sleep(1)
        await asyncio.to_thread(redis.start)

    async def redis_stops() -> None:
        redis.process.signal(signal.SIGSTOP)
        await asyncio.sleep(1)
        redis.process.signal(signal.SIGCONT)

    async def appwrite_is_cut_off() -> None:
        await asyncio.to_thread(world.line.cut)
        await asyncio.sleep(1)
        await asyncio.to_thread(world.line.mend)

    async def appwrite_hangs() -> None:
        world.line.stall()
        await asyncio.sleep(1.5)
        await asyncio.to_thread(world.line.cut)
        await asyncio.to_thread(world.line.mend)

    async def appwrite_is_slow() -> None:
        await asyncio.to_thread(world.mock.fault, {"kind": "delay", "millis": 300}, 30)

    async def appwrite_errs() -> None:
        kinds: list[dict[str, Any]] = [{"kind": kind} for kind in ("rate_limited", "wrong_json", "reset_after", "truncate_body")]
        kinds += [{"kind": "html", "status": 401}, {"kind": "status", "status": 500}]
        for kind in kinds:
            await asyncio.to_thread(world.mock.fault, kind, 5)
        await asyncio.sleep(1)
        await asyncio.to_thread(world.mock.heal)

    async def a_worker_dies() -> None:
        gateway = random.choice(gateways)
        begun = gateway.worker_ids()
        os.kill(begun[-1], signal.SIGKILL)
        await asyncio.to_thread(gateway.wait_for_workers, len(begun) + 1)

    things = [redis_dies, appwrite_is_cut_off, a_worker_dies, redis_stops, appwrite_hangs, appwrite_is_slow, appwrite_errs]
    while time.monotonic() < until:
        for thing in things:
            if time.monotonic() < until:
                await thing()
                done[thing.__name__] += 1
                await asyncio.sleep(0.5)
    return done


async def run(world: World, redis: RedisServer, gateways: list[Gateway], subjects: list[Subject]) -> tuple[Tally, Counter[str]]:
    tally, until = Tally(), time.monotonic() + SECONDS
    async with asyncio.TaskGroup() as group:
        things = group.create_task(break_things(world, redis, gateways, until - 2))
        group.create_task(revoke(subjects, world.mock, gateways, until))
        for _ in range(CALLERS):
            group.create_task(load(subjects, gateways, tally, until))
    return tally, things.result()


def settled(gateway: Gateway, headers: dict[str, str]) -> int:
    """Ask as a client does that waits as long as the gateway says, until Appwrite is asked again."""
    until = time.monotonic() + 30
    while True:
        answer = httpx.get(gateway.url, headers=headers, trust_env=False)
        if answer.status_code != 503 or time.monotonic() > until:
            return answer.status_code
        time.sleep(float(answer.headers["retry-after"]))


def test_nothing_is_answered_wrongly_while_everything_breaks(world: World, tmp_path: Path) -> None:
    redis = RedisServer(tmp_path, "--appendonly", "yes", "--appendfsync", "always")
    gateways = [
        Gateway(
            endpoint=world.line.endpoint, project="demo", upstream=world.service, cache=redis.url, workers=2,
            ttl=TTL, grace=GRACE, local_ttl=1, negative_ttl=1, appwrite_timeout=1,
        )
        for _ in range(2)
    ]  # fmt: skip
    try:
        redis.wait_for_listeners(4)
        people = [world.mock.person() for _ in range(PEOPLE)]
        subjects = [Subject(person, world.mock.session(person)) for person in people]
        tally, done = asyncio.run(run(world, redis, gateways, subjects))
        print(f"\nthe fault run: {sum(tally.answers.values())} calls, {len(tally.wrong)} wrong answers")
        print(f"  answers: {dict(tally.answers.most_common())}")
        print(f"  done to the system: {dict(done)}")
        print(f"  revoked: {sum(each.revoked_at < float('inf') for each in subjects)} of {PEOPLE} sessions")
        assert tally.wrong == []
        assert tally.answers["200"] > 500
        assert tally.answers["401 session_invalid"] > 50
        assert len(done) == 7, "everything was tried"
        world.mock.heal()
        for gateway in gateways:
            for subject in subjects:
                answer = settled(gateway, world.headers(subject.credential))
                assert answer == (401 if subject.revoked_at < float("inf") else 200)
    finally:
        for gateway in gateways:
            gateway.close()
        redis.kill()
