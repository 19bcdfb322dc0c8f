"""Two backtests side by side for a person, in the owner's language."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.backtest.comparing import Compared, Difference, Made, Run
from core.formats import figure, moment
from core.retelling import retold
from core.text import printable
from core.texts import say
from core.wording import owners_language

WIDTH: Final = 110
PERCENT: Final = frozenset(
    {*("total_return", "cagr", "max_drawdown", "volatility", "win_rate", "exposure", "buy_and_hold")}
)
WHOLE: Final = frozenset({"trades"})
HOUR_SECONDS: Final = 3600


def print_compared(compared: Compared, first: Run, second: Run, names: tuple[str, str]) -> None:
    """From what was run to the first fill that differs."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    for line in _heads(compared, first, second, names):
        console.print(Text(printable(line)))
    console.print(_figures(compared))
    for line in _fills(compared, str(first.get("time_zone") or "UTC")):
        console.print(Text(printable(line)))


def _heads(compared: Compared, first: Run, second: Run, names: tuple[str, str]) -> Iterator[str]:
    for letter, name, run in zip("AB", names, (first, second), strict=True):
        span = {"pairs": ", ".join(run["symbols"]), "first": run["from"], "last": run["to"]}
        yield say("compared.head", letter=letter, name=name, timeframe=run["timeframe"], **span)
        yield f"   {said_of(run.get('tested') or {}, str(run['strategy']))}"
    for name, (one, other) in compared.setup.items():
        if name not in ("strategy", "grid"):
            yield say("compared.differs", name=name, first=_plain(one), second=_plain(other))
    for name, (one, other) in compared.parameters.items():
        yield say("compared.differs", name=name, first=_plain(one), second=_plain(other))


def said_of(tested: dict[str, Any], tree: str) -> str:
    """Which strategy a run tested."""
    commit, sentence = str(tested.get("commit") or "")[:12], tested.get("sentence")
    match tested.get("what"):
        case "workspace" if sentence:
            return say("tested.sentence", commit=commit, sentence=sentence)
        case "workspace":
            return say("tested.commit", commit=commit, summary=retold(str(tested.get("summary") or tree[:12])))
        case "folder":
            return say("tested.folder", folder=tested.get("folder"))
        case _:
            return say("tested.shipped")


def _figures(compared: Compared) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(say("compared.figure"))
    for column in ("A", "B", say("compared.change")):
        table.add_column(column, justify="right")
    for name, (one, other) in compared.figures.items():
        known = isinstance(one, int | float) and isinstance(other, int | float)
        change = _written(name, other - one, "+") if known else "-"
        table.add_row(say(f"compared.of.{name}"), _written(name, one), _written(name, other), change)
    return table


def _fills(compared: Compared, zone: str) -> Iterator[str]:
    fills = compared.fills
    if fills is None:
        yield say("compared.no_fills")
        return
    if fills.difference is None:
        yield say("compared.alike", same=fills.same)
        return
    counts = {name: getattr(fills, name) for name in ("same", "resized", "only_first", "only_second")}
    yield say("compared.fills", **counts)
    yield from _difference(fills.difference, zone)


def _difference(difference: Difference, zone: str) -> Iterator[str]:
    yield say("compared.first_difference")
    for letter, made in zip("AB", difference, strict=True):
        yield f"  {letter}  {_made(made, zone) if made is not None else say('compared.nothing')}"


def _made(made: Made, zone: str) -> str:
    language = owners_language()
    side = say("report.buy" if made.side == "buy" else "report.sell")
    price, quantity = figure(made.price, ",.10g", language), figure(made.quantity, ",.8g", language)
    return f"{moment(made.time_ns, zone, language)}  {made.pair}  {side}  {quantity} x {price}  {made.reason}"


def _written(name: str, value: Any, sign: str = "") -> str:
    if not isinstance(value, int | float):
        return "-"
    language = owners_language()
    if name in PERCENT:
        return figure(value, f"{sign}.2%", language)
    if name in WHOLE:
        return figure(value, f"{sign},", language)
    if name == "average_hold_seconds":
        return say("report.hours", hours=value / HOUR_SECONDS)
    return figure(value, f"{sign},.2f", language)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "-" if value is None else str(value)
