"""A fee lowers the holding of the asset that it was paid in, whichever pair caused it, and is a cost at its price then.

The account trades BTCUSDT and BNBUSDT, and pays its fees in BNB.
"""

from __future__ import annotations

import asyncio
import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import Pair
from core.errors import ExchangeError
from core.kernel import BUY
from services.trader.books import Holding
from services.trader.journal import decode, encode
from services.trader.orders import Answer, FeePriced, Fill, Record, Side, Status
from services.trader.portfolio import Portfolio
from tests.simulator.client import in_loop
from tests.trader.examples import BTC, NOON_NS, SECOND_NS, fill, order
from tests.trader.test_execution import FIRST, desk, until

D = Decimal
BNB = Pair("BNBUSDT", "BNB", "USDT", D("0.01"), D("0.001"), D(5))


def traded(trade_id: int, symbol: str, side: Side, quantity: str, price: str, fee: str, **more: Any) -> Fill:
    """A trade whose fee was paid in BNB, each a second after the one before."""
    usual: dict[str, Any] = {"fee_asset": "BNB", "time_ns": NOON_NS + trade_id * SECOND_NS, "client_id": f"c{trade_id}"}
    return fill(
        trade_id=trade_id,
        symbol=symbol,
        side=side,
        quantity=D(quantity),
        price=D(price),
        fee=D(fee),
        **usual | more,
    )


def after(*records: Record, pairs: tuple[Pair, ...] = (BTC, BNB), **keeping: int) -> Portfolio:
    """`keeping` says how many movements each of its holdings keeps."""
    portfolio = Portfolio({pair.symbol: Holding(pair, **keeping) for pair in pairs})
    for record in records:
        portfolio.apply(record)
    portfolio.cash += 10_000
    return portfolio


def held(portfolio: Portfolio, asset: str) -> Holding:
    found = portfolio.holding_of(asset)
    assert found is not None
    return found


BUYS_BNB = traded(1, "BNBUSDT", Side.BUY, "1", "600", "0.00075")  # 0.075 % of 1 BNB
BUYS_BTC = traded(2, "BTCUSDT", Side.BUY, "0.01", "50000", "0.000625", fee_price=D(600))  # 0.375 USDT
SELLS_BTC = traded(3, "BTCUSDT", Side.SELL, "0.01", "51000", "0.0006", fee_price=D(640))  # 0.384 USDT
HISTORY = (BUYS_BNB, BUYS_BTC, SELLS_BTC)


def test_what_one_pair_pays_in_bnb_is_gone_from_the_bnb_that_another_bought() -> None:
    portfolio = after(BUYS_BNB, BUYS_BTC)
    assert held(portfolio, "BNB").quantity == D("0.998625")  # 1 - 0.00075 - 0.000625
    assert held(portfolio, "BNB").sellable == D("0.998")
    assert held(portfolio, "BTC").quantity == D("0.01")
    assert portfolio.cash == 8_900  # 10,000 - 600 - 500: no fee was paid in cash
    assert portfolio.fees == D("0.825")  # 0.00075 x 600 + 0.000625 x 600


def test_the_trade_that_caused_it_bears_its_cost_and_bnb_was_as_if_sold_for_it() -> None:
    portfolio = after(*HISTORY)
    assert held(portfolio, "BTC").profit == D("9.241")  # 510 - 0.384 - (500 + 0.375)
    assert held(portfolio, "BTC").quantity == held(portfolio, "BTC").cost == 0
    # 600 USDT bought 0.99925 BNB; of these 0.000625 went for 0.375 and 0.0006 for 0.384.
    bnb = held(portfolio, "BNB")
    assert bnb.quantity == D("0.998025")
    assert bnb.cost == pytest.approx(D("599.264448"), abs=D("0.000001"))  # 600 x 0.998025 / 0.99925
    assert bnb.profit == pytest.approx(D("0.023448"), abs=D("0.000001"))  # 0.375 + 0.384 - 600 x 0.001225 / 0.99925
    assert portfolio.fees == D("1.209")  # 0.45 + 0.375 + 0.384
    assert portfolio.cash == 9_410  # 10,000 - 600 - 500 + 510
    # Nothing is lost between the books: what the profits and costs say is what the cash did.
    assert sum(h.profit - h.cost for h in portfolio.holdings.values()) == pytest.approx(D(-590), abs=D("1e-20"))


