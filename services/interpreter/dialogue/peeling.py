"""What stands around the words of a turn: `não não, 4%`, `sim, mas com 4`, `errei, é 4`, `4% tá bom`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from services.interpreter.answering import answer
from services.interpreter.dialogue import words
from services.interpreter.grammar.normalise import Kind, Text, fold, read

MOST_PEELED: Final = 6
"""Marks before the words themselves; nobody says more."""
RETHOUGHT: Final = re.compile(
    r"^[^\s,]+(?: ?%)?\s*,\s*(?:nao|no|digo|quer dizer|ou melhor|i mean|sorry|wait|errei|ops|oops)"
    r"\s*,?\s+(?P<new>[\d.,]+ ?%?)$"
)
"""A value and at once another: `3%, não, 4%`."""
BEING: Final = ("é ", "era ", "it was ", "it is ", "it's ", "was ")
"""Before an amount these say what it should be."""
LONGEST_ANSWER: Final = 5
"""Words of a yes or no that more follows."""


@dataclass(frozen=True, slots=True)
class Peeled:
    """The words without what stands around them, and the kinds of that: `yes`, `no`, `but`, `correcting` and so on."""

    core: str
    marks: frozenset[str]

    @property
    def corrects(self) -> bool:
        """Whether what stands before the words says that they correct something."""
        return not self.marks.isdisjoint({"correcting", "no", "but"})


@lru_cache(maxsize=64)
def peeled(text: str) -> Peeled:
    """The words of a turn, and what stood around them."""
    said, marks = read(text), set[str]()
    if (twice := RETHOUGHT.match(fold(said.lower))) is not None:
        said = read(said.lower[twice.start("new") :])
    for _ in range(MOST_PEELED):
        found = _leading(said) or (_joined(said) if marks & {"yes", "no"} else None)
        if found is None:
            break
        mark, rest = found
        marks.add(mark)
        said = read(rest)
    core = _without_ends(said.lower)
    if (shorter := words.without_end("apologising", core)) != core:
        marks.add("correcting")
        core = _without_ends(shorter)
    if marks & {"correcting", "no", "but"} or text.lower().lstrip().startswith(BEING):
        core = words.after("being", read(core)) or core
    return Peeled(core, frozenset(marks))


def _leading(said: Text) -> tuple[str, str] | None:
    """The first mark and what follows it."""
    if (answered := _answer(said)) is not None:
        return answered
    for kind in ("correcting", "hedging"):
        rest = words.after(kind, said)
        if rest is not None:
            return kind, rest
    if judged := words.after_comma("judging", said):
        return "correcting", judged
    silent = _silent(said)
    return None if silent is None else ("chatting", silent)


def _silent(said: Text) -> str | None:
    """What follows a word that says nothing: a murmur, or any other and a mark."""
    if words.is_one("chatting", said):
        return ""
    murmured = words.after("murmuring", said)
    return murmured if murmured is not None else words.after_comma("chatting", said)


def without_murmurs(text: str) -> str:
    """The words from the first on that says something; all of them where none does."""
    said = read(text)
    for _ in range(MOST_PEELED):
        rest = None if _is_marked(said) else _silent(said)
        if not rest:
            break
        said, text = read(rest), rest
    return text


def _is_marked(said: Text) -> bool:
    """Whether it begins with more than a murmur."""
    judged = words.after_comma("judging", said) is not None
    return judged or words.after("correcting", said) is not None or _answer(said) is not None


def _joined(said: Text) -> tuple[str, str] | None:
    """A `but` after a yes or no."""
    rest = words.after("but", said)
    return ("but", rest) if rest else None


def _answer(said: Text) -> tuple[str, str] | None:
    """A yes or no that more follows: after a mark, before `but` or `and`, or before an amount."""
    for end in range(min(LONGEST_ANSWER, len(said.tokens) - 1), 0, -1):
        first = said.lower[: said.tokens[end - 1].end]
        if any(token.kind is not Kind.WORD for token in said.tokens[:end]):
            continue
        after = said.tokens[end]
        rest = said.lower[after.start :]
        joins = after.kind is Kind.NUMBER or any(
            words.after(kind, read(rest)) is not None for kind in ("but", "adding")
        )
        if after.key not in words.MARKS and not joins:
            continue
        decided = False if words.is_one("withdrawing", read(first)) else answer(first)
        rest = rest.lstrip(",.!;: ")
        if decided is not None and rest:
            return ("yes" if decided else "no"), rest
    return None


def _without_ends(text: str) -> str:
    """Without what says only that it will do: `4 tá bom`, `25 is fine`."""
    for _ in range(MOST_PEELED):
        shorter = words.without_end("settling", text.rstrip(" ,.!;"))
        if shorter == text.rstrip(" ,.!;"):
            break
        text = shorter
    return text.rstrip(" ,.!;")
