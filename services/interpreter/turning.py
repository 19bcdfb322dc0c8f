"""Whether each word that may undo a sentence has a part in its plan: without `não` or `never` it has to say another.

One reader or another may take such a word for an article, a filler or an emphasis. Where a plan is the same without it,
nobody knows what it was said for, and the sentence is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from core.contracts import EditPlan, Language
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.normalise import Token

UNDOING: Final = {
    Language.PT: frozenset({"nao", "nunca", "jamais", "nem", "ontem", "talvez"}),
    Language.EN: frozenset({"not", "never", "no", "yesterday", "maybe", "perhaps", "nor", "without"}),
}
BOUNDS: Final = frozenset(
    {"more", "less", "longer", "later", "sooner", "higher", "lower", "fewer", "mais", "menos", "maior", "menor"}
)
"""After a `no` or a `não` these say at most or at least: `no more than 5%`, `never spend more than 5%`."""
AGREEING: Final = frozenset({"nada", "nenhum", "nenhuma", "ninguem", "whatsoever"})
"""With the negation before them these deny once: `não compra nada`."""


def is_idle(meant: EditPlan, lattice: Lattice, read: Callable[[str], object]) -> bool:
    """Whether a word that may undo the sentence is in it for nothing; `read` understands the words without it."""
    return any(read(text) == meant for text in _without_one(lattice))


def _without_one(lattice: Lattice) -> Iterator[str]:
    tokens = lattice.tokens
    for place, token in enumerate(tokens):
        after = [later.key for later in tokens[place + 1 :]]
        if token.key in UNDOING[lattice.language] and BOUNDS.isdisjoint(after):
            gone = [token, *(other for other in tokens[place + 1 :] if other.key in AGREEING)]
            yield _without(lattice.text.lower, gone)


def _without(said: str, gone: Sequence[Token]) -> str:
    """What was said without some of its words; the marks stay where they are, as in `-0.4`."""
    for token in reversed(gone):
        said = said[: token.start] + said[token.end :]
    return " ".join(said.split())
