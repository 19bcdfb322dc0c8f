"""The programs: patches of the shipped strategy, each with what it does and which group of its kind it is of.

`hostile` must be refused. `wrong` are seeded wrong edits that should be refused; a few do the same as the strategy that
they change, and say so. `good` must be accepted. A file is `key: value` lines, an empty line, and a patch.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.strategy import Source

KINDS: Final = ("hostile", "wrong", "good")
FOLDER: Final = Path(__file__).parent / "corpus"
SHIPPED: Final = Path(__file__).parents[2] / "strategy"


@dataclass(frozen=True, slots=True)
class Program:
    """One patch."""

    kind: str
    name: str
    group: str
    what: str
    patch: bytes
    control: str = "none"
    """How it is shown that it would work where nobody looks: `load` it, or run its tests with `pytest`."""
    without: str = ""
    """Of what wants out of the box but has no control: why."""

    def source(self) -> Source:
        """The shipped strategy with the patch. Raises ValueError when it does not apply."""
        with tempfile.TemporaryDirectory(prefix="sorte-program-") as folder:
            shutil.copytree(SHIPPED, Path(folder, "strategy"), ignore=shutil.ignore_patterns("__pycache__"))
            words = ["git", "apply", "--whitespace=nowarn", "-p1"]
            done = subprocess.run(words, cwd=folder, input=self.patch, capture_output=True, check=False)
            if done.returncode:
                raise ValueError(f"{self.kind}/{self.name}: {done.stderr.decode(errors='replace').strip()}")
            return Source.read(Path(folder, "strategy"))


def programs(kind: str) -> Iterator[Program]:
    """All of a kind, in order of their names."""
    for path in sorted((FOLDER / kind).glob("*.patch")):
        head, _, patch = path.read_bytes().partition(b"\n\n")
        about = dict(line.split(": ", 1) for line in head.decode().splitlines())
        more = {key: about[key] for key in ("control", "without") if key in about}
        yield Program(kind, path.stem, about["group"], about.get("what", ""), patch, **more)
