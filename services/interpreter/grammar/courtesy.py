"""A sentence without what is said for the tone only: `would you be so kind as to ...`, `se não for incômodo, ...`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from core.language import Language
from services.interpreter.grammar import framing
from services.interpreter.grammar.lexicon import Entry, Trie, insert, lexicon, walk
from services.interpreter.grammar.normalise import Text

FILE: Final = Path(__file__).with_name("courtesy.toml")
INSIDE: Final = frozenset({","})
"""May stand inside a phrase: `peço, por gentileza, que`."""
MARKS: Final = re.compile(r"\s*([,.!;])(?:\s*[,.!;])+")
LINKS: Final = re.compile(r"^(?:(?:but|and|so|then|mas|e|entao|então|porém|porem)\b[\s,.!;-]*)+(?=\S)")
"""What linked the order to the courtesy before it: `sorry to trouble you, but ...`."""
EDGES: Final = " ,.!;-"
PASSED_OVER: Final = frozenset({"kindly", "please", "also", "just", "a", "voce", "vc", "nao", "not"})
"""May stand between a frame and its verb."""


def without(text: Text) -> str:
    """What is left; the sentence as it is when nothing of it is mere courtesy."""
    kept, position, asks, found, framed = "", 0, False, False, False
    while position < len(text.tokens):
        last, kind = _courtesy(text, position)
        if last > position:
            found, asks, framed = True, asks or kind == "asking", kind == "asking"
            kept += " "
        elif asks and framing.is_wished(text.tokens, position):
            last, framed = position + 1, False
        else:
            kept += _said(text, position, framed=framed)
            last, framed = position + 1, framed and text.tokens[position].key in PASSED_OVER
        position = last
    if not found:
        return text.clean
    plain = LINKS.sub("", " ".join(MARKS.sub(r"\1", kept).split()).strip(EDGES))
    return plain.replace("?", "").strip(EDGES) if asks else plain


def _courtesy(text: Text, position: int) -> tuple[int, str]:
    """Where a courtesy that begins here ends, and of which kind it is; the longest."""
    kind, end = framing.frame(text.tokens, position)
    phrases = ((end, entry.category) for entry, end in walk(_phrases(), text.tokens, position, INSIDE))
    return max([*phrases, (end, kind)])


def _said(text: Text, position: int, *, framed: bool) -> str:
    """A word as it stands, with what follows it up to the next; after a frame its verb is an order's."""
    token = text.tokens[position]
    after = text.tokens[position + 1].start if position + 1 < len(text.tokens) else len(text.lower)
    word = framing.ordered(token.key, lexicon(Language.EN).words) if framed else token.key
    return text.lower[token.start : after] if word == token.key else word + text.lower[token.end : after]


@cache
def _phrases() -> Trie:
    trie: Trie = {}
    for kind, phrases in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        for phrase in phrases:
            insert(trie, phrase, Entry(kind))
    return trie
