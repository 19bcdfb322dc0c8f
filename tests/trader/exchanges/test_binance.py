"""The Binance adapter keeps the Protocol's promises, against the simulated exchange on loopback."""

from __future__ import annotations

import asyncio
import dataclasses
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace
from pydantic import SecretStr

from core.errors import ExchangeError
from core.settings import ExchangeSettings
from services.simulator import DEFAULT_PAIRS, Kind, Sim
from services.trader.exchanges.binance import Binance
from services.trader.exchanges.protocol import Balance, Bar, Resting, Trade
from services.trader.orders import Answer, Fill, Order, Side, Status
from tests.simulator.client import MINUTE_START_MS, Client, in_loop, quiet, running, settings, until, within
from tests.trader.examples import order

BTC, ETH = DEFAULT_PAIRS[:2]
MINUTE_NS = 60_000_000_000


class Ears:
    """Both listeners; what was heard, in order."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.fills: list[Fill] = []
        self.trades: list[tuple[int, Trade]] = []
        self.quotes: list[tuple[int, float, float]] = []
        self.bars: list[tuple[int, int, int]] = []
        self.market: list[str] = []
        self.orders: list[str] = []

    def on_quote(self, pair: int, _: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        assert bid_size > 0
        assert ask_size > 0
        self.quotes.append((pair, bid, ask))

    def on_trade(self, pair: int, _: int, trade: Trade) -> None:
        self.trades.append((pair, trade))

    def on_bar(self, pair: int, _: int, bar: Bar) -> None:
        self.bars.append((pair, bar.open_ns, bar.close_ns))

    def on_market_connected(self) -> None:
        self.market.append("up")

    def on_market_lost(self, reason: str) -> None:
        self.market.append(reason)

    def on_answer(self, answer: Answer) -> None:
        self.answers.append(answer)

    def on_fill(self, fill: Fill) -> None:
        self.fills.append(fill)

    def on_orders_connected(self) -> None:
        self.orders.append("up")

    def on_orders_lost(self, reason: str) -> None:
        self.orders.append(reason)

    def last(self, client_id: str) -> Status | None:
        return next((answer.status for answer in reversed(self.answers) if answer.client_id == client_id), None)


def address(sim: Sim, **changes: Any) -> ExchangeSettings:
    usual = {
        "rest_url": sim.rest_url,
        "stream_url": sim.stream_url,
        "ws_api_url": sim.ws_api_url,
        "api_key": SecretStr(sim.settings.api_key),
        "api_secret": SecretStr(sim.settings.api_secret),
    }
    return ExchangeSettings(**{**usual, **changes})


@asynccontextmanager
async def account(chosen: Any = None, **changes: Any) -> AsyncIterator[tuple[Sim, Client, Binance]]:
    """A simulated exchange whose market stands still, and our account on it."""
    async with running(chosen or quiet()) as (sim, client):
        binance = Binance(address(sim, **changes))
        try:
            yield sim, client, binance
        finally:
            await binance.close()


@asynccontextmanager
async def connected(chosen: Any = None) -> AsyncIterator[tuple[Sim, Client, Binance, Ears]]:
    async with account(chosen) as (sim, client, binance):
        await binance.pairs([BTC.symbol, ETH.symbol])
        ears = Ears()
        await binance.connect("1m", ears, ears)
        await until(lambda: ears.market and ears.orders)
        yield sim, client, binance, ears


def touch(sim: Sim, symbol: str = "BTCUSDT") -> tuple[Decimal, Decimal]:
    """Best bid and ask."""
    state = sim.market.by_symbol[symbol]
    return state.grid.price(state.book.best_bid()[0]), state.grid.price(state.book.best_ask()[0])


def buying(sim: Sim, client_id: str = "s1-01234567-1", quantity: str = "0.01") -> Order:
    """An order that fills at once."""
    return order(client_id=client_id, quantity=Decimal(quantity), price=touch(sim)[1])


# Questions ------------------------------------------------------------------------------------------------------------


@in_loop
async def test_pairs_come_in_the_order_asked_for_with_their_grid_in_its_shortest_form() -> None:
    async with account() as (_, _, binance):
        pairs = await binance.pairs(["ETHUSDT", "BTCUSDT"])
        expected = [dataclasses.replace(p, min_quantity=p.lot, sell_floor=Decimal("0.2")) for p in (ETH, BTC)]
        assert pairs == expected
        assert [str(pair.price_tick) for pair in pairs] == ["0.01", "0.01"]
        assert [str(pair.lot) for pair in pairs] == ["0.0001", "0.00001"]


@in_loop
async def test_an_unknown_pair_is_an_error_that_says_so() -> None:
    async with account() as (_, _, binance):
        with pytest.raises(ExchangeError, match=r"Invalid symbol") as caught:
            await binance.pairs(["BTCUSDT", "NOPEUSDT"])
        assert caught.value.code == -1121


@in_loop
async def test_bars_are_closed_ones_oldest_first() -> None:
    async with account(quiet(history_bars=20, start_ms=MINUTE_START_MS)) as (sim, client, binance):
        rows = (await client.get("klines", symbol="BTCUSDT", interval="1m", limit=1000)).body
        opened = [row[0] * 1_000_000 for row in rows]
        assert rows[-1][6] >= sim.market.clock.now_ms()  # the exchange's own last one is still open
        bars = await binance.bars("BTCUSDT", "1m", limit=5)
        assert bars["time_ns"].tolist() == opened[-6:-1]
        assert [float(value) for value in rows[-2][1:6]] == list(bars[-1].tolist()[1:])
        every = await binance.bars("BTCUSDT", "1m", limit=1000)
        assert every["time_ns"].tolist() == opened[:-1]


@in_loop
async def test_bars_from_a_start_are_the_first_ones_from_there() -> None:
    async with account(quiet(history_bars=20, start_ms=MINUTE_START_MS)) as (_, _, binance):
        every = (await binance.bars("BTCUSDT", "1m", limit=1000))["time_ns"].tolist()
        assert (await binance.bars("BTCUSDT", "1m", limit=3, start_ns=every[5]))["time_ns"].tolist() == every[5:8]
        assert (await binance.bars("BTCUSDT", "1m", limit=1000, start_ns=every[-1]))["time_ns"].tolist() == every[-1:]
        assert len(await binance.bars("BTCUSDT", "1m", limit=5, start_ns=every[-1] + MINUTE_NS)) == 0  # still open
        assert len(await binance.bars("BTCUSDT", "1m", limit=5, start_ns=every[-1] + 9 * MINUTE_NS)) == 0


@in_loop
async def test_trades_are_consecutive_from_the_one_asked_for() -> None:
    async with account(settings(events_per_second=500)) as (sim, _, binance):
        await until(lambda: len(sim.market.by_symbol["BTCUSDT"].tape.trades) > 20)
        first = (await binance.trades("BTCUSDT", 1))[0].trade_id
        trades = await binance.trades("BTCUSDT", first + 3)
        assert trades[0].trade_id == first + 3
        assert all(after.trade_id == before.trade_id + 1 for before, after in pairwise(trades))
        assert all((trade.buy_volume > 0) != (trade.sell_volume > 0) and trade.price > 0 for trade in trades)
        assert await binance.trades("BTCUSDT", first + 10**6) == []


@in_loop
async def test_balances_count_what_an_order_has_locked() -> None:
    async with account() as (_, client, binance):
        await client.limit("BUY", "1", "30000")
        balances = await binance.account()
        assert balances["USDT"] == Balance(Decimal(70_000), Decimal(30_000))
        assert (balances["USDT"].total, balances["BTC"].total) == (100_000, 2)


@in_loop
async def test_an_orders_status_fills_and_place_among_the_open_ones() -> None:
    async with account() as (sim, client, binance):
        await client.limit("BUY", "0.5", "30000", newClientOrderId="rests")
        await client.limit("BUY", "0.01", str(touch(sim)[1]), newClientOrderId="fills")
        await until(lambda: sim.exchange.trades)

        assert await binance.resting() == [Resting("BTCUSDT", "rests", Side.BUY, Decimal("0.5"))]
        assert await binance.order_status("BTCUSDT", "rests") == (Answer("rests", Status.OPEN), 0)
        assert await binance.order_status("BTCUSDT", "fills") == (Answer("fills", Status.FILLED), Decimal("0.01"))
        assert await binance.order_fills("BTCUSDT", "rests") == []
        (fill,) = await binance.order_fills("BTCUSDT", "fills")
        assert (fill.client_id, fill.side, fill.quantity) == ("fills", Side.BUY, Decimal("0.01"))
        assert (fill.fee, fill.fee_asset) == (Decimal("0.00001"), "BTC")  # 0.1 % of 0.01
        assert fill.time_ns > 0

        await binance.cancel("BTCUSDT", "rests")
        assert (await binance.order_status("BTCUSDT", "rests"))[0].status is Status.CANCELED
        assert await binance.resting() == []


@pytest.mark.parametrize("question", ["order_status", "order_fills"])
def test_an_order_that_never_arrived_differs_from_no_answer(question: str) -> None:
    @in_loop
    async def test() -> None:
        async with account() as (sim, _, binance):
            with pytest.raises(ExchangeError) as caught:
                await getattr(binance, question)("BTCUSDT", "never")
            assert caught.value.unknown_order
            sim.faults.error_before(1, on=Kind.OTHER)
            with pytest.raises(ExchangeError) as caught:
                await getattr(binance, question)("BTCUSDT", "never")
            assert not caught.value.unknown_order
            assert caught.value.code == -1007

    test()


@in_loop
async def test_cancelling_what_is_gone_or_never_was_is_no_error_and_anything_else_is() -> None:
    async with account() as (sim, client, binance):
        await client.limit("BUY", "0.01", str(touch(sim)[1]), newClientOrderId="fills")
        await until(lambda: sim.exchange.trades)
        await binance.cancel("BTCUSDT", "fills")
        await binance.cancel("BTCUSDT", "never")
        sim.faults.error_before(1, on=Kind.CANCEL)
        with pytest.raises(ExchangeError, match="HTTP 503"):
            await binance.cancel("BTCUSDT", "never")


@in_loop
async def test_used_up_request_weight_is_told_with_what_happens_next() -> None:
    async with account() as (sim, _, binance):
        sim.faults.rate_limit(1)
        with pytest.raises(ExchangeError, match="The request weight is used up") as caught:
            await binance.account()
        assert caught.value.code == -1003


@in_loop
async def test_an_exchange_that_is_not_there_is_an_error() -> None:
    async with account() as (sim, _, _):
        nobody = Binance(address(sim, rest_url="http://127.0.0.1:9"))
        with pytest.raises(ExchangeError, match=r"GET account: no answer \(ClientConnectorError\)"):
            await nobody.account()
        await nobody.close()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "cannot be read"),
        (b"<html>maintenance</html>", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"balances":[{"asset":"BTC","free":"many","locked":"0"}]}', "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_an_answer_that_cannot_be_read_is_an_error(body: bytes, told: str) -> None:
    @in_loop
    async def test() -> None:
        async with answering(lambda _: web.Response(body=body)) as binance:
            with pytest.raises(ExchangeError, match=told):
                await binance.account()

    test()


@pytest.mark.parametrize(
    "row", [b"[[1,2]]", b'[["x","1","1","1","1","1"],[2,"1","1","1","1","1"]]', b"[[]]", b'["no"]']
)
def test_a_bar_that_cannot_be_read_is_an_error(row: bytes) -> None:
    @in_loop
    async def test() -> None:
        async with answering(lambda _: web.Response(body=row)) as binance:
            with pytest.raises(ExchangeError, match="cannot be read"):
                await binance.bars("BTCUSDT", "1m", limit=5)

    test()


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ("[]", "no price tick or no lot"),
        (
            '[{"filterType":"PRICE_FILTER","tickSize":"0.00000000"},{"filterType":"LOT_SIZE","stepSize":"1"}]',
            "no price",
        ),
        ('[{"filterType":"PRICE_FILTER","tickSize":"0.01"}]', "no price tick or no lot"),
    ],
)
def test_a_pair_without_a_grid_is_an_error(filters: str, told: str) -> None:
    @in_loop
    async def test() -> None:
        body = f'{{"symbols":[{{"symbol":"BTCUSDT","baseAsset":"BTC","quoteAsset":"USDT","filters":{filters}}}]}}'
        async with answering(lambda _: web.Response(text=body)) as binance:
            with pytest.raises(ExchangeError, match=told):
                await binance.pairs(["BTCUSDT"])

    test()


@in_loop
async def test_a_pair_that_is_left_out_of_the_answer_is_an_error() -> None:
    async with answering(lambda _: web.Response(text='{"symbols":[]}')) as binance:
        with pytest.raises(ExchangeError, match="says nothing of BTCUSDT"):
            await binance.pairs(["BTCUSDT"])


@in_loop
async def test_a_request_is_never_led_elsewhere_with_our_key() -> None:
    seen: list[str] = []

    def redirect(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with answering(redirect) as binance:
        with pytest.raises(ExchangeError, match="HTTP 302"):
            await binance.account()
    assert seen == ["/api/v3/account"]


@asynccontextmanager
async def answering(answer: Callable[[web.Request], web.Response]) -> AsyncIterator[Binance]:
    """An account on a server that answers everything like this."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    binance = Binance(ExchangeSettings(rest_url=url, api_key=SecretStr("key"), api_secret=SecretStr("secret")))
    try:
        yield binance
    finally:
        await binance.close()
        await runner.cleanup()


