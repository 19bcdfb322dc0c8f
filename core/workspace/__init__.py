"""The workspace: a git repository of its own, where the agent edits itself and where what trades is read from.

repository.py  the open repository: commits, trees, refs, signatures
work_tree.py   the files that the owner sees
making.py      how one is made
leftovers.py   what killed edits leave behind
places.py      where it is, and where its data are
locks.py       who may change it
signing.py     its key
git_access.py  git as we call it
"""

from core.workspace.locks import sole_commander, sole_keeper
from core.workspace.making import create, user_name
from core.workspace.places import data_folders, find, instance_of, note_instance, starting_file, trader_file
from core.workspace.repository import CANDIDATES, FOLDER, LIVE, MAIN, NOBODY, Workspace, WorkspaceError
from core.workspace.work_tree import show_main

__all__ = [
    "CANDIDATES",
    "FOLDER",
    "LIVE",
    "MAIN",
    "NOBODY",
    "Workspace",
    "WorkspaceError",
    "create",
    "data_folders",
    "find",
    "instance_of",
    "note_instance",
    "show_main",
    "sole_commander",
    "sole_keeper",
    "starting_file",
    "trader_file",
    "user_name",
]
