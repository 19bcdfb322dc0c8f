"""A strategy that may run: its tree laid out in a folder that the box can be shown."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from core.contracts import Release as Accepted
from core.errors import StrategyError
from core.strategy import Source, rule_names


class Release(msgspec.Struct, frozen=True):
    """The tree hash of a strategy's source, a folder that holds exactly this tree, and its rules in order.

    `commit`, `change` and `message` say what brought it here; empty for a strategy that is in no workspace.
    """

    tree_hash: str
    folder: Path
    rule_names: tuple[str, ...]
    commit: str = ""
    change: str = ""
    message: str = ""


NO_RELEASE: Final = Release("", Path(), ())
"""Before anything decides."""


def lay_out(source: Source, releases: Path, origin: Accepted | None = None) -> Release:
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
        if folder.is_dir():
            shutil.rmtree(folder)
        else:
            folder.unlink(missing_ok=True)
        fresh.replace(folder)
    names = rule_names(source.files["rules.py"].decode())
    if origin is None:
        return Release(source.tree_hash, folder.resolve(), names)
    return Release(source.tree_hash, folder.resolve(), names, origin.commit, origin.change, origin.message)


def _holds(folder: Path, tree_hash: str) -> bool:
    try:
        return Source.read(folder).tree_hash == tree_hash
    except StrategyError:  # not there, or no strategy any more
        return False
