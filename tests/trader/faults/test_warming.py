"""A strategy with a slow average on a real wire: its bars are fetched at the start, and for the release after it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.contracts import AddIndicator, EditPlan
from core.kernel import BAR, EVENT
from core.strategy import Source
from services.editor import edit
from tests.trader.harness import in_loop, rig

SHIPPED = dict(Source.shipped().files)


def with_average(period: int, change: str = "1") -> Source:
    """The shipped strategy with an exponential average of so many bars."""
    plan = EditPlan((AddIndicator("ema", f"ema_{period}", {"period": period}),))
    return Source.of(edit(SHIPPED, plan, change).files)


@in_loop
async def test_as_many_bars_as_the_strategy_wants_and_more_for_the_next(tmp_path: Path) -> None:
    async with rig(tmp_path, with_average(20), market={"history_bars": 1500}, stale_seconds=300) as it:
        tape = it.trader.tape
        assert set(tape.bars_of_pairs) <= {69, 70}  # 3.45 times 20, where 10 are set; and one that closed meanwhile
        slower = it.release(with_average(400, "2"))
        await it.trader.deepen(slower)
        assert set(tape.bars_of_pairs) <= {1380, 1381}
        warm: list[tuple[int, bytes]] = []
        host = it.trader.stage(slower, on_warm=warm.extend)
        assert await host.settled, (host.cause, host.detail)
        events = np.frombuffer(b"".join(event for _, event in warm), EVENT)
        bars = events[events["kind"] == BAR]
        for pair in range(2):
            own = bars[bars["pair"] == pair]
            assert 1380 <= len(own) <= 1383  # and whatever bar closed meanwhile
            assert set(np.diff(own["time_ns"])) == {60_000_000_000}
        assert np.all(np.diff(events["sequence"]) > 0)
        await it.round_trip()
        assert host.heard, (host.cause, host.detail)
        it.trader.switch()
        await it.round_trip()
        assert it.trader.slots.blue is host
        await it.check()