def test_the_entry_price_has_the_fee_in_it_wherever_that_was_paid() -> None:
    assert held(after(BUYS_BNB, BUYS_BTC), "BTC").entry_price == 50_037.5  # 500.375 / 0.01


def test_a_fee_of_more_bnb_than_is_ours_was_paid_by_the_owner_and_is_a_cost_all_the_same() -> None:
    little = traded(1, "BNBUSDT", Side.BUY, "0.01", "600", "0.0000075")
    much = traded(2, "BTCUSDT", Side.BUY, "1", "50000", "0.0625", fee_price=D(600))
    portfolio = after(little, much)
    assert held(portfolio, "BNB").quantity == 0  # never below: the rest of 0.0625 was his
    assert held(portfolio, "BNB").size == held(portfolio, "BNB").amount == 0.0
    assert held(portfolio, "BTC").cost == D("50037.5")  # 50,000 + 0.0625 x 600
    assert portfolio.fees == D("37.5045")  # 37.5 + 0.0000075 x 600
    later = traded(3, "BNBUSDT", Side.BUY, "1", "600", "0")
    assert held(after(little, much, later), "BNB").quantity == 1  # he is owed nothing out of what is bought later


def test_a_fee_in_an_asset_that_is_not_traded_here_is_the_owners_and_a_cost() -> None:
    portfolio = after(BUYS_BTC, pairs=(BTC,))
    assert portfolio.cash == 9_500
    assert portfolio.fees == D("0.375")
    assert held(portfolio, "BTC").cost == D("500.375")


def test_a_sale_of_bnb_that_pays_its_fee_in_bnb_takes_no_more_than_is_ours() -> None:
    sells_all = traded(2, "BNBUSDT", Side.SELL, "1", "610", "0.00075")
    portfolio = after(traded(1, "BNBUSDT", Side.BUY, "1.0005", "600", "0"), sells_all)
    assert held(portfolio, "BNB").quantity == 0  # 0.0005 of the fee were ours, 0.00025 the owner's
    assert held(portfolio, "BNB").profit == D("9.5475")  # 610 - 0.00025 x 610 - 600.30
    assert portfolio.fees == D("0.4575")


def test_a_fee_of_a_pair_that_is_traded_no_more_is_gone_from_bnb_too() -> None:
    assert held(after(BUYS_BNB, BUYS_BTC, pairs=(BNB,)), "BNB").quantity == D("0.998625")


def test_bnb_of_which_fees_have_left_less_than_the_smallest_order_counts_as_flat() -> None:
    few = traded(1, "BNBUSDT", Side.BUY, "0.009", "600", "0")  # 5.40 USDT
    portfolio = after(few, traded(2, "BTCUSDT", Side.BUY, "0.01", "50000", "0.0009", fee_price=D(600)))
    assert held(portfolio, "BNB").quantity == D("0.0081")
    assert held(portfolio, "BNB").size == 0.0
    assert held(portfolio, "BNB").exit_ns == NOON_NS + 2 * SECOND_NS
    assert portfolio.held == {"BTCUSDT"}


@pytest.mark.parametrize("heard", list(itertools.permutations(HISTORY)))
def test_in_whatever_order_the_fills_are_heard_of_the_books_are_the_same(heard: tuple[Fill, ...]) -> None:
    assert after(*heard) == after(*HISTORY)


@given(data=st.data())
def test_any_order_and_repetition_of_any_trades_gives_the_same_books_to_the_last_digit(data: st.DataObject) -> None:
    fills = data.draw(trades())
    heard = data.draw(st.permutations(fills + data.draw(st.lists(st.sampled_from(fills), max_size=5))))
    straight, shuffled = after(*fills), after(*heard)
    assert shuffled.holdings == straight.holdings
    assert (shuffled.cash, shuffled.fees) == (straight.cash, straight.fees)
    assert shuffled.held == straight.held


@given(data=st.data())
def test_bnb_is_never_below_zero_and_never_more_than_was_bought(data: st.DataObject) -> None:
    fills = data.draw(trades())
    bnb = held(after(*fills), "BNB")
    sides = {Side.BUY: D(1), Side.SELL: D(-1)}
    assert 0 <= bnb.quantity <= sum((sides[f.side] * f.quantity for f in fills if f.symbol == "BNBUSDT"), D(0))
    assert bnb.cost >= 0


