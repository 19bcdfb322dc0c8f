"""Who may change a workspace, and who may keep records in a data folder: one process each."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ConfigurationError
from core.workspace.repository import Workspace


@contextmanager
def sole_commander(workspace: Workspace) -> Iterator[None]:
    """The right to change the workspace; ConfigurationError when another process holds it. Its death gives it back."""
    descriptor = os.open(workspace.git_dir / "sorte.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with _held(descriptor, f"Another Sorte works on {workspace.path}.", "Wait for it, or talk to the one that runs."):
        yield


@contextmanager
def sole_keeper(folder: Path) -> Iterator[None]:
    """The right to keep records in a data folder, as `sole_commander`: two workspaces would mix their stories."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    hint = "Give this one a data_dir of its own, or wait."
    with _held(descriptor, f"Another Sorte keeps its records in {folder.resolve()}.", hint):
        yield


@contextmanager
def _held(descriptor: int, refusal: str, hint: str) -> Iterator[None]:
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(refusal, hint) from None
        yield
    finally:
        os.close(descriptor)
