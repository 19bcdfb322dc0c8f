"""What candidates are judged in: Docker or bubblewrap, and never nothing.

with open_boxes(settings.guardian, workspace) as boxes:
    with boxes.open(source, jit=False) as session:
        session.ask("tests.run", dict, seconds=60)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from core.contracts import Box
from core.errors import SandboxError
from core.settings import GuardianSettings
from core.strategy import Source
from services.guardian.boxes import layout
from services.guardian.boxes.bubblewrap import Bubblewrap
from services.guardian.boxes.docker import Docker
from services.guardian.boxes.session import BoxSession

__all__ = ["BoxSession", "Boxes", "open_boxes"]


class Boxes(Protocol):
    """A maker of boxes. `open` raises SandboxError when one cannot be built."""

    box: Box

    def open(self, source: Source, *, jit: bool = True, room: str = "") -> BoxSession:
        """A box with that strategy in it; `room` is the module of its first task (see `boxes.warm`)."""

    def sweep(self) -> None:
        """Remove what a judge that died has left behind."""

    def close(self) -> None: ...


@contextlib.contextmanager
def open_boxes(settings: GuardianSettings, workspace: Path | None = None) -> Iterator[Boxes]:
    """The maker of boxes that the settings ask for. Raises SandboxError when there is none: no box, no verdict."""
    boxes = choose(settings, workspace)
    try:
        layout.sweep()
        boxes.sweep()
        yield boxes
    finally:
        boxes.close()


def choose(settings: GuardianSettings, workspace: Path | None) -> Boxes:
    """Docker or bubblewrap; with `auto` bubblewrap when no daemon answers."""
    refusals: list[SandboxError] = []
    if settings.sandbox in ("auto", "docker"):
        try:
            return Docker(settings.memory_mb, settings.docker_url, settings.image, workspace)
        except SandboxError as error:
            refusals.append(error)
    if settings.sandbox in ("auto", "bubblewrap"):
        try:
            return Bubblewrap(settings.memory_mb)
        except SandboxError as error:
            refusals.append(error)
    raise SandboxError(
        f"There is no box to judge in: {' '.join(error.message for error in refusals)}",
        "Install the system package bubblewrap or start a Docker daemon; nothing is judged without a box.",
    )
