"""A running mock, and its controls."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ._program import find_program

if TYPE_CHECKING:
    from types import TracebackType

_LONGEST = 30.0


class MockAppwrite:
    """A running mock: one that is started, or the one whose origin the environment variable MOCK_APPWRITE_URL names.

    ``profile`` says which Appwrite it is: "1.5", "1.9" (the default) or "2.7". ``program`` is the path of the program; without
    it, that is the one of the environment variable MOCK_APPWRITE, the one in this package, or the one on PATH.
    """

    def __init__(self, profile: str | None = None, *, program: str | os.PathLike[str] | None = None) -> None:
        self._process: subprocess.Popen[str] | None = None
        if program is None and (url := os.environ.get("MOCK_APPWRITE_URL")):
            try:
                said = _ask(url.rstrip("/") + "/_mock", "GET")
            except (OSError, ValueError, RuntimeError, http.client.HTTPException) as error:
                where = f"MOCK_APPWRITE_URL, which is {url} and has to be like http://127.0.0.1:9501"
                message = f"there is no mock at {where}: {error}"
                raise RuntimeError(message) from error
            if profile is not None and profile != said["profile"]:
                message = f"the mock at MOCK_APPWRITE_URL has the profile {said['profile']}, and the test asks for {profile}"
                raise ValueError(message)
        else:
            said = self._start(find_program(program), profile)
        #: Which Appwrite it is.
        self.profile: str = said["profile"]
        #: The endpoint for clients: Appwrite's origin with `/v1`.
        self.endpoint: str = said["endpoint"]
        #: The id of the project.
        self.project: str = said["project"]
        #: The origin of a gateway of the app.
        self.gateway: str = said["gateway"]
        #: An origin that must never receive a credential.
        self.foreign: str = said["foreign"]
        #: Appwrite's origin.
        self.url: str = said["url"]
        #: An API key of the project.
        self.api_key: str = said["apiKey"]
        #: A dev key of the project.
        self.dev_key: str = said["devKey"]

    def _start(self, program: str, profile: str | None) -> Any:
        options = [] if profile is None else ["--profile", profile]
        command = [program, "serve", "--while-stdin-is-open", *options]
        # In a session of its own: Ctrl-C ends the tests, and they end the mock when they have cleaned up.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self.close()
            message = f"{' '.join(command)} ended with status {self._process.returncode}; its standard error says why"
            raise RuntimeError(message)
        return json.loads(line)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use a control, such as ``control("POST", "/users", {"email": …, "password": …})``. The README lists them all.

        ``path`` is the one after `/_mock`. Gives what the control answers, and None if the answer has no body.
        """
        return _ask(f"{self.url}/_mock{path}", method, body)

    def reset(self) -> None:
        """Remove all users, the journal and all faults, and set clock, project and switches back."""
        self.control("POST", "/reset")

    def close(self) -> None:
        """End the mock, unless it is one that MOCK_APPWRITE_URL names."""
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_LONGEST)

    def __enter__(self) -> MockAppwrite:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()


def _ask(url: str, method: str, body: Any = None) -> Any:
    """Send JSON and read JSON. By http.client, so that no proxy of the environment comes between."""
    parts = urlsplit(url)
    text = b"" if body is None else json.dumps(body).encode()
    connection = http.client.HTTPConnection(parts.netloc, timeout=_LONGEST)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        status = answer.status
    finally:
        connection.close()
    if status >= 300:
        message = f"the mock answered {status} to {method} {url}: {said.decode(errors='replace')}"
        raise RuntimeError(message)
    return json.loads(said) if said else None
