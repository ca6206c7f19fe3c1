"""Stops asking Appwrite for a moment after it did not answer several times in a row."""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES_IN_A_ROW = 5
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 2.0
"""Seconds. Short, because an Appwrite that is back should be found soon, and one question in two seconds is no burden."""


class Breaker:
    """Admits every question while Appwrite answers, and one after each pause while it does not.

    Only a connection that fails and an answer that comes too late are failures. An answer with a status of 5xx is none: somebody
    could find a credential that causes it, and would stop the questions about everybody.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = SHORTEST_PAUSE
        self._closed_until = 0.0

    def admits(self) -> bool:
        """Whether a question may be asked now. While Appwrite does not answer, one is admitted after each pause."""
        if self._failures < FAILURES_IN_A_ROW:
            return True
        now = self._clock()
        if now < self._closed_until:
            return False
        self._closed_until = now + self._pause
        return True

    def note(self, *, answered: bool) -> None:
        """Learn what came of a question."""
        if answered:
            self._failures, self._pause = 0, SHORTEST_PAUSE
            return
        self._failures += 1
        if self._failures < FAILURES_IN_A_ROW:
            return
        if self._failures > FAILURES_IN_A_ROW:
            self._pause = min(LONGEST_PAUSE, self._pause * 2)
        self._closed_until = self._clock() + self._pause

    @property
    def seconds(self) -> int:
        """Give the seconds after which it is worth trying again, at least 1."""
        return max(1, round(self._closed_until - self._clock()))
