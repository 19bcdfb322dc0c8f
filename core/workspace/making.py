"""How a workspace is made: beside its place, whole, and then renamed."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from core.errors import ConfigurationError
from core.strategy import Source
from core.workspace.git_access import git_in
from core.workspace.repository import ANOTHER_FOLDER, FOLDER, LIVE, MAIN, MARK, NOBODY, Workspace

BESIDE: Final = ".sorte-init-"
"""How the folders begin in which a workspace is made."""
IGNORED: Final = "/data/\n/sorte.toml\n/limits.toml\n__pycache__/\n"
IDENTITY: Final = ("Sorte", "sorte@localhost")

CONFIGURATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        MARK: "1",
        "user.name": IDENTITY[0],
        "user.email": IDENTITY[1],
        "core.hooksPath": os.devnull,
        "core.fsync": "all",
        "core.fsyncMethod": "fsync",
        "core.fsmonitor": "false",
        "core.autocrlf": "false",
        "core.symlinks": "false",
        "core.attributesFile": os.devnull,
        "core.logAllRefUpdates": "always",
        "gc.auto": "0",  # a collection beside a judgement would cost the loop its disk
        "protocol.allow": "never",
    }
)


def create(path: Path, source: Source | None = None) -> Workspace:
    """The workspace at `path`, made from the shipped strategy (or `source`) unless it is there already.

    It is made beside its place and renamed, so that a half-made one is never found. Raises ConfigurationError for a
    folder that holds something else.
    """
    path = path.resolve()
    if (path / ".git").exists():
        return Workspace(path)
    if path.exists() and not path.is_dir():
        raise ConfigurationError(f"{path} is no folder.", ANOTHER_FOLDER)
    if path.exists() and not all(entry.name.startswith(BESIDE) for entry in path.iterdir()):
        raise ConfigurationError(f"{path} exists and is not empty.", ANOTHER_FOLDER)
    place = path if path.exists() else path.parent
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=BESIDE, dir=place) as beside:
        fresh = Path(beside, "workspace")
        fresh.mkdir()
        _fill(fresh, source or Source.shipped())
        if place != path:
            fresh.rename(path)
        else:  # it stays the folder that it is: somebody may stand in it, or have mounted a disk there
            for entry in sorted(fresh.iterdir(), key=lambda entry: entry.name == ".git"):
                entry.rename(path / entry.name)  # git's folder, by which it is found, as the last
    return Workspace(path)


def _fill(folder: Path, source: Source) -> None:
    git = git_in(folder)
    git.execute(["git", "init", "--quiet", "--initial-branch=main", "--template="])
    for key, value in CONFIGURATION.items():
        git.execute(["git", "config", "--local", key, value])
    for name, data in source.files.items():
        file = folder / FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    with Workspace(folder) as workspace:
        workspace.git("add", "--", FOLDER, ".gitignore")
        workspace.signing.make_key()
        text = f"Start from the shipped strategy\n\nSorte-Owner: {user_name()}\n"
        first = workspace.commit(workspace.git("write-tree").strip(), None, text)
        workspace.update_refs({MAIN: (NOBODY, first), LIVE: (NOBODY, first)})


def user_name() -> str:
    """Who runs us, for the record; in a container that may be a number without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
