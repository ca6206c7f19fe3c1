"""How a gateway is told that sessions ended: by the app's own services, and by Appwrite's webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from .auth import SessionAuth
from .credential import read_credential
from .problem import Problem
from .verdict import load_json

_MOST = 256 * 1024


def revocation_router(auth: SessionAuth, *, secret: str = "", webhook_key: str = "", webhook_url: str = "") -> APIRouter:
    """Make the endpoints, each only if its key is there: ``secret`` for one, ``webhook_key`` and ``webhook_url`` for the other.

    Both are answered with 204 if every worker is told, and with 202 if they will be told as soon as Redis is back.
    """
    router = APIRouter()

    async def revoke(user_id: object, origin: str) -> Response:
        if not isinstance(user_id, str) or not user_id:
            raise Problem("request_invalid")
        told = await auth.revoke_user(user_id, origin)
        return Response(status_code=204 if told else 202)

    if secret:

        @router.post("/_gateway/revocations", status_code=204, summary="Forget what is known of a user, or of a session")
        async def revocations(request: Request) -> Response:
            """`{"userId": …}`, or `{"credential": …}`, what a session cookie holds. With `Authorization: Bearer <secret>`."""
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), secret.encode()):
                raise Problem("not_authorized")
            content = _object(await _body(request))
            credential = content.get("credential")
            if isinstance(credential, str):
                # A session names its user. Appwrite is asked anew about the user's other sessions, once each.
                carrier = (b"x-appwrite-session", credential.encode("utf-8", "replace"))
                return await revoke(read_credential([carrier], auth.project).user_id, "service")
            return await revoke(content.get("userId"), "service")

    if webhook_key and webhook_url:

        @router.post("/_gateway/webhooks/appwrite", status_code=204, summary="Appwrite's webhook for events of users")
        async def webhook(request: Request) -> Response:
            """Forget what is known of the user whom the event is about.

            For the events `users.*.sessions.*.delete`, `users.*.sessions.delete`, `users.*.update.status`,
            `users.*.update.password`, `users.*.recovery.*.update` and `users.*.delete`.
            """
            body = await _body(request)
            given = request.headers.get("x-appwrite-webhook-signature", "")
            if not hmac.compare_digest(given.encode(), sign_webhook(webhook_url, body, webhook_key).encode()):
                raise Problem("not_authorized")
            content = _object(body)
            # A session has its user's id, a user is one. The signature covers both, and no header.
            return await revoke(content.get("userId") or content.get("$id"), "webhook")

    return router


def sign_webhook(url: str, body: bytes, key: str) -> str:
    """Give what Appwrite sends as ``X-Appwrite-Webhook-Signature``. The algorithm is Appwrite's choice."""
    return base64.b64encode(hmac.new(key.encode(), url.encode() + body, hashlib.sha1).digest()).decode()


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST:
                raise Problem("body_too_large")
    except ClientDisconnect:
        raise Problem("request_invalid") from None
    return bytes(body)


def _object(body: bytes) -> dict[str, object]:
    try:
        return load_json(body)
    except (ValueError, RecursionError):
        raise Problem("request_invalid") from None
