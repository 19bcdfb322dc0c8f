"""What tells and orders nothing: what others do, what somebody thinks of a value, where a feature stands.

The verb of `a galera usa stop de 3%` is written as that of an order is; who does it stands before it, without a comma.
"""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Final

from services.interpreter.grammar.lattice import Lattice

PAST: Final = ("uí", "uía")
"""`Diminuí` is what I did, and `diminui` an order; without its accent nobody can tell."""
FILE: Final = Path(__file__).with_name("telling.toml")


def _read() -> dict[str, frozenset[str]]:
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {kind: frozenset(said) for kind, said in content.items()}


WORDS: Final = _read()
RULING: Final = ("buy", "sell", "trade", "set", "alter")
ARTICLES: Final = frozenset({"a", "an", "um", "uma", "pura", "sheer", "just", "so", "muito", "really", "total"})
AT: Final = frozenset({"em", "at", "com"})
BREAKS: Final = frozenset({",", ";", ".", "!", "-"})


def tells(lattice: Lattice) -> bool:
    """Whether the sentence tells what others do, judges a value or says where a feature stands."""
    if is_past(lattice):
        return True
    words = [token.key for token in lattice.tokens]
    if _thinks(words) or _did(words):
        return True
    return _is_of_others(words) or _judges(words, lattice) or _reads_off(words, lattice)


def is_past(lattice: Lattice) -> bool:
    """Whether a verb is written as one that tells what I did, or was doing."""
    return any(token.raw.lower().endswith(PAST) for token in lattice.tokens)


def says_how_it_is(lattice: Lattice) -> bool:
    """Whether a value is said to be so, `o stop tá em 3%`: who says that may want it so, or think that it is."""
    words = [token.key for token in lattice.tokens]
    return any(state in WORDS["states"] and at in AT for state, at in itertools.pairwise(words))


def _is_of_others(words: list[str]) -> bool:
    said = [word for word in words if word not in WORDS["how_often"]]
    found = zip(said, said[1:], said[2:], strict=False)
    return any(
        whose in WORDS["whose"] and who in WORDS["people"] and doing in WORDS["doing"] for whose, who, doing in found
    )


def _judges(words: list[str], lattice: Lattice) -> bool:
    """`3% is too much for a stop`, and no order after it."""
    ends = [end for edges in lattice.edges for _, end in edges.get("VALUE", ())]
    for place, (copula, judging) in enumerate(itertools.pairwise(words)):
        if copula in WORDS["copulas"] and judging in WORDS["judging"] and any(end <= place for end in ends):
            return BREAKS.isdisjoint(words[place:])
    return False


def _thinks(words: list[str]) -> bool:
    """`buying on fridays is dumb`, and no order after it."""
    places = [
        place
        for place, (copula, opinion) in enumerate(itertools.pairwise([word for word in words if word not in ARTICLES]))
        if copula in WORDS["copulas"] and opinion in WORDS["opinions"]
    ]
    return bool(places) and BREAKS.isdisjoint(words)


def _did(words: list[str]) -> bool:
    """`it sold with 3% profit`: who did something, at once, and what he did."""
    return any(doer in WORDS["doers"] and did in WORDS["did"] for doer, did in itertools.pairwise(words[:4]))


def _reads_off(words: list[str], lattice: Lattice) -> bool:
    """`o rsi tá em 30`: what is no parameter's name, or of several, stands somewhere now."""
    if any(lattice.has(category) for category in RULING):
        return False
    for start, edges in enumerate(lattice.edges):
        clear = {end for value, end in edges.get("PARAM", ()) if len(value) == 1}
        for _, end in edges.get("FEATURE", ()):
            if (
                end not in clear
                and tuple(words[end : end + 1])
                and words[end] in WORDS["states"]
                and _is_number(words[end + 1 :])
            ):
                return start == 0 or (start == 1 and words[0] in WORDS["whose"])
    return False


def _is_number(rest: list[str]) -> bool:
    after = rest[1:] if rest and rest[0] in AT else rest
    return bool(after) and after[0][0].isdigit()
