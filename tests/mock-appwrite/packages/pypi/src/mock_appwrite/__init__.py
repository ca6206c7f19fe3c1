"""An Appwrite for tests: it answers as the real server does, and keeps everything in memory."""

from ._mock import MockAppwrite
from ._program import ProgramNotFoundError

__all__ = ["MockAppwrite", "ProgramNotFoundError"]
