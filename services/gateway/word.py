"""How the owner has stopped trading, as one word: a yes to going on holds for what he saw stopped, and nothing else."""

from __future__ import annotations

from pathlib import Path

from core.owner import OwnersWord


def standing_word(folder: Path) -> str:
    """`killed closing paused`, as far as they are so; empty while nothing is stopped."""
    word = OwnersWord(folder)
    so = {"killed": word.killed, "closing": word.closing, "paused": word.paused}
    return " ".join(name for name, stands in so.items() if stands)
