"""No revocation that was acknowledged is undone, in whatever order workers, Redis and Appwrite act, and whatever fails."""

from __future__ import annotations

import pytest

from model.search import Result, search
from model.world import Model, Rules, World, recovered


def explore(model: Model) -> Result:
    return search(World(), model.steps, lambda world: left_over(model, world))


def left_over(model: Model, world: World) -> str | None:
    """Say what is wrong when everything is well again."""
    if not world.acknowledged or (not any(each.took for each in world.workers) and world.acknowledged == 202):
        return None
    after = recovered(model, world)
    if after.acknowledged != 204:
        return "a revocation that was acknowledged is never passed on"
    for each in after.workers:
        if each.memory or model._believes(after, each):
            return "everything is well again, and a worker believes an old answer"
    return None


@pytest.mark.parametrize(("faults", "questions"), [(1, 2)])
def test_no_revocation_that_was_acknowledged_is_undone(faults: int, questions: int) -> None:
    """Every state is looked at: the search has no limit here."""
    result = explore(Model(faults=faults, questions=questions))
    print(f"\n{faults} faults, {questions} questions: {result.states} states, {result.steps} steps, depth {result.deepest}")
    assert result.told() == "nothing is broken"
    assert {
        "lets in from memory", "lets in from Redis", "lets in by the grace", "lets in while it asks", "asks for all",
        "asks alone", "keeps the answer", "cannot keep the answer", "was overtaken", "is told, passes it on",
        "is told, cannot pass it on", "is told, passes it on, does not hear so", "passes it on later", "news arrives",
        "begins to hear", "notices the loss", "the subscription is lost", "is started anew", "the generation expires",
        "Redis is flushed", "a failover", "Redis can do full", "Redis can do read", "Redis can do nothing",
        "the session ends", "the answer gets old",
    } <= result.happened  # fmt: skip


@pytest.mark.parametrize(
    "mistake",
    [
        {"missing_generation_counts": True}, {"history_counts": False}, {"epoch_counts": False}, {"untold_counts": False},
        {"finish_checks": False}, {"overtaken_is_dropped": False}, {"retries": False}, {"forgets_when_deaf": False},
    ],
    ids=lambda each: next(iter(each)),
)  # fmt: skip
def test_without_any_one_of_the_rules_a_promise_breaks(mistake: dict[str, bool]) -> None:
    result = explore(Model(Rules(**mistake), faults=1, questions=2))
    print("\n" + result.told())
    assert result.broken
