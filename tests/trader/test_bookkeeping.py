"""`sorte reconcile`: whose is what, with and without a trader, and what the owner may say about it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.simulator import Sim, serve
from services.simulator.orders import NewOrder, OrderType, Side
from services.trader.bookkeeping import purchases
from services.trader.exchanges.protocol import AccountTrade
from services.trader.orders import Side as OurSide
from services.trader.portfolio import Portfolio
from tests.trader.faults.test_process import portfolio, sorte
from tests.trader.harness import PAIRS, in_loop, quiet_market, trading, until

D = Decimal
RICH = {"USDT": D(10_000), "ETH": D(2), "DOGE": D(100)}


async def says(sim: Sim, folder: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the JSON object on its standard output, and what it says on the other one."""
    process = await sorte(
        "reconcile",
        "--json",
        *words,
        folder=folder,
        SORTE_DATA_DIR=str(folder / "data"),
        SORTE_EXCHANGE__REST_URL=sim.rest_url,
        SORTE_EXCHANGE__API_KEY=sim.settings.api_key,
        SORTE_EXCHANGE__API_SECRET=sim.settings.api_secret,
    )
    code = await process.ended()
    return code, process.told[-1] if process.told else {}, process.errors.decode()


def lines(answer: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {line["asset"]: line for line in answer["lines"]}


def books(folder: Path) -> Portfolio:
    return portfolio(folder)


def by_hand(sim: Sim, side: Side, quantity: str) -> None:
    order = NewOrder(PAIRS[1], side, OrderType.MARKET, f"web-{side}-{quantity}", quantity=D(quantity))
    sim.exchange.place(order)


async def trades_once(sim: Sim, folder: Path) -> None:
    """A run that buys BTC and ends."""
    async with trading(sim, folder / "data") as it:
        await it.buys()


@in_loop
async def test_the_table_says_what_is_whose_with_a_trader_and_without(tmp_path: Path) -> None:
    async with serve(quiet_market(balances=RICH)) as sim:
        async with trading(sim, tmp_path / "data") as it:
            await it.buys()
            code, running, _ = await says(sim, tmp_path)
            assert code == 0
        code, answer, _ = await says(sim, tmp_path)
        assert (code, answer) == (0, running)
        assert answer["others"] == {"DOGE": "100", "ETH": "2"}  # ETH was not traded by these books
        btc = lines(answer)["BTC"]
        assert btc["ours"] == btc["theirs"] == f"{sim.exchange.balances['BTC'].total.normalize():f}"
        assert (btc["kind"], btc["cause"]) == ("agrees", "they agree")
        _, answer, _ = await says(sim, tmp_path, "--pairs", "ETHUSDT")
        assert lines(answer)["ETH"]["kind"] == "beyond"
        assert answer["cash"] == f"{sim.exchange.balances['USDT'].total.normalize():f}"


@in_loop
async def test_what_is_beyond_the_books_is_taken_over_on_his_word_and_then_traded_like_the_rest(
    tmp_path: Path,
) -> None:
    async with serve(quiet_market(balances=RICH)) as sim:
        await trades_once(sim, tmp_path)
        declined, answer, errors = await says(sim, tmp_path, "--adopt", "ETH", "--pairs", "ETHUSDT")
        assert (declined, answer["done"]) == (1, False)
        assert "--yes confirms beforehand" in errors
        assert books(tmp_path).holdings["ETHUSDT"].quantity == 0
        code, answer, _ = await says(sim, tmp_path, "--adopt", "eth", "--pairs", "ETHUSDT", "--yes")
        assert (code, answer["done"]) == (0, True)
        held = books(tmp_path).holdings["ETHUSDT"]
        assert held.quantity == 2
        assert held.cost == pytest.approx(D(6_600), abs=D(10))  # at the price now, about 3,300
        again, answer, _ = await says(sim, tmp_path, "--adopt", "ETH", "--pairs", "ETHUSDT", "--yes")
        assert again == 1
        assert "nothing of ETH to take over" in answer["message"]
        async with trading(sim, tmp_path / "data") as it:
            assert it.faults == []
            await it.sells(1)
            assert sim.exchange.balances["ETH"].total == 0


@in_loop
async def test_what_he_bought_by_hand_is_taken_over_at_what_he_paid(tmp_path: Path) -> None:
    async with serve(quiet_market()) as sim:
        await trades_once(sim, tmp_path)
        async with trading(sim, tmp_path / "data") as it:
            it.trade(1, pair=1, price=3_000.0)
            await it.events_settled()
            by_hand(sim, Side.BUY, "0.5")
            await until(lambda: sim.exchange.balances["ETH"].total > 0)
            it.trade(1, pair=1, price=3_500.0)
            await it.events_settled()
        total = sim.exchange.balances["ETH"].total  # 0.5 less its fee
        await says(sim, tmp_path, "--adopt", "ETH", "--pairs", "ETHUSDT", "--yes")
        held = books(tmp_path).holdings["ETHUSDT"]
        assert held.quantity == total
        assert held.entry_price == pytest.approx(3_000.01)


@in_loop
async def test_the_books_are_written_by_nobody_else_while_a_trader_runs(tmp_path: Path) -> None:
    async with serve(quiet_market(balances=RICH)) as sim, trading(sim, tmp_path / "data") as it:
        await it.buys()
        for word in ("--adopt", "--write-off"):
            code, answer, _ = await says(sim, tmp_path, word, "ETH", "--pairs", "ETHUSDT", "--yes")
            assert code == 1
            assert answer["message"] == "A trader runs on these books, and only it may write them."


@in_loop
async def test_what_is_missing_is_shown_and_written_off_only_on_his_word(tmp_path: Path) -> None:
    async with serve(quiet_market()) as sim:
        await trades_once(sim, tmp_path)
        sim.exchange.balances.change("BTC", free=D("-0.001"))
        code, answer, _ = await says(sim, tmp_path)
        assert code == 1
        assert lines(answer)["BTC"]["kind"] == "missing"
        assert lines(answer)["BTC"]["missing"] == "0.001"
        assert "a withdrawal" in lines(answer)["BTC"]["cause"]
        code, _, _ = await says(sim, tmp_path, "--write-off", "BTC", "--yes")
        assert code == 0
        assert books(tmp_path).holdings["BTCUSDT"].quantity == sim.exchange.balances["BTC"].total
        async with trading(sim, tmp_path / "data") as it:
            assert it.faults == []
            await it.sells()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param((), "Nothing was traded on an exchange", id="no books"),
        pytest.param(("--adopt", "BTC", "--write-off", "BTC"), "two words", id="both words"),
        pytest.param(("--adopt", "XYZ", "--pairs", "BTCUSDT", "--yes"), "no pair of XYZ", id="an unknown asset"),
        pytest.param(("--pairs", "NOPEUSDT"), "NOPEUSDT", id="an unknown pair"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    @in_loop
    async def test() -> None:
        async with serve(quiet_market()) as sim:
            code, answer, errors = await says(sim, tmp_path, *words)
            assert code in (1, 2)
            assert told in answer.get("message", "") + errors
            assert "Traceback" not in errors

    test()


def bought(trade_id: int, quantity: str, price: str, side: OurSide = OurSide.BUY) -> AccountTrade:
    return AccountTrade("BTCUSDT", trade_id, trade_id, side, D(quantity), D(price), D(0), "USDT", trade_id)


@pytest.mark.parametrize(
    ("quantity", "known", "paid"),
    [
        pytest.param("1", set(), (D(300), (3,)), id="the last purchase"),
        pytest.param("2", set(), (D(250), (3, 1)), id="the last two, the sale between is none"),
        pytest.param("1", {("BTCUSDT", 3)}, (D(200), (1,)), id="not what is in the books already"),
        pytest.param("9", set(), None, id="more than was ever bought: it came another way"),
    ],
)
def test_what_is_taken_over_cost_what_the_last_purchases_by_hand_did(
    quantity: str, known: set[tuple[str, int]], paid: tuple[Decimal, tuple[int, ...]] | None
) -> None:
    trades = [bought(1, "1", "200"), bought(2, "1", "900", OurSide.SELL), bought(3, "1", "300")]
    assert purchases(trades, D(quantity), known) == paid
