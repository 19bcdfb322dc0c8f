"""Setting parameters: `stop em 3%`, `to 3% with the stop`, `dobre o peso do fluxo`, `the cooldown a quarter shorter`.

A clause is a handful of parts in any order: a verb, the names, an amount with the word that says what it is for, a
share, a factor, which way. What the parts say together is one decision, whatever their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from services.interpreter.grammar.adjustment import DOWN, UP, Adjustment, How, Names
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity

STRETCHED: Final = frozenset({"stop_loss", "trailing_stop", "bollinger_width"})
"""What is widened and tightened; of others it is not clear which way that goes."""
KINDS: Final = ("VERB", "NAMES", "AMOUNT", "SHARE", "TIMES", "LEAN", "COURSE", "OF_CURRENT")
SCALES: Final = {"double": Fraction(2), "triple": Fraction(3), "zero": Fraction(0), "halve": Fraction(1, 2)}
SETTING: Final = ("set", "alter")
MOVING: Final = ("", *SETTING, "raise", "lower", "widen", "tighten")
BOUNDS: Final = {"least": "min_", "most": "max_"}
"""`at least 70%` is said of what is itself a bound."""
MOST_PARTS: Final = 6
HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one clause so far. `order` is what they are, as they were said."""

    order: tuple[str, ...] = ()
    verb: str = ""
    names: Names = ()
    attached: str = ""  # `onto`, `from`, `off_of` or `part_of` before the names
    amount: Quantity | None = None
    role: str = ""  # of the amount: to, strict, by, more, least, most, or none
    was: Quantity | None = None
    share: Fraction | None = None
    share_role: str = ""
    times: Fraction | None = None
    course: int = 0
    lean: int = 0
    nearer: int = 0
    of_current: bool = False

    def grown(self, kind: str, value: Any) -> Parts | None:
        """With one part more; None when there is one of that kind already."""
        if kind == "AMOUNT" and value[0] == "from":
            return None if self.was is not None else replace(self, was=value[1])
        if kind in self.order:
            return None
        with_kind = replace(self, order=(*self.order, kind))
        match kind:
            case "VERB":
                return replace(with_kind, verb=value)
            case "NAMES":
                return replace(with_kind, names=value[0], attached=value[1])
            case "AMOUNT":
                return replace(with_kind, role=value[0], amount=value[1])
            case "SHARE":
                return replace(with_kind, share_role=value[0], share=value[1])
            case "TIMES":
                return replace(with_kind, times=value)
            case "LEAN":
                return replace(with_kind, lean=value[0], nearer=value[1])
            case "COURSE":
                return replace(with_kind, course=value)
            case _:
                return replace(with_kind, of_current=True)

    def follows(self, first: str, second: str) -> bool:
        """Whether one part was said before another."""
        return second in self.order and first in self.order and self.order.index(first) < self.order.index(second)

    @property
    def slot(self) -> str:
        """`nv` or `vn` of a name and its value and nothing else."""
        if self.order in (("NAMES", "AMOUNT"), ("VERB", "NAMES", "AMOUNT")) and self.was is None:
            return "nv"
        if self.order in (("AMOUNT", "NAMES"), ("VERB", "AMOUNT", "NAMES")) and self.was is None and not self.attached:
            return "vn"
        return ""


def changes(lattice: Lattice, start: int) -> Iterator[tuple[Adjustment, int]]:
    """The changes of parameters that a clause from here on may say, and where each ends."""
    seen: set[tuple[Any, int]] = set()
    for parts, end in _sequences(lattice, start, Parts()):
        if not parts.names:
            continue
        by_identifier = "seconds" in lattice.said(start, end)
        for change in meant(parts):
            whole = replace(change, by_identifier=by_identifier)
            if (whole, end) not in seen:
                seen.add((whole, end))
                yield whole, end


