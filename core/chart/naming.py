"""Which pictures there are of how many pairs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

MOST_PANELS: Final = 4
"""Pairs that share one picture; more have one each, beside one that sums them up."""


def pages_beside(path: Path, pairs: Sequence[str]) -> list[Path]:
    """The pictures beside the one at `path`, one for each pair; none for few pairs."""
    if len(pairs) <= MOST_PANELS:
        return []
    return [path.with_name(f"{path.stem}-{pair}{path.suffix}") for pair in pairs]
