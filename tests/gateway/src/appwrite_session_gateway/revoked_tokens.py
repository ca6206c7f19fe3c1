"""Which access tokens this worker refuses although they have not ended: those that are older than a revocation of their user."""

from __future__ import annotations

import time

_LONGEST_LIFE = 3600 + 60
"""Seconds after which no token of before a revocation can be alive."""
_MOST = 100_000


class RevokedTokens:
    """The revocations that this worker has heard of lately."""

    def __init__(self) -> None:
        self._revoked: dict[str, float] = {}

    def revoke(self, user_id: str) -> None:
        """Refuse the tokens that the user has by now. What was issued for a session that lives is replaced by the client."""
        now = time.time()
        self._revoked.pop(user_id, None)
        self._revoked[user_id] = now
        # In the order of their times, so the oldest come first.
        while self._revoked and (len(self._revoked) > _MOST or now - next(iter(self._revoked.values())) > _LONGEST_LIFE):
            del self._revoked[next(iter(self._revoked))]

    def has(self, user_id: str, issued_ms: int) -> bool:
        """Whether a token of the user that was issued then is refused."""
        revoked = self._revoked.get(user_id)
        return revoked is not None and issued_ms <= revoked * 1000
