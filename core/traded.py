"""The pairs that the last run of a data folder named, for who reads a sentence about one of them.

The file is a list of symbols. One that is missing, torn or of another make names none: a sentence about a pair is then
asked about, and changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from core.files import write_whole

FILE: Final = "pairs.json"
MOST: Final = 1000


def remember(data_dir: Path, symbols: Sequence[str]) -> None:
    """Note the pairs of a run that begins. What cannot be written is not known later, and stops no run."""
    with contextlib.suppress(OSError):
        write_whole(data_dir / FILE, msgspec.json.encode(list(symbols)))


def remembered(data_dir: Path) -> tuple[str, ...]:
    """The pairs of the last run; none when there was none."""
    try:
        return tuple(msgspec.json.decode((data_dir / FILE).read_bytes(), type=list[str])[:MOST])
    except (OSError, msgspec.MsgspecError):
        return ()
