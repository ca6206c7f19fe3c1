"""The command `mock-appwrite`: becomes the program."""

from __future__ import annotations

import os
import subprocess
import sys

from ._program import ProgramNotFoundError, find_program


def main() -> None:
    """Run the program with the arguments of this process."""
    try:
        command = [find_program(), *sys.argv[1:]]
    except ProgramNotFoundError as error:
        sys.exit(f"mock-appwrite: {error}")
    if os.name == "nt":
        # Windows has no exec that the caller would wait for.
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
