"""The endpoints of the issuer: a token for a session, and what verifiers need to know."""

# Without `from __future__ import annotations`: FastAPI reads the annotations of functions within a function.

import math
import time
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ..auth import SessionAuth
from ..limits import UserLimit
from ..problem import PROBLEM_RESPONSES, Problem
from .issuer import TokenIssuer

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_LONGEST_FORM = 16 * 1024
_KEYS_FOR = 300


def token_router(auth: SessionAuth, issuer: TokenIssuer, limit: UserLimit | None = None) -> APIRouter:
    """Make the endpoints: ``POST /_gateway/token``, ``/.well-known/jwks.json`` and the discovery documents.

    The session comes in any carrier, as in every other call; a form with ``grant_type`` may come along (RFC 8693).
    """
    router = APIRouter()
    jwks = issuer.keys.jwks()
    cached = {"Cache-Control": f"public, max-age={_KEYS_FOR}"}
    discovery: dict[str, Any] = {
        "issuer": issuer.issuer,
        "token_endpoint": f"{issuer.issuer}/_gateway/token",
        "jwks_uri": f"{issuer.issuer}/.well-known/jwks.json",
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "subject_types_supported": ["public"],
    }

    @router.post("/_gateway/token", responses=PROBLEM_RESPONSES, summary="An access token for the session of the request")
    async def token(request: Request) -> Response:
        if not await _is_exchange(request):
            return JSONResponse({"error": "unsupported_grant_type"}, 400, {"Cache-Control": "no-store"})
        # With the patience that a slow Appwrite takes: what an older answer buys lives for minutes.
        user, credential, asked, asked_ms = await auth.prove(request, patiently=True)
        if limit is not None:
            await limit.admit(user.id)
        age, policy = time.monotonic() - asked, auth.policy
        # While Appwrite cannot be asked, a token lives no longer than the session itself is let in.
        longest = policy.ttl + policy.grace - age if age > policy.ttl else math.inf
        text, life = issuer.issue(user, credential, auth.scope, age=age, checked_ms=asked_ms, longest=longest)
        answer = {"access_token": text, "token_type": "Bearer", "expires_in": life}
        # RFC 6749 §5.1 wants both.
        return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    @router.get("/.well-known/jwks.json", summary="The keys that access tokens are signed with")
    async def keys() -> Response:
        return JSONResponse(jwks, headers=cached, media_type="application/jwk-set+json")

    @router.get("/.well-known/oauth-authorization-server", summary="What the issuer offers (RFC 8414)")
    @router.get("/.well-known/openid-configuration", include_in_schema=False)
    async def discover() -> Response:
        return JSONResponse(discovery, headers=cached)

    return router


async def _is_exchange(request: Request) -> bool:
    """Whether the request asks for the one grant that there is; without a form it does.

    Raises ``Problem`` for a form that is none.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise Problem("body_too_large")
    try:
        grants = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=20).get("grant_type", [GRANT])
    except ValueError:
        raise Problem("request_invalid") from None
    return grants == [GRANT]
