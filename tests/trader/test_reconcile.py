"""Before anything is opened, books and exchange are compared; each difference is a line, and locks nothing in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.contracts import Pair
from core.errors import ConfigurationError, ExchangeError
from core.kernel import BUY, SELL
from services.trader.exchanges.protocol import AccountTrade, Resting
from services.trader.orders import Adjustment, Answer, Reconciled, Side, Status
from services.trader.portfolio import Portfolio
from services.trader.reconcile import Reconciler, is_ours, quote_asset
from services.trader.risk import Trading
from services.trader.timing import ComparingTiming, Pauses
from tests.lines import said
from tests.simulator.client import in_loop
from tests.trader.examples import BTC, NOON_NS, SECOND_NS, fill, order
from tests.trader.test_execution import AWAY, FIRST, Desk, desk, until

D = Decimal
AT_ONCE = ComparingTiming(asking=Pauses(0.005, 0.005), look_again_seconds=0.005, rest_seconds=0.005)


@asynccontextmanager
async def comparing(folder: Path, *, may_cancel: bool = True, **trader: Any) -> AsyncIterator[tuple[Desk, Reconciler]]:
    """A desk and what compares its books; the test arranges both, then calls `start`."""
    async with desk(folder, **trader) as d:
        reconciler = Reconciler(
            d.exchange,
            d.ledger,
            d.execution,
            tell=lambda event: d.told.append(said(event)),
            on_fault=d.fault,
            may_cancel=may_cancel,
            timing=AT_ONCE,
        )
        try:
            yield d, reconciler
        finally:
            await reconciler.close()


def lines(d: Desk) -> dict[str, str]:
    """The cause that was told last of each asset."""
    return {fields["asset"]: fields["cause"] for kind, fields in d.told if kind == "books"}


def by_hand(trade_id: int, side: Side, quantity: str, price: str = "50000", **more: Any) -> AccountTrade:
    usual: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "trade_id": trade_id,
        "order_id": trade_id,
        "side": side,
        "quantity": D(quantity),
        "price": D(price),
        "fee": D(0),
        "fee_asset": "USDT",
        "time_ns": NOON_NS + 60 * SECOND_NS,
    }
    return AccountTrade(**usual | more)


# The start ------------------------------------------------------------------------------------------------------------


@in_loop
async def test_the_cash_is_what_the_exchange_says(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.exchange.funds = {"USDT": D("123.45"), "DOGE": D(9)}
        await it.start(5)
        assert d.portfolio.cash == D("123.45")
        assert d.execution.trading is Trading.ACTIVE
        assert not d.told
        assert not d.faults


@in_loop
async def test_an_order_that_was_open_at_the_end_is_settled_first(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.ledger.record(order())
        d.exchange.traded(order(), fills=[fill()])
        d.exchange.funds = {"USDT": D(9_500), "BTC": D("0.01")}
        await it.start(5)
        assert d.portfolio.statuses == {order().client_id: Status.FILLED}
        assert d.portfolio.holdings["BTCUSDT"].quantity == D("0.01")
        assert d.portfolio.cash == 9_500  # said by the exchange after the fill, not moved by it again
        assert d.causes == ["order_open_at_start"]


@in_loop
async def test_an_open_order_of_ours_that_the_ledger_lost_is_cancelled_and_the_owners_own_are_not(
    tmp_path: Path,
) -> None:
    async with comparing(tmp_path) as (d, it):
        d.exchange.open = [("BTCUSDT", "s3-89abcdef-12"), ("BTCUSDT", "web_1"), ("DOGEUSDT", "s3-89abcdef-13")]
        await it.start(5)
        assert d.exchange.cancelled == [("BTCUSDT", "s3-89abcdef-12")]
        assert d.causes == ["order_not_in_ledger"]


@in_loop
async def test_who_only_watches_cancels_nothing(tmp_path: Path) -> None:
    async with comparing(tmp_path, may_cancel=False, mode="shadow") as (d, it):
        d.exchange.open = [("BTCUSDT", "s3-89abcdef-12")]
        await it.start(5)
        assert d.exchange.cancelled == []


@in_loop
async def test_an_exchange_that_stumbles_is_asked_again(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.exchange.funds = {"USDT": D(50)}
        d.exchange.failures["account"] = [AWAY, AWAY]
        await it.start(5)
        assert d.portfolio.cash == 50
        assert not d.faults


@in_loop
async def test_a_key_that_is_refused_ends_the_start_at_once(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.exchange.failures["account"] = [ExchangeError("GET account: HTTP 401, Invalid API-key (-2015).", code=-2015)]
        with pytest.raises(ExchangeError, match="-2015"):
            await it.start(5)


@in_loop
async def test_a_key_that_is_refused_after_the_deadline_is_told_once_and_nothing_counts_as_compared(
    tmp_path: Path,
) -> None:
    async with comparing(tmp_path) as (d, it):
        d.exchange.failures["account"] = [AWAY] * 20
        await it.start(0.03)
        refused = ExchangeError("GET account: HTTP 401, Invalid API-key (-2015).", code=-2015)
        d.exchange.failures["account"] = [refused] * 5
        await until(lambda: not d.execution.unreconciled or not d.exchange.failures["account"])
        d.exchange.funds = {"USDT": D(700)}
        await until(lambda: not d.execution.unreconciled)
        assert d.portfolio.cash == D(700)
        assert d.causes == ["not_reconciled", "key_refused"]


@in_loop
async def test_without_an_answer_by_the_deadline_it_holds_asks_on_and_trades_when_it_knows_told_both_times(
    tmp_path: Path,
) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.01")
        d.exchange.failures["account"] = [AWAY] * 1_000_000
        await it.start(0.05)
        assert d.faults == [
            (
                "not_reconciled",
                "account",
                f"not compared within 0.05 s: {AWAY.message}; positions are only closed until they are",
            )
        ]
        assert d.execution.trading is Trading.REDUCING
        d.portfolio.cash = D(-500)  # what the journal alone knows of it
        d.valuation.begin()
        assert not d.act(BUY, pair=1)
        assert [fields["code"] for kind, fields in d.told if kind == "denied"] == ["reducing"]
        assert d.act(SELL, 2)  # what is held can be closed all the while
        d.execution.on_answer(Answer("s1-01234567-2", Status.CANCELED))
        d.exchange.funds = {"USDT": D(700), "BTC": D("0.01")}
        d.exchange.failures.clear()
        await until(lambda: not d.execution.unreconciled)
        assert d.told[-1] == ("reconciled", {"cash": D(700), "positions": 1})
        assert d.execution.trading is Trading.ACTIVE


@in_loop
async def test_an_order_without_an_end_keeps_its_own_pair_waiting_and_the_start_no_longer_than_the_deadline(
    tmp_path: Path,
) -> None:
    async with comparing(tmp_path) as (d, it):
        d.ledger.record(order())
        d.exchange.failures["order_status"] = [AWAY] * 1_000_000
        await it.start(0.05)
        assert d.causes == ["order_open_at_start", "not_reconciled"]
        assert FIRST in d.faults[1][2]
        d.exchange.failures.clear()
        d.exchange.traded(order(), Status.CANCELED)
        d.exchange.funds = {"USDT": D(10)}
        await until(lambda: not d.execution.unreconciled)
        assert d.portfolio.statuses == {FIRST: Status.CANCELED}


# Line by line ---------------------------------------------------------------------------------------------------------


@in_loop
async def test_what_the_exchange_holds_beyond_our_books_is_the_owners_named_and_never_booked_or_sold(
    tmp_path: Path,
) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.01")
        d.exchange.funds = {"USDT": D(100), "BTC": D("1.01"), "ETH": D(3), "DOGE": D(7)}
        await it.start(5)
        cause = "beyond our books, likely a deposit, a reward, or a purchase before or over another pair"
        assert lines(d) == {"BTC": f"1 {cause}: yours, and not touched", "ETH": f"3 {cause}: yours, and not touched"}
        assert d.portfolio.holdings["ETHUSDT"].quantity == 0
        assert d.execution.force_exit(0, 1, "panic", NOON_NS)
        assert d.exchange.placed[-1].quantity == D("0.01")
        assert not d.execution.force_exit(1, 1, "panic", NOON_NS) or d.exchange.placed[-1].symbol == "BTCUSDT"
        assert not [record for record in d.written if isinstance(record, Adjustment)]


@in_loop
async def test_what_he_bought_by_hand_is_named_so(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.01")
        d.exchange.funds = {"BTC": D("0.03")}
        d.exchange.by_hand = [by_hand(5, Side.BUY, "0.02")]
        await it.start(5)
        assert lines(d) == {"BTC": "0.02 beyond our books, bought by hand: yours, and not touched"}


@in_loop
async def test_a_sale_by_hand_is_booked_by_itself_at_its_price(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")  # at 50,000
        d.exchange.funds = {"USDT": D(10_600), "BTC": D("0.3")}
        d.exchange.by_hand = [by_hand(7, Side.SELL, "0.1", "52000"), by_hand(8, Side.SELL, "0.1", "54000")]
        await it.start(5)
        held = d.portfolio.holdings["BTCUSDT"]
        assert (held.quantity, held.profit, held.cost) == (D("0.3"), D(600), D(15_000))  # 0.2 x (53,000 - 50,000)
        assert d.portfolio.cash == 10_600
        assert lines(d) == {"BTC": "0.2 sold by hand at 53000: booked"}
        (booked,) = [record for record in d.written if isinstance(record, Adjustment)]
        assert (booked.symbol, booked.trade_ids) == ("BTCUSDT", (7, 8))
        assert not d.faults
        assert d.execution.held_back == {}
        assert Portfolio.of([BTC], d.written).holdings["BTCUSDT"].quantity == D("0.3")  # type: ignore[arg-type]


@in_loop
async def test_of_a_sale_by_hand_only_what_is_missing_was_ours(tmp_path: Path) -> None:
    """He had 1 BTC of his own and sold 1.2."""
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.exchange.funds = {"BTC": D("0.3")}
        d.exchange.by_hand = [by_hand(7, Side.SELL, "1.2", "52000")]
        await it.start(5)
        assert d.portfolio.holdings["BTCUSDT"].quantity == D("0.3")


@in_loop
async def test_a_sale_by_hand_proves_one_shortage_and_no_later_one(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.exchange.funds = {"BTC": D("0.3")}
        d.exchange.by_hand = [by_hand(7, Side.SELL, "1.2", "52000")]
        await it.start(5)
        d.exchange.funds = {"BTC": D("0.1")}  # and now he withdrew some
        it.look()
        await until(lambda: "position_missing" in d.causes)
        assert d.portfolio.holdings["BTCUSDT"].quantity == D("0.3")


@in_loop
async def test_each_sale_by_hand_is_told_also_when_one_was_told_before(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.exchange.funds = {"BTC": D("0.3")}
        d.exchange.by_hand = [by_hand(7, Side.SELL, "0.2", "52000")]
        await it.start(5)
        d.exchange.funds = {"BTC": D("0.2")}
        d.exchange.by_hand += [by_hand(8, Side.SELL, "0.1", "53000", time_ns=d.exchange.clock.now_ns())]
        it.look()
        await until(lambda: d.portfolio.holdings["BTCUSDT"].quantity == D("0.2"))
        told = [fields["cause"] for kind, fields in d.told if kind == "books"]
        assert told == ["0.2 sold by hand at 52000: booked", "0.1 sold by hand at 53000: booked"]


@in_loop
async def test_a_trade_by_hand_before_the_last_comparison_proves_nothing(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.ledger.record(Reconciled(NOON_NS + 3600 * SECOND_NS))
        d.exchange.funds = {"BTC": D("0.3")}
        d.exchange.by_hand = [by_hand(7, Side.SELL, "0.2", "52000")]
        await it.start(5)
        assert d.causes == ["position_missing"]


@in_loop
async def test_a_fee_that_a_trade_by_hand_took_from_what_is_ours_is_booked(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.exchange.funds = {"BTC": D("0.499")}
        d.exchange.by_hand = [by_hand(7, Side.BUY, "3", symbol="ETHUSDT", fee=D("0.001"), fee_asset="BTC")]
        await it.start(5)
        assert d.portfolio.holdings["BTCUSDT"].quantity == D("0.499")
        assert lines(d) == {"BTC": "0.001 went for fees of trades by hand: booked"}


@in_loop
async def test_a_trade_of_an_order_of_ours_that_nobody_told_us_is_a_fill_and_not_by_hand(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.ledger.record(order(client_id="s1-0-9", side=Side.SELL))
        d.ledger.record(Answer("s1-0-9", Status.FILLED))
        d.exchange.client_ids = {77: "s1-0-9"}
        d.exchange.funds = {"BTC": D("0.3")}
        d.exchange.by_hand = [by_hand(9, Side.SELL, "0.2", "52000", order_id=77)]
        await it.start(5)
        assert d.portfolio.filled["s1-0-9"] == D("0.2")
        assert d.portfolio.holdings["BTCUSDT"].quantity == D("0.3")
        assert not [record for record in d.written if isinstance(record, Adjustment)]
        assert not lines(d)


@pytest.mark.parametrize("found", ["0.2", "0"])
def test_a_shortage_without_a_proof_is_told_holds_the_pair_and_lets_what_is_there_be_closed(
    found: str, tmp_path: Path
) -> None:
    @in_loop
    async def test() -> None:
        async with comparing(tmp_path) as (d, it):
            d.hold("0.5")
            d.exchange.funds = {"USDT": D(10_000), "BTC": D(found)}
            await it.start(5)
            ((cause, asset, detail),) = d.faults
            assert (cause, asset) == ("position_missing", "BTC")
            assert detail.startswith(f"0.5 in our books, {found} at the exchange; {D('0.5') - D(found):f} missing")
            assert d.execution.trading is Trading.ACTIVE
            if found == "0":
                assert not d.act(BUY, 2)
                assert d.told[-1][1]["code"] == "books_differ"
            else:
                assert d.execution.force_exit(0, 1, "panic", NOON_NS)
                assert d.exchange.placed[-1].quantity == D(found)
            assert d.act(BUY, 3, pair=1)  # other pairs trade

    test()


@in_loop
async def test_when_it_is_there_again_the_pair_trades_again_and_that_is_told(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.exchange.funds = {"USDT": D(10_000)}
        await it.start(5)
        assert d.execution.held_back
        d.exchange.funds = {"USDT": D(10_000), "BTC": D("0.5")}
        await until(lambda: not d.execution.held_back)
        assert lines(d) == {"BTC": "they agree"}
        assert d.portfolio.holdings["BTCUSDT"].sellable == D("0.5")
        assert d.causes == ["position_missing"]  # once


@in_loop
async def test_a_difference_of_less_than_a_lot_keeps_nothing_from_being_sold(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.exchange.funds = {"USDT": D(10_000), "BTC": D("0.49999001")}
        await it.start(5)
        assert not d.faults
        assert lines(d) == {"BTC": "less than a lot: likely rounding or a conversion of small amounts"}
        assert d.act(SELL)
        assert d.exchange.placed[0].quantity == D("0.49999")  # not 0.50000, which the exchange would refuse for ever


@in_loop
async def test_what_an_order_of_the_owner_has_set_aside_is_named_and_the_rest_can_be_closed(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.exchange.funds = {"BTC": D("0.5")}
        d.exchange.rests = [Resting("BTCUSDT", "web_1", Side.SELL, D("0.2"))]
        await it.start(5)
        assert "0.2 set aside by an open order that is not ours" in lines(d)["BTC"]
        assert d.execution.held_back == {}
        assert d.act(SELL)
        assert d.exchange.placed[0].quantity == D("0.3")
        d.execution.on_answer(Answer(FIRST, Status.CANCELED))
        d.exchange.rests = []
        await until(lambda: d.portfolio.holdings["BTCUSDT"].locked == 0)


@in_loop
async def test_an_order_of_the_owner_for_another_asset_whose_name_begins_alike_sets_nothing_aside(
    tmp_path: Path,
) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.5")
        d.exchange.funds = {"BTC": D("0.5"), "ETHFI": D(1000), "BTCST": D(1000), "EUR": D(0)}
        d.exchange.rests = [
            Resting("BTCSTUSDT", "web_1", Side.SELL, D(1000)),
            Resting("BTCEUR", "web_2", Side.SELL, D("0.1")),  # over another pair it is the same asset
        ]
        await it.start(5)
        assert d.portfolio.holdings["BTCUSDT"].locked == D("0.1")
        assert d.act(SELL)
        assert d.exchange.placed[0].quantity == D("0.4")


@in_loop
async def test_a_position_that_is_set_aside_as_a_whole_is_not_bought_a_second_time(tmp_path: Path) -> None:
    async with comparing(tmp_path) as (d, it):
        d.hold("0.01")
        d.exchange.funds = {"USDT": D(10_000), "BTC": D("0.01")}
        d.exchange.rests = [Resting("BTCUSDT", "web_1", Side.SELL, D("0.01"))]
        await it.start(5)
        assert not d.act(BUY)
        assert d.told[-1][1]["code"] == "books_differ"
        d.exchange.rests = []
        await until(lambda: not d.execution.held_back)
        d.execution._resting.clear()
        assert d.act(SELL, 2)


@in_loop
async def test_a_protective_order_of_ours_that_rests_although_it_had_ended_locks_nothing_in(tmp_path: Path) -> None:
    async with comparing(tmp_path, protect_paper=True) as (d, it):
        d.execution.on_short = lambda _: it.look()
        d.hold("0.01")
        d.exchange.funds = {"USDT": D(10_000), "BTC": D("0.01")}
        await it.start(5)
        d.execution.connected.set()
        d.execution.protecting.start()
        await until(lambda: bool(d.exchange.protected))
        stray, refused = d.exchange.protected[0], "Account has insufficient balance for requested action. (-2010)"
        d.execution.on_answer(Answer(stray.client_id, Status.REJECTED, "it never arrived"))
        d.exchange.rests = [Resting("BTCUSDT", stray.client_id, Side.SELL, D("0.01"))]
        await until(lambda: len(d.exchange.protected) > 1)
        d.execution.on_answer(Answer(d.exchange.protected[-1].client_id, Status.REJECTED, refused, -2010))
        await until(lambda: bool(d.exchange.cancelled))
        assert d.exchange.cancelled[0] == ("BTCUSDT", stray.client_id)
        assert "protection_not_in_ledger" in d.causes


@in_loop
async def test_a_sale_that_is_refused_for_want_of_the_asset_makes_us_look_and_sells_what_is_there(
    tmp_path: Path,
) -> None:
    async with comparing(tmp_path) as (d, it):
        d.execution.on_short = lambda _: it.look()
        d.hold("0.5")
        d.exchange.funds = {"USDT": D(10_000), "BTC": D("0.5")}
        await it.start(5)
        d.exchange.funds = {"USDT": D(10_000), "BTC": D("0.4")}  # withdrawn while we run
        assert d.act(SELL)
        d.execution.on_answer(Answer(FIRST, Status.REJECTED, "Account has insufficient balance (-2010)", code=-2010))
        await until(lambda: bool(d.execution.held_back))
        d.execution._resting.clear()
        assert d.act(SELL, 2)
        assert d.exchange.placed[-1].quantity == D("0.4")


@in_loop
async def test_nothing_is_compared_while_an_order_is_under_way(tmp_path: Path) -> None:
    """Half way through an order the exchange has what we have not heard of yet: that is no difference."""
    async with comparing(tmp_path) as (d, it):
        d.exchange.funds = {"USDT": D(10_000)}
        await it.start(5)
        assert d.act(BUY, 1)
        d.exchange.funds = {"USDT": D(9_505), "BTC": D("0.0099")}
        it.look()
        await asyncio.sleep(0.03)
        assert not lines(d)
        d.execution.on_fill(fill(quantity=D("0.0099")))
        d.execution.on_answer(Answer(FIRST, Status.FILLED))
        await asyncio.sleep(0.03)
        assert not lines(d)
        assert not d.faults


@pytest.mark.parametrize(
    ("client_id", "ours"),
    [
        ("s1-01234567-1", True),
        ("s12-01234567-7x", True),
        ("s1", False),
        ("s-1", False),
        ("sx-1", False),
        ("web_s1-1", False),
        ("", False),
    ],
)
def test_an_order_of_ours_is_known_by_its_name(client_id: str, ours: bool) -> None:
    assert is_ours(client_id) is ours


def test_everything_is_counted_in_one_currency() -> None:
    assert quote_asset(Portfolio.of([BTC], [])) == "USDT"
    other = Pair("BTCBRL", "BTC", "BRL", BTC.price_tick, BTC.lot, BTC.min_notional)
    with pytest.raises(ConfigurationError, match="quoted in BRL, USDT"):
        quote_asset(Portfolio.of([BTC, other], []))
