"""Candidate to verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.settings import Settings


def sweep(settings: Settings) -> None:
    """Remove the boxes that a judge of this workspace left behind when it was killed. Never raises."""
    import contextlib

    from core.errors import SandboxError
    from core.workspace import find
    from services.guardian.boxes import open_boxes

    with contextlib.suppress(SandboxError), open_boxes(settings.guardian, find(settings)):
        """Opening sweeps."""
