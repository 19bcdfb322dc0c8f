"""A sentence with a word that nobody knows, as it would be with the word that this is a slip of: `aumeta o stop`.

What a plan may correct are names only; here it is verbs and short names too, because an offer is looked at before it
is taken. A word that is spelled right in either language is no slip, and one that may be two things is neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from rapidfuzz.distance import OSA

from core.contracts import Language
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.lexicon import END, Trie, lexicon
from services.interpreter.grammar.normalise import DRAWN_OUT, Kind
from services.interpreter.offers import words
from services.interpreter.slips import known_words

MOST_SLIPS: Final = 3
SHORTEST: Final = 3
"""Letters of a word that may be a slip."""
SHORTEST_CHANGED: Final = 5
"""Letters of a word of which one may be wrong; in a shorter one they may only be exchanged, missing or doubled."""
SHORTEST_TWICE: Final = 8
MOVING: Final = frozenset({"raise", "lower", "widen", "tighten", "plus", "minus", "double", "triple", "halve"})
SPOKEN: Final = (
    *("set", "alter", "raise", "lower", "widen", "tighten", "plus", "minus", "double", "triple", "halve", "multiply"),
    *("remove", "disable", "enable", "add", "rename", "buy", "sell", "trade", "only", "if", "above", "below"),
    *(
        "op_gt",
        "op_lt",
        "op_ge",
        "op_le",
        "average",
        "cross",
        "cross_above",
        "cross_below",
        "reach",
        "show",
        "what_is",
        "undo",
        "rollback",
        "status",
        "history",
    ),
    *("cross", "cross_above", "cross_below", "reach"),
    *("profit_action", "positions", "balance", "resume", "percent"),
)
"""What a word may be a slip of, beside a name. Words that turn a sentence round are none of them."""


ENDINGS: Final = (
    *("s", "es", "ed", "ing", "er", "en"),
    *(
        "ei",
        "ou",
        "iu",
        "eu",
        "ia",
        "ava",
        "ara",
        "era",
        "ira",
        "asse",
        "esse",
        "isse",
        "ando",
        "endo",
        "indo",
        "ado",
        "ido",
    ),
    *(
        "ada",
        "ida",
        "arei",
        "erei",
        "irei",
        "amos",
        "emos",
        "imos",
        "aram",
        "eram",
        "iram",
        "avam",
        "iam",
        "ssem",
        "am",
    ),
)
"""Of verbs in another person, time or mood: `aumentaria` and `raises` are no slips of an order, and order nothing."""


def corrected(lattice: Lattice) -> str | None:
    """The sentence without its slips; None when it has none that can only be one thing, or too many."""
    unknown = [position for position in range(lattice.end) if position not in lattice.known]
    slips: dict[int, str] = {}
    for position in unknown:
        token = lattice.tokens[position]
        if token.kind is Kind.WORD and token.key not in known_words() and token.key not in words.changing():
            meant = _meant(token.key, lattice)
            if meant is not None:
                slips[position] = meant
    if not 1 <= len(slips) <= MOST_SLIPS:
        return None
    said, end = [], 0
    for position, meant in slips.items():
        token = lattice.tokens[position]
        said += [lattice.text.lower[end : token.start], meant]
        end = token.end
    return "".join((*said, lattice.text.lower[end:]))


def may_move(said: str, language: Language) -> bool:
    """Whether a word nobody knows may be one that raises or lowers, with a slip."""
    moving = (word for word, roles in _spoken(language).items() if not MOVING.isdisjoint(roles.split()))
    return any(_slipped(said, word) is not None for word in moving)


def _meant(said: str, lattice: Lattice) -> str | None:
    """The one word that it is a slip of; of several that are as near, they have to mean the same."""
    spoken, plain = _spoken(lattice.language), DRAWN_OUT.sub(r"\1", said)
    begins = (said[0], said[1:2])
    near: list[tuple[int, str]] = []
    for word in (*spoken, *lattice.names.words):
        if word[0] in begins and len(word) >= SHORTEST:  # nobody misses the first letter, but for exchanging it
            distance = 1 if word == plain else _slipped(said, word)
            if distance is not None and not (word in spoken and _is_inflected(said, word)):
                near.append((distance, word))
    if not near:
        return None
    least = min(distance for distance, _ in near)
    best = {word for distance, word in near if distance == least}
    meanings = {spoken.get(word) or _stem(word) for word in best}
    return min(best) if len(meanings) == 1 else None


def _is_inflected(said: str, meant: str) -> bool:
    if sorted(said) == sorted(meant):
        return False  # letters exchanged make no other form: `diminiu`
    return any(said.endswith(ending) and not meant.endswith(ending) for ending in ENDINGS)


def _stem(word: str) -> str:
    return word.rstrip("s")


def _slipped(said: str, meant: str) -> int | None:
    """How many slips lie between a word and another; None when it is none."""
    if len(said) < SHORTEST or abs(len(said) - len(meant)) > 2:
        return None
    allowed = 2 if min(len(said), len(meant)) >= SHORTEST_TWICE else 1
    distance = OSA.distance(said, meant, score_cutoff=allowed)
    if not 0 < distance <= allowed or not (said[0] == meant[0] or sorted(said[:2]) == sorted(meant[:2])):
        return None
    changed = len(said) == len(meant) and sorted(said) != sorted(meant)
    shortest = min(len(said), len(meant))
    return None if shortest < SHORTEST_CHANGED and (changed or shortest < SHORTEST) else int(distance)


@cache
def _spoken(language: Language) -> dict[str, str]:
    """The words alone that an order is made of, with the roles that each has."""
    units = {word: f"unit {word}" for word in lexicon(language).units if word.isalpha() and len(word) >= SHORTEST}
    return units | dict(_single(lexicon(language).words, SPOKEN))


def _single(trie: Trie, wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
    for word, below in trie.items():
        if word == END or not word.isalpha() or len(word) < SHORTEST:
            continue
        roles = sorted(entry.category for entry in below.get(END, ()) if entry.category in wanted)
        if roles:
            yield word, " ".join(roles)
