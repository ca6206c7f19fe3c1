"""A day of a million users, simulated with the rates that were measured: ``python -m bench.million``; takes a minute.

Nothing is called: for every user of a sample, the caches' lifetimes decide what each call asks of whom. GROWTH.md has the result.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .hours import ACCESS_TOKEN_RENEWAL, JWT_RENEWAL, LOCAL_TTL, TTL

DAY = 24 * 3600.0
VISITS, SCREENS, CALLS = 4.0, 5, 10
"""How often a user opens the app in a day, the screens of a visit, and the calls of a screen."""
SCREEN_SECONDS, CALL_SECONDS = 30.0, 0.3
"""The mean time between two screens of a visit, and the time between two calls of a screen."""
HOURS = [2, 1, 1, 1, 1, 2, 4, 6, 7, 7, 7, 7, 8, 8, 7, 7, 7, 8, 9, 10, 10, 9, 7, 4]
"""How many of a day's visits begin in each of its hours, as weights."""
SCRIPTS_OF_A_QUESTION = 3
"""What a worker asks of Redis around one question to Appwrite."""


@dataclass(frozen=True)
class Micros:
    """The processor time that things cost, in microseconds, as ``bench.cpu`` found it (README.md).

    A question to Appwrite is what a call without a cache costs, less the call itself.
    """

    session: float = 154
    redis: float = 271
    """A look into Redis, beside the call itself."""
    question: float = 600
    access_token: float = 159
    issued: float = 247


@dataclass
class Demand:
    """What was asked for in one minute, or in a day."""

    calls: float = 0
    tokens: float = 0
    appwrite: float = 0
    redis: float = 0

    def add(self, other: Demand, times: float = 1) -> None:
        """Add another demand, so many times."""
        self.calls += other.calls * times
        self.tokens += other.tokens * times
        self.appwrite += other.appwrite * times
        self.redis += other.redis * times


class User:
    """One user's session, as the workers, Redis and the device know it."""

    def __init__(self, way: str, workers: int, rng: random.Random) -> None:
        self._way, self._workers, self._rng = way, workers, rng
        self._in_redis = self._token_until = float("-inf")
        self._in_worker: dict[int, float] = {}

    def call(self, now: float) -> Demand:
        """Make a call at that second; gives what it asks of whom."""
        demand = Demand(calls=1)
        if self._way == "access token":
            if now > self._token_until:
                self._token_until = now + ACCESS_TOKEN_RENEWAL
                demand.tokens = 1
                self._look_up(now, demand)
        elif self._way == "session, no cache":
            demand.appwrite = 1
        else:
            if self._way == "JWT, cached" and now > self._token_until:
                self._token_until = now + JWT_RENEWAL
                demand.tokens = demand.appwrite = 1
                # Nobody knows the new one.
                self._in_redis = float("-inf")
                self._in_worker.clear()
            self._look_up(now, demand)
        return demand

    def _look_up(self, now: float, demand: Demand) -> None:
        # Any worker may get the call.
        worker = self._rng.randrange(self._workers)
        if now < self._in_worker.get(worker, float("-inf")):
            return
        if now < self._in_redis:
            demand.redis += 1
        else:
            demand.appwrite += 1
            demand.redis += SCRIPTS_OF_A_QUESTION
            self._in_redis = now + TTL
        self._in_worker[worker] = min(now + LOCAL_TTL, self._in_redis)


def calls_of_a_day(rng: random.Random) -> Iterator[float]:
    """Give the seconds of a day in which one user calls, in order."""
    # A user comes a whole number of times, four on average.
    visits = rng.choices(range(9), [1, 2, 4, 6, 7, 6, 4, 2, 1])[0]
    begins = sorted(3600 * (hour + rng.random()) for hour in rng.choices(range(24), HOURS, k=visits))
    free = 0.0
    for begin in begins:
        now = max(begin, free)
        for _ in range(SCREENS):
            for _ in range(CALLS):
                yield now
                now += CALL_SECONDS
            now += rng.expovariate(1 / SCREEN_SECONDS)
        free = now


def simulate(way: str, workers: int, users: Iterable[Iterable[float]], rng: random.Random) -> dict[int, Demand]:
    """Play the calls of some users; gives the demand of every minute."""
    minutes: dict[int, Demand] = {}
    for calls in users:
        user = User(way, workers, rng)
        for now in calls:
            minutes.setdefault(int(now // 60), Demand()).add(user.call(now))
    return minutes


def cores(way: str, second: Demand, costs: Micros, busy: float) -> float:
    """Give the cores that carry a second's demand, each of them busy for a share of the time."""
    call = costs.access_token if way == "access token" else costs.session
    issued = second.tokens * costs.issued if way == "access token" else 0
    micros = second.calls * call + second.redis * costs.redis + second.appwrite * costs.question + issued
    return micros / 1e6 / busy


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--sample", type=int, default=10_000, help="so many users are played, and stand for all")
    parser.add_argument("--busy", type=float, default=0.6, help="the share of its time that a core is to be busy at the peak")
    given = parser.parse_args()
    scale = given.users / given.sample
    print(f"A day of {given.users:,} users, {given.sample:,} of them played, {given.workers} workers.\n")
    titles = ["calls/s", "tokens/s", "to Appwrite/s", "to Redis/s", "cores", "to Appwrite in the day", "to Redis in the day"]
    print(f"| at the peak | {' | '.join(titles)} |\n|---|{'---:|' * len(titles)}")
    for way in ("session, no cache", "JWT, cached", "session, cached", "access token"):
        # The same day for every way.
        day = random.Random(1)
        minutes = simulate(way, given.workers, (calls_of_a_day(day) for _ in range(given.sample)), random.Random(2))
        # The busiest quarter of an hour: a single minute of a sample is mostly chance.
        quarters: Counter[int] = Counter()
        for minute, demand in minutes.items():
            quarters[minute // 15] += int(demand.calls)
        busiest = quarters.most_common(1)[0][0]
        peak, whole = Demand(), Demand()
        for minute, demand in minutes.items():
            whole.add(demand, scale)
            if minute // 15 == busiest:
                peak.add(demand, scale / 900)
        numbers = [f"{number:,.0f}" for number in (peak.calls, peak.tokens, peak.appwrite, peak.redis)]
        numbers.append(f"{cores(way, peak, Micros(), given.busy):.1f}")
        numbers += [f"{number / 1e6:.1f} million" for number in (whole.appwrite, whole.redis)]
        print(f"| {way} | {' | '.join(numbers)} |", flush=True)


if __name__ == "__main__":
    main()
