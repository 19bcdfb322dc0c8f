"""Longer bars as people say them: `no diário`, `on the 4h`, `no gráfico de 15 minutos`, `H4`, `weekly`.

An edge `FRAME` holds how long a bar is in seconds, and how that hangs on what stands beside it: as a word of its own
kind (`EMA diária`, `RSI de 1h`), or as the chart that all of a clause is read from (`no diário`, `on the 4h`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

from core.contracts import AddIndicator, AddRule, Condition, EditPlan, Operation
from core.indicator_kinds import TIMEFRAMES, default_name
from core.kernel import NANOSECONDS
from core.names import format_timeframe
from core.warming import fits
from services.interpreter import wording
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, ask

ON: Final = frozenset(["no", "na", "nos", "nas", "on"])
IN: Final = frozenset(["em", "num", "numa", "pelo", "pela", "in", "using"])
"""Which lead to a time as well: `em 1 hora`, `in 4 hours`."""
OF: Final = frozenset(["de", "do", "da", "dos", "of", "from", "o", "a", "the", "um", "uma", "an", "my"])
CLOCK: Final = frozenset(["as", "das", "at"])
"""Before an hour of the day: `às 4h`, `at 4h`."""
MOST_LEADING: Final = 3
CHART: Final = frozenset(
    {
        *("grafico", "graficos", "chart", "charts", "timeframe", "timeframes", "tf", "periodo"),
        *("candle", "candles", "vela", "velas", "barra", "barras", "bar", "bars"),
    }
)
TWO_WORDS: Final = frozenset({("time", "frame"), ("tempo", "grafico")})
ADJECTIVES: Final = {
    **dict.fromkeys(("diario", "diaria", "diarios", "diarias", "daily"), 86_400),
    **dict.fromkeys(("semanal", "semanais", "weekly"), 604_800),
    "hourly": 3600,
}
ON_A_CHART: Final = {"horario": 3600, "horaria": 3600}
"""Which say something else where no chart is named."""
UNITS: Final = {
    **dict.fromkeys(("m", "min", "mins", "minuto", "minutos", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hs", "hr", "hrs", "hora", "horas", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "dia", "dias", "day", "days"), 86_400),
    **dict.fromkeys(("w", "semana", "semanas", "week", "weeks"), 604_800),
}
LETTERS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Before a number, as charts have it: H4."""


class Frame(NamedTuple):
    """How long its bars are, and whether it is said of the whole clause (`on the daily`)."""

    seconds: int
    whole: bool

    @property
    def name(self) -> str:
        """`4h`; of what is no timeframe too."""
        return format_timeframe(self.seconds * NANOSECONDS)


def add_frames(lattice: Lattice) -> None:
    """An edge for each, from every word with which it may begin."""
    if not any(_ends_one(token.key) for token in lattice.tokens):
        return
    for start in range(lattice.end):
        for frame, end in _frames(lattice, start):
            lattice.add(start, "FRAME", frame, end)
            lattice.known.update(range(start, end))


def _ends_one(key: str) -> bool:
    return key in ADJECTIVES or key in ON_A_CHART or key in UNITS


def _frames(lattice: Lattice, start: int) -> Iterator[tuple[Frame, int]]:
    """What begins there: words that lead to it, a chart, a length, a chart."""
    keys = [token.key for token in lattice.tokens]
    if keys[max(start - 1, 0)] in CLOCK or keys[start] in CLOCK:
        return
    position = start
    while position < lattice.end and position - start < MOST_LEADING and keys[position] in ON | IN | OF:
        position += 1
    leading = set(keys[start:position])
    after = _after_chart(keys, position)
    charted = after > position
    while charted and after < lattice.end and keys[after] in OF:
        after += 1
    for seconds, end in _lengths(lattice, keys, after, charted=charted):
        last = end if charted else _after_chart(keys, end)
        named = charted or last > end or keys[after] in ADJECTIVES
        if named or "in" not in leading:
            yield Frame(seconds, bool(leading & ON or (named and leading & IN))), last


def _after_chart(keys: list[str], position: int) -> int:
    if position < len(keys) and keys[position] in CHART:
        return position + 1
    return position + 2 if tuple(keys[position : position + 2]) in TWO_WORDS else position


def _lengths(lattice: Lattice, keys: list[str], start: int, *, charted: bool) -> Iterator[tuple[int, int]]:
    if start >= lattice.end:
        return
    key, following = keys[start], keys[start + 1 : start + 2]
    if key in ADJECTIVES or (charted and key in ON_A_CHART):
        yield (ADJECTIVES | ON_A_CHART)[key], start + 1
    if key in LETTERS and following and following[0].isdecimal() and _glued(lattice, start):
        yield LETTERS[key] * int(following[0]), start + 2
    for readings, end in lattice.edges[start].get("NUMBER", ()):
        seconds = readings[0] * UNITS.get(keys[end], 0) if end < lattice.end and len(readings) == 1 else 0
        if seconds > 0 and seconds == int(seconds):
            yield int(seconds), end + 1


def _glued(lattice: Lattice, start: int) -> bool:
    return lattice.tokens[start].end == lattice.tokens[start + 1].start


def wanted(kind: str, numbers: Mapping[str, float | int], frame: Frame | None) -> AddIndicator:
    """The indicator of that kind and these numbers, on longer bars or on the strategy's own."""
    timeframe = frame.name if frame else None
    return AddIndicator(cast(Any, kind), default_name(kind, numbers, timeframe), dict(numbers), cast(Any, timeframe))


def days(lattice: Lattice, end: int) -> Frame | None:
    """The bars of an average over so many days or weeks, of which the word ends there; None for another unit."""
    seconds = UNITS.get(lattice.tokens[end - 1].key, 0)
    return Frame(seconds, whole=False) if seconds >= UNITS["day"] else None


def kept(plan: EditPlan, lattice: Lattice) -> bool:
    """Whether a plan says the longer bars that the sentence says of an indicator."""
    said = {frame.name for frame in lattice.framed}
    names = [name for operation in plan.operations for name in _names(operation)]
    known = (lattice.symbols.indicators.get(name) for name in names)
    there = {each.timeframe for each in known if each} | {name.rpartition("_")[2] for name in names}
    return said <= there


def _names(operation: Operation) -> Iterator[str]:
    match operation:
        case AddRule(when=when):
            yield from _features(when)
        case _:
            yield from (getattr(operation, key, "") for key in ("name", "old"))


def _features(when: Condition) -> Iterator[str]:
    yield from (name for name in (when.feature, when.other) if name)
    for branch in when.branches:
        yield from _features(branch)


def unfit(lattice: Lattice, added: AddIndicator) -> Ask | None:
    """The question that an indicator leaves open whose bars are not made of the strategy's own."""
    if added.timeframe is None:
        return None
    known = wording.listed(TIMEFRAMES, lattice.language)
    if added.timeframe not in TIMEFRAMES:
        return ask(lattice, "timeframe_unknown", said=added.timeframe, known=known)
    if lattice.timeframe and not fits(added.timeframe, lattice.timeframe):
        return ask(lattice, "timeframe_unfit", said=added.timeframe, own=lattice.timeframe)
    return None
