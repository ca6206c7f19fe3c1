"""Access tokens: short-lived, signed by the gateway, verified by every microservice without asking anybody."""

from .issuer import TokenIssuer
from .keys import SigningKeys
from .routes import token_router
from .verifier import TokenAuth

__all__ = ["SigningKeys", "TokenAuth", "TokenIssuer", "token_router"]
