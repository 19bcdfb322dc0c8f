"""Indicators that a sentence speaks of, there or not: `the 200 EMA`, `a ema de 9 ... a de 21`, `RSI on the 4h`, `it`.

What is said of longer bars may hang on one indicator (`the daily EMA`) or on a clause (`on the daily`), which then says
it of all averages before it. Where it cannot be told of which others it is said, both are read, and the owner is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from core.contracts import AddIndicator
from services.interpreter.grammar import timeframes
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.macds import add_macds
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.pattern import matches
from services.interpreter.grammar.timeframes import Frame, add_frames, wanted

Numbers = Mapping[str, float | int]

LONGEST_PERIOD: Final = 1000
OWN: Final = frozenset({"VALUE", "KIND", "FRAME"})
PERIODIC: Final = ("VALUE KIND", "KIND at|with? period? VALUE")
FRAMED: Final = (
    *("VALUE KIND FRAME", "KIND at|with? period? VALUE FRAME", "FRAME VALUE KIND", "VALUE FRAME KIND"),
    *("FRAME KIND at|with? period? VALUE", "KIND FRAME at|with? period? VALUE", "KIND FRAME", "FRAME KIND"),
)
AVERAGES: Final = frozenset({"ema", "sma"})
SINGLE: Final = ("ema", "sma", "rsi", "atr", "adx", "volume_average", "stochastic", "vwap")
"""Kinds with a period, which have the name of their feature."""
SHIPPED: Final = {
    "ema": ("ema_fast", "ema_slow"),
    "rsi": ("rsi",),
    "atr": ("atr",),
    "volume_average": ("volume_average",),
}
SHIPPED_AVERAGES: Final = (("ema_fast",), ("ema_slow",))
OWN_PERIODS: Final = {"rsi": "rsi_period", "atr": "atr_period", "volume_average": "volume_period"}
"""The parameter that is the period of a shipped feature, where it has another name."""


@dataclass(frozen=True, slots=True)
class Mention:
    """An indicator in the words: of which kind it may be, its numbers, and the longer bars that are said of it."""

    start: int
    end: int
    kinds: tuple[str, ...]
    numbers: Numbers
    frame: Frame | None = None
    frame_first: bool = False
    said: bool = True  # its numbers were


def add_features(lattice: Lattice) -> None:
    """Features, with the indicator that they need where it is not there; and `WANTED`, what may be added."""
    if not (lattice.has("KIND") or any(_shipped_averages(lattice))):
        return
    add_frames(lattice)
    add_macds(lattice)
    mentions = _mentions(lattice)
    lattice.framed.update(mention.frame for mention in mentions if mention.frame)
    lattice.framed.update(frame for edges in lattice.edges for frame, _ in edges.get("FRAME", ()) if frame.whole)
    for mention in mentions:
        frames = _frames_of(mention, mentions)
        if None not in frames:
            _forget(lattice, mention)
        for frame in frames:
            if frame is not None or mention.said:
                _add(lattice, mention, frame)
    far = _add_by_a_far_frame(lattice, mentions)
    named = [mention for mention in mentions if mention.said or mention.frame]
    for start in range(lattice.end):
        before = [mention for mention in named if mention.end <= start]
        if before and len({mention.kinds for mention in before}) == 1:
            _add_elided(lattice, start, before, far)
            if len(before) == 1:
                _add_pronoun(lattice, start, before[0].start)


# What is mentioned ----------------------------------------------------------------------------------------------------


def _mentions(lattice: Lattice) -> list[Mention]:
    """Each indicator of a period once, in the order of the words; the longest way to read it."""
    found: dict[tuple[int, int], Mention] = {}
    for start in range(lattice.end):
        if OWN.isdisjoint(lattice.edges[start]) and "FEATURE" not in lattice.edges[start]:
            continue
        for mention in (*_mentions_at(lattice, start), *_shipped_at(lattice, start)):
            known = found.get((mention.start, mention.end))
            found[mention.start, mention.end] = mention if known is None or mention.said else known
    spans = list(found)
    return [
        found[span]
        for span in sorted(spans)
        if not any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in spans)
    ]


def _mentions_at(lattice: Lattice, start: int) -> Iterator[Mention]:
    taken = any(end == start for edges in lattice.edges for _, end in edges.get("PARAM", ()))
    for pattern in (*PERIODIC, *FRAMED, "KIND") if lattice.has("FRAME") else PERIODIC:
        if taken and pattern.startswith("FRAME"):
            continue  # `cooldown 4h rsi 21`
        for bound, end in matches(pattern, lattice, start):
            quantity, frame = bound.get("VALUE"), bound.get("FRAME")
            if frame is None and _cuts(lattice, start, end):
                continue  # `ADX no 4` of `ADX no 4h`
            kinds = tuple(kind for kind in bound["KIND"] if kind in SINGLE or (frame and kind == "bollinger"))
            period = period_of(quantity) if quantity is not None else _own_period(lattice, kinds)
            if quantity is not None and quantity.unit == "seconds" and frame is None:
                period, frame = _over_days(lattice, quantity, start, end)
            if kinds and period is not None:
                first = pattern.startswith("FRAME")
                yield Mention(start, end, kinds, {"period": period}, frame, first, quantity is not None)


def _shipped_averages(lattice: Lattice) -> Iterator[int]:
    for start, edges in enumerate(lattice.edges):
        yield from (start for value, _ in edges.get("FEATURE", ()) if value in SHIPPED_AVERAGES)


def _shipped_at(lattice: Lattice, start: int) -> Iterator[Mention]:
    """`The fast EMA on the 4h` is one of the same length there."""
    for value, end in lattice.edges[start].get("FEATURE", ()) if lattice.has("FRAME") else ():
        parameter = lattice.symbols.parameters.get(value[0]) if value in SHIPPED_AVERAGES else None
        if parameter is not None:
            bare = Mention(start, end, ("ema",), {"period": int(parameter.value)}, said=False)
            yield bare
            yield from (replace(bare, end=last, frame=frame) for frame, last in lattice.at(end, "FRAME"))


def _cuts(lattice: Lattice, start: int, end: int) -> bool:
    """Whether what ends there takes the number of longer bars without their unit."""
    return any(last > end for place in range(start + 1, end) for _, last in lattice.edges[place].get("FRAME", ()))


def _own_period(lattice: Lattice, kinds: tuple[str, ...]) -> int | None:
    """That of the strategy's own indicator of that kind, where no number is said: `RSI on the 4h`."""
    parameter = lattice.symbols.parameters.get(OWN_PERIODS.get(kinds[0], "")) if len(kinds) == 1 else None
    return None if parameter is None else int(parameter.value)