# Secrets --------------------------------------------------------------------------------------------------------------

SECRETS = {"api_key": "k" * 63 + "1", "api_secret": "s" * 63 + "2"}


@pytest.mark.parametrize("wrong", SECRETS)
@pytest.mark.parametrize(
    "question",
    [
        lambda binance: binance.account(),
        lambda binance: binance.order_status("BTCUSDT", "x"),
        lambda binance: binance.cancel("BTCUSDT", "x"),
        lambda binance: binance.resting(),
    ],
)
def test_a_wrong_key_is_an_error_that_shows_no_secret(
    wrong: str, question: Callable[[Binance], Awaitable[object]]
) -> None:
    @in_loop
    async def test() -> None:
        async with account(**{wrong: SecretStr(SECRETS[wrong])}) as (sim, _, binance):
            with pytest.raises(ExchangeError) as caught:
                await question(binance)
            assert caught.value.code in (-2014, -2015, -1022)
            assert not caught.value.unknown_order
            shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(binance))
            for secret in (SECRETS[wrong], sim.settings.api_key, sim.settings.api_secret, "signature="):
                assert secret not in shown

    test()


@in_loop
async def test_no_answer_shows_no_secret_either() -> None:
    async with account() as (sim, _, _):
        nobody = Binance(address(sim, rest_url="http://127.0.0.1:9"))
        with pytest.raises(ExchangeError) as caught:
            await nobody.account()
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        assert "signature" not in shown
        assert sim.settings.api_key not in shown
        await nobody.close()


