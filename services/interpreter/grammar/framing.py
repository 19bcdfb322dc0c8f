"""Frames of courtesy in any choice of their words, and the verb after them as an order says it.

`I should be most obliged if you lowered the stop` asks for what `lower the stop` orders.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from services.interpreter.grammar.normalise import Token

FILE: Final = Path(__file__).with_name("framing.toml")
GERUND: Final = re.compile(r"(?P<stem>\w+?)(?P<ending>ando|endo|indo)$")
GERUNDS: Final = {"ando": "a", "endo": "e", "indo": "e"}
MOOD: Final = re.compile(r"(?P<stem>\w+?)(?P<ending>asse|esse|isse|assem|essem|issem)$")
ORDERED: Final = {"asse": "a", "assem": "a", "esse": "e", "essem": "e", "isse": "e", "issem": "e"}
"""How a Portuguese verb ends in the mood of a wish, and in that of an order."""
IRREGULAR: Final = {
    **dict.fromkeys(("pusesse", "pusessem"), "põe"),
    **dict.fromkeys(("subisse", "subissem"), "sobe"),
    **dict.fromkeys(("diminuisse", "diminuissem"), "diminui"),
    **dict.fromkeys(("reduzisse", "reduzissem"), "reduz"),
    **dict.fromkeys(("mantivesse", "mantivessem"), "mantém"),
    **dict.fromkeys(("fizesse", "fizessem"), "faz"),
    "pondo": "põe",
    "subindo": "sobe",
    "diminuindo": "diminui",
    "reduzindo": "reduz",
    "put": "put",
    "set": "set",
    "made": "make",
    "brought": "bring",
    "cut": "cut",
    "sold": "sell",
    "bought": "buy",
    "held": "hold",
    "took": "take",
    "gave": "give",
    "kept": "keep",
    "got": "get",
    "waited": "wait",
}
SAID_SO: Final = frozenset({"fosse", "fossem", "tivesse", "tivessem", "ficasse", "passasse", "estivesse", "desse"})
"""Of what is said to be so: `se o stop fosse de 3%`; the readers know them."""
JOINING: Final = frozenset({"fosse", "fossem", "seja", "sejam", "were", "was", "be"})
DONE: Final = ("ado", "ada", "ados", "adas", "ido", "ida", "idos", "idas", "ed")
PARTICIPLES: Final = frozenset({"put", "set", "cut", "kept", "sold", "bought", "made", "shut", "posto", "posta"})
DOUBLED: Final = re.compile(r"([bdgmnpt])\1$")
KEPT: Final = ("ss", "ll", "ff")


def frame(tokens: Sequence[Token], position: int) -> tuple[str, int]:
    """The kind of a frame that begins at a position, `asking` or `silent`, and where it ends; none: where it began."""
    said = " ".join(token.key for token in tokens[position : position + MOST_WORDS])
    best, kind = 0, ""
    for name, pattern in _patterns().items():
        found = pattern.match(said)
        if found is not None and found.end() > best:
            best, kind = found.end(), name
    words = len(said[:best].split())
    return (kind, position + words) if words else ("", position)


MOST_WORDS: Final = 20


def ordered(word: str, known: Container[str]) -> str:
    """A verb after a frame as an order says it: `lowered`, `lowering`, `botando`; any other as it is."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if (mood := MOOD.match(word)) is not None and word not in SAID_SO:
        return mood["stem"] + ORDERED[mood["ending"]]
    if (gerund := GERUND.match(word)) is not None:
        return gerund["stem"] + GERUNDS[gerund["ending"]]
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            undoubled = stem if stem.endswith(KEPT) else DOUBLED.sub(r"\1", stem)
            return next((each for each in (stem, stem + "e", undoubled) if each in known), word)
    return word


def is_wished(tokens: Sequence[Token], position: int) -> bool:
    """Whether it only joins a wish to its deed: `that the rule were removed`, `que a regra fosse removida`."""
    if tokens[position].key not in JOINING or position + 1 >= len(tokens):
        return False
    done = tokens[position + 1].key
    return done.endswith(DONE) or done in PARTICIPLES


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    lists = {name: _any_of(words, name) for name, words in content["lists"].items()}
    return {name: _pattern(content[name], lists) for name in ("asking", "silent")}


def _any_of(words: Sequence[str], name: str) -> str:
    longest_first = "|".join(sorted(words, key=len, reverse=True))
    return f"(?:(?:{longest_first}) )" if name == "soft" else f"(?:{longest_first})"


def _pattern(frames: Sequence[str], lists: dict[str, str]) -> re.Pattern[str]:
    written = []
    for each in frames:
        for name, words in lists.items():
            each = each.replace("{" + name + "}", words)
        written.append(each)
    return re.compile(f"(?:{'|'.join(written)})(?= |$)")
