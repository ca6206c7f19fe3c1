"""What a worker may believe: each rule by itself. ``test_revocation_model`` shows that together they are enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appwrite_session_gateway.belief import Entry, Shelf, Standing, believed, is_set_back, kept_in_memory, may_use_redis
from appwrite_session_gateway.user import User
from appwrite_session_gateway.verdict import Lifetime, Outcome, Policy, Verdict

ALIVE = Verdict(Outcome.ALIVE, User(id="ada"))
POLICY = Policy(ttl=30, grace=120, negative_ttl=10)
ENTRY = Entry(ALIVE, "g", "h", epoch=5, asked=100_000, fresh=25_000, kept=150_000)
SHELF = Shelf("h", "g", now=110_000, entry=ENTRY)
HEARS = Standing(epoch=5)


def test_an_answer_that_nothing_speaks_against_is_believed_for_what_is_left_of_its_time() -> None:
    assert believed(SHELF, HEARS, POLICY) == Lifetime(15, 140)
    assert believed(replace(SHELF, now=130_000), HEARS, POLICY) == Lifetime(0, 120), "only while Appwrite cannot be asked"
    assert believed(replace(SHELF, now=250_000), HEARS, POLICY) is None


@pytest.mark.parametrize(
    "shelf",
    [
        replace(SHELF, entry=None),
        replace(SHELF, generation=""),
        replace(SHELF, generation="", entry=replace(ENTRY, generation="")),
        replace(SHELF, generation="another"),
        replace(SHELF, history="another"),
        replace(SHELF, history="", entry=replace(ENTRY, history="")),
        replace(SHELF, entry=replace(ENTRY, epoch=4)),
        replace(SHELF, now=99_999),
    ],
    ids=[
        "none", "no generation", "never a generation", "revoked", "another history", "a replica", "an earlier epoch",
        "from the future",
    ],
)  # fmt: skip
def test_an_answer_that_something_speaks_against_is_not_believed(shelf: Shelf) -> None:
    assert believed(shelf, HEARS, POLICY) is None


@pytest.mark.parametrize("standing", [Standing(None), Standing(5, untold=True), Standing(None, untold=True)])
def test_a_worker_that_is_deaf_or_could_not_pass_a_revocation_on_believes_nothing(standing: Standing) -> None:
    assert believed(SHELF, standing, POLICY) is None
    assert not may_use_redis(standing)
    assert kept_in_memory(Lifetime(30, 150), standing, POLICY) == Lifetime(1, 1)


def test_a_worker_that_hears_keeps_an_answer_in_memory_a_little_longer_and_never_for_the_grace() -> None:
    assert kept_in_memory(Lifetime(30, 150), HEARS, POLICY) == Lifetime(5, 5)
    assert kept_in_memory(Lifetime(2, 150), HEARS, POLICY) == Lifetime(2, 2)


@pytest.mark.parametrize(
    ("written", "own", "left"),
    [
        (ENTRY, Policy(ttl=12, grace=0), Lifetime(2, 2)),
        (ENTRY, Policy(ttl=5, grace=0), None),
        (replace(ENTRY, fresh=3_600_000, kept=7_200_000), POLICY, Lifetime(20, 140)),
        (replace(ENTRY, fresh=1_000, kept=1_000), POLICY, None),
        (replace(ENTRY, verdict=Verdict(Outcome.USER_BLOCKED)), Policy(negative_ttl=11), Lifetime(1, 1)),
        (replace(ENTRY, verdict=Verdict(Outcome.UNAVAILABLE)), POLICY, None),
    ],
)
def test_the_shorter_of_two_policies_counts(written: Entry, own: Policy, left: Lifetime | None) -> None:
    assert believed(replace(SHELF, entry=written), HEARS, own) == left


def test_a_clock_that_goes_back_is_noticed_and_one_that_differs_by_a_second_is_not() -> None:
    assert not is_set_back(100_000, 40, ahead=60)
    assert not is_set_back(98_500, 40, ahead=60)
    assert is_set_back(97_000, 40, ahead=60)
    assert not is_set_back(500_000, 40, ahead=60), "ahead only makes answers older"
