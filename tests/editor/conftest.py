"""What the tests of the editor share: the shipped strategy, plans from operations, and a workspace in a temp folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from core.contracts import EditPlan, Operation
from core.strategy import Source
from core.workspace import Workspace, create
from services.editor import Edited, edit

Edit = Callable[..., Edited]


@pytest.fixture(scope="session")
def shipped() -> dict[str, bytes]:
    """The files of the strategy that comes with Sorte."""
    return dict(Source.shipped().files)


@pytest.fixture(scope="session")
def made(shipped: dict[str, bytes]) -> Edit:
    """The shipped strategy, or `files`, after these operations of change 7: `made(RemoveRule("cooldown"))`."""

    def make(*operations: Operation, files: Mapping[str, bytes] = shipped, change: str = "7") -> Edited:
        return edit(files, EditPlan(operations), change)

    return make


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A fresh workspace of the shipped strategy."""
    with create(tmp_path / "workspace") as made:
        yield made
