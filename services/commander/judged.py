"""Curves of judgements on the disk: a file a change in the data folder, of the newest changes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from core.contracts.ledger import JudgedShown

FOLDER: Final = "judged"
KEPT: Final = 200
_decode: Final = msgspec.json.Decoder(JudgedShown).decode


def keep(data_dir: Path, judged: JudgedShown) -> None:
    """Write one down; the oldest go when there are too many. Raises OSError."""
    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{judged.change}"
    fresh.write_bytes(msgspec.json.encode(judged))
    fresh.replace(folder / f"{judged.change}.json")
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    for old in files[:-KEPT]:
        old.unlink(missing_ok=True)


def find(data_dir: Path, change: str) -> JudgedShown | None:
    """That of a change; None when none was kept, or another version wrote it."""
    try:
        return _decode((data_dir / FOLDER / f"{change}.json").read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
