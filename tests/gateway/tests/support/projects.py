"""An Appwrite with several projects. The mock has one, so each of them is a mock of its own behind one endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

from .mock import Mock


class Projects:
    """Gives each question to the mock of the project that it names, as that mock's own project."""

    def __init__(self, mocks: Mapping[str, Mock]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                mock = mocks.get(self.headers.get("X-Appwrite-Project", ""))
                if mock is None:
                    self._answer(404, json.dumps({"type": "project_not_found", "code": 404}).encode())
                    return
                headers = {**dict(self.headers), "X-Appwrite-Project": mock.project}
                headers.pop("Host")
                answer = httpx.get(mock.endpoint + self.path.removeprefix("/v1"), headers=headers, trust_env=False)
                self._answer(answer.status_code, answer.content)

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
