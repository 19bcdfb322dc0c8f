"""Candidate and parent as two packages side by side, for tools that read both in one box and run neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from core.strategy import Source
from services.guardian.case import Case

PACKAGES: Final = ("candidate", "parent")


def side_by_side(case: Case) -> Source:
    """The code of both, tests left out."""
    sides = zip(PACKAGES, (case.candidate, case.parent), strict=True)
    files = {f"{name}/{file}": data for name, side in sides for file, data in code_of(side.files).items()}
    return Source(files, case.candidate.tree_hash)


def code_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that trade: all Python at the top of the package."""
    return {name: data for name, data in files.items() if name.endswith(".py") and "/" not in name}


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
