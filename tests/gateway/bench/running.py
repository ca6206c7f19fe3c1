"""The small apps of the measurements as processes, and what they have used of the processor."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.process import Process, free_port

GATEWAY = Path(__file__).resolve().parents[1]
USERS = 50


@contextmanager
def app_process(factory: str, workers: int = 1, /, **environment: object) -> Iterator[tuple[Process, int]]:
    """Run an app of ``bench.apps``; gives it, and its port."""
    port = free_port()
    folder = str(GATEWAY)
    program = [sys.executable, "-m", "uvicorn", "--no-access-log", "--timeout-keep-alive", "75", "--app-dir", folder]
    settings = {f"BENCH_{name.upper()}": str(value) for name, value in environment.items()}
    settings["BENCH_PORT"] = str(port)
    options = ["--port", str(port), "--workers", str(workers), "--factory", f"bench.apps:{factory}"]
    process = Process([*program, *options], settings)

    def is_up(lines: list[str]) -> bool | None:
        begun = sum("startup complete" in line for line in lines) >= workers
        return True if begun and any("running on" in line for line in lines) else None

    process.wait_for(is_up)
    try:
        yield process, port
    finally:
        process.kill()


@contextmanager
def app(factory: str, workers: int = 1, /, **environment: object) -> Iterator[int]:
    """Run an app; gives its port."""
    with app_process(factory, workers, **environment) as (_, port):
        yield port


def spent(process: Process) -> float:
    """Give the seconds of processor time of a process and of its children so far."""
    seconds = 0.0
    # The process leads a session of its own, which its workers belong to.
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[3]) == process.popen.pid:
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def new_keys(folder: Path) -> Path:
    """Make a key to sign access tokens with; gives its file."""
    file = folder / "key.pem"
    if not file.exists():
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        file.write_bytes(Ed25519PrivateKey.generate().private_bytes(encoding, form, serialization.NoEncryption()))
    return file
