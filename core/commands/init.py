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
    from core.workspace import create

    existed = (folder / ".git").exists()
    with create(folder) as workspace:
        path, live = str(workspace.path), workspace.live
    if as_json:
        typer.echo(json.dumps({"kind": "workspace", "path": path, "created": not existed, "live": live}))
        return
    typer.echo(f"{'Already a workspace' if existed else 'Workspace made'}: {path}, live {live[:12]}.")
