"""A sentence without what is said for the tone only: `would you be so kind as to ...`, `se não for incômodo, ...`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from services.interpreter.grammar.lexicon import Entry, Trie, insert, walk
from services.interpreter.grammar.normalise import Text

FILE: Final = Path(__file__).with_name("courtesy.toml")
INSIDE: Final = frozenset({","})
"""May stand inside a phrase: `peço, por gentileza, que`."""
MARKS: Final = re.compile(r"\s*([,.!;])(?:\s*[,.!;])+")
EDGES: Final = " ,.!;-"


def without(text: Text) -> str:
    """What is left; the sentence as it is when nothing of it is mere courtesy."""
    kept, position, asks, found = "", 0, False, False
    while position < len(text.tokens):
        ends = [(end, entry.category) for entry, end in walk(_phrases(), text.tokens, position, INSIDE)]
        last, kind = max(ends, default=(position, ""))
        if last > position:
            found, asks = True, asks or kind == "asking"
            kept += " "
        else:
            last = position + 1
            begins = text.tokens[position].start
            kept += text.lower[begins : text.tokens[last].start if last < len(text.tokens) else len(text.lower)]
        position = last
    if not found:
        return text.clean
    plain = " ".join(MARKS.sub(r"\1", kept).split()).strip(EDGES)
    return plain.replace("?", "").strip(EDGES) if asks else plain


@cache
def _phrases() -> Trie:
    trie: Trie = {}
    for kind, phrases in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        for phrase in phrases:
            insert(trie, phrase, Entry(kind))
    return trie
