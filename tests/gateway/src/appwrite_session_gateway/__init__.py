"""Validates Appwrite sessions at an API gateway: a FastAPI dependency, and a gateway that runs."""

from .app import create_app
from .auth import SessionAuth
from .headers import UserHeaders, read_user_token
from .middleware import SessionMiddleware
from .problem import PROBLEM_RESPONSES, Problem, answer_problem
from .revocation import revocation_router
from .session_check import session_check_router
from .settings import Settings
from .tokens import SigningKeys, TokenAuth, TokenIssuer, token_router
from .user import User

__all__ = [
    "PROBLEM_RESPONSES",
    "Problem",
    "SessionAuth",
    "SessionMiddleware",
    "Settings",
    "SigningKeys",
    "TokenAuth",
    "TokenIssuer",
    "User",
    "UserHeaders",
    "answer_problem",
    "create_app",
    "read_user_token",
    "revocation_router",
    "session_check_router",
    "token_router",
]
