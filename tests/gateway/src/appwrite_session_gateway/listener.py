"""Hears the news in Redis for one worker, notices when it cannot, and passes on what was revoked meanwhile."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import Any

from .observe import REDIS_UP, REVOCATIONS
from .shared import FAILURES, SharedCache
from .validator import Validator
from .verdict import load_json

log = logging.getLogger(__name__)

PING = 1.0
"""Seconds without news after which Redis is asked whether it is there …"""
PATIENCE = 2
"""… and so many times as long may it take to answer. Then this worker is deaf, after three seconds in all."""
_LONGEST_PAUSE = 2.0


class Listener:
    """Keeps a worker's memory in step with every revocation that any worker hears of."""

    def __init__(self, shared: SharedCache, validator: Validator, remember: float) -> None:
        self._shared = shared
        self._validator = validator
        self._remember = remember
        self._untold: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None
        self._first_try = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen; returns when it hears, or when the first try has failed."""
        self._task = asyncio.create_task(self._listen_for_ever())
        await self._first_try.wait()

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._deafen()

    async def revoke(self, user_id: str) -> bool:
        """Tell every worker to drop what it knows of a user. ``False``: they will be told as soon as Redis answers."""
        try:
            await self._shared.revoke(user_id)
        except FAILURES as error:
            log.warning("revocation_waits", extra={"error": type(error).__name__})
            # No answer from before can be believed for longer than this.
            self._untold[user_id] = time.monotonic() + self._remember
            return False
        return True

    async def _listen_for_ever(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._listen()
            except Exception as error:
                # Whatever it is: from here on nothing is heard, and nothing may be believed.
                if self._shared.heard_since is not None:
                    log.warning("redis_lost", extra={"error": type(error).__name__})
                    pause = 0.1
            self._deafen()
            self._first_try.set()
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self) -> None:
        pubsub = await self._shared.subscribe()
        try:
            await _confirmed(pubsub)
            await self._tell_untold()
            self._validator.forget_all()
            self._shared.heard_since = await self._shared.clock()
            REDIS_UP.set(1)
            self._first_try.set()
            log.info("redis_heard")
            quiet = 0
            while quiet <= PATIENCE:
                message = await pubsub.get_message(timeout=PING)
                if message is not None:
                    quiet = 0
                    self._take(message)
                    continue
                quiet += 1
                if quiet == 1:
                    await pubsub.ping()
            raise TimeoutError
        finally:
            await pubsub.aclose()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            raise ConnectionError("connected anew, so news may have been missed")
        if message["type"] != "message":
            return
        try:
            news = load_json(message["data"])
        except ValueError:
            return
        if done := news.get("done"):
            self._shared.wake(str(done))
        if revoked := news.get("revoked"):
            REVOCATIONS.labels("news").inc()
            self._validator.forget_user(str(revoked))

    async def _tell_untold(self) -> None:
        for user_id, until in list(self._untold.items()):
            if until > time.monotonic():
                await self._shared.revoke(user_id)
            self._untold.pop(user_id, None)

    def _deafen(self) -> None:
        """From now on nothing is believed that was known before."""
        self._shared.heard_since = None
        REDIS_UP.set(0)
        self._validator.forget_all()


async def _confirmed(pubsub: Any) -> None:
    async with asyncio.timeout(PING):
        while (message := await pubsub.get_message(timeout=PING)) is None or message["type"] != "subscribe":
            pass