@st.composite
def trades(draw: st.DrawFn) -> list[Fill]:
    """Up to twelve trades, in order of time, of an account that never sells what it has not; fees in BNB."""
    have = {"BNBUSDT": 0, "BTCUSDT": 0}  # thousandths
    fills: list[Fill] = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        symbol = draw(st.sampled_from(sorted(have)))
        side = draw(st.sampled_from(Side)) if have[symbol] else Side.BUY
        amount = draw(st.integers(1, have[symbol] if side is Side.SELL else 1000))
        quantity, fee = D(amount) / 1000, D(draw(st.integers(0, 50))) / 10_000
        if symbol == "BNBUSDT" and side is Side.BUY:
            fee = min(fee, quantity)  # it comes out of what was bought
        have[symbol] += amount if side is Side.BUY else -amount
        paid = sum((f.fee for f in fills), fee) * 1000  # BNB that went for fees cannot be sold
        if symbol == "BNBUSDT" and side is Side.SELL and have[symbol] < paid:
            have[symbol] += amount
            continue
        price = str(draw(st.integers(500, 700)) * (1 if symbol == "BNBUSDT" else 80))
        more = {} if symbol == "BNBUSDT" else {"fee_price": D(600)}
        fills.append(traded(number, symbol, side, str(quantity), price, str(fee), **more))
    return fills or [BUYS_BNB]


def test_a_fill_that_is_late_by_more_than_what_is_kept_is_counted_too() -> None:
    fills = [traded(number, "BNBUSDT", Side.BUY, "1", "600", "0") for number in range(1, 10)]
    late, *rest = fills
    portfolio = after(*rest, late, most_recent=2)
    assert held(portfolio, "BNB").quantity == 9
    assert held(portfolio, "BNB").cost == 5_400
    assert len(held(portfolio, "BNB").recent) <= 5


def test_the_journal_of_a_version_that_knew_no_fee_prices_gives_the_mended_books() -> None:
    """The lines as commit 3e8a2a4 wrote them."""
    lines = [encode(record) for record in (order(client_id="c1", symbol="BNBUSDT"), BUYS_BNB, BUYS_BTC)]
    lines = [old_line(line) for line in lines]
    records = [decode(line) for line in lines]
    portfolio = after(*(record for record in records if record is not None))
    assert held(portfolio, "BNB").quantity == D("0.998625")
    assert portfolio.unpriced_fees() == {"BNB": D("0.000625")}
    assert portfolio.fees == D("0.45")


def old_line(line: bytes) -> bytes:
    """Without the field that is new."""
    import zlib

    import msgspec

    body = msgspec.json.decode(line.partition(b" ")[2])
    body.pop("fee_price", None)
    text = msgspec.json.encode(body)
    return b"%08x %s\n" % (zlib.crc32(text), text)


# A price that is learned later ----------------------------------------------------------------------------------------

UNPRICED = traded(2, "BTCUSDT", Side.BUY, "0.01", "50000", "0.000625")


@pytest.mark.parametrize(
    "heard",
    [
        (BUYS_BNB, UNPRICED, FeePriced("BTCUSDT", 2, D(600)), SELLS_BTC),
        (BUYS_BNB, UNPRICED, SELLS_BTC, FeePriced("BTCUSDT", 2, D(600))),
        (SELLS_BTC, UNPRICED, BUYS_BNB, FeePriced("BTCUSDT", 2, D(600)), FeePriced("BTCUSDT", 2, D(9))),
    ],
)
def test_a_price_that_is_learned_after_its_fill_gives_the_books_as_if_it_had_been_known(
    heard: tuple[Record, ...],
) -> None:
    portfolio, known = after(*heard), after(*HISTORY)
    for asset in ("BTC", "BNB"):
        one, other = held(portfolio, asset), held(known, asset)
        assert (one.quantity, one.cost, one.profit) == (other.quantity, other.cost, other.profit)
    assert portfolio.fees == known.fees
    assert portfolio.unpriced_fees() == {}


