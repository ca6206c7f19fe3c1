"""What a call costs a worker's processor: ``python -m bench.cpu``, with what ``bench`` needs; takes a minute.

Processor time is counted, so that another load on the machine does not count. Exit status 1: a session in the worker's memory
costs more than 1.3 times of the same app with a JWT that it verifies by itself (PyJWT, HS256).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import jwt

from support.gateway import Gateway
from support.mock import Mock
from support.process import Process
from support.redis import RedisServer

from .apps import KEY
from .load import TOKEN_PATH, fetch_token, press
from .running import USERS, app, app_process, new_keys, spent

ROUNDS = 4
SECONDS = 3.0
MOST = 1.3


def measure(process: Process, port: int, headers: list[str], method: str = "GET", path: str = "/orders") -> float:
    """Give the microseconds of one call: the least of some rounds."""
    found = []
    asyncio.run(press(port, headers, connections=16, seconds=1, method=method, path=path))
    for _ in range(ROUNDS):
        before = spent(process)
        measured = asyncio.run(press(port, headers, connections=16, seconds=SECONDS, method=method, path=path))
        assert measured.failed == 0
        found.append((spent(process) - before) / len(measured.times) * 1e6)
    return min(found)


def cost(factory: str, headers: list[str], **environment: object) -> float:
    """Give what a call of an app costs."""
    with app_process(factory, **environment) as (process, port):
        return measure(process, port, headers)


def costs_of_tokens(cookies: list[str], endpoint: str, cache: str, folder: Path) -> dict[str, float]:
    """Give what access tokens cost: a call with one in the app that issues them, in a microservice, and to issue one."""
    keys = new_keys(folder)
    with app_process("hybrid", endpoint=endpoint, cache=cache, ttl=600, token_keys=keys) as (issuer, port):
        tokens = [asyncio.run(fetch_token(port, cookie)) for cookie in cookies]
        in_gateway, issued = measure(issuer, port, tokens), measure(issuer, port, cookies, "POST", TOKEN_PATH)
        in_microservice = cost("microservice", tokens, issuer=port)
    return {
        "access token, in the gateway's app": in_gateway,
        "access token, in a microservice": in_microservice,
        "to issue an access token, session in memory": issued,
    }


def cost_of_gateway(headers: list[str], **settings: object) -> float:
    """Give what a call through the complete gateway costs it, without what the service behind it costs."""
    with app("without_auth") as port:
        gateway = Gateway(project="demo", upstream=f"http://127.0.0.1:{port}", **settings)  # type: ignore[arg-type]
        try:
            return measure(gateway.process, gateway.port, headers)
        finally:
            gateway.close()


def main() -> None:
    """Measure and print."""
    mock = Mock()
    claims = {"sub": "ada", "aud": "bench", "exp": int(time.time()) + 3600}
    token = [f"Authorization: Bearer {jwt.encode(claims, KEY, 'HS256')}\r\n"]
    cookies = [f"Cookie: a_session_demo={mock.session(mock.person())}\r\n" for _ in range(USERS)]
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder))
        costs = {
            "no auth": cost("without_auth", [""]),
            "PyJWT, HS256": cost("with_jwt", token),
            "session, in the worker's memory": cost("with_auth", cookies, endpoint=mock.endpoint, cache=redis.url, ttl=600),
            "session, in Redis": cost("with_auth", cookies, endpoint=mock.endpoint, cache=redis.url, ttl=600, local_ttl=0),
            **costs_of_tokens(cookies, mock.endpoint, redis.url, Path(folder)),
            "the complete gateway, session in memory": cost_of_gateway(cookies, endpoint=mock.endpoint, cache=redis.url, ttl=600),
            "the same, with a limit of calls a minute": cost_of_gateway(
                cookies, endpoint=mock.endpoint, cache=redis.url, ttl=600, calls_per_minute=10**6
            ),
        }
        redis.kill()
    mock.close()
    print("| the same app with | processor time of a call, µs |\n|---|---:|")
    for name, micros in costs.items():
        print(f"| {name} | {micros:.0f} |")
    factor = costs["session, in the worker's memory"] / costs["PyJWT, HS256"]
    print(f"\na session in memory costs {factor:.2f} times as much as PyJWT")
    sys.exit(factor > MOST)


if __name__ == "__main__":
    main()
