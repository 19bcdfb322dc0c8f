"""Fees as the exchange charges them: in what a trade brings, or in BNB a quarter cheaper while there is some."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from core.contracts import Pair
from services.simulator import DEFAULT_PAIRS, SimSettings
from services.simulator.clock import MarketClock
from services.simulator.market import Market
from services.simulator.matching import Exchange
from services.simulator.orders import NewOrder, Order, OrderType, Side
from services.simulator.sources import Move
from tests.simulator.client import MINUTE_START_MS, connected, in_loop, quiet, running, settings, ws_params

BTC, BNB = DEFAULT_PAIRS[0], DEFAULT_PAIRS[2]
ADABNB = Pair("ADABNB", "ADA", "BNB", Decimal("0.00001"), Decimal("0.1"), Decimal("0.01"))
BTCBRL = Pair("BTCBRL", "BTC", "BRL", Decimal("0.01"), Decimal("0.00001"), Decimal(10))
PAIRS = (BTC, BNB, ADABNB, BTCBRL)
PRICES = {"BTCUSDT": 60_000, "BNBUSDT": 600, "ADABNB": Decimal("0.001"), "BTCBRL": 300_000}
RICH = {name: Decimal(10_000_000) for name in ("USDT", "BTC", "ADA", "BRL")}


class Still:
    """A market that stands at PRICES, bid and ask one tick around them."""

    start_ms = MINUTE_START_MS

    def past(self) -> Iterator[Move]:
        for number, pair in enumerate(PAIRS):
            ticks = int(PRICES[pair.symbol] / pair.price_tick)
            yield Move(MINUTE_START_MS, number, ticks - 1, ticks + 1, 10**8, 10**8, ticks, 1)

    def live(self) -> Iterator[Move]:
        return iter(())

    def end_ms(self) -> int:
        return self.start_ms


def exchange(*, bnb: str, bnb_fees: bool = True, **changes: Any) -> Exchange:
    chosen: dict[str, Any] = {"taker_fee": Decimal("0.001"), **changes}
    made = SimSettings(pairs=PAIRS, balances={**RICH, "BNB": Decimal(bnb)}, bnb_fees=bnb_fees, **chosen)
    market = Market(made, Still(), MarketClock(MINUTE_START_MS, 1.0, monotonic=lambda: 0.0))
    return Exchange(made, market, lambda _, run: run())


def trade(it: Exchange, pair: Pair, side: Side, quantity: str) -> Order:
    number = f"c{len(it.orders)}"
    return it.place(NewOrder(pair, side, OrderType.MARKET, number, quantity=Decimal(quantity)))


def total(it: Exchange, asset: str) -> Decimal:
    return it.balances[asset].total


@pytest.mark.parametrize(("side", "asset"), [(Side.BUY, "BTC"), (Side.SELL, "USDT")])
def test_an_account_that_did_not_choose_bnb_pays_in_what_the_trade_brings(side: Side, asset: str) -> None:
    it = exchange(bnb="5", bnb_fees=False)
    (fill,) = trade(it, BTC, side, "1").fills
    brought = Decimal(1) if side is Side.BUY else Decimal("59999.99")
    assert (fill.commission, fill.commission_asset) == (brought / 1000, asset)
    assert total(it, asset) == 10_000_000 + brought - brought / 1000
    assert total(it, "BNB") == 5


@pytest.mark.parametrize("side", Side)
def test_a_fee_in_bnb_is_a_quarter_less_at_the_price_of_bnb_and_leaves_the_rest_whole(side: Side) -> None:
    it = exchange(bnb="5")
    (fill,) = trade(it, BTC, side, "1").fills
    # 60,000.01 (or 59,999.99) x 0.1% x 0.75 / 600, cut after eight decimals.
    expected = Decimal("0.07500001") if side is Side.BUY else Decimal("0.07499998")
    assert (fill.commission, fill.commission_asset) == (expected, "BNB")
    assert total(it, "BNB") == 5 - expected
    assert total(it, "BTC") == 10_000_000 + (1 if side is Side.BUY else -1)
    assert total(it, "USDT") == 10_000_000 - fill.quote_quantity * (1 if side is Side.BUY else -1)


def test_too_little_bnb_is_left_alone_and_the_full_fee_comes_out_of_the_trade() -> None:
    it = exchange(bnb="0.07")
    (fill,) = trade(it, BTC, Side.BUY, "1").fills
    assert (fill.commission, fill.commission_asset, total(it, "BNB")) == (Decimal("0.001"), "BTC", Decimal("0.07"))


def test_bnb_that_an_order_has_set_aside_pays_no_fee() -> None:
    it = exchange(bnb="5")
    it.place(NewOrder(BNB, Side.SELL, OrderType.LIMIT, "rests", quantity=Decimal(5), price=Decimal(700)))
    assert trade(it, BTC, Side.BUY, "1").fills[0].commission_asset == "BTC"


def test_a_quote_currency_in_which_nobody_trades_bnb_pays_its_own_fee() -> None:
    it = exchange(bnb="5")
    assert trade(it, BTCBRL, Side.SELL, "1").fills[0].commission_asset == "BRL"


def test_bought_bnb_pays_for_itself() -> None:
    it = exchange(bnb="0")
    (fill,) = trade(it, BNB, Side.BUY, "2").fills
    assert (fill.commission, fill.commission_asset) == (Decimal("0.0015"), "BNB")  # 2 x 0.1% x 0.75
    assert total(it, "BNB") == Decimal("1.9985")


def test_selling_bnb_pays_with_what_stays_and_the_last_of_it_pays_in_quote() -> None:
    it = exchange(bnb="5")
    (fill,) = trade(it, BNB, Side.SELL, "4").fills
    assert (fill.commission, fill.commission_asset) == (Decimal("0.003"), "BNB")  # 4 BNB x 0.075%
    assert total(it, "BNB") == Decimal("0.997")
    it = exchange(bnb="5")
    assert trade(it, BNB, Side.SELL, "5").fills[0].commission_asset == "USDT"
    assert total(it, "BNB") == 0


def test_a_pair_quoted_in_bnb_is_reckoned_in_bnb() -> None:
    it = exchange(bnb="5")
    (fill,) = trade(it, ADABNB, Side.SELL, "1000").fills
    assert (fill.commission, fill.commission_asset) == (Decimal("0.0007425"), "BNB")  # 1,000 x 0.00099 x 0.075%


@in_loop
async def test_the_account_is_told_of_the_fee_and_of_the_bnb_that_it_took() -> None:
    chosen = settings(pairs=(BTC, BNB), balances={"USDT": Decimal(100_000), "BNB": Decimal(1)}, bnb_fees=True)
    async with running(chosen) as (sim, client), connected(client, sim.ws_api_url) as api:
        await api.ask("userDataStream.subscribe.signature", ws_params(client), "subscribe")
        placed = await client.market("BUY", quantity="0.01")
        assert {fill["commissionAsset"] for fill in placed.body["fills"]} == {"BNB"}
        report = await api.next(lambda message: message.get("event", {}).get("x") == "TRADE")
        assert report["event"]["N"] == "BNB"
        paid = await api.next(lambda message: message.get("event", {}).get("e") == "outboundAccountPosition")
        assert {row["a"] for row in paid["event"]["B"]} == {"BTC", "USDT", "BNB"}
        rates = (await client.private("GET", "account/commission", symbol="BTCUSDT")).body
        assert rates["discount"] == {
            "enabledForAccount": True,
            "enabledForSymbol": True,
            "discountAsset": "BNB",
            "discount": "0.75000000",
        }
        assert rates["standardCommission"]["taker"] == "0.00100000"


@in_loop
async def test_an_account_does_not_pay_in_bnb_unless_it_says_so() -> None:
    async with running(quiet()) as (_, client):
        rates = (await client.private("GET", "account/commission", symbol="BTCUSDT")).body
        assert rates["discount"]["enabledForAccount"] is False
