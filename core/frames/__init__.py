"""The strategies that earlier releases shipped: what an owner's tree was made from, and so what it is compared with.

Each is `<tree hash>.tar.xz`, and its files are believed only when they have that hash. Before the shipped strategy
changes after a release, `python -m core.frames` keeps what was shipped.
"""

from __future__ import annotations

import functools
import io
import tarfile
from pathlib import Path
from typing import Final

from core.errors import StrategyError
from core.strategy import Source

FOLDER: Final = Path(__file__).parent
ENDING: Final = ".tar.xz"


def known() -> frozenset[str]:
    """The tree hashes of all that was shipped before today's."""
    return frozenset(file.name.removesuffix(ENDING) for file in FOLDER.glob(f"*{ENDING}"))


@functools.lru_cache(maxsize=4)
def frame(tree: str) -> Source:
    """The strategy of that tree hash; StrategyError when it was never shipped, or its file was touched."""
    if tree not in known():
        raise StrategyError(f"No release shipped the strategy {tree[:12]}.")
    with tarfile.open(FOLDER / f"{tree}{ENDING}") as archive:
        read = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        source = Source.of({name: file.read() for name, file in read.items() if file is not None})
    if source.tree_hash != tree:
        raise StrategyError(f"The file of the shipped strategy {tree[:12]} holds another one.", "Install Sorte again.")
    return source


def packed(source: Source) -> bytes:
    """The archive of a strategy; the same strategy gives the same bytes."""
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w:xz", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in sorted(source.files.items()):
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    return kept.getvalue()
