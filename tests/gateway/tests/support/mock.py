"""The mock Appwrite as a process, and its controls."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from mock_appwrite import MockAppwrite

from .process import built

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody who has an account."""

    id: str
    email: str


class Mock(MockAppwrite):
    """A running mock, with what the tests ask of it."""

    def __init__(self, profile: str = "1.9") -> None:
        super().__init__(profile, program=built("mock-appwrite"))

    def api(self, method: str, path: str, body: Any = None, *, session: str = "") -> httpx.Response:
        """Call Appwrite: as the user whose session it is, or as the app's backend with its key."""
        return self._call(method, path, body, {"X-Appwrite-Session": session} if session else {"X-Appwrite-Key": self.api_key})

    def guest(self, method: str, path: str, body: Any) -> httpx.Response:
        """Call Appwrite as an app in which nobody is signed in."""
        return self._call(method, path, body, {})

    def _call(self, method: str, path: str, body: Any, caller: dict[str, str]) -> httpx.Response:
        headers = {"X-Appwrite-Project": self.project, **caller}
        answer = httpx.request(method, self.endpoint + path, headers=headers, json=body, trust_env=False)
        assert answer.is_success, answer.text
        return answer

    def add_webhook(self, url: str, key: str, events: Sequence[str]) -> str:
        """Add a webhook; gives its id."""
        webhook_id: str = self.control("POST", "/webhooks", {"url": url, "key": key, "events": events})["webhookId"]
        return webhook_id

    def delete_webhook(self, webhook_id: str) -> None:
        self.control("DELETE", f"/webhooks/{webhook_id}")

    def webhooks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "/webhooks")
        return found

    def deliveries(self, count: int = 0) -> list[dict[str, Any]]:
        """Give what was delivered to webhooks, after so many deliveries were tried."""
        found: list[dict[str, Any]] = self.control("GET", f"/deliveries?count={count}")
        return found

    def person(self) -> Person:
        """Make somebody new, whose id makes base64 padding: a carrier has to survive that."""
        number = next(_numbers)
        person = Person(f"person-{number}", f"person{number}@example.com")
        body = {"userId": person.id, "email": person.email, "password": PASSWORD, "name": f"Zoë {number}\n"}
        self.control("POST", "/users", body)
        return person

    def session(self, person: Person) -> str:
        """Open a session; gives its credential."""
        credential: str = self.control("POST", f"/users/{person.id}/sessions")["credential"]
        return credential

    def jwt(self, credential: str) -> str:
        jwt: str = self.api("POST", "/account/jwts", {}, session=credential).json()["jwt"]
        return jwt

    def revoke_all(self, person: Person) -> None:
        self.control("DELETE", f"/users/{person.id}/sessions")

    def set_user(self, person: Person, **fields: Any) -> None:
        self.control("PATCH", f"/users/{person.id}", fields)

    def totp(self, person: Person) -> str:
        code: str = self.control("GET", f"/users/{person.id}/totp")["code"]
        return code

    def fault(self, fault: dict[str, Any], times: int = 1) -> int:
        """Have the next questions about an account go wrong."""
        aim = {"path": "/v1/account", "listener": "appwrite", "times": times, "fault": fault}
        number: int = self.control("POST", "/faults", aim)["id"]
        return number

    def wait_for_hits(self, fault: int, hits: int) -> None:
        assert self.control("GET", f"/faults/{fault}?hits={hits}")["hits"] >= hits

    def release(self, fault: int) -> None:
        self.control("POST", f"/faults/{fault}/release")

    def heal(self) -> None:
        self.control("DELETE", "/faults")

    def journal(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.control("GET", "/journal")["entries"]
        return entries

    def clear_journal(self) -> None:
        self.control("DELETE", "/journal")

    def questions(self, person: Person) -> list[dict[str, Any]]:
        """Give what a gateway asked about somebody."""
        return [
            each
            for each in self.journal()
            if each["path"] == "/v1/account"
            and ["User-Agent", "appwrite-session-gateway"] in each["headers"]
            and each["credential"]["userId"] == person.id
        ]
