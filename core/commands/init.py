"""`sorte init`: the workspace where the agent edits itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(help="A new folder, or a workspace that is there already.")] = Path(
        "workspace"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a workspace: a git repository of its own that starts from the shipped strategy."""
    from core.settings import load_settings
    from core.workspace import create

    settings = load_settings()
    existed = (folder / ".git").exists()
    with create(folder) as workspace:
        path, live = str(workspace.path), workspace.live
    zone, told = (settings.time_zone, "") if existed else _choose_zone()
    if as_json:
        made = {"kind": "workspace", "path": path, "created": not existed, "live": live, "time_zone": zone}
        typer.echo(json.dumps(made))
        return
    typer.echo(f"{'Already a workspace' if existed else 'Workspace made'}: {path}, live {live[:12]}.")
    typer.echo(told or f"Hours and days are those of {zone}.")


def _choose_zone() -> tuple[str, str]:
    """The owner's time zone: the one that he has set, else the machine's, which is written down as his."""
    from core.machine_zone import machine_zone
    from core.settings import SETTINGS_FILE, load_settings
    from core.zone_setting import note_zone

    settings, found = load_settings(), machine_zone()
    try:
        if note_zone(settings, found):
            return found, f"Hours and days are those of {found}, as time_zone in {SETTINGS_FILE} says now."
    except OSError as error:
        why = error.strerror or type(error).__name__
        return settings.time_zone, (
            f"Hours and days are those of {settings.time_zone}: {SETTINGS_FILE} could not be written ({why})."
            f' To have them in your own time, set time_zone = "{found}" there.'
        )
    return settings.time_zone, ""
