"""Change after change under a steady stream of events: none is lost, none is answered twice, and nothing grows."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from core.kernel import DECISION, EVENT, TRADE
from core.recording import read_recording
from services.trader.tape import RECENT_EVENTS
from tests.road.world import PATIENCE, World, in_loop, world
from tests.trader.faults.test_process import descendants
from tests.trader.harness import until

CHANGES = 20
PER_SECOND = 2000
GROWS_MB = 12.0
"""In the later half of the changes, at most: orders, events and latencies are counted meanwhile."""


def used(it: World) -> dict[str, int]:
    """What a leak would make more of."""
    commander = it.commander_pid()
    assert commander is not None
    return {
        "processes": len(descendants(it.trader_pid)),
        "descriptors of the trader": len(os.listdir(f"/proc/{it.trader_pid}/fd")),  # noqa: PTH208 - a count of links
        "descriptors of the commander": len(os.listdir(f"/proc/{commander}/fd")),  # noqa: PTH208 - as above
        "temporary files": len(list(it.temporary.iterdir())),
        "warm-up files": len(list((it.data / "shadow").glob("*"))),
    }


def resident_mb(it: World) -> tuple[float, float]:
    """What the trader and the commander hold in memory."""
    commander = it.commander_pid()
    assert commander is not None
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in (it.trader_pid, commander)]
    trader, other = (round(count * os.sysconf("SC_PAGE_SIZE") / 2**20, 1) for count in pages)
    return trader, other


async def idle(it: World) -> None:
    """Wait until both hosts of the last change are warm and no third one is left."""
    await it.serving()
    await until(lambda: len(descendants(it.trader_pid)) <= PROCESSES, "no host but two")


PROCESSES = 6
"""The follower of the journal, the commander, and two hosts with the bubblewrap of each."""


@pytest.mark.long
@in_loop
async def test_20_changes_in_a_row_under_2000_events_a_second_lose_and_double_nothing(tmp_path: Path) -> None:
    async with world(tmp_path, trader={"host_deadline_ms": 10_000}, shadow_events=50) as it:
        it.flow(PER_SECOND)
        memory = []
        for number in range(CHANGES):
            change = await it.change(f"size 0.1{number + 1:02}")
            assert change["state"] == "live", change["reason"]
            assert change["events_lost"] == change["events_doubled"] == 0
            memory.append(resident_mb(it))
            if number == 1:
                await idle(it)
                before = used(it)
                await until(lambda: it.played > RECENT_EVENTS, "the tape is full, and grows no more", PATIENCE)
        await idle(it)
        grown = {what: count - before[what] for what, count in used(it).items() if count > before[what]}
        assert grown == {}
        print("trader and commander, MB:", memory)
        for earlier, later in zip(memory[CHANGES // 2], memory[-1], strict=True):
            assert later < earlier + GROWS_MB, memory
        await it.still()
        await it.trades_live()
        it.check()
        trades = it.played + len(it.sim.exchange.trades)  # the order that was filled is a trade too
        platform = it.running
        summary = await it.stop()
        assert summary["events_lost"] == summary["events_doubled"] == summary["events_unanswered"] == 0
        assert summary["faults"] == 0, platform.heard("fault")
        check_tape(it.data / "trader", trades)


def check_tape(folder: Path, trades: int) -> None:
    """Every trade of the exchange is on the tape once, and every host answered without a gap what it was asked."""
    (about,) = (folder / "events").glob("*.json")
    _, events = read_recording(about.with_suffix(""), EVENT)
    assert np.array_equal(events["sequence"], np.arange(1, len(events) + 1))
    assert np.count_nonzero(events["kind"] == TRADE) == trades
    answered: set[int] = set()
    for decisions in (folder / "decisions").glob("*.json"):
        _, rows = read_recording(decisions.with_suffix(""), DECISION)
        assert np.all(np.diff(rows["sequence"]) == 1)
        answered.update(rows["sequence"].tolist())
    live = events["sequence"][events["kind"] == TRADE]
    assert set(live.tolist()) <= answered
