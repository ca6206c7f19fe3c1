"""A Redis by its URL: one server, with TLS, behind Sentinel, or a Cluster.

=================================================  =======================================
``redis://[user:password@]host:port/db``            one server; ``unix://`` as well
``rediss://…?ssl_ca_certs=…``                       the same by TLS
``redis+sentinel://[…@]host:port,host:port/name/db`` the master that the Sentinels name
``redis+cluster://[…@]host:port,host:port``         a Cluster
``rediss+sentinel://``, ``rediss+cluster://``       the same by TLS
=================================================  =======================================
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

TIMEOUT = 1.0
"""Seconds. A cache that takes longer is none."""
FAILURES = (RedisError, OSError, TimeoutError, KeyError, ValueError)
"""What went wrong with Redis. What a command raises differs by client: a dead Cluster is a KeyError here and there."""


def connect_redis(url: str) -> Redis | RedisCluster:
    """Make a client for ``url``; it connects when it is first used. Raises ``ValueError`` if the URL is none of the above."""
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        # Whoever waits for an answer has a better one than trying again: Appwrite.
        "retry": Retry(NoBackoff(), 0),
    }
    scheme, _, rest = url.partition("://")
    base, _, kind = scheme.partition("+")
    if not kind:
        return Redis.from_url(url, **options)
    if base not in ("redis", "rediss") or kind not in ("sentinel", "cluster"):
        raise ValueError("a Redis URL begins with redis, rediss or unix, with +sentinel or +cluster if it is that")
    parts = urlsplit(f"//{rest}")
    login, _, hosts = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    nodes = [_host_port(each, 26379 if kind == "sentinel" else 6379) for each in hosts.split(",")]
    options |= dict(parse_qsl(parts.query))
    if username:
        options["username"] = unquote(username)
    if password:
        options["password"] = unquote(password)
    if kind == "cluster":
        options["retry"] = Retry(NoBackoff(), 1)  # once more, where the slots have moved to
        return RedisCluster(
            startup_nodes=[ClusterNode(host, port) for host, port in nodes],
            ssl=base == "rediss",
            **options,
        )
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("a Sentinel URL ends in /name, the name of the master")
    options |= {"ssl": base == "rediss", "db": int(database or 0)}
    watchers = {name: value for name, value in options.items() if name not in ("username", "password", "db")}
    sentinel = Sentinel(nodes, sentinel_kwargs=watchers, **options)  # type: ignore[no-untyped-call]
    master: Redis = sentinel.master_for(service)
    return master


def _host_port(text: str, default: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("a Redis URL names a host")
    return parts.hostname, parts.port or default
