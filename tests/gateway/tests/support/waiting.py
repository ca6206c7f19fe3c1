"""Waits for what takes a moment to get round."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(ask: Callable[[], T], wanted: Callable[[T], bool], longest: float = 5) -> T:
    """Ask until the answer is wanted; gives it. Fails with the last one if that takes longer than ``longest`` seconds."""
    deadline = time.monotonic() + longest
    while not wanted(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.01)
    return answer
