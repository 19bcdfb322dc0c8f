"""The editor on real files: are all other bytes kept, is the file Python still, is it taken back exactly?"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figure import Figure, at_least
from bench.language.counting import share
from bench.language.real_files import Trial, chosen, kept_bytes, trials
from services.editor import EditRefused, edit, inverse

OPERATIONS: Final = ("rename", "replace_function", "add_function", "extract")
CHANGE: Final = "7"
WORKERS: Final = 2
AT_ONCE: Final = 40
HEAD: Final = ("operation", "files", "all other bytes kept", "is Python still", "taken back exactly", "refused")


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one operation on one file."""

    what: str
    kept: bool = False
    parsed: bool = False
    inverted: bool = False
    refused: str = ""


def tried_on_files(most: int) -> tuple[int, list[Tried]]:
    """How many files were looked at until so many had room for every operation, and what became of each operation."""
    paths, looked, done, found = chosen(), 0, 0, list[Tried]()
    with ProcessPoolExecutor(WORKERS) as pool:
        while done < most and (some := [path for _, path in zip(range(AT_ONCE), paths, strict=False)]):
            for each in pool.map(tried, some):
                if done < most:
                    looked += 1
                    done += bool(each)
                    found += each
    return looked, found


def tried(path: Path) -> list[Tried]:
    """Each operation on one file; empty where it has no room for one of them."""
    return [_tried(trial) for trial in trials(path.read_bytes()) or ()]


def _tried(trial: Trial) -> Tried:
    try:
        edited = edit(trial.files, trial.plan, CHANGE).files[trial.file]
    except EditRefused as refusal:
        return Tried(trial.what, refused=refusal.reason)
    back = inverse(trial.plan, trial.files)  # tried out by itself: None unless every byte of every file comes back
    return Tried(trial.what, kept_bytes(trial, edited), _is_python(edited), back is not None)


def _is_python(data: bytes) -> bool:
    try:
        ast.parse(data)
    except (SyntaxError, ValueError):
        return False
    return True


def editing_figures(looked: int, found: list[Tried]) -> list[Figure]:
    """Of all operations on all files."""
    files = len(found) // len(OPERATIONS)
    whole = sum(each.kept and each.parsed for each in found)
    back = sum(each.inverted for each in found)
    said = f"of {len(found)} operations: {', '.join(OPERATIONS)}"
    return [
        Figure("Editor: real Python files", files, "", at_least(300), f"with room for all four, of {looked} looked at"),
        Figure("... all other bytes kept, and Python still", share(whole, len(found)), "%", at_least(100), said),
        Figure("... taken back to the last byte", share(back, len(found)), "%", at_least(100), said),
    ]


def rows(found: list[Tried]) -> Iterator[tuple[str, ...]]:
    """A row of the page for each operation."""
    for what in OPERATIONS:
        mine = [each for each in found if each.what == what]
        refused = Counter(each.refused for each in mine if each.refused)
        counts = (len(mine), *(sum(getattr(each, key) for each in mine) for key in ("kept", "parsed", "inverted")))
        why = ", ".join(f"{reason} {count}" for reason, count in refused.most_common())
        yield (what, *map(str, counts), why)
