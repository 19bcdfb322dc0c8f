"""The commander's process with quick rooms, and with places where a test can stop it.

    python -m tests.road.commander DESCRIPTOR        as the trader starts it
    python -m tests.road.commander "size 0.2"        a sentence with no trader, as `sorte change` without `sorte run`

The judge accepts what it is given, unless the folder of brakes says otherwise; the judge's box is this process. The
editor, the recovery, the records, the commits and the refs are the real ones.

A brake is a file in the folder that ROAD_BRAKES names. `at-STATE`: when a change was written down in that state,
`reached` appears, and we stand still until the brake is gone. `refuse`: the judge refuses.
"""

from __future__ import annotations

import gc

gc.disable()  # as `core.thrift.loading` does for the product's

# ruff: noqa: E402 - before the rest is imported
import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from core.contracts import Candidate, Change, GateReport, Verdict
from core.contracts.asking import Question
from core.kernel import DECISION, Records, Table
from core.settings import Settings, load_settings
from core.strategy import Source, load, memories
from core.workspace import Workspace
from core.workspace.leftovers import sweep
from services.commander import opening, process
from services.commander.desk.desk import Desk
from services.commander.records import Changes
from services.commander.road.deployment import Deployment
from services.commander.rooms import Rooms, real_rooms
from services.gateway.console.shown import _print_json
from tests.commander.rig import about, interpret, verdict

BRAKES = Path(os.environ["ROAD_BRAKES"])
LONGEST_SECONDS = 60.0


def stand(place: str) -> None:
    """Stop here while there is a brake."""
    brake = BRAKES / place
    if not brake.exists():
        return
    (BRAKES / "reached").touch()
    ends = time.monotonic() + LONGEST_SECONDS
    while brake.exists() and time.monotonic() < ends:
        time.sleep(0.001)


class Braked(Changes):
    """The records, with a brake after each step that is written."""

    def save(self, change: Change) -> Change:
        saved = super().save(change)
        stand(f"at-{change.state}")
        return saved


def judge(
    candidate: Candidate, source: Source, parent: Source, _: Settings, on_gate: Callable[[GateReport], None]
) -> Verdict:
    """Look at nothing but the tree."""
    found = verdict(source.tree_hash, parent.tree_hash, refused_by="latency" if (BRAKES / "refuse").exists() else "")
    assert source.tree_hash == candidate.tree
    on_gate(found.gates[0])
    return about(found, candidate)


class Played:
    """The release run here, on the events that the green host saw."""

    def __init__(self, source: Source, _: Settings) -> None:
        self._strategy = load(source)

    def decisions(self, events: Records, _: Sequence[Table | None], symbols: Sequence[str]) -> Records:
        of_pairs = [self._strategy.of(symbol) for symbol in symbols]
        states = memories(of_pairs)
        table = np.zeros(self._strategy.table_shape)
        answers: Records = np.zeros(len(events), DECISION)
        answers["stop"] = answers["target"] = np.nan
        for index in range(len(events)):
            pair = int(events["pair"][index])
            of_pairs[pair].decide(events[index : index + 1], states[pair], table, answers[index : index + 1])
        return answers

    def close(self) -> None:
        """Nothing was opened."""


def clean_up(workspace: Workspace, _: Settings, keep: set[str]) -> None:
    sweep(workspace, keep=keep)


ROOMS = Rooms(interpret, real_rooms().propose, judge, Played, clean_up, real_rooms().describe)


async def alone(text: str) -> None:
    """A sentence while no trader runs."""
    settings = load_settings()
    assert settings.workspace is not None

    with opening.open_commander(settings.workspace, settings, lambda _: None, trades=False, rooms=ROOMS) as (
        context,
        _,
    ):
        question = Question(do="change", text=text, yes=True)
        _print_json(await Desk(Deployment(context)).answer(question, _print_json, _yes))
        context.close()


async def _yes(_: Change) -> bool:
    return True


if __name__ == "__main__":
    gc.freeze()
    gc.enable()
    opening.Changes = Braked  # type: ignore[misc] # the seam of this process alone
    if sys.argv[1].isdigit():
        process.main(ROOMS)
    else:
        asyncio.run(alone(sys.argv[1]))
