"""The simulation of a million users, against the hour that was played with the real gateway (README.md)."""

from __future__ import annotations

import random

import pytest
from bench.hours import CALLS, SCREENS
from bench.million import Demand, Micros, cores, simulate

USERS = 500
# What `python -m bench` counted with one worker, for each user: tokens that devices fetched, requests to Appwrite and to Redis.
PLAYED = {
    "session, no cache": (0.0, 100.0, 0.0),
    "JWT, cached": (3.7, 12.8, 29.9),
    "session, cached": (0.0, 9.6, 31.6),
    "access token": (6.4, 6.4, 20.1),
}


def hour_of_a_user(rng: random.Random) -> list[float]:
    """Give the calls of an hour as the played one has them: ten screens at any time, each of ten calls at once."""
    return [moment for moment in sorted(rng.uniform(0, 3600) for _ in range(SCREENS)) for _ in range(CALLS)]


@pytest.mark.parametrize("way", PLAYED)
def test_the_simulated_hour_is_the_one_that_was_played(way: str) -> None:
    rng = random.Random(7)
    minutes = simulate(way, 1, [hour_of_a_user(rng) for _ in range(USERS)], rng)
    whole = Demand()
    for demand in minutes.values():
        whole.add(demand, 1 / USERS)
    assert whole.calls == pytest.approx(SCREENS * CALLS)
    # The played hour has few users.
    assert (whole.tokens, whole.appwrite, whole.redis) == pytest.approx(PLAYED[way], rel=0.15, abs=0.1)


def test_a_core_carries_no_more_than_its_share_of_a_second() -> None:
    costs = Micros(session=500, redis=100, question=1000, access_token=200, issued=300)
    second = Demand(calls=1000, tokens=10, appwrite=100, redis=1000)
    assert cores("session, cached", second, costs, busy=0.5) == pytest.approx((0.5 + 0.1 + 0.1) / 0.5)
    assert cores("access token", second, costs, busy=1) == pytest.approx(0.2 + 0.1 + 0.1 + 0.003)
