"""How a worker remembers, joins questions, and forgets; with an Appwrite that a test plays."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from appwrite_session_gateway.credential import Carrier, Credential
from appwrite_session_gateway.limits import AtOnce, FailureGuard, WindowCounter
from appwrite_session_gateway.local import LocalCache
from appwrite_session_gateway.problem import Problem
from appwrite_session_gateway.user import User
from appwrite_session_gateway.validator import Validator
from appwrite_session_gateway.verdict import Lifetime, Outcome, Policy, Verdict, lifetime

pytestmark = pytest.mark.anyio

ALICE = Credential(Carrier.COOKIE, "alice", text="a")
ALIVE = Verdict(Outcome.ALIVE, User(id="alice"))
GONE = Verdict(Outcome.UNAVAILABLE, retry_after=9, why="unreachable")
POLICY = Policy(ttl=30, negative_ttl=10, grace=120)


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Played:
    """An Appwrite whose answers are in a list; the last one stays."""

    def __init__(self, *answers: Verdict) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self, _credential: Credential) -> Verdict:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await self.gate.wait()
        return answer


Made = tuple[Validator, Played, Clock]


def make(*answers: Verdict, guard: int = 0) -> Made:
    clock, appwrite = Clock(), Played(*answers)
    local: Any = LocalCache(100, clock)
    return Validator(appwrite, local, None, POLICY, FailureGuard(guard), "scope"), appwrite, clock  # type: ignore[arg-type]


async def outcomes(validator: Validator, count: int) -> list[Outcome]:
    return [(await validator.validate(ALICE)).outcome for _ in range(count)]


async def test_an_answer_is_believed_for_its_time_and_no_longer() -> None:
    validator, appwrite, clock = make(ALIVE)
    assert await outcomes(validator, 5) == [Outcome.ALIVE] * 5
    assert appwrite.asked == 1
    clock.now += 30
    await validator.validate(ALICE)
    assert appwrite.asked == 2


async def test_a_thousand_calls_at_once_are_one_question_and_one_that_gives_up_stops_nothing() -> None:
    validator, appwrite, _ = make(ALIVE)
    appwrite.gate.clear()
    calls = [asyncio.create_task(validator.validate(ALICE)) for _ in range(1000)]
    await asyncio.sleep(0)
    calls[0].cancel()
    await asyncio.sleep(0)
    appwrite.gate.set()
    answers = await asyncio.gather(*calls[1:])
    assert {answer.outcome for answer in answers} == {Outcome.ALIVE}
    assert appwrite.asked == 1


async def test_a_refusal_is_remembered_for_a_shorter_time() -> None:
    validator, appwrite, clock = make(Verdict(Outcome.SESSION_INVALID))
    await outcomes(validator, 3)
    assert appwrite.asked == 1
    clock.now += 10
    await validator.validate(ALICE)
    assert appwrite.asked == 2


async def test_a_missing_factor_is_never_remembered_and_who_joined_the_question_asks_again() -> None:
    validator, appwrite, _ = make(Verdict(Outcome.MFA_REQUIRED), ALIVE)
    appwrite.gate.clear()
    first = asyncio.create_task(validator.validate(ALICE))
    await asyncio.sleep(0)
    second = asyncio.create_task(validator.validate(ALICE))
    await asyncio.sleep(0)
    appwrite.gate.set()
    assert [(await first).outcome, (await second).outcome] == [Outcome.MFA_REQUIRED, Outcome.ALIVE]


async def test_an_outage_is_bridged_for_the_grace_and_asked_about_once_a_second() -> None:
    validator, appwrite, clock = make(ALIVE, GONE)
    await validator.validate(ALICE)
    clock.now += 30
    assert await outcomes(validator, 10) == [Outcome.ALIVE] * 10
    assert appwrite.asked == 2
    clock.now += 1
    assert await outcomes(validator, 1) == [Outcome.ALIVE]
    assert appwrite.asked == 3
    clock.now += 119
    assert await outcomes(validator, 1) == [Outcome.UNAVAILABLE]


@pytest.mark.parametrize("word", [Outcome.SESSION_INVALID, Outcome.MFA_REQUIRED, Outcome.USER_BLOCKED])
async def test_after_another_word_of_appwrite_nothing_stale_is_left(word: Outcome) -> None:
    validator, _, clock = make(ALIVE, Verdict(word), GONE)
    await validator.validate(ALICE)
    clock.now += 30
    assert await outcomes(validator, 1) == [word]
    clock.now += 15
    assert await outcomes(validator, 1) == [Outcome.UNAVAILABLE]


@pytest.mark.parametrize("forget", [lambda it: it.forget_user("alice"), lambda it: it.forget_all()])
async def test_what_was_under_way_at_a_revocation_is_not_kept_and_not_joined(forget: Callable[[Validator], None]) -> None:
    validator, appwrite, _ = make(ALIVE, Verdict(Outcome.SESSION_INVALID))
    appwrite.gate.clear()
    early = asyncio.create_task(validator.validate(ALICE))
    await asyncio.sleep(0)
    forget(validator)
    late = asyncio.create_task(validator.validate(ALICE))
    await asyncio.sleep(0)
    appwrite.gate.set()
    assert (await early).outcome is Outcome.ALIVE, "it came before"
    assert (await late).outcome is Outcome.SESSION_INVALID
    assert await outcomes(validator, 1) == [Outcome.SESSION_INVALID]


async def test_forgetting_one_user_leaves_the_others() -> None:
    validator, appwrite, _ = make(ALIVE)
    await validator.validate(ALICE)
    validator.forget_user("bob")
    await validator.validate(ALICE)
    assert appwrite.asked == 1


async def test_an_address_with_too_many_unknown_credentials_has_nobody_asked() -> None:
    validator, appwrite, _ = make(Verdict(Outcome.SESSION_INVALID), guard=3)
    for number in range(3):
        await validator.validate(Credential(Carrier.COOKIE, "x", text=str(number)), "10.0.0.1")
    with pytest.raises(Problem) as refused:
        await validator.validate(Credential(Carrier.COOKIE, "x", text="next"), "10.0.0.1")
    assert (refused.value.type, refused.value.retry_after) == ("rate_limited", 60)
    assert appwrite.asked == 3
    await validator.validate(Credential(Carrier.COOKIE, "x", text="next"), "10.0.0.2")
    assert appwrite.asked == 4


def test_a_jwt_is_not_believed_beyond_its_end() -> None:
    ending = Credential(Carrier.JWT, "alice", time.time() + 5, "j")
    life = lifetime(ALIVE, ending, POLICY)
    assert life.fresh <= 5
    assert life.kept <= 5
    assert lifetime(ALIVE, Credential(Carrier.JWT, "alice", 1.0, "j"), POLICY) == Lifetime(0, 0)


def test_jitter_only_shortens() -> None:
    lives = [lifetime(ALIVE, ALICE, POLICY).fresh for _ in range(500)]
    assert max(lives) <= POLICY.ttl
    assert max(lives) - min(lives) > 3


def test_a_worker_remembers_so_many_and_the_least_used_goes_first() -> None:
    cache = LocalCache(2, Clock())
    for name in ("a", "b"):
        cache.keep(name, "alice", ALIVE, Lifetime(10, 10))
    assert cache.fresh("a")
    cache.keep("c", "bob", ALIVE, Lifetime(10, 10))
    assert (bool(cache.fresh("a")), cache.fresh("b"), bool(cache.fresh("c"))) == (True, None, True)
    cache.forget_user("alice")
    assert len(cache) == 1


async def test_so_many_calls_of_a_user_at_once_others_wait_and_too_many_are_refused() -> None:
    limit, ended = AtOnce(2, waiting=1, patience=0.2), asyncio.Event()
    running = 0

    async def call(user_id: str = "alice") -> None:
        nonlocal running
        async with limit.admit(user_id):
            running += 1
            await ended.wait()

    calls = [asyncio.create_task(call()) for _ in range(3)]
    while running < 2:  # noqa: ASYNC110
        await asyncio.sleep(0)
    with pytest.raises(Problem, match="429"):
        await call()
    with pytest.raises(Problem, match="429"):
        await calls[2]
    bob = asyncio.create_task(call("bob"))
    waiting = asyncio.create_task(call())
    while running < 3:  # noqa: ASYNC110
        await asyncio.sleep(0)
    ended.set()
    await asyncio.gather(*calls[:2], bob, waiting)
    assert running == 4
    assert limit._of == {}


def test_a_window_of_a_minute_begins_anew() -> None:
    clock = Clock()
    counter = WindowCounter(clock)
    assert [counter.count("a")[0] for _ in range(3)] == [1, 2, 3]
    clock.now += 60
    assert counter.count("a") == (1, 60)
