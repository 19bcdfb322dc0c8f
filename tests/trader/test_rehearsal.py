"""The way of an order is walked for nothing: seldom, and without a trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.kernel import BUY, EVENT
from services.trader.orders import Side
from services.trader.rehearsal import EVERY_NS, Rehearsal
from services.trader.ticks import Tick
from tests.simulator.client import in_loop
from tests.trader.examples import NOON_NS
from tests.trader.test_execution import FIRST, desk

MINUTE_NS = 60_000_000_000


def test_it_comes_not_more_often_than_agreed() -> None:
    walked: list[int] = []
    rehearsal = Rehearsal(walked.append)
    for pair in range(5):
        rehearsal.after(pair, 1_000 + pair)
    assert walked == [0]
    rehearsal.after(6, 1_000 + EVERY_NS - 1)
    rehearsal.after(7, 1_000 + EVERY_NS)
    assert walked == [0, 7]


@pytest.mark.parametrize("held", [False, True])
def test_nothing_is_written_sent_told_or_remembered(held: bool, tmp_path: Path) -> None:
    @in_loop
    async def test() -> None:
        async with desk(tmp_path) as d:
            if held:
                d.hold()
            d.portfolio.entries.append(NOON_NS - 2 * MINUTE_NS)
            before = (d.journal.read_bytes(), repr(d.portfolio), list(d.told), dict(d.execution._resting))
            for _ in range(3):
                d.execution.rehearse(0)
            assert (d.journal.read_bytes(), repr(d.portfolio), list(d.told), dict(d.execution._resting)) == before
            assert d.exchange.placed == []
            assert {order.side for order in d.exchange.rehearsed} == {Side.SELL if held else Side.BUY}

    test()


@in_loop
async def test_an_order_after_it_is_the_one_that_it_would_have_been(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.execution.rehearse(0)
        assert d.act(BUY)
        assert [order.client_id for order in d.exchange.placed] == [FIRST]


@in_loop
async def test_one_that_orders_nothing_rehearses_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, mode="shadow") as d:
        d.execution.rehearse(0)
        assert d.exchange.rehearsed == []
    async with desk(tmp_path / "stopped") as d:
        d.execution.stop()
        d.execution.rehearse(0)
        assert d.exchange.rehearsed == []


def test_a_tick_has_the_fields_of_an_event_from_its_price_on() -> None:
    """They are copied into the event as they stand."""
    names = EVENT.names or ()
    assert Tick._fields[3:] == names[names.index("price") : names.index("position")]
