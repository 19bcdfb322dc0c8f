"""Lists: the last fills, the newest lines of the log, the values of the strategy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import UnsetType

from core.contracts.answers import FillShown, LogsShown, TradesShown, ValueShown
from core.formats import figure, number, short_moment
from core.telemetry.showing import shown as logged
from core.text import one_line
from services.gateway.console.texts import named
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import block, bold, escaped, italic, joined
from services.gateway.telegram.tables import table
from services.gateway.telegram.texts import said, say
from services.interpreter.wording import unit

LONGEST_LINE = 160
"""Characters of a log line."""


def trades_card(shown: TradesShown, reader: Reader) -> Card:
    """The last fills, newest first."""
    if not shown.fills:
        return Card(said("trades.none", reader.language))
    columns = [say(f"column.{name}", reader.language) for name in ("when", "pair", "side", "price")]
    return Card(table(columns, [_fill(fill, reader) for fill in shown.fills], right="lllr"))


def _fill(fill: FillShown, reader: Reader) -> tuple[str, ...]:
    when = short_moment(fill.time_ns, reader.zone, reader.language)[:-3]
    side = named("side", fill.side.lower(), reader.language)
    return (when, fill.symbol, side, figure(fill.price, ".6g", reader.language))


def logs_card(shown: LogsShown, reader: Reader) -> Card:
    """The newest lines of the log, the oldest of them first."""
    if not shown.lines:
        return Card(said("logs.none", reader.language))
    return Card(block("\n".join(_log_line(line, reader) for line in shown.lines)))


def _log_line(line: dict[str, Any], reader: Reader) -> str:
    """Its moment, who says what, and the first of its values; the whole of it is in the file."""
    first = logged(line, reader.zone, dated=False).splitlines()[0]
    return one_line(first, most=LONGEST_LINE, more="...")


def value_card(shown: ValueShown, reader: Reader) -> Card:
    """A parameter, a rule, or the values of all."""
    if isinstance(shown.parameters, UnsetType):
        return Card(joined(*_one(shown, reader)))
    values = [(name, number(value, reader.language)) for name, value in shown.parameters.items()]
    rules = [] if isinstance(shown.rules, UnsetType) else list(shown.rules.items())
    switched = [(name, say("rule.on" if enabled else "rule.off", reader.language)) for name, enabled in rules]
    own = [
        f"{escaped(pair)}: {escaped(name)} = {escaped(number(value, reader.language))}"
        for pair, each in ({} if isinstance(shown.pairs, UnsetType) else shown.pairs).items()
        for name, value in each.items()
    ]
    return Card(joined(table((), values, right="lr"), table((), switched), *own))


def _one(shown: ValueShown, reader: Reader) -> Iterator[str]:
    language = reader.language
    about = shown.about if isinstance(shown.about, str) else ""
    if isinstance(shown.value, UnsetType):
        yield f"{bold(shown.what)}: {say('rule.on' if shown.enabled is True else 'rule.off', language)}"
        yield italic(about)
        return
    kind = unit(shown.unit, language) if isinstance(shown.unit, str) else ""
    yield f"{bold(shown.what)} = {escaped(number(shown.value, language))} {escaped(kind)}"
    if not isinstance(shown.low, UnsetType) and not isinstance(shown.high, UnsetType):
        bounds = {"low": number(shown.low, language), "high": number(shown.high, language)}
        yield said("value.range", language, **bounds)
    yield italic(about)
    for pair, value in ({} if isinstance(shown.own, UnsetType) else shown.own).items():
        yield said("value.own", language, pair=pair, value=number(value, language))
