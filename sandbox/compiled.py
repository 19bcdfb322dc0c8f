"""Machine code that boxes made, kept outside by who never looks into it, and handed in again to boxes only.

What comes out of a box is a stranger's word, and machine code is no exception. So it stays bytes here: it is kept with
a keyed hash (`core.compiled.store`) under a key that is computed from what was laid out in the box, never from what the
box said of itself, and goes back into boxes of exactly that tree. A box can only ever write what the next box of its
own tree reads. Why that is as safe as to compile there: docs/decisions/0026-compiled-code-is-kept.md.
"""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from core.compiled.store import MAGIC, Store
from sandbox.mounts import HOST_PACKAGES, JUDGE_FILES, PLATFORM_FILES

JUDGED: Final = "judged"
"""A strategy's decide, compiled in a judge's box before it decided anything: for boxes of the judge, and for hosts."""
PLAYED: Final = "played"
"""A strategy in the simulation, from a box of a backtest and for such boxes: nobody has looked at its syntax."""

ROOT: Final = Path(__file__).parents[1]
PROCESSOR: Final = re.compile(
    r"(vendor_id|cpu family|model|model name|stepping|flags"
    r"|CPU implementer|CPU architecture|CPU variant|CPU part|CPU revision|Features)\s*:"
)
"""What /proc/cpuinfo says of what a processor is, and not of how it is doing."""


class BoxCode:
    """The compiled strategies of one purpose. No call raises."""

    def __init__(self, purpose: str, store: Store | None = None) -> None:
        self._store = store or Store(purpose)

    def find(self, tree_hash: str, variant: str = "") -> bytes:
        """For a box in which just this tree is laid out; empty when there is none.

        `variant` names what else the compiled code depends on: parameters of other values, another loop.
        """
        return self._store.read(self._key(tree_hash, variant)) or b""

    def keep(self, tree_hash: str, made: bytes, variant: str = "") -> None:
        """What the box of this tree says that it compiled, before anything of the strategy was called."""
        if made:
            self._store.write(self._key(tree_hash, variant), made)

    def _key(self, tree_hash: str, variant: str) -> str:
        digest = hashlib.sha256()
        for word in (MAGIC, tree_hash, variant, *surroundings()):
            data = word if isinstance(word, bytes) else word.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()


def surroundings() -> Iterator[str | bytes]:
    """All that the code of a strategy depends on beside its tree: the platform's files in a box, the compiler, the
    processor. Read anew each time: the files may be replaced while we run, and the next box sees the new ones."""
    yield sys.version
    for name in HOST_PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} is not installed"
    yield from processor()
    for listed in sorted({*PLATFORM_FILES, *JUDGE_FILES}):
        path = ROOT / listed
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield file.relative_to(ROOT).as_posix()
            yield file.read_bytes() if file.is_file() else b""


def processor() -> Iterator[str]:
    """What compiled code may make use of. LLVM finds the same out, and inside it is asked too."""
    yield platform.machine()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as told:
            for line in told:
                if not line.strip():  # the others are like the first
                    return
                if PROCESSOR.match(line):
                    yield line
    except OSError:
        yield platform.processor()
