"""Lets a worker look for unknown sessions only as fast as its event loop does so without delaying everybody else's calls."""

from __future__ import annotations

import asyncio
from collections import deque

LAG = 0.002
"""Seconds of a round of the event loop above which the next one has to wait …"""
LONGEST_PAUSE = 0.05
"""… and how long at most."""
MOST = 10_000
PATIENCE = 15.0


class Pace:
    """A queue. While the loop is quick everybody passes at once, otherwise one after the other, with pauses."""

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
        loop = asyncio.get_running_loop()
        try:
            while True:
                before = loop.time()
                await asyncio.sleep(0)
                lag = loop.time() - before
                if lag > LAG:
                    await asyncio.sleep(min(lag, LONGEST_PAUSE))
                while self._waiting and self._waiting[0].done():
                    self._waiting.popleft()
                if not self._waiting:
                    return
                self._waiting.popleft().set_result(None)
        finally:
            self._pump = None
