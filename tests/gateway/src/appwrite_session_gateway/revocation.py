"""How a gateway is told that sessions ended: by the app's own services, and by Appwrite's webhooks.

Appwrite signs the URL and the body of a delivery, and none of its headers. The header with the names of the event always contains
the id of the user, and the body contains it for most kinds of events. The gateway revokes the users of both.

- Someone who has a signed body, but not the key, can send it again with other headers. So they can make the gateway forget any
  user, which costs one question to Appwrite for each session of that user. They can never make it accept somebody.
- Someone who can change the header of a delivery on its way can also drop the delivery.

Appwrite does not repeat a delivery that failed, and disables a webhook after ten failures in a row. So everything that is signed
correctly is a success, whatever it contains. Otherwise a user could cause failures and so stop all revocations.

The body of a delivery can contain password hashes and secrets. It is not logged. An error tracker stores the local variables of
every frame, so no exception is raised by a function that still holds the body, or by what such a function calls.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from .auth import SessionAuth
from .credential import is_user_id, read_credential
from .problem import Problem
from .verdict import load_json

_MOST = 256 * 1024
"""Bytes of a body that are kept. A longer delivery is hashed to its end, and its user is taken from the header alone."""
_PATIENCE = 15.0
"""Seconds in which a body has to arrive. Appwrite gives a delivery up after as many."""
_MEMBERSHIP = re.compile(r"teams\.[^,]+\.memberships\.")
_MOST_USERS = 8
"""Users that are taken from a header. Appwrite's names one; a delivery that somebody sends again can name thousands."""


def revocation_router(auth: SessionAuth, *, secret: str = "", webhook_key: str = "", webhook_url: str = "") -> APIRouter:
    """Make the endpoints, each only if its key is there: ``secret`` for one, ``webhook_key`` and ``webhook_url`` for the other.

    Both are answered with 204 if every worker is told, and with 202 if they will be told as soon as Redis is back. Raises
    ``ValueError`` for a ``webhook_key`` without ``webhook_url``, and the other way round.
    """
    if bool(webhook_key) != bool(webhook_url):
        raise ValueError("webhook_key and webhook_url belong together: the signature covers the URL")
    router = APIRouter()

    async def revoke(user_ids: list[str], origin: str) -> Response:
        told = await asyncio.gather(*(auth.revoke_user(user_id, origin) for user_id in user_ids))
        return Response(status_code=204 if all(told) else 202)

    if secret:

        @router.post("/_gateway/revocations", status_code=204, summary="Forget what is known of a user, or of a session")
        async def revocations(request: Request) -> Response:
            """`{"userId": …}`, or `{"credential": …}`, what a session cookie holds. With `Authorization: Bearer <secret>`."""
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), secret.encode()):
                raise Problem("not_authorized")
            body = await _read(request)
            if len(body) > _MOST:
                raise Problem("body_too_large")
            content = _object(body)
            user_id, credential = content.get("userId"), content.get("credential")
            if isinstance(credential, str):
                # A session names its user. Appwrite is asked anew about the user's other sessions, once each.
                carrier = (b"x-appwrite-session", credential.encode("utf-8", "replace"))
                user_id = read_credential([carrier], auth.project).user_id
            if not is_user_id(user_id):
                raise Problem("request_invalid")
            return await revoke([user_id], "service")

    if webhook_key:
        # Appwrite chose the algorithm, and signs the URL in its percent-decoded form.
        signing = hmac.new(webhook_key.encode(), unquote_to_bytes(webhook_url), hashlib.sha1)

        @router.post("/_gateway/webhooks/appwrite", status_code=204, summary="Appwrite's webhook for events of users")
        async def webhook(request: Request) -> Response:
            """Forget what is known of the user whom the event is about. Every delivery that is signed correctly is taken.

            For the events `users.*.sessions.*.delete`, `users.*.sessions.delete`, `users.*.update.status`,
            `users.*.update.password`, `users.*.recovery.*.update` and `users.*.delete`; for `require(team=…)` also
            `teams.*.memberships.*.update`, `teams.*.memberships.*.update.status` and `teams.*.memberships.*.delete`.
            """
            user_ids = await _signed_users(request, signing.copy())
            if user_ids is None:
                raise Problem("not_authorized")
            return await revoke(user_ids, "webhook")

    return router


async def _signed_users(request: Request, mac: hmac.HMAC) -> list[str] | None:
    """Give the users whom a delivery is about; ``None`` if its signature is wrong."""
    body = await _read(request, mac.update)
    given = request.headers.get("x-appwrite-webhook-signature", "")
    if not hmac.compare_digest(given.encode(), base64.b64encode(mac.digest())):
        return None
    return _users(request.headers.getlist("x-appwrite-webhook-events"), body)


def _users(headers: list[str], body: bytes) -> list[str]:
    """Give the users of an event: of its names, and of its body unless its names say that it is about something else."""
    names = [name.strip() for header in headers for name in header.split(",") if name.strip()]
    of_users = [name.removeprefix("users.") for name in names if name.startswith("users.")]
    content = _object(body)
    if names and not of_users:
        # A membership has its user's id, and an id of its own. Nothing else that is of no user is known here.
        member = content.get("userId") if any(_MEMBERSHIP.match(name) for name in names) else None
        return [member] if is_user_id(member) else []
    found: list[object] = []
    # The shortest name is always `users.<id>`, and the longer ones begin with it. An id can contain dots.
    for name in sorted(of_users, key=len):
        if len(found) < _MOST_USERS and not any(name.startswith(f"{known}.") for known in found):
            found.append(name)
    # A session, a token and a target have their user's id; a user is one.
    found.append(content.get("userId") or content.get("$id"))
    return list(dict.fromkeys(each for each in found if is_user_id(each)))


def _object(body: bytes) -> dict[str, object]:
    """Read a JSON object; an empty one if it is something else."""
    try:
        return load_json(body)
    except (ValueError, RecursionError):
        return {}


async def _read(request: Request, note: Callable[[bytes], object] = len) -> bytes:
    """Read a body, and ``note`` every piece of it. Of one that is larger than ``_MOST`` give only the beginning."""
    body = bytearray()
    problem = ""
    try:
        async with asyncio.timeout(_PATIENCE):
            async for piece in request.stream():
                note(piece)
                body += piece[: _MOST + 1 - len(body)]
    except ClientDisconnect:
        problem = "request_invalid"
    except TimeoutError:
        problem = "body_too_slow"
    if problem:
        # The exception refers to this frame. Raised in a handler, it would also refer to the frames of the first exception.
        piece = b""
        body.clear()
        raise Problem(problem)
    return bytes(body)
