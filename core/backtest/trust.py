"""Whose code may run in this process: what ships with Sorte, and what this workspace has signed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from core.errors import SorteError
from core.settings import load_settings
from core.strategy import Source
from core.workspace import Workspace, find


def is_trusted(source: Source, shipped: Callable[[], Source] = Source.shipped) -> bool:
    """Whether this tree is the shipped one, or that of a commit which the workspace here has signed.

    A workspace that cannot be read answers for nothing.
    """
    if source.tree_hash == shipped().tree_hash:
        return True
    try:
        place = find(load_settings())
        if place is None:
            return False
        with Workspace(place) as workspace:
            return is_signed(workspace, source.tree_hash)
    except SorteError:
        return False


def is_signed(workspace: Workspace, tree: str) -> bool:
    """Whether a commit of this tree, of what is or was accepted, bears the workspace's own signature."""
    for commit in workspace.git("rev-list", workspace.main, workspace.live).split():
        with contextlib.suppress(SorteError):  # no strategy in it, or not signed: the next one
            if workspace.tree(commit) == tree:
                workspace.verify(commit)
                return True
    return False
