"""Who calls: the part of an Appwrite account that a gateway and its microservices need."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class User(BaseModel):
    """The user behind a credential, as Appwrite last described them."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    email_verified: bool = False
    phone_verified: bool = False
    mfa_enabled: bool = False
    labels: tuple[str, ...] = ()

    @classmethod
    def from_account(cls, account: dict[str, Any]) -> User:
        """Read what ``GET /v1/account`` answers. Every field but the id may be missing or null.

        Raises ``ValueError`` if it is no account.
        """
        user_id = account.get("$id")
        if not isinstance(user_id, str) or not user_id:
            raise ValueError("no account")
        return cls(
            id=user_id,
            name=account.get("name") or "",
            email=account.get("email") or "",
            phone=account.get("phone") or "",
            email_verified=bool(account.get("emailVerification")),
            phone_verified=bool(account.get("phoneVerification")),
            mfa_enabled=bool(account.get("mfa")),
            labels=tuple(account.get("labels") or ()),
        )
