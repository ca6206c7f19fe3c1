"""Deliveries of webhooks: those that were recorded from a real Appwrite, and others with a correct signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from .process import ROOT

_RECORDED = ROOT / "tests" / "mock-appwrite" / "transcripts" / "webhooks-1.9.6.jsonl"


@dataclass(frozen=True)
class Delivery:
    """One that was recorded."""

    url: str
    """As it was registered."""
    key: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def event(self) -> str:
        """Give the first name of the event."""
        return dict(self.headers)["X-Appwrite-Webhook-Events"].partition(",")[0]

    @property
    def user_id(self) -> str:
        return self.event.split(".")[1]


def recorded() -> list[Delivery]:
    """Give what a real 1.9.6 delivered."""
    lines = [json.loads(line) for line in _RECORDED.read_text().splitlines()]
    return [
        Delivery(each["registered_url"], each["key"], [(name, value) for name, value in each["headers"]], each["body"].encode())
        for each in lines
    ]


def signature(url: bytes, body: bytes, key: str) -> str:
    """Sign as Appwrite does; ``url`` is already percent-decoded."""
    return base64.b64encode(hmac.digest(key.encode(), url + body, hashlib.sha1)).decode()
