"""As much of the past as a strategy wants: in pages at the start, and put before the tape for one that comes later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from core.errors import ExchangeError
from core.kernel import BAR, EVENT, EVENT_WIRE, QUOTE
from core.recording import Recorder
from core.zone import Clock
from services.trader.deepening import Deepening
from services.trader.feed import Feed
from services.trader.tape import Tape
from services.trader.ticks import Tick
from tests.simulator.client import in_loop
from tests.trader.examples import NOON_NS, SECOND_NS
from tests.trader.fakes import FakeExchange

MINUTE_NS = 60 * SECOND_NS
SYMBOLS = ["BTCUSDT", "ETHUSDT"]


def market(counts: tuple[int, int], gap: range = range(0)) -> FakeExchange:
    """So many minutes of each pair up to noon; a bar's price tells its number, from 1. BTC lacks those of `gap`."""
    exchange = FakeExchange()
    for symbol, count in zip(SYMBOLS, counts, strict=True):
        numbers = [number for number in range(1, count + 1) if symbol != SYMBOLS[0] or number not in gap]
        exchange.closed_bars[symbol] = [
            (NOON_NS - (count - number + 1) * MINUTE_NS, *[float(number)] * 4, 1.0) for number in numbers
        ]
    return exchange


@asynccontextmanager
async def feeding(exchange: FakeExchange) -> AsyncIterator[Feed]:
    feed = Feed(
        exchange,
        SYMBOLS,
        "1m",
        MINUTE_NS,
        on_tick=lambda *_: None,
        on_fault=lambda *_: None,
        stale_seconds=60.0,
    )
    try:
        yield feed
    finally:
        await feed.close()


@contextmanager
def taping(folder: Path, bars_per_pair: int) -> Iterator[Tape]:
    with closing(Recorder(folder / "events", EVENT, {"symbols": SYMBOLS}, keep_bytes=1 << 20)) as recorder:
        yield Tape(recorder, len(SYMBOLS), bars_per_pair=bars_per_pair)


def keep(tape: Tape, ticks: list[Tick]) -> None:
    for sequence, tick in enumerate(ticks, tape.last_sequence + 1):
        event = EVENT_WIRE.pack(
            sequence, tick.time_ns, tick.pair, tick.kind, *tick[3:], *[0.0] * 3, 0, 0, 0.0, np.nan, 0
        )
        tape.append(sequence, tick.pair, tick.kind, event)


def shown(tape: Tape) -> np.ndarray:
    return np.frombuffer(b"".join(event for _, event in tape.warm_up()), EVENT)


@pytest.mark.parametrize(("wanted", "pages"), [(300, 1), (999, 1), (1000, 2), (3450, 4)])
@in_loop
async def test_the_start_asks_page_by_page_into_the_past(wanted: int, pages: int) -> None:
    exchange = market((5000, 5000))
    async with feeding(exchange) as feed:
        past = await feed.load_history(wanted)
    for pair in range(2):
        assert [tick.price for tick in past if tick.pair == pair] == list(range(5001 - wanted, 5001))
    assert [tick.time_ns for tick in past] == sorted(tick.time_ns for tick in past)
    assert len([asked for asked in exchange.asked if asked[0] == "bars"]) == 2 * pages


@in_loop
async def test_a_young_pair_has_what_it_has_and_a_gap_is_stepped_over() -> None:
    exchange = market((2500, 40), gap=range(1400, 1500))
    async with feeding(exchange) as feed:
        past = await feed.load_history(2000)
    assert [tick.price for tick in past if tick.pair == 1] == list(range(1, 41))
    ours = [tick.price for tick in past if tick.pair == 0]
    assert ours == [number for number in range(401, 2501) if number not in range(1400, 1500)]