def test_a_fee_without_a_price_waits_for_it_however_many_trades_come_after() -> None:
    many = [traded(number, "BTCUSDT", Side.BUY, "0.01", "50000", "0") for number in range(3, 20)]
    portfolio = after(BUYS_BNB, UNPRICED, *many, FeePriced("BTCUSDT", 2, D(600)), most_recent=2)
    assert held(portfolio, "BTC").cost == D("9000.375")  # 18 x 500 + 0.375


def test_thousands_of_fees_without_a_price_are_bounded_and_lose_nothing_of_the_sum() -> None:
    """An old journal of somebody who has always paid in BNB."""
    many = [traded(number, "BTCUSDT", Side.BUY, "0.01", "50000", "0.001") for number in range(2, 60)]
    portfolio = after(traded(1, "BNBUSDT", Side.BUY, "1", "600", "0"), *many, most_recent=4, most_waiting=16)
    assert len(held(portfolio, "BTC").recent) <= 17
    for each in many:
        portfolio.apply(FeePriced("BTCUSDT", each.trade_id, D(600)))
    assert portfolio.fees == D("34.8")  # 58 x 0.001 x 600
    total = sum(h.profit - h.cost for h in portfolio.holdings.values())
    assert total == pytest.approx(D(-29_600))  # what the cash did: 600 for BNB, 58 x 500 for BTC


@in_loop
async def test_the_price_of_a_fee_is_the_last_of_its_pair_when_that_is_traded_here(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY)
        d.execution.on_fill(fill(quantity=D("0.0099"), fee=D("0.001"), fee_asset="ETH"))
        assert d.portfolio.fees == D("2.9995")  # 0.001 x (2,999 + 3,000) / 2
        assert d.exchange.asked == []


@in_loop
async def test_another_assets_price_is_asked_for_once_a_minute_of_trades_and_kept_in_the_journal(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as d:
        d.exchange.prices = {"BNBUSDT": {NOON_NS // (60 * SECOND_NS): D(600)}}
        d.exchange.failures["price_at"] = [ExchangeError("GET klines: no answer (TimeoutError).")]
        d.act(BUY)
        for number in (1, 2):
            d.execution.on_fill(
                fill(trade_id=number, quantity=D("0.00495"), fee=D("0.0002"), fee_asset="BNB", time_ns=NOON_NS)
            )
        await until(lambda: not d.portfolio.unpriced)
        assert d.portfolio.fees == D("0.24")  # 2 x 0.0002 x 600
        assert [asked[1] for asked in d.exchange.asked] == ["BNBUSDT", "BNBUSDT"]  # the second after no answer
        assert not d.faults
        records = [record for record in d.written if isinstance(record, FeePriced)]
        assert records == [FeePriced("BTCUSDT", 1, D(600)), FeePriced("BTCUSDT", 2, D(600))]


@pytest.mark.parametrize("prices", [{}, {"XYZUSDT": {}}])
def test_a_fee_that_has_no_price_anywhere_is_told_once_with_its_amount(
    prices: dict[str, dict[int, Decimal]], tmp_path: Path
) -> None:
    @in_loop
    async def test() -> None:
        async with desk(tmp_path) as d:
            d.exchange.prices = prices
            d.act(BUY)
            d.execution.on_fill(fill(quantity=D("0.0099"), fee=D("0.5"), fee_asset="XYZ"))
            await until(lambda: bool(d.faults))
            d.execution.fees.ask()
            await asyncio.sleep(0.01)
            assert d.faults == [
                ("fee_unpriced", "XYZ", "0.5 XYZ have no price in USDT and count in no figure"),
            ]
            assert d.portfolio.unpriced_fees() == {"XYZ": D("0.5")}

    test()


@in_loop
async def test_what_an_old_journal_left_unpriced_is_asked_for_at_the_minute_of_its_trade(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.exchange.prices = {"BNBUSDT": {NOON_NS // (60 * SECOND_NS): D(600), NOON_NS // (60 * SECOND_NS) + 1: D(700)}}
        d.ledger.record(order())
        d.ledger.record(fill(fee=D("0.001"), fee_asset="BNB"))
        d.ledger.record(Answer(FIRST, Status.FILLED))
        d.execution.fees.ask()
        await until(lambda: not d.portfolio.unpriced)
        assert d.portfolio.fees == D("0.6")
