"""Every kind of Redis that a URL can name, with real servers: by TLS, behind Sentinel, as a Cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import trustme

from appwrite_session_gateway.listener import Listener
from appwrite_session_gateway.redis_url import connect_redis
from appwrite_session_gateway.revoked_tokens import RevokedTokens
from appwrite_session_gateway.shared import SharedCache
from appwrite_session_gateway.user import User
from appwrite_session_gateway.verdict import Lifetime, Outcome, Policy, Verdict
from support.process import Process, free_port
from support.redis import RedisServer
from support.waiting import eventually

pytestmark = pytest.mark.anyio

ALIVE = Verdict(Outcome.ALIVE, User(id="alice"))


class Forgetful:
    """Takes the place of a validator, and says whom it was told to forget."""

    def __init__(self) -> None:
        self.forgotten: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        self.revoked_tokens = RevokedTokens()

    def forget_user(self, user_id: str, at_ms: int) -> None:
        self.forgotten.put_nowait((user_id, at_ms))

    def forget_all(self) -> None:
        return


@pytest.fixture(params=["plain", "tls", "sentinel", "cluster"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Start servers of one kind; gives the URL."""
    running: list[Process] = []
    match request.param:
        case "plain":
            server = RedisServer(tmp_path, "--requirepass", "p@ss")
            named = f"redis://:p%40ss@127.0.0.1:{server.port}/0"
        case "tls":
            authority, port = trustme.CA(), free_port()
            authority.cert_pem.write_to_path(tmp_path / "ca.pem")
            authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
            files = [f"--tls-{name}-file" for name in ("cert", "key")]
            options = [part for name in files for part in (name, str(tmp_path / "server.pem"))]
            server = RedisServer(tmp_path, "--tls-port", str(port), "--tls-ca-cert-file", str(tmp_path / "ca.pem"),
                                 "--tls-auth-clients", "no", *options)  # fmt: skip
            named = f"rediss://localhost:{port}/0?ssl_ca_certs={tmp_path / 'ca.pem'}"
        case "sentinel":
            server, port = RedisServer(tmp_path), free_port()
            (tmp_path / "sentinel.conf").write_text(f"port {port}\nsentinel monitor main 127.0.0.1 {server.port} 1\n")
            running.append(Process(["redis-server", str(tmp_path / "sentinel.conf"), "--sentinel"]))
            running[0].wait_for(lambda lines: True if any("+monitor master main" in line for line in lines) else None)
            named = f"redis+sentinel://127.0.0.1:{port}/main/0"
        case _:
            server = RedisServer(tmp_path, "--cluster-enabled", "yes", port=free_port() % 10_000 + 20_000)
            with server.client() as client:
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
                eventually(lambda: str(client.execute_command("CLUSTER", "INFO")), lambda info: "cluster_state:ok" in info)
            named = f"redis+cluster://127.0.0.1:{server.port}"
    yield named
    for process in running:
        process.kill()
    server.kill()


async def test_answers_locks_and_news_work_with_every_kind(url: str) -> None:
    shared, validator = SharedCache(url, "test", Policy()), Forgetful()
    listener = Listener(shared, validator)  # type: ignore[arg-type]
    await listener.start()
    try:
        assert shared.epoch is not None
        seen = await shared.look("digest", "alice")
        assert (seen.fresh, seen.asked) == (None, False)
        async with shared.ask_alone("digest", "alice", seen) as question:
            assert question is not None
            assert (await shared.look("digest", "alice")).asked
            async with shared.ask_alone("digest", "alice", seen) as other:
                assert other is None
            with shared.expect_news("digest") as over:
                assert await shared.finish("digest", "alice", question, ALIVE, Lifetime(30, 60))
                await asyncio.wait_for(over.wait(), 5)
        assert (await shared.look("digest", "alice")).fresh == ALIVE
        async with shared.ask_alone("digest", "alice", seen) as second:
            assert second is None, "somebody has asked since"
        assert await listener.revoke("alice")
        revoked, at_ms = await asyncio.wait_for(validator.forgotten.get(), 5)
        assert (revoked, abs(at_ms - shared.now_ms()) < 5000) == ("alice", True)
        seen = await shared.look("digest", "alice")
        assert (seen.fresh, seen.stale) == (None, None)
        async with shared.ask_alone("digest", "alice", seen) as question:
            assert question is not None
            assert question.asked >= at_ms, "by the same clock"
        [(dated, when)] = await shared.revocations()
        assert (dated, at_ms - 5000 < when <= at_ms) == ("alice", True)
        # A worker that begins now hears of it as well.
        late = Forgetful()
        restarted = Listener(shared, late)  # type: ignore[arg-type]
        await restarted.start()
        await restarted.stop()
        assert late.revoked_tokens.has("alice", when)
        assert not late.revoked_tokens.has("alice", when + 1)
        count, left = await shared.count("calls", "alice", 60)
        assert (count, round(left)) == (1, 60)
    finally:
        await listener.stop()
        await shared.close()


