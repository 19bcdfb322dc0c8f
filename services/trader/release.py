"""A strategy that may run: its tree laid out in a folder that the box can be shown."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import msgspec

from core.errors import StrategyError
from core.strategy import Source, rule_names


class Release(msgspec.Struct, frozen=True):
    """The tree hash of a strategy's source, a folder that holds exactly this tree, and its rules in order."""

    tree_hash: str
    folder: Path
    rule_names: tuple[str, ...]


def lay_out(source: Source, releases: Path) -> Release:
    """Write `source` to a folder named by its hash, beside the target and renamed, unless it is there untouched.

    Somebody may have touched what lies there; the host reports the hash of what it really loaded, which is compared
    again.
    """
    folder = releases / source.tree_hash
    if not _holds(folder, source.tree_hash):
        releases.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".", dir=releases))
        for name, data in source.files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        fresh.chmod(0o755)
        if folder.is_dir():
            shutil.rmtree(folder)
        else:
            folder.unlink(missing_ok=True)
        fresh.replace(folder)
    return Release(source.tree_hash, folder.resolve(), rule_names(source.files["rules.py"].decode()))


def _holds(folder: Path, tree_hash: str) -> bool:
    try:
        return Source.read(folder).tree_hash == tree_hash
    except StrategyError:  # not there, or no strategy any more
        return False