def _sequences(lattice: Lattice, position: int, parts: Parts) -> Iterator[tuple[Parts, int]]:
    if parts.order:
        yield parts, position
    if len(parts.order) >= MOST_PARTS:
        return
    for kind in KINDS:
        for value, end in lattice.at(position, kind):
            if (grown := parts.grown(kind, value)) is not None:
                yield from _sequences(lattice, end, grown)
    if parts.names and not parts.verb:  # `stop em 3%, põe`
        for _, after in lattice.at(position, "comma"):
            for value, end in lattice.at(after, "VERB"):
                if value in SETTING and (grown := parts.grown("VERB", value)) is not None:
                    yield grown, end


# What the parts say ---------------------------------------------------------------------------------------------------


def meant(parts: Parts) -> Iterator[Adjustment]:
    """What a clause of these parts may say; nothing when they do not go together."""
    if parts.verb == "require":
        demanded = all(name.startswith("min_") for meant in parts.names for name in meant)
        yield from meant(replace(parts, verb="set")) if demanded and parts.amount is not None else ()
        return
    names = _narrowed(parts)
    direction = _direction(parts)
    if parts.attached == "off_of" and parts.share is None:
        return
    if not names or direction is None:
        return
    change = Adjustment(names, How.TO, direction=direction, was=parts.was, verb=bool(parts.verb), slot=parts.slot)
    if parts.share is not None or parts.times is not None or parts.verb in (*SCALES, "multiply", "divide"):
        factor = _factor(parts, direction)
        if factor is not None and parts.was is None:
            yield replace(change, how=How.TIMES, factor=factor, direction=0, verb=True, exact=parts.verb == "set")
    elif parts.amount is not None:
        yield from _with_amount(parts, change)
    elif parts.verb in MOVING and not (parts.was or parts.of_current or parts.attached):
        yield replace(change, how=How.MISSING, verb=True, slot="")


def _narrowed(parts: Parts) -> Names:
    """The names spoken of, as far as the verb lets them be meant; empty when it fits none of them."""
    if parts.verb not in ("widen", "tighten"):
        return parts.names
    stretched = tuple(tuple(name for name in meant if name in STRETCHED) for meant in parts.names)
    return stretched if all(stretched) else ()


def _direction(parts: Parts) -> int | None:
    """Which way the value goes; None when the words contradict one another."""
    verb = {"raise": UP, "widen": UP, "plus": UP, "lower": DOWN, "tighten": DOWN, "minus": DOWN}.get(parts.verb, 0)
    role = UP if parts.role == "more" else 0
    ways = {way for way in (verb, role, parts.course, parts.lean) if way}
    if len(ways) > 1:
        return None
    return ways.pop() if ways else 0


def _factor(parts: Parts, direction: int) -> Fraction | None:
    """What the value is multiplied with; None when the parts say no such thing."""
    if parts.verb in SCALES:
        alone = parts.amount is None and parts.share is None and parts.times is None and not parts.attached
        return SCALES[parts.verb] if alone and not direction else None
    if parts.verb in ("multiply", "divide"):
        return _multiplied(parts)
    if parts.amount is not None:
        return None
    if parts.times is not None:
        if parts.verb not in ("", "set", "alter", "raise") or parts.share is not None or direction < 0:
            return None
        placed = parts.attached != "onto" or bool(parts.verb)
        return parts.times if parts.times > 1 and not parts.course and placed else None
    return _shared(parts, parts.share, direction) if parts.share is not None else None


def _multiplied(parts: Parts) -> Fraction | None:
    amount = parts.amount
    if parts.share is not None or (amount is None) == (parts.times is None):
        return None
    if amount is not None and (parts.role not in ("by", "") or amount.unit or len(amount.readings) > 1):
        return None
    factor = parts.times if amount is None else Fraction(amount.number)
    if factor is None or factor <= 0:
        return None
    return factor if parts.verb == "multiply" else 1 / factor


