"""The words of `words/*.toml`: for each file the phrases of a language, with their roles and what they point to.

A file has `[roles.NAME]`, and per kind of thing `[named.param]`, `[strong.param]`, `[weak.param]`, where the key is the
name of the thing, or several with `+` between them. Phrases stand under `both`, `pt` and `en`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.contracts import Language
from services.interpreter.gist.labels import NAMED, STRONG
from services.interpreter.grammar.lexicon import Entry, Trie, insert

FOLDER: Final = Path(__file__).with_name("words")
WEIGHTS: Final[Mapping[str, int]] = {"named": NAMED, "strong": STRONG, "weak": 1}
ROLE: Final = "role"
COMMON: Final = "common"
"""The file that every reader has."""


@cache
def phrases(files: tuple[str, ...], language: Language) -> Trie:
    """The phrases of some files: an entry is (`role`, its name) or (kind, the weight, names ...)."""
    trie: Trie = {}
    for file in (COMMON, *files):
        content = tomllib.loads((FOLDER / f"{file}.toml").read_text(encoding="utf-8"))
        for role, said in content.get("roles", {}).items():
            _add(trie, said, language, Entry(ROLE, (role,)))
        for degree, weight in WEIGHTS.items():
            for kind, things in content.get(degree, {}).items():
                for names, said in things.items():
                    _add(trie, said, language, Entry(kind, (str(weight), *names.split("+"))))
    return trie


def _add(trie: Trie, said: Mapping[str, Any], language: Language, entry: Entry) -> None:
    for part in ("both", language.value):
        for phrase in said.get(part, ()):
            insert(trie, phrase, entry)
