"""Protective orders by the discipline of every order: in the journal before the wire, asked for, never sent again."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace as replaced
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from core.errors import ExchangeError
from core.kernel import SELL
from services.trader.journal import decode
from services.trader.orders import Answer, Fill, Protection, Side, Status
from services.trader.protecting import is_protective
from services.trader.reconcile import is_ours
from services.trader.timing import OrderTiming, Pauses, ProtectionTiming, Timing
from tests.simulator.client import in_loop
from tests.trader.examples import NOON_NS, fill
from tests.trader.fakes import settled
from tests.trader.test_execution import Desk, desk, until

BTC = "BTCUSDT"
AWAY = ExchangeError("GET order: no answer (TimeoutError).")


QUICK = ProtectionTiming(
    answer_seconds=0.02,
    asking=Pauses(0.005, 0.01),
    clocks_apart_ms=0,
    retrying=Pauses(0.02, 10.0),
    whole_entry_seconds=0.02,
    known_after_seconds=0.05,
)


def timing(**changes: Any) -> Timing:
    """That of a test, in which something of `ProtectionTiming` may be another."""
    return Timing(orders=OrderTiming(denied_rest_ns=0, not_taken_rest_ns=0), protection=replaced(QUICK, **changes))


def guarded(folder: Path, *, within: Timing | None = None, **trader: Any) -> Any:
    """A desk that protects what it holds; connected, and its books compared."""
    return desk(folder, timing=within or timing(), protect_paper=True, **trader)


async def started(d: Desk, *, stop: float = 49_000.0) -> Protection:
    """Hold 0.01 BTC with this stop; the order that was placed for it, and accepted."""
    d.execution.connected.set()
    d.execution.unreconciled = False
    d.hold()
    d.portfolio.holdings[BTC].stop = stop
    d.execution.protecting.start()
    await settled()
    placed = d.exchange.protected[-1]
    d.execution.on_answer(Answer(placed.client_id, Status.OPEN))
    await settled()
    return placed


def sold(placed: Protection, *, quantity: str = "0.01", trade_id: int = 7) -> Fill:
    return fill(
        client_id=placed.client_id,
        side=Side.SELL,
        trade_id=trade_id,
        quantity=Decimal(quantity),
        price=placed.stop_price,
        time_ns=NOON_NS + trade_id,
    )


@in_loop
async def test_it_is_in_the_journal_before_it_is_on_the_wire_under_an_id_of_its_own_shape(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        seen: list[bool] = []
        protect = d.exchange.protect

        def look(protection: Protection, window_ms: int, *, untouched: bool) -> bool:
            seen.append(decode(d.journal.read_bytes().splitlines(keepends=True)[-1]) == protection)
            return protect(protection, window_ms, untouched=untouched)

        d.exchange.protect = look  # type: ignore[method-assign]
        placed = await started(d)
        assert seen == [True]
        assert (placed.client_id, placed.stop_price, placed.price) == ("p1-1", Decimal(48755), Decimal("48267.45"))
        assert is_protective(placed.client_id)
        assert not is_ours(placed.client_id)
        assert d.execution.protecting.standing.stop_price(BTC) == Decimal(48755)
        assert d.execution.protecting.bare() == {}


@in_loop
async def test_an_exit_takes_it_back_in_the_same_request_and_only_while_it_has_not_traded(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        placed = await started(d)
        assert d.act(SELL, 5)
        assert d.exchange.taken == [placed.client_id]
        assert d.exchange.untouched[-1] is True
        assert len(d.exchange.protected) == 1  # nothing is placed beside an exit under way


@in_loop
async def test_what_an_exit_leaves_is_protected_again(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        placed = await started(d)
        d.act(SELL, 5)
        (exit_order,) = d.exchange.placed
        d.execution.on_answer(Answer(placed.client_id, Status.CANCELED))
        part = fill(client_id=exit_order.client_id, side=Side.SELL, trade_id=901, quantity=Decimal("0.004"))
        d.execution.on_fill(replace(part, time_ns=NOON_NS + 1))
        d.execution.on_answer(Answer(exit_order.client_id, Status.CANCELED))
        await settled()
        again = d.exchange.protected[-1]
        assert again.quantity == Decimal("0.006")
        assert again.replaces == ""
        assert not d.faults


@in_loop
async def test_an_exit_that_was_refused_after_it_was_taken_back_is_protected_again(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        placed = await started(d)
        d.act(SELL, 5)
        d.execution.on_answer(Answer(placed.client_id, Status.CANCELED))
        d.execution.on_answer(
            Answer(d.exchange.placed[0].client_id, Status.REJECTED, "Market is closed. (-2010)", -2010)
        )
        await settled()
        assert len(d.exchange.protected) == 2
        assert d.exchange.protected[-1].quantity == Decimal("0.01")


@in_loop
async def test_an_exit_that_could_not_take_it_back_learns_what_it_has_sold_and_is_not_tried_on_top(
    tmp_path: Path,
) -> None:
    async with guarded(tmp_path) as d:
        placed = await started(d)
        d.act(SELL, 5)
        d.exchange.statuses[placed.client_id] = (Answer(placed.client_id, Status.FILLED), Decimal("0.01"))
        d.exchange.fills[placed.client_id] = [sold(placed)]
        d.execution.on_answer(Answer(placed.client_id, Status.UNKNOWN, "it could not be taken back"))
        d.execution.on_answer(Answer(d.exchange.placed[0].client_id, Status.REJECTED, "failed (-2022)", -2022))
        await until(lambda: not d.portfolio.protections)
        assert d.portfolio.holdings[BTC].size == 0.0
        assert not d.act(SELL, 6)
        assert len(d.exchange.placed) == 1


@in_loop
async def test_an_exchange_that_replaces_nothing_is_asked_to_cancel_first(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        placed = await started(d)
        d.act(SELL, 5)
        d.exchange.statuses[placed.client_id] = (Answer(placed.client_id, Status.OPEN), Decimal(0))
        d.execution.on_answer(Answer(placed.client_id, Status.UNKNOWN, "it could not be taken back"))
        d.execution.on_answer(Answer(d.exchange.placed[0].client_id, Status.REJECTED, "failed (-2022)", -2022))
        await until(lambda: d.portfolio.statuses[placed.client_id] is Status.OPEN)
        assert not d.act(SELL, 6)  # it is cancelled now
        await until(lambda: bool(d.exchange.cancelled))
        d.exchange.statuses[placed.client_id] = (Answer(placed.client_id, Status.CANCELED), Decimal(0))
        await until(lambda: not d.portfolio.protections)
        assert d.act(SELL, 7)
        assert len(d.exchange.taken) == 1  # that one was an order like any other


@in_loop
async def test_an_exit_does_not_wait_for_ever_for_an_exchange_that_answers_no_question(tmp_path: Path) -> None:
    async with guarded(tmp_path, within=timing(replaces_again_seconds=0.05)) as d:
        placed = await started(d)
        d.act(SELL, 5)
        d.exchange.failures["order_status"] = [AWAY] * 1_000_000
        d.execution.on_answer(Answer(placed.client_id, Status.UNKNOWN, "it could not be taken back"))
        d.execution.on_answer(Answer(d.exchange.placed[0].client_id, Status.REJECTED, "failed (-2022)", -2022))
        assert not d.act(SELL, 6)
        await asyncio.sleep(0.06)
        assert d.act(SELL, 7)
        assert d.exchange.taken == [placed.client_id, placed.client_id]  # both in one request, as before: none doubled
        d.execution.on_answer(Answer(d.exchange.placed[1].client_id, Status.REJECTED, "failed (-2022)", -2022))
        assert not d.act(SELL, 8)


@in_loop
async def test_an_exit_that_the_exchange_does_not_know_is_given_up_when_its_protection_has_ended(
    tmp_path: Path,
) -> None:
    async with guarded(tmp_path) as d:
        d.execution._recv_window_ms = 60_000
        placed = await started(d)
        d.act(SELL, 5)
        (exit_order,) = d.exchange.placed
        d.execution.on_answer(Answer(exit_order.client_id, Status.UNKNOWN, "no answer"))
        await asyncio.sleep(0.1)
        assert exit_order.client_id in d.portfolio.open_orders  # it may still arrive
        d.execution.on_answer(Answer(placed.client_id, Status.CANCELED))
        await until(lambda: not d.portfolio.open_orders)
        await until(lambda: len(d.exchange.protected) == 2)


@in_loop
async def test_one_without_an_answer_is_asked_for_and_not_sent_again(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        d.execution.connected.set()
        d.hold()
        d.execution.protecting.start()
        await settled()
        (placed,) = d.exchange.protected
        d.exchange.statuses[placed.client_id] = (Answer(placed.client_id, Status.OPEN), Decimal(0))
        await until(lambda: d.portfolio.statuses[placed.client_id] is Status.OPEN)
        assert d.faults == [("order_unknown", placed.client_id, "no answer in time")]
        assert len(d.exchange.protected) == 1


@in_loop
async def test_one_that_never_arrived_is_placed_anew_when_it_cannot_arrive_any_more(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        d.execution.connected.set()
        d.hold()
        d.execution.protecting.start()
        await settled()
        assert d.exchange.windows == [100]  # the receive window, short as it is here
        began = asyncio.get_running_loop().time()
        await until(lambda: len(d.exchange.protected) == 2)
        assert asyncio.get_running_loop().time() - began >= 0.1
        first, second = d.exchange.protected
        assert d.portfolio.statuses[first.client_id] is Status.REJECTED
        assert first.client_id != second.client_id


@in_loop
async def test_a_quiet_exchange_is_no_proof_that_it_never_arrived(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        d.execution.connected.set()
        d.hold()
        d.exchange.failures["order_status"] = [AWAY] * 1000
        d.execution.protecting.start()
        await asyncio.sleep(0.3)
        assert len(d.exchange.protected) == 1


@in_loop
async def test_an_end_that_nobody_asked_for_is_believed_when_its_trades_are_known(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        placed = await started(d)
        d.exchange.statuses[placed.client_id] = (Answer(placed.client_id, Status.FILLED), Decimal("0.01"))
        d.exchange.failures["order_fills"] = [AWAY]
        d.exchange.fills[placed.client_id] = [sold(placed)]
        d.execution.on_answer(Answer(placed.client_id, Status.FILLED))
        assert d.portfolio.statuses[placed.client_id] is Status.UNKNOWN
        await until(lambda: not d.portfolio.protections)
        assert d.portfolio.holdings[BTC].quantity == 0
        assert d.portfolio.statuses[placed.client_id] is Status.FILLED
        assert not d.faults


@in_loop
async def test_the_first_part_of_a_purchase_waits_a_moment_for_the_others(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        d.execution.connected.set()
        d.execution.protecting.start()
        d.act(1)
        (bought,) = d.exchange.placed
        for number, part in ((1, "0.004"), (2, "0.005")):
            d.execution.on_fill(fill(client_id=bought.client_id, trade_id=number, quantity=Decimal(part)))
            await settled()
        assert d.exchange.protected == []
        await until(lambda: bool(d.exchange.protected))  # though the purchase has no end yet
        assert d.exchange.protected[0].quantity == Decimal("0.009")
        d.execution.on_answer(Answer(d.exchange.protected[0].client_id, Status.OPEN))
        d.execution.on_fill(fill(client_id=bought.client_id, trade_id=3, quantity=Decimal("0.0009")))
        await until(lambda: len(d.exchange.protected) == 2)
        assert d.exchange.protected[1].quantity == Decimal("0.0099")
        assert d.exchange.protected[1].replaces == d.exchange.protected[0].client_id


@in_loop
async def test_two_that_rest_become_one_the_older_goes(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        for number in (1, 2):
            client_id = f"p0-{number}"
            d.ledger.record(
                Protection(client_id, BTC, Decimal("0.01"), Decimal(48_755), Decimal(48_267), NOON_NS, 0, "release")
            )
            d.ledger.record(Answer(client_id, Status.OPEN))
        d.execution.connected.set()
        d.hold()
        d.portfolio.holdings[BTC].stop = 49_000.0
        d.execution.protecting.start()
        await until(lambda: d.exchange.cancelled == [(BTC, "p0-1")])
        d.exchange.statuses["p0-1"] = (Answer("p0-1", Status.CANCELED), Decimal(0))
        await until(lambda: list(d.portfolio.protections) == ["p0-2"])
        assert d.exchange.protected == []


@in_loop
async def test_one_whose_position_is_gone_is_taken_back(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        d.ledger.record(
            Protection("p0-1", BTC, Decimal("0.01"), Decimal(48_755), Decimal(48_267), NOON_NS, 0, "release")
        )
        d.ledger.record(Answer("p0-1", Status.OPEN))
        d.execution.connected.set()
        d.execution.protecting.start()
        await until(lambda: d.exchange.cancelled == [(BTC, "p0-1")])


REFUSED = ("Filter failure: PERCENT_PRICE_BY_SIDE (-1013)", -1013)


@in_loop
async def test_a_refusal_is_told_once_and_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        d.execution.connected.set()
        d.hold()
        d.execution.protecting.start()
        for number in range(1, 4):
            await until(lambda number=number: len(d.exchange.protected) == number)  # type: ignore[misc]
            d.execution.on_answer(Answer(d.exchange.protected[-1].client_id, Status.REJECTED, *REFUSED))
        assert [fault[0] for fault in d.faults] == ["bare"]
        assert "PERCENT_PRICE_BY_SIDE" in d.execution.protecting.bare()[BTC]
        await until(lambda: len(d.exchange.protected) == 4)
        d.execution.on_answer(Answer(d.exchange.protected[-1].client_id, Status.OPEN))
        assert d.execution.protecting.bare() == {}
        assert d.told[-1][0] == "protection"


@in_loop
async def test_a_move_that_is_refused_leaves_the_one_that_rests(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        placed = await started(d)
        d.portfolio.holdings[BTC].stop = 49_500.0
        d.execution.protecting._guards[BTC].placed = 0.0
        d.execution.protecting.declare(BTC, 49_500.0, NOON_NS)
        assert d.exchange.protected[-1].replaces == placed.client_id
        d.execution.on_answer(Answer(d.exchange.protected[-1].client_id, Status.REJECTED, *REFUSED))
        await settled()
        assert d.execution.protecting.standing.stop_price(BTC) == placed.stop_price
        assert not d.faults


@in_loop
async def test_a_ban_is_waited_for(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        d.execution.connected.set()
        d.hold()
        d.execution.protecting.start()
        await settled()
        d.exchange.ban.begin(418, 0.3, order=True)
        d.execution.on_answer(
            Answer(d.exchange.protected[-1].client_id, Status.REJECTED, "Way too much (-1003)", -1003)
        )
        await asyncio.sleep(0.15)
        assert len(d.exchange.protected) == 1
        assert d.faults[0][0] == "bare"
        await until(lambda: len(d.exchange.protected) == 2)


@in_loop
async def test_after_one_that_came_too_late_the_usual_window_is_given(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        d.execution.protecting._asking._usual_window_ms = 5000
        d.execution.connected.set()
        d.hold()
        d.execution.protecting.start()
        await settled()
        d.execution.on_answer(Answer(d.exchange.protected[-1].client_id, Status.REJECTED, "outside (-1021)", -1021))
        await until(lambda: len(d.exchange.protected) == 2)
        assert d.exchange.windows == [100, 5000]
        assert not d.faults


@pytest.mark.parametrize("hinders", ["connected", "unreconciled", "stopped"])
def test_nothing_is_placed_while_it_cannot_be_right(hinders: str, tmp_path: Path) -> None:
    @in_loop
    async def test() -> None:
        async with guarded(tmp_path) as d:
            d.execution.connected.set()
            if hinders == "connected":
                d.execution.connected.clear()
            else:
                setattr(d.execution, hinders, True)
            d.hold()
            d.execution.protecting.start()
            await settled()
            assert d.exchange.protected == []

    test()


@pytest.mark.parametrize("settings", [{}, {"mode": "shadow"}, {"mode": "live", "protect": False}])
def test_it_is_for_live_unless_it_is_turned_off_and_for_paper_when_asked_for(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    @in_loop
    async def test() -> None:
        async with desk(tmp_path, timing=timing(), **settings) as d:
            d.execution.connected.set()
            d.hold()
            d.execution.protecting.start()
            await settled()
            assert d.exchange.protected == []
            assert d.execution.protecting.bare() == {}

    test()


@in_loop
async def test_in_live_mode_it_is_on(tmp_path: Path) -> None:
    async with desk(tmp_path, timing=timing(), mode="live") as d:
        assert await started(d, stop=math.nan)


@in_loop
async def test_a_stop_that_stays_is_not_looked_at_with_every_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with guarded(tmp_path) as d:
        await started(d)
        d.execution.protecting.declare(BTC, 49_000.0, NOON_NS)
        looks: list[object] = []
        watched: Callable[[Any], None] = looks.append
        monkeypatch.setattr(d.execution.protecting, "_look", watched)
        for step in range(100):
            d.execution.protecting.declare(BTC, 49_000.0 + step % 20, NOON_NS)
        assert looks == []
        d.execution.protecting.declare(BTC, 49_500.0, NOON_NS)
        assert len(looks) == 1


@in_loop
async def test_why_nothing_can_rest_is_told_once_however_its_figures_move_and_not_worked_out_with_every_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with guarded(tmp_path, within=timing(bare_look_seconds=0.02)) as d:
        d.execution.connected.set()
        d.hold("0.0001")  # worth 5 USDT; at its stop less than the smallest order
        d.portfolio.holdings[BTC].stop = 40_000.0
        d.execution.protecting.start()
        await settled()
        d.execution.protecting.declare(BTC, 40_000.0, NOON_NS)
        looks: list[object] = []
        look = d.execution.protecting._act
        monkeypatch.setattr(d.execution.protecting, "_act", lambda *given: (looks.append(given), look(*given)))
        for step in range(100):
            d.portfolio.holdings[BTC].stop = 40_000.0 + step * 80
            d.execution.protecting.declare(BTC, 40_000.0 + step * 80, NOON_NS)
        assert looks == []
        await until(lambda: len(looks) > 1)
        assert d.causes == ["bare"]
        assert "4.76" in d.execution.protecting.bare()[BTC]


@in_loop
async def test_kill_all_takes_what_rests_although_the_books_were_not_compared(tmp_path: Path) -> None:
    async with guarded(tmp_path) as d:
        placed = await started(d)
        d.execution.unreconciled = True
        d.exchange.statuses[placed.client_id] = (Answer(placed.client_id, Status.CANCELED), Decimal(0))
        d.execution.protecting.take_all(on=True)
        await until(lambda: not d.portfolio.protections)
        assert d.exchange.cancelled == [(BTC, placed.client_id)]
