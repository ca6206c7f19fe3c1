"""Lets a worker look for unknown sessions only as fast as it can without delaying everybody else's calls."""

from __future__ import annotations

import asyncio
import time
from collections import deque

LONGEST_PAUSE = 0.05
"""Seconds between two of them at most."""
MOST = 10_000
PATIENCE = 15.0


class Pace:
    """A queue. After each that it lets in it pauses as long as the worker has just worked: half of the time is for others."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._pump: asyncio.Task[None] | None = None

    async def enter(self) -> bool:
        """Wait for a turn. ``False``: there are too many, or it took too long."""
        if self._pump is None:
            self._pump = asyncio.create_task(self._let_in())
            return True
        if len(self._waiting) >= MOST:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(PATIENCE):
                await turn
        except TimeoutError:
            return False
        return True

    async def _let_in(self) -> None:
        before = time.thread_time()
        try:
            while True:
                await asyncio.sleep(0)
                # All that the worker has done since the last pause began, whatever for.
                now = time.thread_time()
                before, worked = now, now - before
                await asyncio.sleep(min(worked, LONGEST_PAUSE))
                while self._waiting and self._waiting[0].done():
                    self._waiting.popleft()
                if not self._waiting:
                    return
                self._waiting.popleft().set_result(None)
        finally:
            self._pump = None
