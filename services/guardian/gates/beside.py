"""Candidate and parent as two packages side by side, for tools that read both in one box and run neither."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from core.strategy import Source
from core.symbols import PARAMETERS_FILE
from services.guardian.case import Case
from services.guardian.shape import code_of

PACKAGES: Final = ("candidate", "parent")


def side_by_side(case: Case, packages: Sequence[str] = PACKAGES) -> Source:
    """The code of both, or of the first of them, tests left out."""
    sides = zip(packages, (case.candidate, case.parent), strict=False)
    files = {f"{name}/{file}": data for name, side in sides for file, data in code_of(side.files).items()}
    return Source(files, case.candidate.tree_hash)


def only_numbers_differ(case: Case) -> bool:
    """Whether the code is the same, word for word and comment for comment, but for numbers in parameters.py.

    What a tool that reads code says of the parent it then says of the candidate.
    """
    new, old = code_of(case.candidate.files), code_of(case.parent.files)
    differ = [name for name in {*new, *old} if new.get(name) != old.get(name)]
    if not differ:
        return True
    return differ == [PARAMETERS_FILE] and _words(new[PARAMETERS_FILE]) == _words(old[PARAMETERS_FILE]) != []


def _words(data: bytes) -> list[tuple[int, str]]:
    """The tokens of a file, each number as a number; none of one that cannot be read."""
    try:
        read = list(tokenize.tokenize(io.BytesIO(data).readline))
    except (tokenize.TokenError, SyntaxError, UnicodeError):
        return []
    return [(token.type, "" if token.type == tokenize.NUMBER else token.string) for token in read]


def only_new(found: Iterable[Any], key: Callable[[Any], tuple[Any, ...]]) -> Iterator[Any]:
    """What the candidate has and the parent has not, where `key` tells two findings apart without their line."""
    found = list(found)
    known = Counter(key(one) for one in found if one.path.startswith("parent/"))
    for one in found:
        if one.path.startswith("parent/"):
            continue
        if known[key(one)]:
            known[key(one)] -= 1
        else:
            yield one


def inside_package(path: str) -> str:
    """The path in its own package."""
    return path.partition("/")[2] or path
