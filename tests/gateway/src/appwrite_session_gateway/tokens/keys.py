"""The keys that sign access tokens, and their public halves as a JSON Web Key Set."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey
PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey
_END = "-----END "
_HINT = "make one with `openssl genpkey -algorithm ed25519`"


@dataclass(frozen=True, slots=True)
class Key:
    """One key. Its private half, if it has one, is in no ``repr``."""

    kid: str
    """The thumbprint of RFC 7638."""
    algorithm: str
    """``EdDSA`` or ``ES256``."""
    public: PublicKey
    jwk: dict[str, Any] = field(repr=False)
    private: PrivateKey | None = field(default=None, repr=False)


class SigningKeys:
    """The keys of a gateway. The first one signs, and all of them are published.

    To change the key without a token being refused: publish the new one in second place, let the verifiers fetch it (they keep
    the set for five minutes), move it to the first place, and drop the old one once its last token has ended.

    Keys are PEM: private ones of Ed25519 or P-256 without a password, and public ones for those that verify only.
    """

    def __init__(self, pems: Iterable[str | bytes]) -> None:
        self._keys = [_key(pem) for pem in pems]
        if not self._keys:
            raise ValueError(f"there is no key to sign access tokens with; {_HINT}")
        if self._keys[0].private is None:
            raise ValueError("the first key signs, so it has to be a private one")
        if len({key.kid for key in self._keys}) < len(self._keys):
            raise ValueError("a key is given twice")

    @classmethod
    def from_text(cls, text: str) -> SigningKeys:
        """Read what a setting has: PEM texts one after another, or paths of PEM files with commas in between."""
        if "-----BEGIN " in text:
            # Environments without line breaks have `\\n` in their place.
            return cls(_split(text.replace("\\n", "\n")))
        paths = [Path(path.strip()) for path in text.split(",") if path.strip()]
        return cls(pem for path in paths for pem in _split(_read(path)))

    @property
    def signing(self) -> Key:
        """The key that signs."""
        return self._keys[0]

    def of(self, kid: object) -> Key | None:
        """Give the key with that id."""
        return next((key for key in self._keys if key.kid == kid), None)

    def jwks(self) -> dict[str, Any]:
        """Give the public halves as a JSON Web Key Set (RFC 7517)."""
        return {"keys": [key.jwk for key in self._keys]}

    def __repr__(self) -> str:
        """Tell the ids only."""
        return f"SigningKeys({[key.kid for key in self._keys]})"


def public_key(jwk: object) -> Key | None:
    """Read a key of a JSON Web Key Set; ``None`` if it is of another kind than a gateway's."""
    if not isinstance(jwk, dict):
        return None
    readers: dict[tuple[str, str], Callable[[Any], object]] = {
        ("OKP", "Ed25519"): OKPAlgorithm.from_jwk,
        ("EC", "P-256"): ECAlgorithm.from_jwk,
    }
    read = readers.get((str(jwk.get("kty")), str(jwk.get("crv"))))
    if read is None or "d" in jwk:
        return None
    try:
        public = read(jwk)
    except Exception:
        return None
    return _of_public(public) if isinstance(public, Ed25519PublicKey | EllipticCurvePublicKey) else None


def _key(pem: str | bytes) -> Key:
    data = pem.encode() if isinstance(pem, str) else pem
    try:
        if b"PRIVATE KEY" not in data:
            public = load_pem_public_key(data)
            return _of_public(_taken(public, Ed25519PublicKey, EllipticCurvePublicKey))
        private = _taken(load_pem_private_key(data, None), Ed25519PrivateKey, EllipticCurvePrivateKey)
    except TypeError:
        raise ValueError("a signing key is protected by a password; give it without one") from None
    except ValueError as error:
        # The library's words may quote the text.
        known = str(error) if str(error).startswith("a signing key") else f"a signing key is no PEM; {_HINT}"
        raise ValueError(known) from None
    known_half = _of_public(private.public_key())
    return Key(known_half.kid, known_half.algorithm, known_half.public, known_half.jwk, private)


def _taken(key: object, *kinds: Any) -> Any:
    if isinstance(key, kinds):
        curve = getattr(key, "curve", None)
        if curve is None or isinstance(curve, SECP256R1):
            return key
    raise ValueError(f"a signing key is neither Ed25519 nor P-256; {_HINT}")


def _of_public(public: PublicKey) -> Key:
    if isinstance(public, Ed25519PublicKey):
        algorithm, jwk = "EdDSA", OKPAlgorithm.to_jwk(public, as_dict=True)
    else:
        algorithm, jwk = "ES256", ECAlgorithm.to_jwk(public, as_dict=True)
    kid = _thumbprint(jwk)
    return Key(kid, algorithm, public, {**jwk, "kid": kid, "alg": algorithm, "use": "sig"})


def _thumbprint(jwk: dict[str, Any]) -> str:
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y") if name in jwk}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode().rstrip("=")


def _split(text: str) -> list[str]:
    """Split PEM texts that stand one after another."""
    parts = text.split("-----BEGIN ")[1:]
    return [f"-----BEGIN {part}" for part in parts if _END in part]


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no PEM"
        raise ValueError(f"the signing key {path} cannot be read: {reason}") from None
