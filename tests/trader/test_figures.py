"""What is seen of a trader through its window: frozen, whole, and shown once a second to whoever looks."""

from __future__ import annotations

import asyncio
import dataclasses
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from core.contracts.figures import RunFigures
from services.trader.figures import Figures, PairFigures
from tests.trader.harness import in_loop, rig


@pytest.mark.parametrize(("size", "profit"), [(0.1, 0.1), (0.0, 0.0)])
def test_profit_is_of_what_is_held(size: float, profit: float) -> None:
    """Bought at 50,000 and now at 55,000."""
    figures = PairFigures("BTCUSDT", 55_000.0, size, 50_000.0 if size else 0.0, Decimal(48_500), "")
    assert figures.profit == pytest.approx(profit)


@in_loop
async def test_who_follows_sees_it_now_and_again_and_what_was_shown_stays_as_it_was(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        seen: list[Figures] = []
        again = asyncio.Event()

        def view(figures: Figures) -> None:
            seen.append(figures)
            if len(seen) > 1:
                again.set()

        it.trader.window.follow(view)
        first = dataclasses.replace(seen[0])
        assert [pair.symbol for pair in first.pairs] == [
            pair.pair.symbol for pair in it.trader.portfolio.holdings.values()
        ]
        await it.buys()
        await asyncio.wait_for(again.wait(), 20)
        assert seen[0] == first
        now = it.trader.window.figures()
        assert (now.orders, now.open_positions, now.pairs[0].size) == (1, 1, it.holding().size)
        assert msgspec.structs.asdict(now.run()) == {name: getattr(now, name) for name in RunFigures.__struct_fields__}
        await it.check()
