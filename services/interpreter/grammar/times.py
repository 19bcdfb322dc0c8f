"""Hours and days, which may follow a verb without an `if`: `between 22h and 6h`, `on fridays`, `at a loss`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, cast

from core.contracts import Condition
from services.interpreter import wording
from services.interpreter.grammar.comparisons import compared
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, Found, Op, ask, group
from services.interpreter.grammar.pattern import matches


def hours(lattice: Lattice, start: int) -> Iterator[tuple[int | Ask, str, int]]:
    """`22`, `22h`, `22:00`, `10pm`: the hour, which clock it was said by ("", 24, 12 or named), and where it ends."""
    for category, named in (("midnight", 0), ("noon", 12)):
        for _, end in lattice.edges[start].get(category, ()):
            yield named, "named", end
    for readings, end in lattice.edges[start].get("NUMBER", ()):
        if len(readings) != 1 or readings[0] != readings[0].to_integral_value() or not 0 <= readings[0] <= 24:
            continue
        hour = int(readings[0])
        yield hour, "", end
        if end + 1 < lattice.end and lattice.tokens[end].key == ":" and lattice.tokens[end + 1].kind == "number":
            said = lattice.said(start, end + 2)
            whole = lattice.tokens[end + 1].key == "00"
            end += 2
            hour_said: int | Ask = hour if whole else ask(lattice, "hour", said=said)
            yield hour_said, "24", end
            hour = hour if whole else -1
        if hour >= 0:
            for _, last in lattice.edges[end].get("hour_unit", ()):
                if _is_how_long(lattice, start, end):
                    continue
                yield hour, "24", last
                yield from ((half, "24", after) for half, after in _halved(lattice, hour, last))  # `6h da manhã`
        yield from ((half, "12", last) for half, last in _halved(lattice, hour, end))


BOUNDING: Final = ("between", "to", "and", "from", "at", "-", "until", "till")


def _is_how_long(lattice: Lattice, start: int, end: int) -> bool:
    """`Antes de uma hora`, `depois de 2 horas`: no hour of the day, which is `das 2 horas`."""
    before = lattice.tokens[start - 1].key if start else ""
    unit = lattice.tokens[end].key
    if unit in ("hour", "hours", "hrs") and before not in BOUNDING:
        return True  # `past 6 hours`
    return unit == "hora" or (unit in ("horas", "hours", "hrs") and before in ("de", "after", "apos", "depois"))


def _halved(lattice: Lattice, hour: int, end: int) -> Iterator[tuple[int, int]]:
    """The hour by the half of the day that is said after it."""
    for category, half, first, latest in HALVES:
        for _, last in lattice.edges[end].get(category, ()):
            if first <= hour <= latest:
                yield hour % 12 + half, last


HALVES: Final = (("am", 0, 1, 12), ("pm", 12, 1, 12), ("night", 12, 6, 11))
"""Of the day: what it is called, what it adds, and the hours that it is said of."""


def times(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """Hours, days and outcomes that begin at a token, and where each ends."""
    yield from _clock(lattice, start)
    yield from _days(lattice, start)
    yield from _parts_of_day(lattice, start)
    yield from _outcomes(lattice, start)


def _parts_of_day(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """`at night`, `de madrugada`: everybody's are other hours, unless they are said beside it."""
    for part in PARTS_OF_DAY:
        for _, end in matches(f"on_day? {part}", lattice, start):
            example = wording.say(f"part_of_day.{part}", lattice.language)
            yield ask(lattice, "day_part", said=lattice.said(start, end), example=example), end
            yield from _clock_after(lattice, end)
    for _, end in matches("on_day? part_gap", lattice, start):
        yield from _clock_after(lattice, end)


def _clock_after(lattice: Lattice, end: int) -> Iterator[tuple[Found, int]]:
    """The hours that are said beside a part of the day, `over lunch, from 12 to 14h`."""
    yield from _clock(lattice, end)
    for _, after in matches("comma", lattice, end):
        yield from _clock(lattice, after)


LAST_HOURS: Final = ("on_day? last_word NUMBER hours_of_day", "on_day? NUMBER last_word hours_of_day")
PARTS_OF_DAY: Final = ("dawn", "morning", "afternoon", "by_night")


