"""The gateway as it runs in production: uvicorn with workers, as a process."""

from __future__ import annotations

import re
import sys
from typing import Any

import httpx

from .process import Process, free_port, json_lines
from .waiting import eventually

REVOCATION_SECRET = "a secret between services"
WEBHOOK_KEY = "0123456789abcdef"


class Gateway:
    """A running gateway."""

    def __init__(
        self, *, endpoint: str, project: str, upstream: str, cache: str = "", workers: int = 1, port: int = 0, **settings: Any
    ) -> None:
        self.port, self.metrics_port, self.workers = port or free_port(), free_port(), workers
        self.url = f"http://127.0.0.1:{self.port}"
        # With a percent-encoding, which Appwrite removes before it signs the URL.
        self.webhook_url = f"{self.url}/_gateway/webhooks/appwrite?for=the%20gateway"
        named = {
            "endpoint": endpoint,
            "project": project,
            "upstream": upstream,
            "cache": cache,
            "revocation_secret": REVOCATION_SECRET,
            "webhook_key": WEBHOOK_KEY,
            "webhook_url": self.webhook_url,
            "calls_per_minute": 0,
            **settings,
        }
        environment = {f"GATEWAY_{name.upper()}": str(value) for name, value in named.items()}
        command = [sys.executable, "-m", "appwrite_session_gateway", "--port", str(self.port), "--workers", str(workers)]
        self.process = Process([*command, "--metrics-port", str(self.metrics_port)], environment)
        self.wait_for_workers(workers)
        # uvicorn says so a moment before it listens.
        eventually(self._is_healthy, bool)

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).is_success
        except httpx.ConnectError:
            return False

    def wait_for_workers(self, count: int) -> None:
        """Wait until so many workers have begun, those that have ended included."""
        self.process.wait_for(lambda lines: True if len(self._said(lines, "Application startup complete.")) >= count else None)

    def worker_ids(self) -> list[int]:
        """Give the process ids of all workers that ever began, in that order."""
        started = [re.search(r"Started server process \[(\d+)\]", line["event"]) for line in json_lines(self.process.lines)]
        return [int(found.group(1)) for found in started if found]

    def metric(self, name: str, **labels: str) -> float:
        """Give the sum of a metric over all workers, and over the labels that are not named."""
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", trust_env=False).text
        total = 0.0
        for line in text.splitlines():
            if re.match(rf"{name}[{{ ]", line) and all(f'{key}="{value}"' in line for key, value in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def revoke(self, **what: str) -> int:
        """Tell the gateway that sessions ended, as a service would."""
        headers = {"Authorization": f"Bearer {REVOCATION_SECRET}"}
        return httpx.post(f"{self.url}/_gateway/revocations", json=what, headers=headers, trust_env=False).status_code

    def close(self) -> None:
        self.process.kill()

    @staticmethod
    def _said(lines: list[str], event: str) -> list[dict[str, Any]]:
        return [line for line in json_lines(lines) if line.get("event") == event]
