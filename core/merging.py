"""Two trees that come from one, as one tree again: what each changed is kept, file by file, as `git merge-file` does.

A pure function of the three trees, so that the judge makes it again and compares byte for byte.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from core.errors import SorteError
from core.workspace.git_access import ENVIRONMENT

Files = Mapping[str, bytes]
NAMES: Final = ("ours", "base", "theirs")
MARK: Final = 60  # characters of a conflict's mark: no line of a strategy begins so
BROKEN: Final = 128
"""Exit codes of git from here on are errors; below they count conflicts."""


class Conflict(NamedTuple):
    """A place that both changed, each otherwise. `line` counts from 1 in our file; 0: the whole file."""

    file: str
    line: int


class Merged(NamedTuple):
    """The one tree. With conflicts it is none to use."""

    files: dict[str, bytes]
    conflicts: tuple[Conflict, ...]


def merge(base: Files, ours: Files, theirs: Files) -> Merged:
    """`ours` and `theirs`, both made from `base`, as one."""
    files: dict[str, bytes] = {}
    conflicts: list[Conflict] = []
    for name in sorted({*base, *ours, *theirs}):
        before, mine, other = base.get(name), ours.get(name), theirs.get(name)
        if mine == other or other == before:
            kept = mine
        elif mine == before:
            kept = other
        elif before is None or mine is None or other is None:
            kept = mine
            conflicts.append(Conflict(name, 0))
        else:
            kept, places = _merged_file(mine, before, other)
            conflicts += [Conflict(name, line) for line in places]
        if kept is not None:
            files[name] = kept
    return Merged(files, tuple(conflicts))


def _merged_file(ours: bytes, base: bytes, theirs: bytes) -> tuple[bytes, list[int]]:
    with tempfile.TemporaryDirectory(prefix="sorte-merge-") as folder:
        for name, data in zip(NAMES, (ours, base, theirs), strict=True):
            Path(folder, name).write_bytes(data)
        environment = {"PATH": os.environ.get("PATH", os.defpath), **ENVIRONMENT, "GIT_DIR": os.devnull}
        done = subprocess.run(  # noqa: S603 - fixed words; what is merged is in files
            ["git", "merge-file", "-p", f"--marker-size={MARK}", *NAMES],  # noqa: S607 - the system's git, as everywhere
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
        )
    if done.returncode >= BROKEN or done.returncode < 0:
        raise SorteError(f"git could not merge: {done.stderr.decode(errors='replace').strip()[:200]}.")
    return done.stdout, list(_places(done.stdout, ours)) if done.returncode else []


def _places(merged: bytes, ours: bytes) -> Iterator[int]:
    """The lines of our file at which conflicts begin."""
    lines, place = ours.splitlines(), 0
    for block in _our_blocks(merged):
        ends = range(place, len(lines) - len(block) + 1)
        place = next((i for i in ends if lines[i : i + len(block)] == block), place)
        yield place + 1
        place += len(block)


def _our_blocks(merged: bytes) -> Iterator[list[bytes]]:
    """What stands of ours between the marks of each conflict."""
    block: list[bytes] | None = None
    for line in merged.splitlines():
        if line.startswith(b"<" * MARK + b" "):
            block = []
        elif line == b"=" * MARK and block is not None:
            yield block
            block = None
        elif block is not None:
            block.append(line)
