"""How often: calls of one user, shared by all workers, and credentials that Appwrite does not know, from one address."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable

from .problem import Problem
from .redis_url import FAILURES
from .shared import SharedCache

WINDOW = 60.0
_MOST = 10_000


class WindowCounter:
    """Counts by name in windows of a minute, in this worker's memory, with an upper bound on names."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, name: str, more: int = 1) -> tuple[int, float]:
        """Count ``more``; gives the count and the seconds until the window ends."""
        now = self._clock()
        ends, count = self._windows.get(name, (0.0, 0))
        if ends <= now:
            ends, count = now + WINDOW, 0
        count += more
        if more or name in self._windows:
            self._windows[name] = (ends, count)
            self._windows.move_to_end(name)
        while len(self._windows) > _MOST:
            self._windows.popitem(last=False)
        return count, ends - now


class FailureGuard:
    """Refuses to ask Appwrite for an address that came with too many credentials that it does not know. 0: no limit."""

    def __init__(self, per_minute: int) -> None:
        self._most = per_minute
        self._counter = WindowCounter()

    def admit(self, client: str) -> None:
        """Raise ``Problem`` ``rate_limited`` if it was too many."""
        if self._most and client:
            count, left = self._counter.count(client, 0)
            if count >= self._most:
                raise Problem("rate_limited", retry_after=max(1, math.ceil(left)))

    def note_failure(self, client: str) -> None:
        """Count one."""
        if self._most and client:
            self._counter.count(client)


class UserLimit:
    """So many calls a minute of one user, across all workers; in each worker while Redis is away. 0: no limit."""

    def __init__(self, per_minute: int, shared: Callable[[], SharedCache | None]) -> None:
        self._most = per_minute
        self._shared = shared
        self._counter = WindowCounter()

    async def admit(self, user_id: str) -> None:
        """Count a call. Raises ``Problem`` ``rate_limited`` if it is too many."""
        if not self._most:
            return
        count, left = await self._count(user_id)
        if count > self._most:
            raise Problem("rate_limited", retry_after=max(1, math.ceil(left)))

    async def _count(self, user_id: str) -> tuple[int, float]:
        shared = self._shared()
        if shared is not None and shared.is_usable(user_id):
            try:
                return await shared.count("calls", user_id, WINDOW)
            except FAILURES as error:
                shared.note_failure(error)
        return self._counter.count(user_id)


class AtOnce:
    """So many calls of one user at the same time, in this worker, so that nobody takes all connections. 0: no limit.

    More of them wait for their turn; ``Problem`` ``rate_limited`` if that are too many, or if it takes too long.
    """

    def __init__(self, most: int, *, waiting: int = 256, patience: float = 10) -> None:
        self._most = most
        self._waiting = waiting
        self._patience = patience
        self._of: dict[str, tuple[asyncio.Semaphore, set[object]]] = {}

    @contextlib.asynccontextmanager
    async def admit(self, user_id: str) -> AsyncIterator[None]:
        """Count a call until it is over."""
        if not self._most:
            yield
            return
        turns, calls = self._of.setdefault(user_id, (asyncio.Semaphore(self._most), set()))
        if len(calls) >= self._most + self._waiting:
            raise Problem("rate_limited", retry_after=1)
        me = object()
        calls.add(me)
        try:
            await self._turn(turns)
            try:
                yield
            finally:
                turns.release()
        finally:
            calls.discard(me)
            if not calls:
                self._of.pop(user_id, None)

    async def _turn(self, turns: asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await turns.acquire()
        except TimeoutError:
            raise Problem("rate_limited", retry_after=1) from None
