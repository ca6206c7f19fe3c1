"""How Appwrite is asked when it is slow, silent, or asked a lot; with servers that a test plays on real sockets."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from appwrite_session_gateway.appwrite import Appwrite
from appwrite_session_gateway.breaker import FAILURES_IN_A_ROW, Breaker
from appwrite_session_gateway.credential import Carrier, Credential
from appwrite_session_gateway.limits import FailureGuard
from appwrite_session_gateway.local import LocalCache
from appwrite_session_gateway.outgoing import trust
from appwrite_session_gateway.user import User
from appwrite_session_gateway.validator import Validator
from appwrite_session_gateway.verdict import Outcome, Policy, Verdict

pytestmark = pytest.mark.anyio
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def session(number: int) -> Credential:
    return Credential(Carrier.COOKIE, "alice", text=f"session-{number}")


def account(more: bytes = b"") -> bytes:
    body = json.dumps({"$id": "alice"}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body + more)


@asynccontextmanager
async def server(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Run an Appwrite; gives its endpoint."""
    open_lines: set[asyncio.StreamWriter] = set()

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_lines.add(writer)
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(note, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"http{'s' if tls else ''}://localhost:{listening.sockets[0].getsockname()[1]}/v1"
    finally:
        listening.close()
        for line in open_lines:
            line.transport.abort()


async def test_800_sessions_at_once_are_all_answered_and_few_are_asked_about_at_a_time() -> None:
    now, most = 0, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        while True:
            await reader.readuntil(b"\r\n\r\n")
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.04)
            now -= 1
            writer.write(account())

    async with server(serve) as endpoint:
        # All of them take longer than that; each one's time begins with its turn.
        appwrite = Appwrite(endpoint, "demo", timeout=1.5, connections=16)
        verdicts = await asyncio.gather(*(appwrite.ask(session(number)) for number in range(800)))
        await appwrite.close()
    assert {each.outcome for each in verdicts} == {Outcome.ALIVE}
    assert 8 <= most <= 16


async def test_connections_that_the_network_swallowed_are_given_up_with_the_first_question() -> None:
    swallowed = asyncio.Event()
    lines = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal lines
        lines += 1
        is_old = not swallowed.is_set()
        while True:
            await reader.readuntil(b"\r\n\r\n")
            if is_old and swallowed.is_set():
                await asyncio.Event().wait()
            await asyncio.sleep(0.01)
            writer.write(account())

    async with server(serve) as endpoint:
        appwrite = Appwrite(endpoint, "demo", timeout=0.3, connections=4)
        before = await asyncio.gather(*(appwrite.ask(session(number)) for number in range(4)))
        assert ({each.outcome for each in before}, lines) == ({Outcome.ALIVE}, 4)
        swallowed.set()
        assert (await appwrite.ask(session(5))).why == "timeout"
        assert [(await appwrite.ask(session(number))).outcome for number in range(6, 10)] == [Outcome.ALIVE] * 4
        await appwrite.close()


