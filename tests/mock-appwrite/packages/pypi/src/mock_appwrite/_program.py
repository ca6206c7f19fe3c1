"""Where the program is."""

from __future__ import annotations

import os
from pathlib import Path

_NAME = "mock-appwrite.exe" if os.name == "nt" else "mock-appwrite"


class ProgramNotFoundError(Exception):
    """There is no program to start."""


def find_program(given: str | os.PathLike[str] | None = None) -> str:
    """Find the program: the given one, that of MOCK_APPWRITE, the one in this package, or the one on PATH."""
    if found := given or os.environ.get("MOCK_APPWRITE"):
        return os.fspath(found)
    packed = Path(__file__).with_name("bin") / _NAME
    on_path = (Path(folder) / _NAME for folder in os.get_exec_path())
    for each in (packed, *on_path):
        if _is_program(each):
            return str(each)
    message = (
        "this installation of mock-appwrite has no program. Either install a wheel for this platform from PyPI, or build the "
        "program with `cargo install --locked --git URL-OF-APPWRITE-SESSION mock-appwrite`, which puts it on PATH, or set the "
        "environment variable MOCK_APPWRITE to its path"
    )
    raise ProgramNotFoundError(message)


def _is_program(path: Path) -> bool:
    """Tell a program from a script: this package's own command is on PATH as well and would only look for itself."""
    try:
        if not os.access(path, os.X_OK):
            return False
        with path.open("rb") as file:
            return file.read(2) != b"#!"
    except OSError:
        return False
