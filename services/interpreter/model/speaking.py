"""What a sentence says of a rule: side, effect, comparisons, signs and how they are joined, each when it is certain.

A model is offered what one reading gives and nothing else. Where the words leave two (a double negation, both sides, a
word that nobody knows beside a condition) no rule may be said at all: a wrong rule costs more than a question.
"""

from __future__ import annotations

from typing import Final

from services.interpreter.grammar.lattice import Lattice
from services.interpreter.model.mentions import said_in_order, says, unknown_words

OPS: Final = {"op_lt": "<", "op_le": "<=", "op_gt": ">", "op_ge": ">="}
CROSSING: Final = ("cross", "cross_above", "cross_below")
SIDES: Final = {"entry": ("buy", "trade", "for_entries", "stay_out"), "exit": ("sell", "for_exits")}
DENYING: Final = ("not", "none_of", "blocking", "blocked", "stay_out")
DEMANDING: Final = ("only", "only_if", "require", "provided", "need", "required")
UNSURE: Final = ("unless", "between", "rule", "rename", "hold", "reach", "upwards", "downwards")
"""With one of these a condition may be the other way round, or have more parts than an answer says."""
UNSURE_WORDS: Final = frozenset({"partir", "onwards", "onward"})
"""`A partir de -0,35`: from there on up, or down?"""
DAYS: Final = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("weekend", "weekdays", "midnight", "noon"),
)
"""A rule that leaves the day out is another rule; no answer can say it."""
SWITCHING: Final = ("remove", "drop", "disable", "enable")
WITHOUT: Final = frozenset({"sem", "without"})
STOP: Final = "stop"
"""It may negate (`stop buying`), and it is what a parameter is called."""
LOSING: Final = ("negative", "at_loss")
GAINING: Final = ("positive", "at_profit")
PROFIT_WORDS: Final = frozenset({"lucro", "ganho", "ganhar", "lucrar", "profit", "gain", "gains", "up"})
LEADING: Final = ("price", "volume", "macd", "rsi")
"""What is compared with an average, a band or a signal, and not the other way round."""


def speaks_of_rule(lattice: Lattice) -> bool:
    """Whether it buys, sells, crosses or names rules: then no number in it is a parameter's new value."""
    words = ("buy", "sell", "trade", "for_entries", "for_exits", "blocking", "blocked", "stay_out", "rule", "rename")
    new = says(lattice, "add") and lattice.has("KIND")
    return new or says(lattice, *words, *CROSSING) or switches(lattice)


def switches(lattice: Lattice) -> bool:
    """Whether a rule that exists is to be removed, put off or on."""
    return says(lattice, *SWITCHING)


def may_be_a_rule(lattice: Lattice) -> bool:
    """Whether a new rule may be guessed of the sentence."""
    unsure = says(lattice, *UNSURE, *DAYS) or switches(lattice) or bool(_words(lattice) & UNSURE_WORDS)
    return not unsure and not unknown_words(lattice)


def sides(lattice: Lattice) -> tuple[str, ...]:
    """The side, when just one is said."""
    found = [side for side, words in SIDES.items() if says(lattice, *words)]
    return tuple(found) if len(found) == 1 else ()


def effects(lattice: Lattice) -> tuple[str, ...]:
    """The effect: to forbid, to require or to force; none when it is denied twice, or denied and demanded."""
    denials = [place for place, _ in said_in_order(lattice, DENYING) if lattice.tokens[place].key != STOP]
    denials += [place for place, token in enumerate(lattice.tokens) if token.key in WITHOUT and place not in denials]
    demands = says(lattice, *DEMANDING)
    if denials:
        return ("forbid",) if len(denials) == 1 and not demands else ()
    return ("require",) if demands else ("force",)


def comparisons(lattice: Lattice) -> tuple[str, ...]:
    """Every comparison in its order; a crossing when one is said, whose way has to be said too."""
    if any(lattice.has(word) for word in CROSSING):
        return _crossing(lattice)
    return tuple(OPS[word] for _, word in said_in_order(lattice, tuple(OPS)))


def _crossing(lattice: Lattice) -> tuple[str, ...]:
    up = lattice.has("cross_above") or any(lattice.has(word) for word in ("op_gt", "op_ge"))
    down = lattice.has("cross_below") or any(lattice.has(word) for word in ("op_lt", "op_le"))
    if up == down:
        return ()
    return ("crosses_above",) if up else ("crosses_below",)


def signs(lattice: Lattice) -> tuple[str, ...]:
    """`minus` of what is lost, `plus` otherwise; none when both are said."""
    lost = says(lattice, *LOSING)
    won = says(lattice, *GAINING) or bool(_words(lattice) & PROFIT_WORDS)
    if lost and won:
        return ()
    return ("minus",) if lost else ("plus",)


def joints(lattice: Lattice) -> tuple[str, ...]:
    """How several conditions are joined."""
    either, both = says(lattice, "or"), says(lattice, "and")
    if either:
        return () if both else ("any",)
    return ("all",)


def _words(lattice: Lattice) -> set[str]:
    return {token.key for token in lattice.tokens}