@in_loop
async def test_without_keys_private_questions_and_orders_are_refused_before_the_wire() -> None:
    async with account(api_key=None, api_secret=None) as (_, _, binance):
        await binance.pairs(["BTCUSDT"])
        with pytest.raises(ExchangeError, match="needs an API key and secret"):
            await binance.account()
        ears = Ears()
        with pytest.raises(ExchangeError, match="Orders need an API key and secret"):
            await binance.connect("1m", ears, ears)
        assert not binance.place(order())


@in_loop
async def test_an_order_connection_that_is_refused_tries_again_with_growing_pauses() -> None:
    async with account(api_secret=SecretStr(SECRETS["api_secret"])) as (_, _, binance):
        await binance.pairs([BTC.symbol])
        ears = Ears()
        await binance.connect("1m", ears, ears)
        await asyncio.sleep(0.6)  # pauses of 0.05, 0.1, 0.2 and 0.4 s
        assert 2 <= len(ears.orders) <= 5
        assert all("the account's stream was refused: " in lost for lost in ears.orders)
        assert not binance.place(order())


# Orders and the market over WebSockets --------------------------------------------------------------------------------


@in_loop
async def test_an_order_fills_and_its_answer_and_the_account_tell_of_the_same_trade() -> None:
    async with connected() as (sim, _, binance, ears):
        sent = buying(sim)
        assert binance.place(sent)
        await until(lambda: ears.last(sent.client_id) is Status.FILLED and len(ears.fills) >= 2)
        (asked,) = await binance.order_fills("BTCUSDT", sent.client_id)
        assert (asked.quantity, asked.price, asked.side) == (Decimal("0.01"), sent.price, Side.BUY)
        assert (asked.fee, asked.fee_asset) == (Decimal("0.00001"), "BTC")  # 0.1 % of 0.01
        # The answer to an order has one time for all of its trades, which may be a millisecond off.
        assert [replace(fill, time_ns=asked.time_ns) for fill in ears.fills] == [asked] * len(ears.fills)


