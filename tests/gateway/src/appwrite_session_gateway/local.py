"""What one worker remembers: fresh answers, stale ones for an outage, and whom not to ask about again at once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from .verdict import Lifetime, Verdict


@dataclass(slots=True)
class _Kept:
    verdict: Verdict
    user_id: str
    fresh_until: float
    kept_until: float


class LocalCache:
    """A bounded memory of verdicts by digest; the least recently used goes first. Forgets by user, too."""

    def __init__(self, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._of_user: dict[str, set[str]] = {}
        self._backoff: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def fresh(self, digest: str) -> Verdict | None:
        """Give the answer if it can still be believed."""
        kept = self._kept.get(digest)
        if kept is None or kept.fresh_until <= self._clock():
            return None
        self._kept.move_to_end(digest)
        return kept.verdict

    def stale(self, digest: str) -> Verdict | None:
        """Give the answer if it may still be used while Appwrite cannot be asked."""
        kept = self._kept.get(digest)
        return kept.verdict if kept and kept.kept_until > self._clock() else None

    def keep(self, digest: str, user_id: str, verdict: Verdict, life: Lifetime) -> None:
        """Remember an answer for ``life`` from now on."""
        self._drop(digest)
        if life.kept <= 0 or self._size <= 0:
            return
        now = self._clock()
        self._kept[digest] = _Kept(verdict, user_id, now + life.fresh, now + life.kept)
        self._of_user.setdefault(user_id, set()).add(digest)
        while len(self._kept) > self._size:
            self._drop(next(iter(self._kept)))

    def is_resting(self, digest: str) -> bool:
        """Whether Appwrite was asked in vain just now."""
        return self._backoff.get(digest, 0) > self._clock()

    def rest(self, digest: str, seconds: float) -> None:
        """Do not ask about this one again for so long."""
        self._backoff[digest] = self._clock() + seconds
        self._backoff.move_to_end(digest)
        while len(self._backoff) > self._size:
            self._backoff.popitem(last=False)

    def forget_user(self, user_id: str) -> None:
        """Forget every answer about a user."""
        for digest in list(self._of_user.get(user_id, ())):
            self._drop(digest)

    def forget_all(self) -> None:
        """Forget every answer."""
        self._kept.clear()
        self._of_user.clear()

    def _drop(self, digest: str) -> None:
        if kept := self._kept.pop(digest, None):
            digests = self._of_user[kept.user_id]
            digests.discard(digest)
            if not digests:
                del self._of_user[kept.user_id]
