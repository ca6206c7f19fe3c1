"""The proxies of ``examples``, as real processes in front of the microservice."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from .process import Process, free_port
from .waiting import eventually

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_PATH = f"{Path(sys.executable).parent}:/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/bin"


def program(name: str) -> str:
    """Give the path of a program: one that came with a Python package, or the system's."""
    found = shutil.which(name, path=_PATH)
    assert found, f"{name} is not installed"
    return found


class RunningProxy:
    """A proxy whose configuration is an example with the ports of a test."""

    def __init__(self, name: str, folder: Path, *, gateway: str, service: str, changes: dict[str, str] | None = None) -> None:
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        example, command = _PROXIES[name]
        text = (EXAMPLES / example).read_text()
        for old, new in (changes or {}).items():
            assert old in text, old
            text = text.replace(old, new)
        for of_example, of_test in (("8000", urlsplit(gateway).port), ("8001", urlsplit(service).port), ("8080", self.port)):
            text = text.replace(f"127.0.0.1:{of_example}", f"127.0.0.1:{of_test}")
            text = text.replace(f"address: 127.0.0.1, port_value: {of_example}", f"address: 127.0.0.1, port_value: {of_test}")
        text = text.replace("lua-load haproxy.lua", f"lua-load {EXAMPLES}/haproxy.lua")
        config = folder / example
        config.write_text(text)
        words = [word.format(config=config, folder=folder) for word in command]
        self.process = Process([program(words[0]), *words[1:]], {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)})
        try:
            eventually(self._answers, bool, 20)
        except BaseException:
            self.kill()
            raise

    def _answers(self) -> bool:
        assert self.process.popen.poll() is None, "\n".join(self.process.lines)
        try:
            return httpx.get(self.url, trust_env=False).status_code in (401, 503)
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()


_ENVOY = ("envoy", "-c", "{config}", "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning")
_PROXIES = {
    "nginx": (
        "nginx.conf",
        ("nginx", "-p", "{folder}", "-c", "{config}", "-g", "daemon off; pid {folder}/pid; error_log {folder}/error.log notice;"),
    ),
    "envoy": ("envoy.yaml", _ENVOY),
    "envoy with tokens": ("envoy-tokens.yaml", _ENVOY),
    "caddy": ("Caddyfile", ("caddy", "run", "--adapter", "caddyfile", "--config", "{config}")),
    "haproxy": ("haproxy.cfg", ("haproxy", "-db", "-f", "{config}")),
}
NAMES = ["nginx", "envoy", "caddy", "haproxy"]
"""Those that ask the gateway about every call."""
