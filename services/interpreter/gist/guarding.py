"""Whether the gist of a sentence may be guessed at all: not of one that is quoted, asked, supposed, reported or undone.

Words that turn a sentence round end it, but where a reader's own words take them in on purpose: `ignore the flow`.
"""

from __future__ import annotations

from typing import Final

from services.interpreter.gist.labels import Gist, Word
from services.interpreter.grammar import guards
from services.interpreter.grammar.normalise import Kind
from services.interpreter.offers import words

TURNING: Final = (*guards.REASONS, "not", "none_of", "unless", "provided", "if", "only_if")
"""What the words of a reader have to take in, or else nothing is guessed."""
ENDING: Final = ("trap",)
CLAIMED: Final = ("cond", "points")


def refuses(gist: Gist) -> bool:
    """Whether nothing may be made of the sentence."""
    lattice = gist.lattice
    if (
        guards.is_quoting(lattice)
        or guards.coin(lattice) is not None
        or gist.has(*ENDING)
        or any(_is_later(word) for word in gist.words)
    ):
        return True
    if guards.is_question(lattice) and not is_polite(gist):
        return True
    return turned(gist, TURNING)


def _is_later(word: Word) -> bool:
    """Whether a word puts the sentence off, and says nothing else that a reader wants."""
    return "later" in word.chosen and word.chosen.isdisjoint(CLAIMED)


def is_polite(gist: Gist) -> bool:
    """Whether a question asks for something to be done."""
    return guards.is_polite_question(gist.lattice) or any("asking" in word.chosen for word in gist.words)


def turned(gist: Gist, categories: tuple[str, ...], first: int = 0, last: int | None = None) -> bool:
    """Whether something of these categories is said between two positions that no word of the reader takes in."""
    for start, edges in enumerate(gist.lattice.edges[:last]):
        for category in categories if start >= first else ():
            if any(not _is_taken(gist, start, end) for _, end in edges.get(category, ())):
                return True
    return False


def _is_taken(gist: Gist, start: int, end: int) -> bool:
    """Whether it is within a word that was chosen, or within a longer one: `been` in a name is no past."""
    return any(
        word.start <= start
        and end <= word.end
        and (bool(word.chosen) or word.named or word.end - word.start > end - start)
        for word in gist.words
    )


def may_go(gist: Gist, passing: frozenset[str] = frozenset()) -> bool:
    """Whether the unknown words may be left out of an offer: none of them is one that changes what is said.

    `passing` are those that may go all the same.
    """
    kept = words.changing() - passing
    return all(
        token.kind is Kind.WORD and token.key not in kept
        for word in gist.unknown
        for token in gist.lattice.tokens[word.start : word.end]
    )
