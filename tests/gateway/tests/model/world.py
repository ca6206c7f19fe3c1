"""Two workers, one Redis that can lose or refuse anything, one session that ends, and one revocation that reports it.

What a worker believes is decided by ``appwrite_session_gateway.belief``, with which the code decides as well. The scripts of
Redis, the listener and the memory of a worker are modelled here. Commands and news are single steps, so they interleave in every
way. Time is not modelled: an answer gets old, a generation expires and a worker notices a loss whenever that is worst.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from appwrite_session_gateway.belief import Entry, Shelf, Standing, believed, may_use_redis
from appwrite_session_gateway.user import User
from appwrite_session_gateway.verdict import Lifetime, Outcome, Policy, Verdict

ALIVE = Verdict(Outcome.ALIVE, User(id="ada"))
POLICY = Policy()
REVOKED = "revoked"
SHORT, LONG = 1, 2


class Kept(NamedTuple):
    """An answer in Redis that says that the session lives."""

    generation: int
    history: int
    epoch: int
    fresh: bool = True


class Data(NamedTuple):
    """What Redis holds. 0 is no generation."""

    generation: int = 0
    kept: Kept | None = None
    epoch: int = 0


class Flight(NamedTuple):
    """A question under way."""

    generation: int
    history: int
    epoch: int
    stale: bool = False
    answer: bool | None = None
    overtaken: bool = False
    alone: bool = False


class Worker(NamedTuple):
    """A worker. ``connected`` is the truth about its subscription, ``epoch`` what it thinks."""

    epoch: int | None = None
    latest: int = 0
    connected: bool = False
    inbox: tuple[str | int, ...] = ()
    memory: int = 0
    """Whether it remembers that the session lives: ``SHORT`` if it learned so while it did not hear, else ``LONG``."""
    flight: Flight | None = None
    untold: bool = False
    told: bool = False
    took: bool = False
    """It took the revocation."""
    began_after: bool = False
    """It began its epoch after the revocation was acknowledged, by 202 or 204."""


class World(NamedTuple):
    """Everything there is."""

    lives: bool = True
    acknowledged: int = 0
    """0, 202 or 204."""
    data: Data = Data(epoch=2)
    copy: Data = Data(epoch=2)
    """What the replica has, or a file: what Redis has after a failover or a restart."""
    history: int = 1
    names: int = 1
    """For new generations."""
    can: str = "all"
    """``all``, ``full``, ``read`` (a replica) or ``nothing``."""
    faults: int = 0
    questions: int = 0
    workers: tuple[Worker, Worker] = (Worker(1, 2, connected=True), Worker(2, 2, connected=True))


def plain(world: World, faults: int) -> World:
    """Give the same world with the smallest names, so that worlds which differ in nothing else are one."""
    flights = [each.flight for each in world.workers if each.flight is not None]
    copy = world.copy if world.faults < faults else Data()
    kept = [each for each in (world.data.kept, copy.kept) if each is not None]
    named: list[Flight | Kept] = [*flights, *kept]
    names = sorted({0, world.data.generation, copy.generation, *(each.generation for each in named)})
    histories = sorted({0, world.history, *(each.history for each in named)})
    epochs = sorted({
        0, world.data.epoch, copy.epoch, *(each.epoch for each in named),
        *(each.latest for each in world.workers), *(each.epoch or 0 for each in world.workers),
        *(news for each in world.workers for news in each.inbox if isinstance(news, int)),
    })  # fmt: skip
    name, history, epoch = (_renamed(each) for each in (names, histories, epochs))

    def data(old: Data) -> Data:
        kept = old.kept and Kept(name[old.kept.generation], history[old.kept.history], epoch[old.kept.epoch], old.kept.fresh)
        return Data(name[old.generation], kept, epoch[old.epoch])

    def worker(old: Worker) -> Worker:
        flight = old.flight and old.flight._replace(
            generation=name[old.flight.generation], history=history[old.flight.history], epoch=epoch[old.flight.epoch]
        )
        inbox = tuple(epoch[news] if isinstance(news, int) else news for news in old.inbox)
        return old._replace(epoch=old.epoch and epoch[old.epoch], latest=epoch[old.latest], inbox=inbox, flight=flight)

    first, second = sorted((worker(each) for each in world.workers), key=repr)
    return world._replace(
        data=data(world.data), copy=data(copy), history=history[world.history], names=len(names), workers=(first, second)
    )


def _renamed(numbers: list[int]) -> dict[int, int]:
    return {old: new for new, old in enumerate(numbers)}


@dataclass(frozen=True)
class Rules:
    """What a test can plant a mistake in."""

    missing_generation_counts: bool = False
    history_counts: bool = True
    epoch_counts: bool = True
    untold_counts: bool = True
    finish_checks: bool = True
    overtaken_is_dropped: bool = True
    retries: bool = True
    forgets_when_deaf: bool = True


class Model:
    """What can happen in a world, with so many faults and questions."""

    def __init__(self, rules: Rules | None = None, *, faults: int = 2, questions: int = 3) -> None:
        self.rules = rules or Rules()
        self._faults = faults
        self._questions = questions

    def steps(self, world: World) -> Iterator[tuple[str, World, str | None]]:
        """Give everything that can happen next."""
        for what, after, broken in self._steps(world):
            yield what, after if after is world else plain(after, self._faults), broken

    def _steps(self, world: World) -> Iterator[tuple[str, World, str | None]]:
        if world.lives:
            yield "the session ends", world._replace(lives=False), None
        yield from self._redis(world)
        for number in (0, 1):
            me = world.workers[number]
            who = f"a worker that {'hears' if me.connected else 'does not hear'}{', with a question' if me.flight else ''}"
            for what, after, broken in self._worker(world, number):
                yield f"{what}: {who}", after, broken

    # ---- Redis

    def _redis(self, world: World) -> Iterator[tuple[str, World, str | None]]:
        data = world.data
        if data.kept is not None and data.kept.fresh:
            yield "the answer gets old", world._replace(data=data._replace(kept=data.kept._replace(fresh=False))), None
        if world.copy != data and world.can != "nothing" and world.faults < self._faults:
            yield "the replica catches up", world._replace(copy=data), None
        if world.can != "all":
            yield "Redis is well again", world._replace(can="all"), None
        if world.faults >= self._faults:
            return
        hurt = world._replace(faults=world.faults + 1)
        if world.can == "all":
            for can in ("full", "read", "nothing"):
                yield f"Redis can do {can}", hurt._replace(can=can), None
        if data.generation:
            yield "the generation expires", hurt._replace(data=data._replace(generation=0)), None
        if data != Data():
            yield "Redis is flushed", hurt._replace(data=Data()), None
        first, second = (each._replace(connected=False, inbox=()) for each in world.workers)
        yield "a failover", hurt._replace(data=world.copy, history=world.history + 1, workers=(first, second), can="all"), None

    def _writable(self, world: World) -> bool:
        return world.can in ("all", "full")

    # ---- a worker

    def _worker(self, world: World, number: int) -> Iterator[tuple[str, World, str | None]]:
        me = world.workers[number]
        yield from self._calls(world, number)
        yield from self._flight(world, number)
        yield from self._revocation(world, number)
        if me.inbox:
            yield "news arrives", self._set(world, number, self._heard(me)), None
        if me.epoch is None and self._writable(world):
            yield "begins to hear", self._hear(world, number), None
        if me.epoch is not None and (not me.connected or not self._writable(world)):
            yield "notices the loss", self._set(world, number, self._deaf(me)), None
        if world.faults < self._faults:
            hurt = world._replace(faults=world.faults + 1)
            if me.connected:
                yield "the subscription is lost", self._set(hurt, number, me._replace(connected=False, inbox=())), None
            if me != Worker():
                yield "is started anew", self._set(hurt, number, Worker()), None

    def _calls(self, world: World, number: int) -> Iterator[tuple[str, World, str | None]]:
        me = world.workers[number]
        if me.memory:
            yield "lets in from memory", world, self._wrong(world, me, "memory")
            yield "the memory gets old", self._set(world, number, me._replace(memory=0)), None
            return
        if me.flight is not None or world.questions >= self._questions:
            return
        asking = world._replace(questions=world.questions + 1)
        if not may_use_redis(self._standing(me)) or world.can == "nothing":
            yield "asks alone", self._set(asking, number, me._replace(flight=Flight(0, 0, 0, alone=True))), None
            return
        kept = world.data.kept if self._believes(world, me) else None
        if kept is not None and kept.fresh:
            yield "lets in from Redis", self._set(world, number, me._replace(memory=LONG)), self._wrong(world, me, "redis")
            return
        if kept is not None and not kept.fresh:
            yield "lets in by the grace", world, self._wrong(world, me, "redis")
        generation, asked = world.data.generation, asking
        if world.can == "read" or (world.can == "full" and not generation):
            yield "asks alone", self._set(asking, number, me._replace(flight=Flight(0, 0, 0, alone=True))), None
            return
        if not generation:
            generation = world.names
            asked = asked._replace(names=world.names + 1, data=world.data._replace(generation=generation))
        flight = Flight(generation, 0 if world.can == "read" else world.history, me.latest, stale=kept is not None)
        yield "asks for all", self._set(asked, number, me._replace(flight=flight)), None

    def _flight(self, world: World, number: int) -> Iterator[tuple[str, World, str | None]]:
        me = world.workers[number]
        flight = me.flight
        if flight is None:
            return
        if flight.stale and not flight.overtaken:
            yield "lets in while it asks", world, self._wrong(world, me, "early")
        if flight.answer is None:
            answered = me._replace(flight=flight._replace(answer=world.lives))
            yield "Appwrite answers", self._set(world, number, answered), None
            return
        over = me._replace(flight=None)
        is_kept = flight.answer and not (flight.overtaken and self.rules.overtaken_is_dropped)
        remembers = (LONG if may_use_redis(self._standing(me)) else SHORT) if is_kept else 0
        data = world.data
        if flight.alone:
            wrong = self._wrong(world, me, "flight") if flight.answer and not flight.overtaken else None
            yield "is answered alone", self._set(world, number, over._replace(memory=remembers)), wrong
        elif not self._writable(world):
            wrong = self._wrong(world, me, "flight") if flight.answer and not flight.overtaken else None
            yield "cannot keep the answer", self._set(world, number, over), wrong
        elif self.rules.finish_checks and (data.generation, world.history) != (flight.generation, flight.history):
            yield "was overtaken", self._set(world, number, over), None
        else:
            kept = Kept(flight.generation, flight.history, flight.epoch) if flight.answer and world.can == "all" else None
            done = self._set(world._replace(data=data._replace(kept=kept)), number, over._replace(memory=remembers))
            wrong = self._wrong(world, me, "redis") if flight.answer and not flight.overtaken else None
            yield "keeps the answer", done, wrong

    def _revocation(self, world: World, number: int) -> Iterator[tuple[str, World, str | None]]:
        me = world.workers[number]
        if not world.lives and world.acknowledged == 0:
            taken = self._set(world, number, self._forgotten(me)._replace(untold=True, took=True))
            if self._writable(world):
                yield "is told, passes it on", self._pass_on(taken, number)._replace(acknowledged=204), None
                lost = self._set(self._pass_on(taken, number), number, taken.workers[number])
                yield "is told, passes it on, does not hear so", lost._replace(acknowledged=202), None
            yield "is told, cannot pass it on", taken._replace(acknowledged=202), None
        if me.untold and world.acknowledged and self._writable(world) and self.rules.retries:
            yield "passes it on later", self._pass_on(world, number)._replace(acknowledged=204), None

    def _pass_on(self, world: World, number: int) -> World:
        first, second = (
            each._replace(inbox=(*each.inbox, REVOKED)) if each.connected and REVOKED not in each.inbox else each
            for each in world.workers
        )
        told = world._replace(data=world.data._replace(generation=0), workers=(first, second))
        return self._set(told, number, told.workers[number]._replace(untold=False, told=True))

    def _hear(self, world: World, number: int) -> World:
        epoch = max(world.data.epoch + 1, world.workers[number].latest + 1, max(each.latest for each in world.workers) + 1)
        # As in the script, the clock keeps an epoch apart from those before if Redis has lost or cannot store the latest.
        data = world.data._replace(epoch=epoch) if world.can == "all" else world.data
        first, second = (
            each._replace(inbox=(*each.inbox, epoch)) if each.connected and index != number else each
            for index, each in enumerate(world.workers)
        )
        me = self._forgotten(world.workers[number])
        me = me._replace(
            epoch=epoch, latest=epoch, connected=True, inbox=(), untold=me.untold or me.told, told=False,
            began_after=world.acknowledged != 0,
        )  # fmt: skip
        return self._set(world._replace(data=data, workers=(first, second)), number, me)

    def _heard(self, me: Worker) -> Worker:
        news, rest = me.inbox[0], me.inbox[1:]
        me = me._replace(inbox=rest)
        if isinstance(news, int):
            return me._replace(latest=max(me.latest, news))
        return self._forgotten(me)

    def _deaf(self, me: Worker) -> Worker:
        forgotten = self._forgotten(me) if self.rules.forgets_when_deaf else me
        return forgotten._replace(epoch=None, connected=False, inbox=())

    @staticmethod
    def _forgotten(me: Worker) -> Worker:
        return me._replace(memory=0, flight=me.flight and me.flight._replace(overtaken=True))

    # ---- beliefs and promises

    def _standing(self, me: Worker) -> Standing:
        return Standing(me.epoch, me.untold and self.rules.untold_counts)

    def _believes(self, world: World, me: Worker) -> bool:
        kept, data = world.data.kept, world.data
        if kept is None:
            return False
        history = str(world.history) if world.can != "read" else ""
        generation, entrys = str(data.generation or ""), str(kept.generation)
        if self.rules.missing_generation_counts and not generation:
            generation = entrys
        written = str(kept.history) if self.rules.history_counts else history
        epoch = kept.epoch if self.rules.epoch_counts else 10**9
        entry = Entry(ALIVE, entrys, written, epoch, 0, 30_000 if kept.fresh else 0, 150_000)
        life: Lifetime | None = believed(Shelf(history, generation, 1, entry), self._standing(me), POLICY)
        return life is not None

    def _wrong(self, world: World, me: Worker, source: str) -> str | None:
        """Say which promise is broken if this worker lets the session in now."""
        if not world.acknowledged:
            return None
        if me.took:
            return "a worker lets in whose revocation it took itself"
        if me.began_after and not (source == "flight" and me.flight is not None and me.flight.overtaken):
            return "a worker lets in that began to hear after the revocation was acknowledged"
        if source == "memory" and me.memory == LONG and me.epoch is None:
            return "a worker that does not hear lets in by what it learned while it heard"
        return self._wrong_after_204(me, source) if world.acknowledged == 204 else None

    @staticmethod
    def _wrong_after_204(me: Worker, source: str) -> str | None:
        if source == "redis":
            return "a revocation that every worker was told of is undone by an answer in Redis"
        if me.epoch is not None and me.connected and REVOKED not in me.inbox:
            return "a worker lets in that has heard of the revocation"
        return None

    @staticmethod
    def _set(world: World, number: int, me: Worker) -> World:
        workers = (me, world.workers[1]) if number == 0 else (world.workers[0], me)
        return world._replace(workers=workers)


def recovered(model: Model, world: World) -> World:
    """Give what is left when everything is well again and has had its time."""
    world = world._replace(can="all")
    for number in (0, 1):
        me = world.workers[number]
        if not me.connected and me.epoch is not None:
            world = model._set(world, number, model._deaf(me))
    for number in (0, 1):
        if world.workers[number].epoch is None:
            world = model._hear(world, number)
    for number in (0, 1):
        if world.workers[number].untold and model.rules.retries:
            world = model._pass_on(world, number)._replace(acknowledged=204)
    for number in (0, 1):
        while world.workers[number].inbox:
            world = model._set(world, number, model._heard(world.workers[number]))
    return world