@in_loop
async def test_what_cannot_fill_at_once_is_cancelled_and_never_rests() -> None:
    async with connected() as (_, _, binance, ears):
        binance.place(order(price=Decimal(60_000)))
        await until(lambda: ears.last("s1-01234567-1") is Status.CANCELED)
        assert ears.fills == []
        assert await binance.resting() == []


@in_loop
async def test_a_refusal_is_told_with_the_exchanges_words() -> None:
    async with connected() as (sim, _, binance, ears):
        sim.faults.reject_order()
        binance.place(buying(sim))
        await until(lambda: ears.answers)
        assert ears.answers == [Answer("s1-01234567-1", Status.REJECTED, "Market is closed. (-2010)", -2010)]


@in_loop
async def test_an_error_of_which_the_outcome_is_open_is_unknown() -> None:
    async with connected() as (sim, _, binance, ears):
        sim.faults.error_after(1)
        binance.place(buying(sim))
        await until(lambda: Answer("s1-01234567-1", Status.UNKNOWN, "status 503") in ears.answers)
        assert (await binance.order_status("BTCUSDT", "s1-01234567-1"))[0].status is Status.FILLED


@in_loop
async def test_orders_that_a_broken_connection_leaves_without_an_answer_are_unknown_and_the_line_comes_back() -> None:
    async with connected() as (sim, _, binance, ears):
        sim.faults.timeout_before(2)
        for number in (1, 2):
            assert binance.place(buying(sim, f"s1-01234567-{number}"))
        await until(lambda: sim.faults.counts["timeout_before"] == 2)
        sim.faults.disconnect()
        await until(lambda: ears.orders[1:2])
        assert not binance.place(buying(sim, "s1-01234567-3"))  # while the line is down nothing is written
        assert [(answer.client_id, answer.status) for answer in ears.answers] == [
            ("s1-01234567-1", Status.UNKNOWN),
            ("s1-01234567-2", Status.UNKNOWN),
        ]
        await until(lambda: ears.orders[-1] == "up" and len(ears.orders) == 3)
        await until(lambda: ears.market[-1] == "up" and len(ears.market) == 3)
        assert ears.orders[1] == ears.market[1] == "closed by the exchange"
        fourth = buying(sim, "s1-01234567-4")
        assert binance.place(fourth)
        await until(lambda: ears.last(fourth.client_id) is Status.FILLED)


