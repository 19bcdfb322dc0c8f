"""`kill -9` at every state of a change: of the trader, of the commander, of everything.

After each the platform is started again (or the commander comes back by itself), and what must hold then holds:
`World.check`, exactly one release trades and it is the one that the refs call live, and the owner is told how it ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from core.contracts import ENDED, Change, State
from core.contracts.asking import Question
from tests.road.strategy import RAISES, trouble
from tests.road.world import Talk, World, in_loop, world
from tests.sampling import few
from tests.trader.harness import until

FEW = range(1)
MORE = pytest.param(range(1, 5), marks=pytest.mark.long, id="more rounds")
"""`make test-long` kills at four moments more; who is killed goes round with state and number."""
VICTIMS = ("trader", "commander", "everything")
ON_THE_ROAD = (
    State.RECEIVED,
    State.PLANNED,
    State.PROPOSED,
    State.JUDGING,
    State.COMMITTED,
    State.SHADOWING,
    State.SWITCHING,
    State.LIVE,
    State.ROLLING_BACK,
)
WHERE_MOST_IS_OPEN = (State.JUDGING, State.COMMITTED, State.SHADOWING, State.SWITCHING, State.ROLLING_BACK)
"""`make test-long` kills in the others too."""

WITH_NO_TRADER = (
    State.RECEIVED,
    State.PLANNED,
    State.PROPOSED,
    State.JUDGING,
    State.COMMITTED,
    State.ACCEPTED,
    State.ROLLING_BACK,
)


class Round:
    """One kill: who, when, and whether the change stands still in its state then. The seed is the state and number."""

    def __init__(self, state: State, number: int) -> None:
        chance = random.Random(f"{state} {number}")  # noqa: S311 - a test that can be run again
        self.state, self.number = state, number
        self.victim = VICTIMS[(ON_THE_ROAD.index(state) + number) % 3] if state in ON_THE_ROAD else "everything"
        self.held = chance.random() < 0.5
        self.seconds = chance.uniform(0.0, 0.06)
        print(f"{state} {number}: {self.victim}, {'held' if self.held else 'under way'}, after {self.seconds:.4f} s")


async def reach(it: World, at: Round) -> Talk:
    """Say a sentence and let it come to the state."""
    talk = await it.talk()
    if at.state is not State.ROLLING_BACK:
        it.brake(f"at-{at.state}")
        talk.say(Question(do="change", text=f"size 0.{11 + at.number}", yes=at.state is not State.PROPOSED))
    else:
        sentence, bad = trouble(RAISES, at.number)
        talk.say(Question(do="change", text=sentence, yes=True))
        assert (await talk.rest())[-1]["state"] == "live", talk.lines
        it.brake("at-rolling_back")
        if at.number % 2:
            talk = await it.talk()
            talk.say(Question(do="rollback"))
        else:
            it.trade(bad)
    await it.reached()
    return talk


async def come_back(it: World, at: Round) -> tuple[dict[str, Change], list[dict[str, Any]]]:
    """Kill, and wait for what follows: the records as the dead left them, and what was told of them at the start."""
    before = it.running
    if not at.held:
        it.release()
    await asyncio.sleep(at.seconds)  # the moment is what is tried out
    told = len(before.told)
    await it.kill(at.victim)
    left = it.changes()
    it.release()
    if at.victim == "commander":
        await until(lambda: before.heard("fault", cause="commander_died"), "the trader notices")
        status = await it.serving()
        assert status["trader"]["events_lost"] == status["trader"]["events_doubled"] == 0
        assert status["trader"]["slots"]["green"] == ""
        lines = before.told[told:]
    else:
        lines = (await it.start()).told
    return left, [line for line in lines if line["kind"] == "recovered"]


def check_told(it: World, left: dict[str, Change], recovered: list[dict[str, Any]]) -> None:
    """Each change that the dead left behind has ended, once, and the owner was told how."""
    now = it.changes()
    assert now.keys() == left.keys()
    for change in left.values():
        if change.state in ENDED:
            continue
        told = [line for line in recovered if line["id"] == change.id]
        assert [line["state"] for line in told] == [now[change.id].state], (change, recovered)
        assert told[0]["reason"]
        assert now[change.id].reason == told[0]["reason"]


@pytest.mark.parametrize("rounds", [pytest.param(FEW, id="rounds"), MORE])
@pytest.mark.parametrize("state", few(ON_THE_ROAD, *WHERE_MOST_IS_OPEN))
def test_kill_9_while_a_change_is(state: State, rounds: range, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        async with world(tmp_path) as it:
            for number in rounds:
                at = Round(state, number)
                it.flow()
                live = it.live()
                talk = await reach(it, at)
                left, recovered = await come_back(it, at)
                talk.hang_up()
                it.check()
                check_told(it, left, recovered)
                last = list(it.changes().values())[-1]
                if at.held and ON_THE_ROAD.index(state) < ON_THE_ROAD.index(State.SWITCHING):
                    assert last.state is State.FAILED
                    assert it.live() == live
                await it.still()
            it.flow()
            assert (await it.change("size 0.2"))["state"] == "live"
            it.check()
            told = (await it.ask(Question(do="history", limit=100)))[-1]["changes"]
            assert [line["state"] for line in told] == [c.state for c in reversed(it.changes().values())]

    scene()


@pytest.mark.parametrize("rounds", [pytest.param(FEW, id="rounds"), MORE])
@in_loop
async def test_kill_9_while_nobody_trades(rounds: range, tmp_path: Path) -> None:
    """`sorte change` without `sorte run`: what was accepted is live from the next start on, what was not is not."""
    async with world(tmp_path, starts=False) as it:
        for number, state in itertools.product(rounds, WITH_NO_TRADER):
            at = Round(state, number)
            if state is State.ROLLING_BACK:  # of what was accepted in this round
                assert await (await it.launch("tests.road.commander", f"size 0.{11 + number}9")).ended() == 0
            it.brake(f"at-{state}")
            size = f"size 0.{11 + number}{WITH_NO_TRADER.index(state) + 1}"
            text = "back" if state is State.ROLLING_BACK else size
            alone = await it.launch("tests.road.commander", text)
            await it.reached()
            if not at.held:
                it.release()
            await asyncio.sleep(at.seconds)
            with contextlib.suppress(ProcessLookupError):
                alone.process.kill()
            await alone.ended()
            it.release()
            if state not in (State.ACCEPTED, State.ROLLING_BACK):
                continue
            left = it.changes()
            platform = await it.start()
            it.check()
            check_told(it, left, platform.heard("recovered"))
            last = list(it.changes().values())[-1]  # it may have been killed while it brought the one before to its end
            assert last.state in (State.LIVE, State.ROLLED_BACK, State.FAILED)
            await it.kill("everything")
