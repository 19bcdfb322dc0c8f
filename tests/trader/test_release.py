"""What lies in a release's folder is exactly the tree that its name says."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from core.releases import Release, lay_out
from core.strategy import Source


def git_hash(folder: Path, scratch: Path) -> str:
    """What git would call the tree of `folder`."""

    def git(*words: str) -> str:
        command = ["git", f"--git-dir={scratch}", f"--work-tree={folder}", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    git("add", "--all", "--force")
    return git("write-tree")


@pytest.fixture
def shipped(tmp_path: Path) -> Release:
    return lay_out(Source.shipped(), tmp_path / "releases")


def test_a_release_lies_in_a_folder_named_by_the_hash_that_git_gives_it(shipped: Release, tmp_path: Path) -> None:
    assert shipped.folder.name == shipped.tree_hash == Source.shipped().tree_hash
    assert git_hash(shipped.folder, tmp_path / "scratch.git") == shipped.tree_hash
    assert shipped.rule_names[:2] == ("stop_loss", "take_profit")


def test_laying_out_again_touches_nothing(shipped: Release, tmp_path: Path) -> None:
    before = {file: file.stat().st_ino for file in shipped.folder.rglob("*")}
    assert lay_out(Source.shipped(), tmp_path / "releases") == shipped
    assert {file: file.stat().st_ino for file in shipped.folder.rglob("*")} == before
    assert [folder.name for folder in (tmp_path / "releases").iterdir()] == [shipped.tree_hash]


def edited(folder: Path) -> None:
    with (folder / "rules.py").open("a") as file:
        file.write("# a word more\n")


def one_more_file(folder: Path) -> None:
    (folder / "more.py").write_text("", encoding="utf-8")


def a_required_file_deleted(folder: Path) -> None:
    (folder / "rules.py").unlink()


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def a_file_in_its_place(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("", encoding="utf-8")


@pytest.mark.parametrize("touch", [edited, one_more_file, a_required_file_deleted, emptied, a_file_in_its_place])
def test_a_folder_that_somebody_touched_is_laid_out_anew(
    touch: Callable[[Path], None], shipped: Release, tmp_path: Path
) -> None:
    touch(shipped.folder)
    again = lay_out(Source.shipped(), tmp_path / "releases")
    assert Source.read(again.folder).tree_hash == shipped.tree_hash
    assert [folder.name for folder in (tmp_path / "releases").iterdir()] == [shipped.tree_hash]


def test_two_versions_lie_side_by_side(shipped: Release, tmp_path: Path) -> None:
    files = dict(Source.shipped().files)
    files["rules.py"] += b"\n# one line more\n"
    other = lay_out(Source.of(files), tmp_path / "releases")
    assert other.folder != shipped.folder
    assert Source.read(shipped.folder).tree_hash == shipped.tree_hash
