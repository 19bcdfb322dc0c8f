"""Owners' folders as earlier releases left them.

Of 3e8a2a4: a workspace with a rule that he asked for ("não compre entre 2 e 5 horas"), made live and watched to its
end; a paper run after it with two open positions, its journal, and what it recorded of events and decisions.
Of 47c8a29, the last before tables came by steps and recordings carried a version: the same rule asked for in that
release, live and watched, and a paper account with two open positions.
Of c950185: three sentences live (a stop for one pair only, an average on longer bars with its rule, hours without
buying), one that was asked back and is still open, and a paper account with two open positions.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def unpacked(name: str, folder: Path) -> Path:
    """His folder: `workspace` and `data` lie in it."""
    with tarfile.open(HERE / name) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def owner(tmp_path: Path) -> Path:
    return unpacked("owner_3e8a2a4.tar.xz", tmp_path)


@pytest.fixture
def later_owner(tmp_path: Path) -> Path:
    return unpacked("owner_47c8a29.tar.xz", tmp_path)


@pytest.fixture
def spoken_owner(tmp_path: Path) -> Path:
    return unpacked("owner_c950185.tar.xz", tmp_path)
