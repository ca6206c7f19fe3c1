"""What is known about a credential, and for how long that may be believed."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import ValidationError

from .credential import Credential
from .user import User


class Outcome(StrEnum):
    """What Appwrite said of a credential. All but the first are types of problems."""

    ALIVE = "alive"
    SESSION_INVALID = "session_invalid"
    MFA_REQUIRED = "mfa_required"
    USER_BLOCKED = "user_blocked"
    PASSWORD_RESET = "password_reset_required"  # noqa: S105
    NOT_PERMITTED = "not_permitted"
    """The login counts, but the user is no member of the team that was asked about."""
    UNAVAILABLE = "auth_unavailable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer about one credential."""

    outcome: Outcome
    user: User | None = None
    roles: tuple[str, ...] = ()
    """What the user is in the team that was asked about."""
    retry_after: int = 1
    """For ``UNAVAILABLE``: seconds after which it is worth trying again."""
    why: str = ""
    """For ``UNAVAILABLE``: the reason, for logs and metrics."""
    detail: str = ""
    """For logs: the type of Appwrite's error, or the kind of the failure."""
    asked: float = field(default=0, compare=False)
    """When Appwrite was asked, by this worker's monotonic clock."""
    asked_ms: int = field(default=0, compare=False)
    """The same by the clock that revocations are dated by, in milliseconds: that of Redis, or the gateway's own without one."""


@dataclass(frozen=True)
class Policy:
    """How long answers are believed, in seconds."""

    ttl: float = 30
    """A living session. Also the longest that a revocation which nobody reported goes unnoticed."""
    negative_ttl: float = 10
    """A refused one. ``mfa_required`` is never kept: the factor can come at any moment."""
    grace: float = 120
    """On top of ``ttl``, and only while Appwrite cannot be asked or does not answer within ``patience``."""
    local_ttl: float = 5
    """In a worker's memory, in front of Redis."""
    deaf_ttl: float = 1
    """In a worker's memory, while it cannot hear of revocations because Redis is away."""
    patience: float = 0.3
    """For Appwrite's answer, if there is an older one within the grace. Then the older one is used, and the question goes on."""
    backoff: float = 1
    """After Appwrite could not be asked about a session, until it is asked about that session again."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Seconds from the question to Appwrite."""

    fresh: float
    kept: float


def lifetime(verdict: Verdict, credential: Credential, policy: Policy) -> Lifetime:
    """Say how long ``verdict`` may be believed; with jitter, always downwards, so that a crowd does not come back at once."""
    longest = longest_life(verdict.outcome, policy)
    fresh = longest.fresh * random.uniform(0.8, 1)
    kept = longest.kept if verdict.outcome is Outcome.ALIVE else fresh
    if credential.expires_at is not None:
        left = max(0, credential.expires_at - time.time())
        fresh, kept = min(fresh, left), min(kept, left)
    return Lifetime(fresh, kept)


def longest_life(outcome: Outcome, policy: Policy) -> Lifetime:
    """Say how long an answer of one kind may be believed at most."""
    match outcome:
        case Outcome.ALIVE:
            return Lifetime(policy.ttl, policy.ttl + policy.grace)
        case Outcome.SESSION_INVALID | Outcome.USER_BLOCKED | Outcome.PASSWORD_RESET | Outcome.NOT_PERMITTED:
            return Lifetime(policy.negative_ttl, policy.negative_ttl)
        case _:
            return Lifetime(0, 0)


def dump_verdict(verdict: Verdict) -> dict[str, object]:
    """Give the form in which a verdict is kept in Redis."""
    user = verdict.user.model_dump() if verdict.user else None
    return {"o": verdict.outcome, "u": user, **({"r": verdict.roles} if verdict.roles else {})}


def load_verdict(entry: dict[str, object]) -> Verdict:
    """Read what ``dump_verdict`` gave. Raises ``ValueError`` if it is something else."""
    user, roles = entry.get("u"), entry.get("r", [])
    if not isinstance(roles, list):
        raise ValueError("no roles")
    try:
        known = User.model_validate(user) if user is not None else None
        verdict = Verdict(Outcome(str(entry.get("o"))), known, tuple(str(role) for role in roles))
    except ValidationError as error:
        raise ValueError("no user") from error
    if (verdict.outcome is Outcome.ALIVE) != (verdict.user is not None):
        raise ValueError("no verdict")
    return verdict


def load_json(text: str | bytes) -> dict[str, object]:
    """Read a JSON object. Raises ``ValueError`` if it is something else."""
    content = json.loads(text)
    if not isinstance(content, dict):
        raise ValueError("no object")
    return content