@in_loop
async def test_what_a_later_release_wants_is_put_before_the_tape(tmp_path: Path) -> None:
    exchange = market((5000, 100))
    async with feeding(exchange) as feed:
        with taping(tmp_path, 50) as tape:
            deepening = Deepening(feed, tape, Clock("America/Sao_Paulo"))
            keep(tape, await deepening.begin(50))
            keep(tape, [Tick(0, QUOTE, NOON_NS + 1, 5000.0)])
            await deepening.deepen(1500)
            events = shown(tape)
            assert tape.bars_per_pair == 1500
    assert np.all(np.diff(events["sequence"]) == 1)
    assert (events["sequence"][0], events["sequence"][-1]) == (1 - 1450 - 50, 101)
    assert np.all(np.diff(events["time_ns"]) >= 0)
    bars = events[events["kind"] == BAR]
    for pair, numbers in ((0, range(3501, 5001)), (1, range(1, 101))):
        assert bars["price"][bars["pair"] == pair].tolist() == list(numbers)
    assert set(events["position"]) == {0.0}
    assert set(bars["utc_offset_s"][:1500]) == {-3 * 3600}
    assert np.isnan(bars["advice"]).all()


@in_loop
async def test_what_closed_since_the_start_is_not_put_before_once_more(tmp_path: Path) -> None:
    """A trader that has run for half an hour keeps more bars among its last events than it was told to keep."""
    exchange = market((5000, 5000))
    async with feeding(exchange) as feed:
        with taping(tmp_path, 50) as tape:
            deepening = Deepening(feed, tape, Clock("UTC"))
            keep(tape, await deepening.begin(50))
            for minute in range(1, 31):
                closed_ns = NOON_NS + minute * MINUTE_NS - 1_000_000
                keep(tape, [Tick(pair, BAR, closed_ns, 5000.0 + minute) for pair in range(2)])
            await deepening.deepen(200)
            events = shown(tape)
    bars = events[events["kind"] == BAR]
    for pair in range(2):
        assert bars["price"][bars["pair"] == pair].tolist() == list(range(5031 - 200, 5031))


@in_loop
async def test_what_is_there_already_is_not_asked_for(tmp_path: Path) -> None:
    exchange = market((5000, 5000))
    async with feeding(exchange) as feed:
        with taping(tmp_path, 50) as tape:
            deepening = Deepening(feed, tape, Clock("UTC"))
            keep(tape, await deepening.begin(50))
            asked = len(exchange.asked)
            await deepening.deepen(50)
            assert len(exchange.asked) == asked
            await deepening.deepen(70)
            await deepening.deepen(90)
            events = shown(tape)
    assert events["sequence"].tolist() == list(range(1 - 80, 101))
    assert events["price"][events["pair"] == 0].tolist() == list(range(5001 - 90, 5001))


@in_loop
async def test_an_exchange_that_does_not_answer_leaves_the_tape_as_it_is(tmp_path: Path) -> None:
    exchange = market((5000, 5000))
    async with feeding(exchange) as feed:
        with taping(tmp_path, 50) as tape:
            deepening = Deepening(feed, tape, Clock("UTC"))
            keep(tape, await deepening.begin(50))
            exchange.failures["bars"] = [ExchangeError("GET klines: no answer (TimeoutError).")]
            with pytest.raises(ExchangeError):
                await deepening.deepen(90)
            assert len(shown(tape)) == 100
            await deepening.deepen(90)
            assert len(shown(tape)) == 180


@in_loop
async def test_a_bar_that_closes_meanwhile_takes_none_from_the_tape(tmp_path: Path) -> None:
    exchange = market((5000, 5000))
    async with feeding(exchange) as feed:
        with taping(tmp_path, 50) as tape:
            deepening = Deepening(feed, tape, Clock("UTC"))
            keep(tape, await deepening.begin(50))
            exchange.answering.clear()
            asking = asyncio.ensure_future(deepening.deepen(60))
            await asyncio.sleep(0)
            keep(tape, [Tick(0, BAR, NOON_NS + MINUTE_NS, 5001.0)])
            exchange.answering.set()
            await asking
            events = shown(tape)
    assert events["price"][events["pair"] == 0].tolist() == list(range(4942, 5002))
