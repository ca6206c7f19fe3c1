"""Validates Appwrite sessions at an API gateway: a FastAPI dependency, and a gateway that runs."""

from .app import create_app
from .auth import SessionAuth
from .headers import UserHeaders, read_user_token
from .middleware import SessionMiddleware
from .problem import PROBLEM_RESPONSES, Problem
from .revocation import revocation_router
from .settings import Settings
from .user import User

__all__ = [
    "PROBLEM_RESPONSES",
    "Problem",
    "SessionAuth",
    "SessionMiddleware",
    "Settings",
    "User",
    "UserHeaders",
    "create_app",
    "read_user_token",
    "revocation_router",
]