def _shared(parts: Parts, share: Fraction, direction: int) -> Fraction | None:
    """`by a third`, `to a third`, `a third of the cooldown`, `a quarter shorter`."""
    if parts.share_role == "to":
        return share if parts.verb in ("", "set", "alter", "lower") and not (parts.lean or parts.course) else None
    if direction and (parts.verb not in ("plus", "minus") or parts.attached or direction < 0):
        return 1 + direction * share
    if not direction and parts.share_role == "by" and parts.verb in ("", *SETTING) and share == HALF:
        return share  # `stop pela metade`
    whole = not direction and not parts.share_role and parts.follows("SHARE", "NAMES") and parts.verb in ("", "set")
    if whole and parts.attached == "off_of":
        return 1 - share  # `a third off the cooldown`
    if whole and parts.attached != "from":
        return share  # `a third of the cooldown`
    return None


def _with_amount(parts: Parts, change: Adjustment) -> Iterator[Adjustment]:
    """What an amount says, by the word before it and the verb."""
    change = replace(change, quantity=parts.amount, of_current=parts.of_current, nearer=parts.nearer)
    how = _how(parts)
    if how is None or (parts.was is not None and (how is not How.TO or parts.role != "strict")):
        return
    if parts.of_current and how not in (How.BY, How.UNCLEAR):
        return
    moved = bool(parts.lean or parts.nearer or parts.course or parts.role == "more")
    verb = bool(parts.verb) or (how is How.BY and moved)
    exact = parts.role == "strict"
    yield replace(change, how=how, verb=verb, exact=exact, enabling=parts.verb == "enable")


def _how(parts: Parts) -> How | None:
    """Whether an amount is the value, or how much more or less; None when the parts do not go together."""
    role, verb = parts.role, parts.verb
    amount_first = parts.follows("AMOUNT", "NAMES")
    if parts.attached == "part_of":
        return How.UNCLEAR if amount_first and role == "" and verb in ("", "set") else None
    if parts.lean or parts.nearer or role == "more":
        return _leaning(parts)
    if (parts.attached == "onto" and not (amount_first and verb)) or (parts.attached == "for" and not amount_first):
        return None
    if verb in ("plus", "minus"):
        attached = parts.attached == "onto" if verb == "plus" else True
        return How.BY if role == "" and amount_first and attached and not parts.course else None
    if parts.attached == "from":
        return None
    if verb in ("raise", "lower", "widen", "tighten"):
        if role == "to":
            return None
        moved = amount_first or parts.follows("NAMES", "VERB")  # `take profit up 10%`
        return {"strict": How.TO, "by": How.BY}.get(role, How.BY if moved else How.UNCLEAR)
    if parts.course:
        return {"strict": How.TO, "by": How.BY, "": How.BY}.get(role)
    return _still(parts)


def _leaning(parts: Parts) -> How | None:
    """`3% higher`, `mais 3`: more or less by so much."""
    fits = parts.role in ("", "by", "more") and parts.verb in ("", "set", "alter", "plus", "raise", "lower")
    return How.BY if fits and parts.attached in ("", "onto", "for") and not parts.course else None


def _still(parts: Parts) -> How | None:
    """What a verb says that goes neither up nor down, or none."""
    role, verb = parts.role, parts.verb
    if role in BOUNDS:
        own = all(name.startswith(BOUNDS[role]) for meant in parts.names for name in meant)
        return How.TO if verb in ("", "set", "wait") and (own or (verb == "wait" and role == "least")) else None
    if verb == "wait":
        seconds = parts.amount is not None and parts.amount.unit == "seconds"
        return How.TO if seconds and role == "" and parts.follows("AMOUNT", "NAMES") else None
    if verb == "enable":
        return How.TO if role in ("to", "strict", "") and parts.follows("NAMES", "AMOUNT") else None
    if verb == "alter":
        return {"strict": How.TO, "by": How.UNCLEAR, "": How.UNCLEAR}.get(role)
    if verb == "set":
        return How.TO if role in ("to", "strict", "") else None
    return {"by": How.BY}.get(role, How.TO)
