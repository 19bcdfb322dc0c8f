"""Conversations as people type them, by what stands at their end; and in the accents, case and marks of others."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bench.language.judging import shown
from core.contracts import Interpretation, Language, Situation, Status
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter.dialogue import Dialogue, Reply, step
from services.interpreter.dialogue.plans import assumed
from services.interpreter.grammar.normalise import fold

FILE: Final = Path(__file__).with_name("dialogues_more.txt")
SYMBOLS: Final = Symbols.of(Source.shipped().files)


@dataclass(frozen=True)
class Talk:
    """Turns, and what may stand after the last one."""

    turns: tuple[str, ...]
    ends: tuple[str, ...]
    language: Language


def talks() -> Iterator[Talk]:
    """All of the file."""
    language = Language.PT
    for line in filter(None, map(str.strip, FILE.read_text(encoding="utf-8").splitlines())):
        if line.startswith("["):
            language = Language(line.strip("[]"))
        elif not line.startswith("#"):
            turns, _, end = line.partition(" => ")
            yield Talk(tuple(turns.split(" / ")), tuple(end.split(" || ")), language)


def replies(turns: tuple[str, ...], language: Language) -> list[Reply]:
    """What is said back to each turn; what was confirmed is in force from there on."""
    state, symbols, found = Dialogue(), SYMBOLS, []
    for text in turns:
        state, reply = step(state, text, symbols, Situation(language=language), 0)
        if reply.confirmed and reply.meant.plan is not None:
            symbols = assumed(symbols, reply.meant.plan)
        found.append(reply)
    return found


def written(reply: Reply) -> str:
    """As the file writes it."""
    meant = reply.meant
    if meant.plan is not None:
        return f"{'! ' if reply.confirmed else ''}{'; '.join(sorted(told(meant).split('; ')))}"
    if meant.action is not None:
        return told(meant)
    return "-" if meant.status is Status.NONE else "?"


def told(meant: Interpretation) -> str:
    """A plan or action in a few words."""
    found: str = shown(msgspec.to_builtins(meant))
    return found


def in_order(end: str) -> str:
    """An end with its operations in the order in which they are compared."""
    sign, _, plan = end.rpartition("! ") if end.startswith("! ") else ("", "", end)
    return f"{'! ' if sign == '' and end.startswith('! ') else ''}{'; '.join(sorted(plan.split('; ')))}"


def wrong(talk: Talk, said: Callable[[str], str] = str) -> str | None:
    """What stands at the end where it is none of what may."""
    got = written(replies(tuple(map(said, talk.turns)), talk.language)[-1])
    return None if got in {in_order(end) for end in talk.ends} else f"{' / '.join(map(said, talk.turns))}: {got}"


def test_there_are_enough_of_each_language() -> None:
    found = list(talks())
    assert len(found) >= 400
    assert 2 * sum(talk.language is Language.PT for talk in found) >= len(found)


def test_each_conversation_ends_as_a_careful_listener_would_end_it() -> None:
    assert [found for talk in talks() if (found := wrong(talk)) is not None] == []


SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "no accents": lambda text: unicodedata.normalize("NFC", fold(text)),
    "capitals": str.upper,
    "a full stop": lambda text: text if text[-1] in ".?!" else f"{text}.",
    "an exclamation": lambda text: text if text[-1] in ".?!" else f"{text}!",
    "blanks": lambda text: f"  {text.replace(' ', '  ')} ",
    "a smile": lambda text: f"{text} 🙂",
}
EACH: Final = len(SPELLINGS)


def test_nobodys_spelling_makes_another_end() -> None:
    chosen = list(talks())
    told = [
        f"{name}: {found}"
        for place, (name, said) in enumerate(SPELLINGS.items())
        for talk in chosen[place::EACH]
        if (found := wrong(talk, said)) is not None
    ]
    assert told == []
