"""An edit as a commit of its own in the workspace: made in a detached work tree, kept by a ref, and cleaned up after.

The edit is worked out first, from git's objects, so a refusal touches nothing. The work tree lies in git's own folder,
`.git/sorte/worktrees/<change>`, where the owner never sees it. Whatever happens it goes; what a `kill -9` leaves behind
is for `core.workspace.leftovers`. A commit that no ref came to hold stays among git's objects, reached by nothing,
until git collects it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from core.contracts import Candidate, EditPlan, Language
from core.encoding import as_argument
from core.strategy import git_tree_hash
from core.workspace import CANDIDATES, FOLDER, NOBODY, Workspace, WorkspaceError
from core.workspace.leftovers import WORKTREES
from services.editor.editing import edit
from services.editor.summary import summary


def propose(workspace: Workspace, plan: EditPlan, *, change: str, base: str, language: Language) -> Candidate:
    """The candidate that `plan` makes of the strategy in commit `base`; `main` and the owner's files stay as they are.

    Raises EditRefused, in the owner's language, when the edit cannot be done, and WorkspaceError when the change has a
    candidate already or git refuses; nothing is left behind then.
    """
    source = workspace.source(base)
    edited = edit(source.files, plan, change, language)
    with candidate_worktree(workspace, change, base) as folder:
        _write(folder / FOLDER, source.files, edited.files)
        commit, tree = _commit(workspace, folder, f"{summary(plan)}\n\nSorte-Change: {change}\n")
        if tree != git_tree_hash(edited.files):
            raise WorkspaceError(f"The commit of change {change} is not what was edited.", "Nothing was kept.")
        workspace.update_refs({f"{CANDIDATES}{change}": (NOBODY, commit)})
    return Candidate(
        change=change,
        base=base,
        commit=commit,
        tree=tree,
        base_tree=source.tree_hash,
        plan=plan,
        diff=workspace.diff(base, commit),
        summary=summary(plan),
        tests=edited.tests,
    )


@contextmanager
def candidate_worktree(workspace: Workspace, change: str, base: str) -> Iterator[Path]:
    """The files of commit `base` in a folder of their own, which is gone afterwards."""
    folder = workspace.git_dir / WORKTREES / change
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir()
    except FileExistsError:
        raise WorkspaceError(f"Change {change} is being edited already.", "Wait for it, or restart Sorte.") from None
    try:
        workspace.git("worktree", "add", "--quiet", "--detach", str(folder), base)
        yield folder
    finally:
        _remove(workspace, folder)


def _write(folder: Path, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> None:
    for name in old.keys() - new.keys():
        (folder / name).unlink()
    for name, data in new.items():
        if old.get(name) != data:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)


def _commit(workspace: Workspace, folder: Path, message: str) -> tuple[str, str]:
    """The commit of what is in the folder, and its tree of the strategy."""
    inside = ("-C", str(folder))
    workspace.git(*inside, "add", "--all", "--", FOLDER)
    workspace.git(
        *inside, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "--cleanup=verbatim", "-m", as_argument(message)
    )
    commit, tree = workspace.git(*inside, "rev-parse", "HEAD", f"HEAD:{FOLDER}").split()
    return commit, tree


def _remove(workspace: Workspace, folder: Path) -> None:
    try:
        workspace.git("worktree", "remove", "--force", "--force", str(folder))
    except WorkspaceError:  # it was never finished, or git is as broken as what brought us here
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(WorkspaceError):  # what brought us here is what should be told
            workspace.git("worktree", "prune", "--expire=now")
