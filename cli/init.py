"""`sorte init`: the workspace where the agent edits itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.reporting import listed, tell

if TYPE_CHECKING:
    from core.settings import Settings


def init(
    folder: Annotated[Path, typer.Argument()] = Path("workspace"),
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Make a workspace: a git repository of its own that starts from the shipped strategy."""
    import json

    from core.settings import load_settings
    from core.workspace import create

    settings = load_settings()
    existed = (folder / ".git").exists()
    with create(folder) as workspace:
        path, live = str(workspace.path), workspace.live
    zone, told = (settings.time_zone, "") if existed else _choose_zone(folder, settings)
    if as_json:
        made = {"kind": "workspace", "path": path, "created": not existed, "live": live, "time_zone": zone}
        typer.echo(json.dumps(made))
        return
    tell(f"{'Already a workspace' if existed else 'Workspace made'}: {path}, live {live[:12]}.")
    tell(told or f"Hours and days are those of {zone}.")


def _choose_zone(folder: Path, settings: Settings) -> tuple[str, str]:
    """The owner's time zone: the one that he has set, else the machine's. It is written down where he will work.

    That is inside the workspace, and here too when commands that are given here find it.
    """
    from core.machine_zone import machine_zone
    from core.settings import SETTINGS_FILE
    from core.zone_setting import note_zone

    named = "time_zone" in settings.model_fields_set
    found = settings.time_zone if named else machine_zone()
    here = not named and (settings.workspace or Path("workspace")).resolve() == folder.resolve()
    files = [SETTINGS_FILE, folder / SETTINGS_FILE] if here else [folder / SETTINGS_FILE]
    try:
        written = [str(file) for file in files if note_zone(found, file)]
    except OSError as error:
        why = error.strerror or type(error).__name__
        return settings.time_zone, (
            f"Hours and days are those of {settings.time_zone}: {error.filename or SETTINGS_FILE} could not be written"
            f' ({why}). To have them in your own time, set time_zone = "{found}" there.'
        )
    return found, f"Hours and days are those of {found}, as time_zone in {listed(written)} says now."
