"""``SessionAuth``: the FastAPI dependency that knows who calls."""

from __future__ import annotations

import hashlib
import inspect
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from fastapi import Depends, FastAPI
from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from .appwrite import Appwrite, Asked
from .credential import CLOCK_LEEWAY, Carrier, Credential, Headers, cookie_names, is_user_id, read_credential
from .limits import FailureGuard, UserLimit
from .listener import Listener
from .local import LocalCache
from .observe import REFUSED_CARRIERS, REVOCATIONS
from .origin import check_origin
from .outgoing import trust
from .problem import Problem, let_answer
from .redis_url import connect_redis
from .settings import check_counts, check_times
from .shared import SharedCache
from .tracing import can_trace, note_user
from .user import User
from .validator import Validator
from .verdict import Outcome, Policy, Verdict

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

    from .tokens import TokenIssuer

_ENDINGS = ("session_invalid", "mfa_required", "user_blocked", "password_reset_required", "token_expired", "token_invalid")


class Proven(NamedTuple):
    """A user, what proves it, and how old Appwrite's word about that is."""

    user: User
    credential: Credential
    asked: float
    """When Appwrite was asked, by the monotonic clock."""
    asked_ms: int
    """The same by the clock that revocations are dated by, in milliseconds."""


class SessionAuth(SecurityBase):
    """Validates the Appwrite session of every request, and gives its user.

    .. code-block:: python

        auth = SessionAuth(endpoint="https://fra.cloud.appwrite.io/v1", project="my-project", cache="redis://…")
        app = FastAPI(lifespan=auth.lifespan)

        @app.get("/orders")
        async def orders(user: Annotated[User, Depends(auth)]) -> list[Order]: ...

    A request without a user is answered as README.md says, with problem+json. ``cache`` is the URL of a Redis (see
    ``redis_url``); without one every worker remembers for itself. Times are in seconds; those of answers are at ``Policy``.
    ``origins`` are the websites that may use the cookie to change something or to open a WebSocket, like ``https://app.example.com``,
    beside the app's own; ``*`` is every website. ``ca_file`` has the certificates, in PEM, of an authority of your own that
    Appwrite's certificate is from. With ``tokens``, the access tokens that this gateway issues are taken, too. An app for several
    projects has one of these for each, which can share a Redis; ``scheme_name`` tells them apart in the OpenAPI document.

    If the app has ``opentelemetry-api``, each question to Appwrite is a span of ``tracer_provider``, or else of the global one.
    With ``trace_user``, the id of the user is put on the current span of the request as ``enduser.id``; otherwise it is on none.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        project: str,
        cache: str | None = None,
        ttl: float = Policy.ttl,
        negative_ttl: float = Policy.negative_ttl,
        grace: float = Policy.grace,
        local_ttl: float = Policy.local_ttl,
        local_size: int = 10_000,
        timeout: float = 5,
        connections: int = 16,
        failures_per_minute: int = 0,
        origins: Sequence[str] = (),
        ca_file: str = "",
        tokens: TokenIssuer | None = None,
        scheme_name: str = "AppwriteSession",
        tracer_provider: TracerProvider | None = None,
        trace_user: bool = False,
    ) -> None:
        if not endpoint.startswith(("https://", "http://")) or not endpoint.rstrip("/").endswith("/v1"):
            raise ValueError("endpoint is the URL of Appwrite's API, https://…/v1")
        if not project:
            raise ValueError("project is the id of the project in Appwrite")
        if tokens is not None and tokens.project != project:
            raise ValueError("tokens is the issuer of another project")
        if trace_user and not can_trace():
            raise ValueError("trace_user is for apps that have opentelemetry-api")
        self.endpoint, self.project = endpoint, project
        self.policy = Policy(ttl=ttl, negative_ttl=negative_ttl, grace=grace, local_ttl=local_ttl)
        check_times(ttl=ttl, negative_ttl=negative_ttl, grace=grace, local_ttl=local_ttl, timeout=timeout)
        check_counts(local_size=local_size, connections=connections)
        if cache:
            connect_redis(cache)  # raises for a URL of another kind
        self._cache = cache
        self._make: Callable[[], Asked] = partial(
            Appwrite, endpoint, project,
            timeout=timeout, connections=connections, tls=trust(ca_file), tracer_provider=tracer_provider,
        )  # fmt: skip
        self._trace_user = trace_user
        self._local_size = local_size
        self._guard = FailureGuard(failures_per_minute)
        self._parts: _Parts | None = None
        self._entered = 0
        self._origins = tuple(origins)
        self.tokens = tokens
        self.scope = f"{endpoint.rstrip('/')}\n{project}"
        self.is_ready = False
        # What FastAPI reads of a security scheme, for the OpenAPI document.
        self.scheme_name = scheme_name
        self.model = _scheme(project)
        self.optional = Optional(self)
        """Use ``Depends(auth.optional)`` where a request without a credential is welcome: it gives ``None`` then.

        A credential that is there and does not count is still a problem.
        """

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Open and close what belongs to it, and let ``app`` and what is mounted in it answer problems.

        A lifespan of your own can enter it. It can be entered again after it was left, in another event loop too, and by several
        apps at the same time.
        """
        let_answer(app)
        async with self.opened():
            yield

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open and close what belongs to it, for an app that is none of FastAPI. ``lifespan`` does the same."""
        self._entered += 1
        try:
            if self._entered == 1:
                await self._open.start()
            self.is_ready = True
            yield
        finally:
            self._entered -= 1
            if self._entered == 0:
                self.is_ready = False
                parts, self._parts = self._open, None
                await parts.close()

    @property
    def _open(self) -> _Parts:
        """Give what has connections; they belong to the event loop in which they are first used."""
        if self._parts is None:
            # Of the project only: a revocation reaches gateways that spell the endpoint differently. Their answers have
            # other names.
            prefix = f"asg2:{hashlib.sha256(self.project.encode()).hexdigest()[:12]}"
            appwrite = self._make()
            shared = SharedCache(self._cache, prefix, self.policy) if self._cache else None
            validator = Validator(appwrite, LocalCache(self._local_size), shared, self.policy, self._guard, self.scope)
            self._parts = _Parts(appwrite, shared, validator, Listener(shared, validator) if shared else None)
        return self._parts

    def require(
        self, *, verified: bool = False, label: str | Sequence[str] = (), team: str = "", role: str | Sequence[str] = ()
    ) -> Requirement:
        """Make a dependency for users with a verified e-mail address, with a label or all of several, or in a team.

        ``team`` is the id of a team, whose member has to have accepted the invitation, and to have ``role``, or all of several.
        Another user is answered 403 ``not_permitted``. A change of labels is noticed within ``ttl``, or at once if a webhook for
        ``users.*.update`` reports it; one of a membership likewise, by one for ``teams.*.memberships.*.update``.
        """
        labels, roles = ((each,) if isinstance(each, str) else tuple(each) for each in (label, role))
        if team and not is_user_id(team):
            raise ValueError("team is the id of a team in Appwrite")
        if roles and not team:
            raise ValueError("role is one in a team, and team is not set")
        return Requirement(self, verified=verified, labels=labels, team=team, roles=roles)

    async def roles_in(self, team: str, connection: HTTPConnection) -> tuple[str, ...]:
        """Give the roles that the user of a request has in a team. Raises ``Problem`` ``not_permitted`` for who is no member.

        For a team that the request names. It asks Appwrite with the user's own credential, and what it says is believed as long
        as an answer about the session. An access token of this gateway is no credential for Appwrite, so it is no member.
        """
        credential = self._read(connection.scope["headers"])
        if credential.carrier is Carrier.ACCESS_TOKEN or not is_user_id(team):
            raise Problem("not_permitted")
        client = connection.client.host if connection.client else ""
        return (await self._alive(replace(credential, team=team), client)).roles

    async def __call__(self, connection: HTTPConnection) -> User:
        """Give the user of a request or a WebSocket; raises ``Problem`` if there is none."""
        user = (await self.prove(connection)).user
        connection.state.user = user
        if self._trace_user:
            note_user(user)
        return user

    async def prove(self, connection: HTTPConnection, *, patiently: bool = False) -> Proven:
        """Give the user of a request, and what proves it; raises ``Problem`` if there is none.

        ``patiently``: an older answer of Appwrite counts only if it cannot be asked, and not if it is slow.
        """
        client = connection.client.host if connection.client else ""
        credential = self._read(connection.scope["headers"])
        check_origin(connection, credential.carrier, self._origins)
        return await self._prove(credential, client, patiently=patiently)

    async def identify(self, headers: Headers, client: str = "") -> User:
        """Give the user whose credential is in raw ASGI headers, for any other framework; raises ``Problem`` if there is none."""
        return (await self._prove(self._read(headers), client)).user

    def _read(self, headers: Headers) -> Credential:
        try:
            return read_credential(headers, self.project)
        except Problem as problem:
            REFUSED_CARRIERS.labels(problem.type).inc()
            raise

    async def _prove(self, credential: Credential, client: str = "", *, patiently: bool = False) -> Proven:
        if credential.carrier is Carrier.ACCESS_TOKEN:
            return self._bearer(credential)
        verdict = await self._alive(credential, client, patiently=patiently)
        assert verdict.user is not None  # noqa: S101
        return Proven(verdict.user, credential, verdict.asked, verdict.asked_ms)

    async def _alive(self, credential: Credential, client: str, *, patiently: bool = False) -> Verdict:
        if credential.expires_at is not None and credential.expires_at < time.time() - CLOCK_LEEWAY:
            # It says so itself, and the client can have another one. Nobody has to be asked.
            raise Problem("token_expired")
        verdict = await self._open.validator.validate(credential, client, patiently=patiently)
        if verdict.outcome is Outcome.ALIVE:
            return verdict
        unavailable = verdict.outcome is Outcome.UNAVAILABLE
        raise Problem(verdict.outcome.value, retry_after=verdict.retry_after if unavailable else None)

    async def ended(self, headers: Headers, *, outlives_token: bool = False) -> str:
        """Say whether the session of a connection that stays open has ended: the type of the problem, or nothing.

        ``outlives_token``: the connection may go on when its access token has ended, until the user is revoked.
        """
        try:
            credential = self._read(headers)
            if outlives_token and credential.carrier is Carrier.ACCESS_TOKEN:
                self._bearer(credential, late=True)
            else:
                await self._prove(credential)
        except Problem as problem:
            return problem.type if problem.type in _ENDINGS else ""
        return ""

    def _bearer(self, credential: Credential, *, late: bool = False) -> Proven:
        if self.tokens is None:
            raise Problem("token_invalid")
        user, checked_ms = self.tokens.read(credential.text, late=late)
        if self._open.validator.revoked_tokens.has(user.id, checked_ms):
            raise Problem("token_invalid")
        return Proven(user, credential, time.monotonic(), checked_ms)

    async def revoke_user(self, user_id: str, origin: str = "app") -> bool:
        """Have every worker forget what it knows of a user's sessions, so that Appwrite is asked anew about each of them.

        ``False``: Redis did not take it. This worker has forgotten, and believes nothing about the user until Redis has taken it,
        which is tried every second. The other workers ask Appwrite anew within seconds if they cannot write to Redis either.
        """
        REVOCATIONS.labels(origin).inc()
        parts = self._open
        parts.validator.forget_user(user_id)
        return await parts.listener.revoke(user_id) if parts.listener else True

    @property
    def cache_state(self) -> str:
        """``shared``, ``local`` without a Redis, or ``degraded`` while Redis is away."""
        shared = self._open.shared
        if shared is None:
            return "local"
        return "degraded" if shared.epoch is None else "shared"

    def user_limit(self, per_minute: int) -> UserLimit:
        """Make a limit of calls per user that uses the same Redis."""
        return UserLimit(per_minute, lambda: self._open.shared)


@dataclass(frozen=True)
class _Parts:
    """What has connections, from the first use until the lifespan ends."""

    appwrite: Asked
    shared: SharedCache | None
    validator: Validator
    listener: Listener | None

    async def start(self) -> None:
        if self.listener is not None:
            await self.listener.start()

    async def close(self) -> None:
        if self.listener is not None:
            await self.listener.stop()
        if self.shared is not None:
            await self.shared.close()
        await self.appwrite.close()


class Optional(SecurityBase):
    """The dependency that gives ``None`` for a request without a credential."""

    def __init__(self, auth: SessionAuth) -> None:
        self._auth = auth
        self.scheme_name, self.model = auth.scheme_name, auth.model

    async def __call__(self, connection: HTTPConnection) -> User | None:
        """Give the user, if the request carries a credential."""
        try:
            return await self._auth(connection)
        except Problem as problem:
            if problem.type == "session_missing":
                return None
            raise


class Requirement:
    """The dependency that gives only users who have what is required."""

    def __init__(self, auth: SessionAuth, *, verified: bool, labels: tuple[str, ...], team: str, roles: tuple[str, ...]) -> None:
        self._auth, self._verified, self._labels, self._team, self._roles = auth, verified, labels, team, roles
        # FastAPI reads from here that it depends on ``auth``, so an app's tests replace ``auth`` alone.
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        connection = inspect.Parameter("connection", kind, annotation=HTTPConnection)
        user = inspect.Parameter("user", kind, annotation=User, default=Depends(auth))
        self.__signature__ = inspect.Signature([connection, user])

    async def __call__(self, connection: HTTPConnection, user: User) -> User:
        """Give the user. Raises ``Problem`` ``not_permitted`` if something is missing."""
        if (self._verified and not user.email_verified) or not set(self._labels) <= set(user.labels):
            raise Problem("not_permitted")
        if self._team and not set(self._roles) <= set(await self._auth.roles_in(self._team, connection)):
            raise Problem("not_permitted")
        return user


def _scheme(project: str) -> APIKey:
    about = (
        "The session, as Appwrite's own cookie. In its place a request can carry one of the headers `X-Fallback-Cookies: "
        f'{{"{cookie_names(project)[0]}": "…"}}`, `X-Appwrite-Session: …`, and `Authorization: Bearer` with a JWT of Appwrite.'
    )
    return APIKey.model_validate({"in": APIKeyIn.cookie, "name": cookie_names(project)[0], "description": about})
