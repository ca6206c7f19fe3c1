"""A breadth-first search over everything that can happen, which gives the shortest way to a state that breaks a promise."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

Step = tuple[str, Hashable, str | None]
"""What happens, the state after it, and which promise it breaks."""


@dataclass
class Result:
    """What a search saw."""

    states: int = 0
    steps: int = 0
    deepest: int = 0
    is_complete: bool = True
    happened: set[str] = field(default_factory=set)
    broken: str = ""
    trace: list[str] = field(default_factory=list)

    def told(self) -> str:
        lines = [f"  {number:2} {what}" for number, what in enumerate(self.trace, 1)]
        return "\n".join([f"broken: {self.broken}", *lines]) if self.broken else "nothing is broken"


def search(
    start: Hashable, steps: Callable[[Any], Iterable[Step]], check: Callable[[Any], str | None], most: int = 10**9
) -> Result:
    """Look at every state that can be reached, up to ``most`` of them, and stop at the first broken promise.

    ``check`` says which promise a state breaks by itself.
    """
    result = Result(states=1)
    before: dict[Hashable, tuple[Hashable, str] | None] = {start: None}
    waiting = deque([(start, 0)])
    while waiting:
        state, depth = waiting.popleft()
        result.deepest = max(result.deepest, depth)
        for what, after, broken in steps(state):
            result.steps += 1
            result.happened.add(what.partition(":")[0])
            if broken := broken or (check(after) if after not in before else None):
                result.broken, result.trace = broken, [*_way(before, state), what]
                return result
            if after not in before:
                if len(before) >= most:
                    result.is_complete = False
                    continue
                before[after] = (state, what)
                result.states += 1
                waiting.append((after, depth + 1))
    return result


def _way(before: dict[Hashable, tuple[Hashable, str] | None], state: Hashable) -> list[str]:
    trace: list[str] = []
    while (found := before[state]) is not None:
        state, what = found
        trace.insert(0, what)
    return trace
