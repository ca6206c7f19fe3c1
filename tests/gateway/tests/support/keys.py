"""Keys that sign access tokens."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from appwrite_session_gateway import SigningKeys


def new_keys() -> SigningKeys:
    """Make a key that nobody else has."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SigningKeys([pem.decode()])
