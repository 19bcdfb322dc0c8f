"""What the docstring of a rule says for certain: buying or closing, how far, how long, which way."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

NEVER: Final = r"(?:do not|don't|never)"
HEADS: Final[tuple[tuple[str, str, bool], ...]] = (
    (
        rf"no (?:new )?(?:purchases?|entry|entries)\b|open (?:nothing|no )|buy nothing|{NEVER} (?:buy|enter)\b",
        "ENTRY",
        True,
    ),
    (rf"{NEVER} (?:close|sell)\b", "EXIT", True),
    (r"buy\b|only buy\b|open a position", "ENTRY", False),
    (r"close\b|sell\b|only (?:close|sell)\b", "EXIT", False),
)
"""How a sentence begins, which side it is about, and whether it forbids."""
SECONDS: Final[Mapping[str, float]] = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
    "week": 604_800.0,
}
NUMBER: Final = r"(?<![\w.])(\d+(?:\.\d+)?)"
PER_CENT: Final = re.compile(rf"{NUMBER} ?(?:%|per ?cent\b)")
TIME: Final = re.compile(rf"{NUMBER} ({'|'.join(SECONDS)})s?\b")
RSI: Final = re.compile(rf"\brsi\b[a-z ]*{NUMBER}(?!\.?\d| ?(?:%|bars?|hours?|days?|minutes?))")
UP: Final = r"above|over|more than|at least|exceeds|higher than|greater than"
DOWN: Final = r"below|under|less than|at most|lower than|smaller than"
WAYS: Final = re.compile(rf"\b(?:(?P<up>{UP})|{DOWN})\b")
TURNED: Final = re.compile(
    r"\b(?:not|nor|neither|until|but|except|loses?|lost|loss|fell|fallen)\b|\bfalls?\b(?! below| under)"
)
"""Words beside which a way may be the other one."""
LONGER: Final = (
    (re.compile(r"\b(?:with|on) (?:(?:much|high|enough|good) )?volume\b"), "when volume is above average"),
    (re.compile(r"\b(?:with|on) (?:thin|low|little) volume\b"), "when volume is below average"),
)
"""What is said shorter than it is meant."""


class Head(NamedTuple):
    """How a sentence begins: where that ends, the side that it is about, and whether it forbids."""

    end: int
    side: str
    forbids: bool


class Claims(NamedTuple):
    """The numbers of a sentence: fractions that it gives in per cent, times in seconds, levels of the RSI."""

    fractions: list[float]
    seconds: list[float]
    rsi: list[float]


class Way(NamedTuple):
    """What stands before the only word for a way, whether that is up, and whether all is said of the rest."""

    before: str
    up: bool
    turned: bool


def sentence_of(function: ast.FunctionDef) -> str:
    """The first sentence of its docstring, in small letters and without the point."""
    return " ".join((ast.get_docstring(function) or "").lower().split()).partition(". ")[0].rstrip(".")


def head_of(said: str) -> Head | None:
    """How a sentence begins; None where it is none of these ways."""
    found = ((re.match(words, said), side, forbids) for words, side, forbids in HEADS)
    return next((Head(match.end(), side, forbids) for match, side, forbids in found if match), None)


def claims_of(said: str) -> Claims:
    """Its numbers."""
    return Claims(
        [float(number) / 100.0 for number in PER_CENT.findall(said)],
        [float(number) * SECONDS[unit] for number, unit in TIME.findall(said)],
        [float(number) for number in RSI.findall(said)],
    )


def way_of(said: str) -> Way | None:
    """The way that it names; None for none, several, or one that another word may turn round."""
    for words, meant in LONGER:
        said = words.sub(meant, said)
    head, ways = head_of(said), list(WAYS.finditer(said))
    if head is None or len(ways) != 1 or TURNED.search(said[head.end :]):
        return None
    return Way(said[: ways[0].start()], bool(ways[0]["up"]), "unless" in said)
