"""Decides what a worker may believe about a session. Pure functions: no clock, no I/O, no lock.

``tests/model`` searches all interleavings of workers, Redis and Appwrite with these functions, so a change here is checked there.

1. Every user has a *generation* in Redis. A revocation removes it, and the next question to Appwrite makes a new one. An answer
   counts only under the generation that was there when Appwrite was asked. A generation that is missing, for whatever reason,
   makes every answer invalid. So it does not matter how long another gateway keeps generations, and Redis may lose or evict them.
2. Every answer names the *history* of the data that it was put into: the replication id of its Redis, which is another one after
   a restart, after a failover and on a server that was a replica in between. An answer of another history does not count, because
   revocations can be missing from this one.
3. Every worker begins an *epoch* when it begins to hear of revocations, and believes only answers to questions that were asked in
   this epoch or a later one. A question is asked in the latest epoch of which its worker had heard.
4. A worker that could not pass a revocation on believes nothing about that user until it could.
"""

from __future__ import annotations

from dataclasses import dataclass

from .verdict import Lifetime, Policy, Verdict, longest_life


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer of Appwrite, as Redis keeps it. Times are in milliseconds, by the clock of Redis."""

    verdict: Verdict
    generation: str
    history: str
    epoch: int
    asked: int
    fresh: int
    kept: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """What Redis holds about one credential at one moment."""

    history: str
    """Empty if the server is no primary, whose data can be old."""
    generation: str
    """Empty if there is none."""
    now: int
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a worker knows about revocations of one user."""

    epoch: int | None
    """Since when it hears of revocations without a gap; ``None`` while it does not."""
    untold: bool = False
    """Whether it was told of a revocation that it could not pass on yet."""


def may_use_redis(standing: Standing) -> bool:
    """Whether answers in Redis are looked at, and questions are shared with other workers."""
    return standing.epoch is not None and not standing.untold


def believed(shelf: Shelf, standing: Standing, policy: Policy) -> Lifetime | None:
    """Say for how long the answer in Redis may still be believed, by the policy of this worker; ``None``: not at all."""
    entry = shelf.entry
    if entry is None or standing.epoch is None or standing.untold:
        return None
    if not shelf.generation or entry.generation != shelf.generation:
        return None
    if not shelf.history or entry.history != shelf.history:
        return None
    if entry.epoch < standing.epoch:
        return None
    age = (shelf.now - entry.asked) / 1000
    if age < 0:
        return None  # The clock of Redis was set back.
    longest = longest_life(entry.verdict.outcome, policy)
    fresh, kept = min(entry.fresh / 1000, longest.fresh) - age, min(entry.kept / 1000, longest.kept) - age
    return Lifetime(max(0.0, fresh), kept) if kept > 0 else None


def kept_in_memory(life: Lifetime, standing: Standing, policy: Policy) -> Lifetime:
    """Say for how long a worker that has a Redis keeps an answer in its own memory.

    While it hears of revocations it can forget in time. Otherwise another worker may know of one, so the time is short.
    """
    longest = policy.local_ttl if may_use_redis(standing) else policy.deaf_ttl
    fresh = min(life.fresh, longest)
    return Lifetime(fresh, fresh)


def is_set_back(now: int, monotonic: float, ahead: float) -> bool:
    """Whether the clock of Redis, which reads ``now``, was set back: before, it was ``ahead`` of the monotonic clock by more."""
    return now / 1000 - monotonic < ahead - CLOCK_TOLERANCE


CLOCK_TOLERANCE = 2.0
"""Seconds. The servers of a Cluster may differ by a second."""