async def test_an_answer_that_a_revocation_overtook_is_not_kept(url: str) -> None:
    shared = SharedCache(url, "test", Policy())
    try:
        await shared.begin_epoch()
        seen = await shared.look("digest", "alice")
        async with shared.ask_alone("digest", "alice", seen) as question:
            assert question is not None
            await shared.revoke("alice")
            assert not await shared.finish("digest", "alice", question, ALIVE, Lifetime(30, 60))
        seen = await shared.look("digest", "alice")
        assert (seen.stale, seen.asked) == (None, False)
    finally:
        await shared.close()


async def test_of_too_many_revocations_the_oldest_count_for_everybody(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appwrite_session_gateway.shared.MOST", 3)
    shared = SharedCache(redis_server.url, "test-many", Policy())
    try:
        for number in range(8):
            await shared.revoke(f"user{number}")
        dated = await shared.revocations()
        assert len(dated) <= 4
        assert {"user7", "user6", "*"} <= {user_id for user_id, _ in dated}
        revoked = RevokedTokens()
        for user_id, at_ms in dated:
            revoked.revoke(user_id, at_ms)
        everybody = dict(dated)["*"]
        assert revoked.has("user0", everybody)
        assert not revoked.has("bob", everybody + 1)
        with redis_server.client() as client:
            assert 0 < client.pttl("test-many:revoked") <= 3_660_000
    finally:
        await shared.close()


@pytest.mark.parametrize("url", ["http://x", "redis+other://x", "redis+sentinel://x:1", "redis+cluster://"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises((ValueError, redis.RedisError)):
        connect_redis(url)


async def test_300_sessions_that_redis_knows_are_looked_up_at_once(redis_server: RedisServer) -> None:
    shared = SharedCache(redis_server.url, "test-crowd", Policy())
    try:
        seen = await asyncio.gather(*(shared.look(f"digest{number}", f"user{number}") for number in range(300)))
        assert len(seen) == 300
        with redis_server.client() as client:
            assert len(client.client_list()) < 60, "over few connections"
    finally:
        await shared.close()


async def test_an_answer_of_another_history_is_not_believed_even_before_the_loss_is_noticed(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    shared = SharedCache(server.url, "test", Policy())
    try:
        await shared.begin_epoch()
        seen = await shared.look("digest", "alice")
        async with shared.ask_alone("digest", "alice", seen) as question:
            assert question is not None
            await shared.finish("digest", "alice", question, ALIVE, Lifetime(30, 60))
        assert (await shared.look("digest", "alice")).fresh == ALIVE
        async with shared.ask_alone("digest", "alice", await shared.look("digest", "alice")) as late:
            assert late is not None
            with server.client() as client:
                client.replicaof("127.0.0.1", "9")
                assert (await shared.look("digest", "alice")).stale is None, "a replica"
                client.replicaof("NO", "ONE")
            assert (await shared.look("digest", "alice")).stale is None, "the same data, after it was a replica"
            assert not await shared.finish("digest", "alice", late, ALIVE, Lifetime(30, 60)), "asked before"
    finally:
        await shared.close()
        server.kill()


async def test_a_revocation_of_everybody_is_not_dated_back_by_too_many_others(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appwrite_session_gateway.shared.MOST", 3)
    shared = SharedCache(redis_server.url, "test-everybody", Policy())
    try:
        with redis_server.client() as client:
            before = shared.now_ms() - 60_000
            client.zadd("test-everybody:revoked", {f"user{number}": before + number for number in range(3)})
        await shared.revoke("*")
        assert dict(await shared.revocations())["*"] > before + 1000
    finally:
        await shared.close()