def _over_days(lattice: Lattice, quantity: Quantity, start: int, end: int) -> tuple[int | None, Frame | None]:
    """`The 200-day EMA` counts 200 bars of a day, which may be the strategy's own."""
    places = (place for place in range(start + 1, end + 1) if timeframes.days(lattice, place))
    frame = next((timeframes.days(lattice, place) for place in places), None)
    number = quantity.number / frame.seconds if frame else Decimal(0)
    period = period_of(Quantity((number,))) if len(quantity.readings) == 1 else None
    own = frame is not None and frame.name == lattice.timeframe
    return period, None if own else frame


def period_of(quantity: Quantity) -> int | None:
    """How many bars an amount means; None when it is no period."""
    period = quantity.number
    fits = quantity.unit in ("", "bars") and period == period.to_integral_value() and 2 <= period <= LONGEST_PERIOD
    return int(period) if fits and len(quantity.readings) == 1 else None


# Longer bars ----------------------------------------------------------------------------------------------------------


def _frames_of(mention: Mention, mentions: list[Mention]) -> tuple[Frame | None, ...]:
    """The longer bars that an indicator may be meant on; None for the strategy's own."""
    if mention.frame is not None:
        return (mention.frame,)
    framed = [other for other in mentions if other.frame is not None]
    if len({other.frame.seconds for other in framed if other.frame}) != 1:
        return (None,)
    (other, *_), frame = framed, framed[0].frame
    alike = AVERAGES.issuperset((*mention.kinds, *other.kinds)) or mention.kinds == other.kinds
    whole = frame is not None and frame.whole
    if other.start > mention.start and not other.frame_first and whole:
        return (frame,) if alike else (None, frame)
    if other.start < mention.start and (whole or alike):
        return (None, frame)
    return (None,)


