"""`--debug`: everything that is noted goes to the log, and a short line of it to standard error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from core.settings import Settings

DebugOption = Annotated[
    bool, typer.Option("--debug", help="Note everything in the log, and show it on standard error.")
]


@contextlib.contextmanager
def debugged(component: str, settings: Settings | None = None, *, on: bool) -> Iterator[None]:
    """Log all of it while the block runs; without `on` nothing is logged. No settings are those in force."""
    if not on:
        yield
        return
    from core.settings import load_settings
    from core.telemetry.process import logging_as

    with logging_as(component, settings or load_settings(), debug=True):
        yield


def note(event: str, **values: Any) -> None:
    """A line that is written where `--debug` was said, and nowhere else."""
    from core.telemetry import get_logger

    get_logger().debug(event, **values)
