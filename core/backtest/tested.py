"""Which strategy a backtest tests, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.strategy import Source


@dataclass(frozen=True, slots=True)
class Tested:
    """The strategy with its origin: what ships, what trades in a workspace, or a folder."""

    source: Source
    what: Literal["shipped", "workspace", "folder"]
    commit: str = ""  # of a workspace
    summary: str = ""  # what that commit did; English
    sentence: str = ""  # that led to it; empty for what no sentence brought
    folder: str = ""


def tested(strategy: Path | None) -> Tested:
    """A folder, or what ships when there is none."""
    if strategy is None:
        return Tested(Source.shipped(), "shipped")
    return Tested(Source.read(strategy), "folder", folder=str(strategy))