def _outcomes(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """`at a loss`, `no lucro`: said of a sale as a time is."""
    for category, op in (("at_loss", "<"), ("at_profit", ">")):
        for _, end in lattice.edges[start].get(category, ()):
            yield Condition(feature="profit", op=cast(Op, op), value=0), end


def days_at_hours(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """`on mondays between 9h and 17h`, in either order."""
    for first, end in tuple(lattice.edges[start].get("TIME", ())):
        beside = [end, *(after for _, after in matches("comma", lattice, end))]
        for second, last in (found for place in beside for found in tuple(lattice.at(place, "TIME"))):
            if isinstance(first, Ask) or isinstance(second, Ask) or _reads(first) == _reads(second):
                continue
            yield group("and", (first, second)), last


def _reads(when: Condition) -> str:
    return when.feature or _reads(when.branches[0])


def _clock(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    for pattern in ("between HOUR hour_to|list_and HOUR:until", "hour_from HOUR hour_to HOUR:until"):
        for bound, end in matches(pattern, lattice, start):
            yield _between_hours(lattice, bound["HOUR"], bound["until"]), end
    for bound, end in matches("HOUR hour_to|dash HOUR:until", lattice, start):
        if bound["HOUR"][1] or bound["until"][1]:  # one of them is said as an hour
            yield _between_hours(lattice, bound["HOUR"], bound["until"]), end
    for _, end in matches("on_day? first_hour", lattice, start):
        yield Condition(feature="hour", op="<", value=1), end
    for _, end in matches("on_day? last_hour", lattice, start):
        yield Condition(feature="hour", op=">=", value=23), end
    for pattern in LAST_HOURS:
        for bound, end in matches(pattern, lattice, start):
            count = bound["NUMBER"][0]
            if 1 < count < 24 and count == count.to_integral_value():
                yield Condition(feature="hour", op=">=", value=24 - int(count)), end
    for pattern, op in (("before CLOCK", "<"), ("after CLOCK", ">="), ("after CLOCK onwards", ">=")):
        for bound, end in matches(pattern, lattice, start):
            hour = bound["CLOCK"]
            yield (hour if isinstance(hour, Ask) else compared(lattice, "hour", cast(Op, op), Decimal(hour % 24))), end


def _between_hours(lattice: Lattice, begin: tuple[int | Ask, str], end: tuple[int | Ask, str]) -> Found:
    (first, clock), (until, other) = begin, end
    if isinstance(first, Ask) or isinstance(until, Ask):
        return first if isinstance(first, Ask) else cast(Ask, until)
    if "named" in (clock, other):  # `between noon and 6`: in the evening, or the next morning?
        by_halves = (clock, first, other) == ("named", 12, "")
    else:
        morning = other == "12" and not clock and first < until < 12  # `between 2 and 5 in the morning`
        by_halves = not morning and (clock == "12") != (
            other == "12"
        )  # `between 10 and 11pm`: in the morning, or in the evening?
    office = clock == other == "" and until <= first <= 12  # `between 9 and 5`
    if by_halves or office or first % 24 == until % 24:
        return ask(lattice, "hour", said=f"{first} - {until}")
    first, until = first % 24, until % 24
    late = Condition(feature="hour", op=">=", value=first)
    early = Condition(feature="hour", op="<", value=until)
    if until == 0:
        return late
    if first == 0:
        return early
    return Condition(all=(late, early)) if first < until else Condition(any=(late, early))


def _days(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    for bound, end in matches("on_day? DAY", lattice, start):
        for days, last in _day_list(lattice, (bound["DAY"],), end):
            yield on_days(days), last
    for pattern in ("hour_from|on_day? DAY day_to DAY:until",):
        for bound, end in matches(pattern, lattice, start):
            first, until = bound["DAY"], bound["until"]
            if first != until:
                yield on_days([(first + step) % 7 for step in range((until - first) % 7 + 1)]), end
    for _, end in matches("on_day? weekend", lattice, start):
        yield Condition(feature="weekday", op=">=", value=5), end
    for _, end in matches("on_day? weekdays", lattice, start):
        yield Condition(feature="weekday", op="<=", value=4), end


def _day_list(lattice: Lattice, days: tuple[int, ...], end: int) -> Iterator[tuple[tuple[int, ...], int]]:
    yield days, end
    for pattern in ("comma|slash|list_and|list_nor|or on_day? DAY", "comma list_and|or on_day? DAY"):
        for bound, last in matches(pattern, lattice, end):
            if bound["DAY"] not in days:
                yield from _day_list(lattice, (*days, bound["DAY"]), last)


def on_days(days: Sequence[int]) -> Condition:
    """A condition that holds on these days, Monday is 0: `and` between days means each of them."""
    runs: list[tuple[int, int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][1] == day - 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    parts = tuple(_run_of_days(first, last) for first, last in runs)
    return parts[0] if len(parts) == 1 else Condition(any=parts)


def _run_of_days(first: int, last: int) -> Condition:
    if first < last == 6:
        return Condition(feature="weekday", op=">=", value=first)
    if first == 0 < last:
        return Condition(feature="weekday", op="<=", value=last)
    return Condition(
        all=(
            Condition(feature="weekday", op=">=", value=first),
            Condition(feature="weekday", op="<=", value=last),
        )
    )
