"""The reference gateway's settings, from the environment."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from urllib.parse import urlsplit

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
    """Of one user, in each worker; more of them wait for their turn. 0 for no limit. Must be below ``connections``."""
    connections: int = 100
    """To the microservice, of one worker."""
    appwrite_connections: int = 16
    """To Appwrite, of one worker. So many sessions are asked about at once; others wait for their turn."""
    origins: str = ""
    """The websites that may use the cookie to change something or to open a WebSocket, with commas, beside the gateway's own."""
    ca_file: str = ""
    """A file with the certificates, in PEM, of an authority of your own, for Appwrite and the microservice."""
    user_signing_key: str = ""
    """If set, the microservice gets ``X-User-Token`` in place of plain headers."""
    user_audience: str = "microservice"
    revocation_secret: str = ""
    """If set, ``POST /_gateway/revocations`` is there."""
    webhook_key: str = ""
    webhook_url: str = ""
    """If both are set, ``POST /_gateway/webhooks/appwrite`` is there; the URL spelled as it is registered in Appwrite."""
    token_keys: str = ""
    """If set, ``POST /_gateway/token`` is there: the keys that sign access tokens, as PEM or paths (``SigningKeys``)."""
    token_issuer: str = ""
    """The public URL of the gateway, ``https://api.example.com``: what access tokens say that they are issued by."""
    token_audience: str = "microservice"  # noqa: S105
    """Whom access tokens are for."""
    token_life: int = 300
    """Seconds that an access token lives."""
    log_level: str = "INFO"

    def __repr__(self) -> str:
        """Tell nothing: some of it is secret."""
        return "Settings(…)"

    def __post_init__(self) -> None:
        """Refuse what cannot work. Raises ``ValueError`` that names the setting, and never a value."""
        for name in ("endpoint", "upstream"):
            parts = urlsplit(getattr(self, name))
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
                raise ValueError(f"{name} is a URL, https://…, without a query")
        if not self.endpoint.rstrip("/").endswith("/v1"):
            raise ValueError("endpoint is the URL of Appwrite's API, https://…/v1")
        if not self.project:
            raise ValueError("project is the id of the project in Appwrite")
        check_times(**{name: getattr(self, name) for name in _TIMES})
        check_counts(**{name: getattr(self, name) for name in _COUNTS})
        for name in ("calls_per_minute", "failures_per_minute", "calls_at_once"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is 0, for no limit, or more")
        if self.calls_at_once >= self.connections:
            raise ValueError("calls_at_once is below connections: one user would take all of them")
        if self.log_level not in logging.getLevelNamesMapping():
            raise ValueError("log_level is DEBUG, INFO, WARNING, ERROR or CRITICAL")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings. Raises ``ValueError`` that names what is missing, unknown or unreadable, and never a value."""
        values: dict[str, object] = {}
        known = {f"GATEWAY_{field.name.upper()}": field for field in fields(cls)}
        for name in environment:
            if name.startswith("GATEWAY_") and name not in known:
                near = get_close_matches(name, known, 1)
                raise ValueError(f"{name} is no setting" + (f"; {near[0]} is" if near else ""))
        for name, field in known.items():
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
        try:
            return cls(**values)  # type: ignore[arg-type]
        except ValueError as error:
            name, _, rest = str(error).partition(" ")
            raise ValueError(f"GATEWAY_{name.upper()} {rest}") from None


_TIMES = ("ttl", "negative_ttl", "grace", "local_ttl", "appwrite_timeout", "upstream_timeout")
_COUNTS = ("body_limit", "message_limit", "connections", "appwrite_connections")


def check_times(**times: float) -> None:
    """Refuse seconds that are no number, negative or longer than a month; a time-out of 0 as well. Raises ``ValueError``."""
    for name, seconds in times.items():
        if not 0 <= seconds <= _MONTH or (seconds == 0 and name.endswith("timeout")):
            raise ValueError(f"{name} is a number of seconds, a month at most")


def check_counts(**counts: int) -> None:
    """Refuse a count that is not positive. Raises ``ValueError``."""
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} is 1 or more")


_MONTH = 31 * 86_400
