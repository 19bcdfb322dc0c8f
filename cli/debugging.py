"""`--debug`: everything that is noted goes to the log, and a short line of it to standard error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from core.settings import Settings

DebugOption = Annotated[bool, typer.Option("--debug")]
_said: Final[ContextVar[bool]] = ContextVar("said", default=False)
"""Whether `--debug` was said."""


@contextlib.contextmanager
def debugged(component: str, settings: Settings | None = None, *, on: bool) -> Iterator[None]:
    """Log all of it while the block runs; without `on` nothing is logged. No settings are those in force."""
    if not on:
        yield
        return
    from core.settings import load_settings
    from core.telemetry.process import logging_as

    said = _said.set(True)
    try:
        with logging_as(component, settings or load_settings(), debug=True):
            yield
    finally:
        _said.reset(said)


def note(event: str, **values: Any) -> None:
    """A line that is written where `--debug` was said, and nowhere else: no logger is loaded for it there."""
    if not _said.get():
        return
    from core.telemetry import get_logger

    get_logger().debug(event, **values)
