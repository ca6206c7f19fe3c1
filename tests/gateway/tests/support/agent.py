"""A client of the app: an agent of ``tests/scenarios``, in Rust or another language, which does what it is told."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from .process import LONGEST, Process


class Refused(Exception):  # noqa: N818 - a word of the field
    """What the client says went wrong, by its stable code."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(json.dumps(error))
        self.code: str = error["code"]
        self.reason: str | None = error.get("reason")


class Agent:
    """A device with one app on it."""

    def __init__(self, command: Sequence[str], *, endpoint: str, project: str) -> None:
        self._process = Process(command, stdin=True)
        self._endpoint, self._project = endpoint, project
        self._ids = itertools.count(1)
        self._open: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._dispatch, daemon=True)
        self._reader.start()

    def build(self, *gateways: str, carrier: str = "cookie", **more: Any) -> None:
        """Start the app, or start it anew."""
        each = [{"url": url, "carrier": carrier} for url in gateways]
        setting = {"endpoint": self._endpoint, "project": self._project, "gateways": each, "store": "device", "attempts": 1}
        self.do("build", **(setting | more))
        self.do("restored")

    def begin(self, what: str, **details: Any) -> Future[Any]:
        """Tell it to do something; the future has what came back."""
        number, future = next(self._ids), Future[Any]()
        with self._lock:
            self._open[number] = future
            assert self._process.popen.stdin is not None
            self._process.popen.stdin.write(json.dumps({"id": number, "do": what, "client": "app", **details}) + "\n")
            self._process.popen.stdin.flush()
        return future

    def do(self, what: str, **details: Any) -> Any:
        """Have it do something; gives what came back, raises ``Refused``."""
        return self.begin(what, **details).result(LONGEST)

    def sign_in(self, email: str, password: str) -> Any:
        return self.do("sign_in_with_email", email=email, password=password)

    def call(self, target: str, method: str = "GET", **details: Any) -> Any:
        return self.do("call", method=method, target=target, **details)

    def state(self) -> str:
        kind: str = self.do("state")["kind"]
        return kind

    def close(self) -> None:
        self._process.kill()
        self._reader.join(LONGEST)

    def said(self) -> str:
        """Give all that it wrote, for a search."""
        return "\n".join(self._process.lines)

    def _dispatch(self) -> None:
        seen = 0
        while True:
            try:
                line = self._process.wait_for(lambda lines, at=seen: lines[at] if len(lines) > at else None, 3600)  # type: ignore[misc]
            except AssertionError:
                return
            seen += 1
            try:
                answer = json.loads(line)
            except ValueError:
                continue
            with self._lock:
                future = self._open.pop(answer["id"], None)
            if future is None:
                continue
            if "error" in answer:
                future.set_exception(Refused(answer["error"]))
            else:
                future.set_result(answer.get("ok"))
