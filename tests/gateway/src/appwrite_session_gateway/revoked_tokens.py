"""Which access tokens a worker refuses although they have not ended.

They are for a session that Appwrite was asked about before a revocation of its user.
The time of the question counts, and not that of the token: a worker that has not heard of the revocation yet can issue a token
after it, by an answer from before it.
"""

from __future__ import annotations

from .untold import EVERYBODY

LONGEST_LIFE_MS = (3600 + 60) * 1000
"""After so long no token of before a revocation can be alive."""
MOST = 100_000
"""Users that are remembered one by one."""


class RevokedTokens:
    """The revocations of the last hour that this worker has heard of. Times are in milliseconds, by the clock of Redis."""

    def __init__(self) -> None:
        self._revoked: dict[str, int] = {}
        self._everybody = 0

    def revoke(self, user_id: str, at_ms: int) -> None:
        """Refuse the tokens that the user has at this time. The client replaces those for a session that lives."""
        if user_id == EVERYBODY:
            self._everybody = max(self._everybody, at_ms)
            return
        self._revoked[user_id] = max(at_ms, self._revoked.pop(user_id, 0))
        # Nearly in the order of their times, the oldest first.
        while at_ms - (oldest := next(iter(self._revoked.values()))) > LONGEST_LIFE_MS or len(self._revoked) > MOST:
            if at_ms - oldest <= LONGEST_LIFE_MS:
                self._everybody = max(self._everybody, oldest)
            del self._revoked[next(iter(self._revoked))]

    def has(self, user_id: str, checked_ms: int) -> bool:
        """Whether a token of the user is refused for whose session Appwrite was asked then."""
        return checked_ms <= max(self._everybody, self._revoked.get(user_id, 0))