def _add_by_a_far_frame(lattice: Lattice, mentions: list[Mention]) -> Frame | None:
    """`só compra se o RSI estiver abaixo de 40 no 4h`: at an end of the sentence, of the one kind that is in it."""
    if len({mention.kinds for mention in mentions}) != 1 or any(mention.frame for mention in mentions):
        return None
    found = [
        (start, end, frame) for start in range(lattice.end) for frame, end in lattice.edges[start].get("FRAME", ())
    ]
    spans = [(start, end, frame) for start, end, frame in found if frame.whole and _at_an_end(lattice, start, end)]
    if len({frame.seconds for *_, frame in spans}) != 1:
        return None
    far: Frame
    start, end, far = min(spans, key=lambda span: (span[0], -span[1]))
    if any(mention.start < end and start < mention.end for mention in mentions):
        return None
    for mention in mentions:
        _forget(lattice, mention)
        _add(lattice, mention, far)
    comma = end < lattice.end and lattice.tokens[end].key == ","
    lattice.step_over(range(start, end + comma))
    return far


def _at_an_end(lattice: Lattice, start: int, end: int) -> bool:
    return lattice.finished(end) or start in lattice.starts[0]


def _forget(lattice: Lattice, mention: Mention) -> None:
    """It is not meant on the strategy's own bars."""
    for edges in lattice.edges[mention.start : mention.end]:
        edges.pop("FEATURE", None)


# Edges ----------------------------------------------------------------------------------------------------------------


def _add(lattice: Lattice, mention: Mention, frame: Frame | None) -> None:
    if frame is not None and mention.frame is not None:
        for kinds in ("FEATURE", "WANTED"):  # of fewer words, and of other bars
            edges = lattice.edges[mention.start].get(kinds, [])
            edges[:] = [(value, end) for value, end in edges if end >= mention.end]
    for kind in mention.kinds:
        added = _indicator(lattice, kind, mention.numbers, frame)
        name = added if isinstance(added, str) else added.name
        if kind in SINGLE:
            lattice.add(mention.start, "FEATURE", (name,), mention.end)
        if frame is not None:
            lattice.add(mention.start, "WANTED", wanted(kind, mention.numbers, frame), mention.end)
        if len(mention.kinds) > 1:
            lattice.loose.add(name)


def _indicator(lattice: Lattice, kind: str, numbers: Numbers, frame: Frame | None) -> AddIndicator | str:
    """The indicator that is wanted, or the name of the feature that the strategy has."""
    for shipped in () if frame else SHIPPED.get(kind, ()):
        parameter = lattice.symbols.parameters.get(OWN_PERIODS.get(kind, shipped))
        if parameter is not None and parameter.value == numbers["period"] and shipped in lattice.symbols.features:
            return shipped
    added = wanted(kind, numbers, frame)
    if added.name in lattice.symbols.features:
        return added.name
    lattice.wanted[added.name] = added
    return added


def _add_elided(lattice: Lattice, start: int, before: list[Mention], far: Frame | None) -> None:
    """`crosses above the 21`: a figure with an article is another one of the kind that was named."""
    kinds, framed = before[0].kinds, next((mention.frame for mention in before if mention.frame), None)
    if not AVERAGES.issuperset(kinds):
        return
    for _, number in lattice.edges[start].get("the_one", ()):
        for quantity, end in tuple(lattice.edges[number].get("VALUE", ()) if number < lattice.end else ()):
            if (period := period_of(quantity)) is None:
                continue
            lattice.edges[number].pop("VALUE", None)
            for frame in (far,) if far else dict.fromkeys((None, framed)):
                _add(lattice, Mention(start, end, kinds, {"period": period}), frame)
            for frame, last in lattice.at(end, "FRAME"):
                if frame.whole and far is None:  # `a de 9 cruzar a de 21 no diário`
                    _add(lattice, Mention(start, last, kinds, {"period": period}, frame), frame)
                    for mention in before:
                        _forget(lattice, mention)
                        _add(lattice, mention, frame)


def _add_pronoun(lattice: Lattice, start: int, named: int) -> None:
    """`... and only buy above it`, of the one indicator that the sentence adds."""
    if not lattice.has("add"):
        return
    features = [value for value, _ in lattice.edges[named].get("FEATURE", ()) if value[0] in lattice.wanted]
    for _, end in tuple(lattice.edges[start].get("pronoun", ())):
        for value in features:
            lattice.add(start, "FEATURE", value, end)
