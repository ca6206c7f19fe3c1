"""Revocations that a worker was told of and has to pass on, until they are passed on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from .observe import UNTOLD
from .redis_url import FAILURES

log = logging.getLogger(__name__)

EVERYBODY = "*"
"""In the place of a user's id, which cannot be this: every worker begins a new epoch."""
RETRY = 1.0
"""Seconds between two tries."""
_AT_ONCE = 16
_MOST = 10_000
_TOLD_AGAIN = 600.0
"""Seconds for which a revocation that was passed on is passed on once more after Redis was lost: a primary that was replaced may
have been the only one that knew of it."""


class Untold:
    """Passes revocations on by ``tell``, and again every second until that worked."""

    def __init__(self, tell: Callable[[str], Awaitable[None]], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._waiting: dict[str, object] = {}
        self._told: OrderedDict[str, float] = OrderedDict()
        self._news = asyncio.Event()

    def covers(self, user_id: str) -> bool:
        """Whether there is a revocation of this user that is not passed on yet."""
        return user_id in self._waiting or EVERYBODY in self._waiting

    async def pass_on(self, user_id: str) -> bool:
        """Pass a revocation on. ``False``: it is tried again until it works, and ``covers`` says so."""
        if await self._try(self._add(user_id)):
            return True
        self._news.set()
        return False

    def repeat(self) -> None:
        """Pass the latest revocations on once more."""
        now = self._clock()
        for user_id, at in self._told.items():
            if now - at < _TOLD_AGAIN:
                self._add(user_id)
        self._told.clear()
        self._news.set()

    async def run(self) -> None:
        """Try again for ever."""
        while True:
            await self._news.wait()
            await self.try_all()
            if self._waiting:
                await asyncio.sleep(RETRY)
            else:
                self._news.clear()

    async def try_all(self) -> None:
        """Try each once. One that fails does not stop the others, unless nothing works."""
        waiting = list(self._waiting)
        for start in range(0, len(waiting), _AT_ONCE):
            if not any(await asyncio.gather(*map(self._try, waiting[start : start + _AT_ONCE]))):
                return

    def _add(self, user_id: str) -> str:
        if user_id not in self._waiting and len(self._waiting) >= _MOST:
            # Too many to remember each. One revocation of everybody takes their place.
            self._waiting.clear()
            user_id = EVERYBODY
        if EVERYBODY in self._waiting:
            user_id = EVERYBODY
        self._waiting[user_id] = object()
        UNTOLD.set(len(self._waiting))
        return user_id

    async def _try(self, user_id: str) -> bool:
        mark = self._waiting.get(user_id)
        try:
            await self._tell(user_id)
        except FAILURES as error:
            log.warning("revocation_waits", extra={"error": type(error).__name__, "waiting": len(self._waiting)})
            return False
        # A later revocation of the same user waits for its own try.
        if self._waiting.get(user_id) is mark:
            self._waiting.pop(user_id, None)
        UNTOLD.set(len(self._waiting))
        self._told[user_id] = self._clock()
        self._told.move_to_end(user_id)
        while len(self._told) > _MOST:
            self._told.popitem(last=False)
        return True
