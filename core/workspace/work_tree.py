"""The files that the owner sees: brought to main after each change, as far as he has not edited them himself."""

from __future__ import annotations

from core.workspace.repository import MAIN, Workspace, WorkspaceError, checked


def show_main(workspace: Workspace, old: str) -> list[str]:
    """Bring the work tree from commit `old` to main. Files that the owner has edited stay, and are answered.

    When he is on another branch, or on none, his files and git's index are none of ours.
    """
    if not workspace.on_main:
        return []
    main = workspace.main
    old = _shown_commit(workspace) or checked(old)
    try:
        workspace.git("read-tree", "-m", "-u", old, main)
    except WorkspaceError:
        workspace.git("read-tree", main)
        return _show_untouched(workspace, old, main)
    return []


def _shown_commit(workspace: Workspace) -> str | None:
    """The commit of main's history that the files were brought to last, by git's index; None when it is no such.

    So a show that failed is made up for by the next.
    """
    recent = workspace.git("log", "-50", "--format=%T %H", MAIN).split()
    return dict(zip(recent[::2], recent[1::2], strict=True)).get(workspace.git("write-tree").strip())


def _show_untouched(workspace: Workspace, old: str, main: str) -> list[str]:
    """Bring the files to main that are still those of `old`; the others are answered."""
    edited: list[str] = []
    for name in workspace.git("diff", "--name-only", "--no-renames", "-z", old, main).split("\0"):
        if not name:
            continue
        file = workspace.path / name
        now = workspace.git("hash-object", "--no-filters", "--", str(file)).strip() if file.is_file() else ""
        if now != _blob(workspace, old, name):
            edited.append(name)
        elif _blob(workspace, main, name):
            workspace.git("checkout-index", "-f", "--", name)
        else:
            file.unlink()
    return edited


def _blob(workspace: Workspace, commit: str, name: str) -> str:
    """The hash of a file in a commit; empty when it has none."""
    return workspace.git("ls-tree", "--format=%(objectname)", checked(commit), "--", name).strip()
