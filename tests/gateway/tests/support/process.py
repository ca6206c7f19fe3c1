"""A process of a test: started, listened to, ended; and only by its own handle."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[4]
LONGEST = 30.0
T = TypeVar("T")


def built(name: str) -> str:
    """Give the path of a program that cargo has built."""
    return str(Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / name)


def free_port() -> int:
    """Give a port of loopback on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Process:
    """A child process whose output lines are kept, and can be waited for."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None, *, stdin: bool = False) -> None:
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self.popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_for(self, wanted: Callable[[list[str]], T | None], longest: float = LONGEST) -> T:
        """Wait until ``wanted`` gives something for the lines so far."""
        deadline = time.monotonic() + longest
        with self._news:
            while (found := wanted(self.lines)) is None:
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    raise AssertionError(f"{self.popen.args!r}: never said so:\n" + "\n".join(self.lines[-40:]))
                self._news.wait(left)
            return found

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def kill(self) -> None:
        """End it at once, with the children that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self._reap()

    def terminate(self, longest: float = LONGEST) -> int:
        """Ask it to end; gives its exit status."""
        self.popen.terminate()
        try:
            status = self.popen.wait(longest)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._reap()
        return status

    def _reap(self) -> None:
        self.popen.wait(LONGEST)
        if self.popen.stdin is not None:
            with contextlib.suppress(OSError):
                self.popen.stdin.close()
        self._reader.join(LONGEST)
        if self.popen.stdout is not None:
            self.popen.stdout.close()


def json_lines(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Give the lines that are JSON objects."""
    found = []
    for line in lines:
        with contextlib.suppress(ValueError):
            content = json.loads(line)
            if isinstance(content, dict):
                found.append(content)
    return found
