"""Where a workspace is, where its commander keeps its data, and the files that say who runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.files import write_whole
from core.workspace.repository import MARK, PRIVATE, Workspace

if TYPE_CHECKING:
    from core.settings import Settings

INSTANCE: Final = "instance"
"""File in it that says where the commander keeps its data."""


def note_instance(workspace: Workspace, data_dir: Path) -> None:
    """Leave word in the workspace where its commander keeps its data, for who asks from another folder."""
    place = str(data_dir.resolve())
    if str(instance_of(workspace.path)) != place:
        write_whole(workspace.git_dir / PRIVATE / INSTANCE, place.encode(errors="surrogateescape"))


def instance_of(workspace: Path) -> Path | None:
    """The data folder of who worked on a workspace last; None when nobody did."""
    noted = workspace / ".git" / PRIVATE / INSTANCE
    place = noted.read_text(encoding="utf-8", errors="surrogateescape") if noted.is_file() else ""
    return Path(place) if place else None


def trader_file(workspace: Path) -> Path:
    """What a trader of the workspace holds (see `core.presence`) for as long as it runs, whatever else is down."""
    return workspace / ".git" / PRIVATE / "trader.pid"


def starting_file(workspace: Path) -> Path:
    """What the trader holds while it starts a commander, which takes long on a busy machine."""
    return workspace / ".git" / PRIVATE / "starting.pid"


def data_folders(settings: Settings) -> list[Path]:
    """Where somebody may run: our data folder, and that of who worked on our workspace last, where they exist.

    In a folder of a workspace that is this one: the owner's word must reach who trades.
    """
    workspace = find(settings) or next((path for path in Path.cwd().parents if _is_marked(path)), None)
    known = instance_of(workspace) if workspace is not None else None
    found: dict[Path, Path] = {}
    for folder in (settings.data_dir, known):
        if folder is not None and folder.is_dir():
            found.setdefault(folder.resolve(), folder)
    return list(found.values())


def find(settings: Settings) -> Path | None:
    """The workspace to work on: that of the settings, else this folder, else ./workspace; None when there is none."""
    if settings.workspace is not None:
        return settings.workspace
    return next((path for path in (Path(), Path("workspace")) if _is_marked(path)), None)


def _is_marked(path: Path) -> bool:
    """Whether Sorte made the repository in `path`; asks no git, for a command line that has to be quick."""
    config = path / ".git" / "config"
    return config.is_file() and f"[{MARK.split('.')[0]}]" in config.read_text(encoding="utf-8", errors="replace")
