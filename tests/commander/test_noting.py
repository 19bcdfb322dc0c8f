"""The log of a change: a line for each step with its id, and one at its end with the time of each part."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from core.contracts import Change, Event, State, Utterance
from core.settings import Settings
from core.telemetry.process import logging_as
from services.commander.road import noting
from services.commander.road.watching import Watcher
from tests.commander.rig import Rig, rig

SECOND_NS = 10**9


def change(*story: tuple[Event, State], **fields: Any) -> Change:
    """A change that went through these steps, a second each."""
    steps = [structs.replace(_STEP, event=event, state=state) for event, state in story]
    timed = tuple(structs.replace(step, time_ns=number * SECOND_NS) for number, step in enumerate(steps))
    return Change("1a2b", Utterance("size 0.2", "me", "m1", 0), story[-1][1], timed, **fields)


_STEP = Change("x", Utterance("", "", "", 0)).after(Event.IGNORED, 0).steps[0]
LIVE = ((Event.AGREED, State.SWITCHING), (Event.SWITCHED, State.LIVE))
KEPT = (*LIVE, (Event.KEPT, State.LIVE))


@pytest.mark.parametrize(
    ("before", "after", "over"),
    [
        (change(*LIVE[:1]), change(*LIVE, watch="running"), False),
        (change(*LIVE, watch="running"), change(*KEPT, watch="passed"), True),
        (
            change(*LIVE, (Event.RETURNING, State.ROLLING_BACK), watch="failed"),
            change(*LIVE, (Event.RETURNING, State.ROLLING_BACK), (Event.REVERTED, State.ROLLED_BACK), watch="failed"),
            True,
        ),
        (
            change(*KEPT, (Event.RETURNING, State.ROLLING_BACK), watch="taken back"),
            change(
                *KEPT, (Event.RETURNING, State.ROLLING_BACK), (Event.REVERTED, State.ROLLED_BACK), watch="taken back"
            ),
            False,  # it was summed up when its watch ended
        ),
    ],
)
def test_a_change_is_over_once(before: Change, after: Change, over: bool) -> None:
    assert noting.is_over(before, after) == over


def test_a_watch_counts_from_the_switch_to_its_end() -> None:
    assert noting.watched(change(*KEPT)) == {"watch": 1.0}
    assert noting.watched(change(*LIVE)) == {}


def logged(folder: Path) -> list[dict[str, Any]]:
    [main] = (folder / "logs").glob("main-*.jsonl")
    return [json.loads(line) for line in main.read_text(encoding="utf-8").splitlines()]


async def say(it: Rig, text: str = "stop_loss 0.03") -> str:
    return (await it.say(text)).id


def test_a_walk_leaves_a_line_for_each_step_and_one_summary(tmp_path: Path) -> None:
    with logging_as("commander", Settings(data_dir=tmp_path / "logged")), rig(tmp_path) as it:
        known = asyncio.run(say(it))
    lines = logged(tmp_path / "logged")
    assert {line.get("change") for line in lines} == {known}
    events = [line["event"] for line in lines]
    assert events[:2] == ["change.received", "interpreted"]
    assert events.count("change.finished") == 1
    assert events.count("gate.finished") == 1
    summary = lines[events.index("change.finished")]
    assert (summary["text"], summary["gates"], summary["refused_by"]) == ("stop_loss 0.03", {"scope": 0.1}, "")
    assert {"interpret", "edit", "judge", "commit", "total"} <= set(summary["seconds"])
    assert {line["component"] for line in lines} == {"commander", "interpreter", "guardian"}


def test_a_refused_change_says_which_gate_refused_it(tmp_path: Path) -> None:
    with logging_as("commander", Settings(data_dir=tmp_path / "logged")), rig(tmp_path, refused_by="latency") as it:
        asyncio.run(say(it))
    summary = next(line for line in logged(tmp_path / "logged") if line["event"] == "change.finished")
    assert (summary["state"], summary["refused_by"]) == ("rejected", "latency")


def test_a_live_change_is_summed_up_when_its_watch_has_ended(tmp_path: Path) -> None:
    async def scene(it: Rig) -> str:
        watcher = Watcher(it.deployment)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        assert watcher._watching is not None
        await watcher._watching
        return change.id

    with logging_as("commander", Settings(data_dir=tmp_path / "logged")), rig(tmp_path, trader=True) as it:
        known = asyncio.run(scene(it))
    lines = logged(tmp_path / "logged")
    [summary] = [line for line in lines if line["event"] == "change.finished"]
    assert (summary["change"], summary["state"], summary["watched"]) == (known, "live", "passed")
    assert {"interpret", "edit", "judge", "commit", "stage", "shadow", "switch", "watch"} <= set(summary["seconds"])
    assert summary["seconds"]["watch"] >= 0.2
