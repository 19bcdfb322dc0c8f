"""What edits that were killed left behind: it is cleared away at the next start, before anything else is done."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from core.workspace.repository import CANDIDATES, NOBODY, Workspace

WORKTREES: Final = Path("sorte", "worktrees")
"""In the git folder: where edits are made."""


def sweep(workspace: Workspace, keep: set[str]) -> None:
    """Remove what edits that were killed left behind: work trees, temporary files, locks, and refs of candidates.

    `keep` are the changes whose candidates stay. Only for who holds the workspace (`sole_commander`): it would take the
    work tree from under an edit that runs.
    """
    shutil.rmtree(workspace.git_dir / WORKTREES, ignore_errors=True)
    _remove_temporary(workspace.git_dir)
    for entry in _entries(workspace.git_dir / "worktrees"):
        shutil.rmtree(entry, ignore_errors=True) if not _belongs_elsewhere(workspace, entry) else None
    workspace.git("worktree", "prune", "--expire=now")
    held = workspace.refs(CANDIDATES)
    gone = {ref: (commit, NOBODY) for ref, commit in held.items() if ref.removeprefix(CANDIDATES) not in keep}
    if gone:
        workspace.update_refs(gone)


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _belongs_elsewhere(workspace: Workspace, entry: Path) -> bool:
    """Whether git's note of a work tree is of one that the owner made himself, outside the git folder."""
    try:
        place = (entry / "gitdir").read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return False
    return bool(place) and not Path(place).is_relative_to(workspace.git_dir)


def _remove_temporary(git_dir: Path) -> None:
    """Objects and packs that were being written, and locks that no process holds open any more."""
    for place, _, names in os.walk(git_dir):
        for name in names:
            path = Path(place, name)
            half_written = name.startswith(("tmp_obj_", "tmp_pack_", "tmp_idx_", ".tmp-"))
            lock = name.endswith(".lock") and path != git_dir / "sorte.lock"
            if (half_written or lock) and not _open_somewhere(path):
                path.unlink(missing_ok=True)


def _open_somewhere(path: Path) -> bool:
    """Whether a process has the file open; the owner may be typing git commands while Sorte starts."""
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it was closed since, or is not ours to look at
            if descriptor.readlink() == path:
                return True
    return False
