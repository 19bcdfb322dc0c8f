"""A folder that is no strategy is told from one without reading it, however much is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import StrategyError
from core.strategy import LARGEST_FILE, MOST_FILES, REQUIRED_FILES, Source


def test_a_large_folder_that_is_no_strategy_is_not_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.walk", lambda _folder: pytest.fail("it was walked"))
    with pytest.raises(StrategyError, match=r"has no __init__\.py, parameters\.py"):
        Source.read(tmp_path)


@pytest.mark.parametrize(("files", "size"), [(MOST_FILES + 1, 1), (1, LARGEST_FILE + 1)])
def test_a_strategy_in_the_midst_of_much_else_is_refused(files: int, size: int, tmp_path: Path) -> None:
    for name in REQUIRED_FILES:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "more").mkdir()
    for number in range(files):
        (tmp_path / "more" / f"{number}.txt").write_bytes(b" " * size)
    with pytest.raises(StrategyError, match="holds more than a strategy"):
        Source.read(tmp_path)


def test_what_is_hidden_counts_for_nothing(tmp_path: Path) -> None:
    for name in REQUIRED_FILES:
        (tmp_path / name).write_bytes(b"")
    before = Source.read(tmp_path).tree_hash
    for folder in (".git", "__pycache__", "deep/.venv"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "large.bin").write_bytes(b" " * (LARGEST_FILE + 1))
    assert Source.read(tmp_path).tree_hash == before
