"""Hears the news in Redis for one worker, and notices when it cannot, or when nothing can be written."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import Any

from .observe import REDIS_UP, REVOCATIONS
from .shared import SharedCache
from .untold import EVERYBODY
from .validator import Validator
from .verdict import load_json

log = logging.getLogger(__name__)

BEAT = 1.0
"""Seconds between two checks that Redis can be written to …"""
PATIENCE = 3.0
"""… and after which a worker is deaf that has heard nothing, not even the answer to its ping."""
_LONGEST_PAUSE = 2.0
ADVICE = {
    "AuthenticationError": "Redis wants another user name or password than those in the URL of the cache.",
    "AuthenticationWrongNumberOfArgsError": "Redis wants another user name or password than those in the URL of the cache.",
    "NoPermissionError": "The user in the URL of the cache may not use the commands or keys that the gateway needs.",
    "ReadOnlyError": "The URL of the cache names a replica; the gateway writes.",
}


class Listener:
    """Keeps a worker's memory in step with every revocation that any worker hears of."""

    def __init__(self, shared: SharedCache, validator: Validator) -> None:
        self._shared = shared
        self._validator = validator
        self._tasks: list[asyncio.Task[None]] = []
        self._first_try = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen; returns when it hears, or when the first try has failed."""
        self._first_try.clear()
        self._tasks = [asyncio.create_task(self._listen_for_ever()), asyncio.create_task(self._shared.untold.run())]
        await self._first_try.wait()

    async def stop(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self._deafen()

    async def revoke(self, user_id: str) -> bool:
        """Tell every worker to drop what it knows of a user. ``False``: they will be told as soon as Redis takes it."""
        return await self._shared.untold.pass_on(user_id)

    async def _listen_for_ever(self) -> None:
        pause, said = 0.1, ""
        while True:
            try:
                await self._listen()
            except Exception as error:
                # Whatever it is: from here on nothing is heard, and nothing may be believed.
                reason = type(error).__name__
                if self._shared.epoch is not None:
                    pause, said = 0.1, ""
                if reason != said:
                    log.warning("redis_lost", extra={"error": reason, "advice": ADVICE.get(reason, "")})
                    said = reason
            self._deafen()
            self._first_try.set()
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self) -> None:
        pubsub = await self._shared.subscribe()
        beating: asyncio.Task[None] | None = None
        try:
            await _confirmed(pubsub)
            self._validator.forget_all()
            for user_id, at_ms in await self._shared.revocations():
                self._validator.revoked_tokens.revoke(user_id, at_ms)
            await self._shared.begin_epoch()
            self._shared.untold.repeat()
            REDIS_UP.set(1)
            self._first_try.set()
            log.info("redis_heard")
            beating = asyncio.create_task(self._beat())
            await self._hear(pubsub, beating)
        finally:
            if beating is not None:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)
            await pubsub.aclose()

    async def _hear(self, pubsub: Any, beating: asyncio.Task[None]) -> None:
        heard, pinged = time.monotonic(), False
        while time.monotonic() - heard < PATIENCE:
            if beating.done():
                beating.result()
            message = await pubsub.get_message(timeout=BEAT / 2)
            if message is not None:
                heard, pinged = time.monotonic(), False
                self._take(message)
            elif not pinged and time.monotonic() - heard >= BEAT:
                await pubsub.ping()
                pinged = True
        raise TimeoutError

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            await self._shared.beat()

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
        if type(epoch := news.get("epoch")) is int:
            self._shared.note_epoch(epoch)
        if revoked := news.get("revoked"):
            REVOCATIONS.labels("news").inc()
            # An earlier release does not say when.
            at_ms = at if type(at := news.get("at")) is int else self._shared.now_ms()
            self._validator.forget_user(str(revoked), at_ms)
            if revoked == EVERYBODY:
                raise ConnectionError("more users were revoked than a worker could remember")

    def _deafen(self) -> None:
        """From now on nothing is believed that was known before."""
        self._shared.epoch = None
        REDIS_UP.set(0)
        self._validator.forget_all()


async def _confirmed(pubsub: Any) -> None:
    async with asyncio.timeout(BEAT):
        while (message := await pubsub.get_message(timeout=BEAT)) is None or message["type"] != "subscribe":
            pass
