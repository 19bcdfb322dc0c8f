"""`sorte --version`: what a report of a fault begins with."""

from __future__ import annotations

import typer


def show(wanted: bool) -> None:
    """Print it and end, when it is asked for."""
    if not wanted:
        return
    import platform
    from importlib.metadata import version

    print(f"sorte {version('sorte')} (Python {platform.python_version()}, {platform.system()} {platform.machine()})")
    raise typer.Exit
