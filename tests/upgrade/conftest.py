"""An owner's folder as the release of commit 3e8a2a4 left it.

A workspace with a rule that he asked for ("não compre entre 2 e 5 horas"), made live and watched to its end; a paper
run after it with two open positions, its journal, and what it recorded of events and decisions.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).with_name("owner_3e8a2a4.tar.xz")


@pytest.fixture
def owner(tmp_path: Path) -> Path:
    """His folder: `workspace` and `data` lie in it."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path
