"""The reference gateway's settings, from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

from .verdict import Policy


@dataclass(frozen=True)
class Settings:
    """What a gateway needs to know. Each has the environment variable of its name in capitals, with ``GATEWAY_`` before it."""

    endpoint: str
    """Appwrite's API: ``https://…/v1``."""
    project: str
    """The id of the project in Appwrite."""
    upstream: str
    """The microservice: ``http://…``."""
    cache: str = ""
    """The URL of a Redis; without it every worker remembers for itself."""
    ttl: float = Policy.ttl
    negative_ttl: float = Policy.negative_ttl
    grace: float = Policy.grace
    local_ttl: float = Policy.local_ttl
    appwrite_timeout: float = 5
    upstream_timeout: float = 30
    """Without a byte in either direction."""
    body_limit: int = 10 * 1024 * 1024
    message_limit: int = 1024 * 1024
    """Of a WebSocket, from the microservice; ``--ws-max-size`` of uvicorn is the client's."""
    calls_per_minute: int = 1200
    """Of one user, across all workers; 0 for no limit."""
    failures_per_minute: int = 0
    """Unknown credentials from one address, in each worker; 0 for no limit. Only if the gateway sees its clients' addresses."""
    calls_at_once: int = 32
    """Of one user, in each worker; 0 for no limit. Must be below ``connections``."""
    connections: int = 100
    """To the microservice, of one worker."""
    appwrite_connections: int = 16
    """To Appwrite, of one worker. So many sessions are asked about at once; others wait for their turn."""
    user_signing_key: str = ""
    """If set, the microservice gets ``X-User-Token`` in place of plain headers."""
    user_audience: str = "microservice"
    revocation_secret: str = ""
    """If set, ``POST /_gateway/revocations`` is there."""
    webhook_key: str = ""
    webhook_url: str = ""
    """If both are set, ``POST /_gateway/webhooks/appwrite`` is there; the URL spelled as it is registered in Appwrite."""
    log_level: str = "INFO"

    def __repr__(self) -> str:
        """Tell nothing: some of it is secret."""
        return "Settings(…)"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings. Raises ``ValueError`` that names what is missing or unreadable, and never a value."""
        values: dict[str, object] = {}
        for field in fields(cls):
            name = f"GATEWAY_{field.name.upper()}"
            text = environment.get(name)
            if text is None:
                if field.default is MISSING:
                    raise ValueError(f"{name} is not set")
                continue
            kind = {"str": str, "float": float, "int": int}[str(field.type)]
            try:
                values[field.name] = kind(text)
            except ValueError:
                raise ValueError(f"{name} is no number") from None
        return cls(**values)  # type: ignore[arg-type]
