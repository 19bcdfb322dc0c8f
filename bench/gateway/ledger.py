"""How long the ledger takes on a journal of a hundred thousand trades, and how long a picture does."""

from __future__ import annotations

import asyncio
import datetime
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.figure import Figure, at_most
from core.contracts.ledger import EquityPoint, EquityShown
from core.language import Language
from services.gateway.charts import Painter, Request
from services.trader.accounts import Journals, Span, Story, Table, last_spans, performing
from services.trader.journal import encode
from services.trader.orders import Answer, Day, Epoch, Fill, Order, Record, Side, Status

FILLS: Final = 100_000
PAIRS: Final = 9
BEGAN_NS: Final = 1_767_268_800 * 10**9
ALWAYS: Final = Span(0, 1 << 62)
ROUNDS: Final = 5


async def measure() -> list[Figure]:
    """The journal first, then the pictures."""
    with tempfile.TemporaryDirectory(prefix="sorte-bench-") as made:
        journal = Path(made) / "journal"
        journal.write_bytes(b"".join(map(encode, _records())))
        found = list(_of_ledger(journal))
    return [*found, *await _of_pictures()]


def _of_ledger(journal: Path) -> Iterator[Figure]:
    journals = Journals()
    whole = _seconds(lambda: journals.story(journal))
    yield Figure(
        f"a journal of {FILLS:,} trades read",
        whole,
        "s",
        note="once for each process; processor time, as the two below",
    )
    again = statistics.median(_seconds(lambda: journals.story(journal)) for _ in range(ROUNDS))
    yield Figure("the same again", again * 1000, "ms", at_most(100), "what was written since is read on")
    story = journals.story(journal)
    slowest = max(statistics.median(_seconds(ask) for _ in range(ROUNDS)) for ask in _questions(story))
    yield Figure("slowest table of it", slowest, "s", at_most(2), "months, performance, statistics, curve")


def _questions(story: Story) -> list[Callable[[], Any]]:
    spans = last_spans("month", 12, story.last_ns, "America/Sao_Paulo") or []
    return [
        lambda: [Table(story).row(span) for span in spans],
        lambda: performing.by_pair(performing.ended(story.trips, ALWAYS)),
        lambda: performing.stats_of(performing.ended(story.trips, ALWAYS)),
        lambda: Table(story).curve(ALWAYS),
    ]


async def _of_pictures() -> list[Figure]:
    points = [EquityPoint(BEGAN_NS + place * 10**12, 10_000.0 + place % 37, exact=True) for place in range(600)]
    shown = EquityShown(
        period="all", from_ns=0, until_ns=1, account="paper", currency="USDT", points=points, drawdown=0.0, releases=[]
    )  # fmt: skip
    painter = Painter()
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await painter.draw(Request(shown, Language.PT, "America/Sao_Paulo"))
        took.append(time.perf_counter() - began)
    await painter.close()
    return [
        Figure("first picture", took[0], "s", note="the process that draws is started"),
        Figure("each later one", statistics.median(took[1:]), "s", at_most(1.5), "1280 x 720"),
    ]


def _seconds(work: Callable[[], Any]) -> float:
    """Of the processor: who else works on this machine counts for nothing."""
    began = time.process_time()
    work()
    return time.process_time() - began


def _records() -> Iterator[Record]:
    """Orders that buy and sell in turn, a few minutes apart, by three releases a day."""
    dice, held, now_ns, day = np.random.default_rng(1), dict[str, Decimal](), BEGAN_NS, None
    yield Epoch(1, f"{0:040x}", BEGAN_NS)
    for number in range(1, FILLS + 1):
        now_ns += int(dice.integers(60, 600)) * 10**9
        today = datetime.datetime.fromtimestamp(now_ns / 1e9, datetime.UTC).date()
        if today != day:
            day = today
            yield Day(today.isoformat(), Decimal(10_000 + int(dice.integers(-500, 500))))
        symbol, price = f"P{dice.integers(PAIRS)}USDT", Decimal(int(dice.integers(9_000, 11_000))) / 100
        side = Side.SELL if symbol in held else Side.BUY
        quantity = held.pop(symbol) if side is Side.SELL else held.setdefault(symbol, Decimal("1.234"))
        name, release = f"s1-0-{number}", f"{number // 2_000:040x}"
        yield Order(name, symbol, side, quantity, price, now_ns, 1, release, number, "score", release, "1a2b3c4d", "m")
        yield Answer(name, Status.OPEN)
        yield Fill(name, symbol, side, number, quantity, price, Decimal("0.12"), "USDT", now_ns)
        yield Answer(name, Status.FILLED)


if __name__ == "__main__":
    for figure in asyncio.run(measure()):
        print(figure.name, round(figure.value, 3), figure.unit)