@in_loop
async def test_an_answered_order_is_not_unknown_when_the_connection_breaks_later() -> None:
    async with connected() as (sim, _, binance, ears):
        binance.place(buying(sim))
        await until(lambda: ears.last("s1-01234567-1") is Status.FILLED)
        sim.faults.disconnect()
        await until(lambda: len(ears.orders) == 3)
        assert all(answer.status is not Status.UNKNOWN for answer in ears.answers)


@in_loop
async def test_the_market_is_told_by_pair_and_a_renewed_line_goes_on() -> None:
    async with connected(settings(events_per_second=400)) as (sim, _, binance, ears):
        await until(lambda: {pair for pair, _ in ears.trades} == {0, 1} and len(ears.quotes) > 20)
        assert all(0 < bid <= ask for _, bid, ask in ears.quotes)
        assert all(bid > 10_000 for pair, bid, _ in ears.quotes if pair == 0)
        ids = [trade.trade_id for pair, trade in ears.trades if pair == 0]
        assert all(after == before + 1 for before, after in pairwise(ids))
        await binance.renew_market("silent for 10 s")
        await until(lambda: ears.market == ["up", "silent for 10 s", "up"])
        count = len(ears.trades)
        await until(lambda: len(ears.trades) > count + 5)
        assert ears.orders == ["up"]  # the order line was not touched
        sim.faults.disconnect()


@in_loop
async def test_a_bar_is_told_when_it_has_closed() -> None:
    async with connected(settings(events_per_second=400, speed=600.0)) as (_, _, _, ears):
        await until(lambda: len(ears.bars) > 4)
        assert all(close_ns == open_ns + MINUTE_NS - 1_000_000 for _, open_ns, close_ns in ears.bars)
        opens = [open_ns for pair, open_ns, _ in ears.bars if pair == 0]
        assert opens == sorted(set(opens))


@in_loop
async def test_closing_ends_every_line_and_task() -> None:
    async with running(quiet()) as (sim, _):
        before = asyncio.all_tasks()
        binance = Binance(address(sim))
        await binance.pairs([BTC.symbol])
        ears = Ears()
        await binance.connect("1m", ears, ears)
        await until(lambda: ears.market and ears.orders)
        await within(binance.close())
        assert not binance.place(order())
        for _ in range(500):  # the server hears of the end a moment later
            if asyncio.all_tasks() <= before:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(asyncio.all_tasks() - before)