async def test_what_comes_after_an_answer_is_nobodys_answer() -> None:
    """Bytes too many, at once or a moment later, would answer the next question."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            head = await reader.readuntil(b"\r\n\r\n")
            user = "mallory" if b"session-0" in head else "alice"
            body = json.dumps({"$id": user}).encode()
            surplus = account().replace(b"alice", b"ellen")
            whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            if late:
                writer.write(whole)
                await asyncio.sleep(0.05)
                writer.write(surplus)
            else:
                writer.write(whole + surplus)

    for late in (False, True):
        async with server(serve) as endpoint:
            appwrite = Appwrite(endpoint, "demo", timeout=1, connections=1)
            first = await appwrite.ask(session(1))
            await asyncio.sleep(0.1)  # until the surplus is there
            second = await appwrite.ask(session(2))
            assert (first.outcome, second.outcome) == (Outcome.ALIVE, Outcome.ALIVE), late
            await appwrite.close()


async def test_an_appwrite_that_does_not_answer_is_left_alone_and_found_again() -> None:
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1
        if asked <= FAILURES_IN_A_ROW:
            await asyncio.Event().wait()
        writer.write(account())

    async with server(serve) as endpoint:
        appwrite = Appwrite(endpoint, "demo", timeout=0.1, connections=2)
        for number in range(FAILURES_IN_A_ROW):
            assert (await appwrite.ask(session(number))).why == "timeout"
        verdict = await appwrite.ask(session(100))
        assert (verdict.why, verdict.retry_after, asked) == ("breaker", 1, FAILURES_IN_A_ROW)
        appwrite._breaker._closed_until = 0  # the pause is over
        assert (await appwrite.ask(session(101))).outcome is Outcome.ALIVE
        assert (await appwrite.ask(session(102))).outcome is Outcome.ALIVE
        await appwrite.close()


async def test_a_credential_for_which_appwrite_errs_does_not_stop_questions_about_others() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            poison = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
            writer.write(poison if b"session-0" in head else account())

    async with server(serve) as endpoint:
        appwrite = Appwrite(endpoint, "demo", timeout=1, connections=2)
        assert {(await appwrite.ask(session(0))).why for _ in range(3 * FAILURES_IN_A_ROW)} == {"failing"}
        assert (await appwrite.ask(session(1))).outcome is Outcome.ALIVE
        await appwrite.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 999999 \r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_000_000,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=range(12),
)
async def test_an_answer_that_is_none_is_unavailable(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with server(serve) as endpoint:
        appwrite = Appwrite(endpoint, "demo", timeout=1, connections=2)
        assert (await appwrite.ask(session(0))).outcome is Outcome.UNAVAILABLE
        await appwrite.close()


async def test_an_authority_of_ones_own_is_trusted_if_it_is_named(tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(account())

    async with server(serve, context) as endpoint:
        for ca_file, why in ((str(tmp_path / "ca.pem"), ""), ("", "unreachable")):
            appwrite = Appwrite(endpoint, "demo", timeout=5, connections=2, tls=trust(ca_file))
            assert (await appwrite.ask(session(1))).why == why
            await appwrite.close()
    (tmp_path / "empty.pem").touch()
    for wrong in ("empty.pem", "none.pem"):
        with pytest.raises(ValueError, match="ca_file is"):
            trust(str(tmp_path / wrong))


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_admits_one_question_after_each_pause_and_waits_longer_each_time() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES_IN_A_ROW):
        assert breaker.admits()
        breaker.note(answered=False)
    for pause in (0.5, 1, 2, 2):
        assert not breaker.admits()
        clock.now += pause
        assert breaker.admits()
        assert not breaker.admits(), "one at a time"
        breaker.note(answered=False)
    clock.now += 2
    assert breaker.admits()
    breaker.note(answered=True)
    assert [breaker.admits() for _ in range(3)] == [True] * 3


class Hanging:
    """An Appwrite that answers once, and then when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer = asyncio.Event()
        self.verdict = Verdict(Outcome.ALIVE, ALIVE.user)

    async def ask(self, _credential: Credential) -> Verdict:
        self.asked += 1
        if self.asked > 1:
            await self.answer.wait()
        return self.verdict


ALIVE = Verdict(Outcome.ALIVE, User(id="alice"))


def hanging() -> tuple[Validator, Hanging, Clock]:
    appwrite, clock = Hanging(), Clock()
    policy = Policy(ttl=30, grace=120, patience=0.05)
    local = LocalCache(100, clock)
    return Validator(appwrite, local, None, policy, FailureGuard(0), "scope"), appwrite, clock  # type: ignore[arg-type]


async def test_within_the_grace_nobody_waits_for_an_appwrite_that_hangs_and_its_answer_still_counts() -> None:
    validator, appwrite, clock = hanging()
    await validator.validate(session(1))
    clock.now += 31
    async with asyncio.timeout(2):
        assert [(await validator.validate(session(1))).outcome for _ in range(20)] == [Outcome.ALIVE] * 20
    assert appwrite.asked == 2, "the question goes on, and there is one"
    appwrite.verdict = Verdict(Outcome.SESSION_INVALID)
    appwrite.answer.set()
    await asyncio.sleep(0)
    async with asyncio.timeout(2):
        while (await validator.validate(session(1))).outcome is Outcome.ALIVE:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert appwrite.asked == 2


async def test_who_is_patient_gets_no_old_answer_from_a_slow_appwrite() -> None:
    validator, appwrite, clock = hanging()
    await validator.validate(session(1))
    clock.now += 31
    appwrite.verdict = Verdict(Outcome.SESSION_INVALID)
    patient = asyncio.create_task(validator.validate(session(1), patiently=True))
    async with asyncio.timeout(2):
        assert (await validator.validate(session(1))).outcome is Outcome.ALIVE
    assert not patient.done()
    appwrite.answer.set()
    async with asyncio.timeout(2):
        assert (await patient).outcome is Outcome.SESSION_INVALID
    assert appwrite.asked == 2


async def test_an_old_answer_is_not_used_while_appwrite_answers_in_time_or_after_a_revocation_or_the_grace() -> None:
    validator, appwrite, clock = hanging()
    await validator.validate(session(1))
    clock.now += 31
    appwrite.verdict = Verdict(Outcome.SESSION_INVALID)
    appwrite.answer.set()
    assert (await validator.validate(session(1))).outcome is Outcome.SESSION_INVALID

    for what in ("a revocation", "the grace is over"):
        validator, appwrite, clock = hanging()
        await validator.validate(session(1))
        clock.now += 31 if what == "a revocation" else 151
        call = asyncio.create_task(validator.validate(session(1)))
        while appwrite.asked < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
        if what == "a revocation":
            validator.forget_user("alice")
        done, _ = await asyncio.wait([call], timeout=0.2)
        assert not done, what
        appwrite.answer.set()
        await call
