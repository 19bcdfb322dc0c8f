"""One reading of Q-tables, for hosts, backtests and shadow runs alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.qtables import read_table, read_tables

TABLE = np.arange(6.0).reshape(3, 2)


def test_a_pair_without_a_file_has_no_table(tmp_path: Path) -> None:
    np.savez(tmp_path / "A.npz", table=TABLE)
    first, second = read_tables(tmp_path, ["A", "B"], (3, 2))
    assert first is not None
    assert first.tobytes() == TABLE.tobytes()
    assert second is None
    assert read_tables(tmp_path / "nowhere", ["A"]) == [None]


FAULTS = {
    "empty": (b"", "is no Q-table"),
    "text": (b"not an archive", "is no Q-table"),
    "two arrays": ({"a": TABLE, "b": TABLE}, "2 arrays instead of one"),
    "no array": ({}, "0 arrays instead of one"),
    "infinity": ({"a": np.full((3, 2), np.inf)}, "not all finite"),
    "another type": ({"a": TABLE.astype(np.float32)}, "float64"),
    "objects": ({"a": np.array([{}])}, "allow_pickle"),
    "another shape": ({"a": TABLE.T}, r"shape is \(2, 3\)"),
}


@pytest.mark.parametrize("how", FAULTS)
def test_everything_else_is_refused_by_its_name_and_with_what_it_should_be(tmp_path: Path, how: str) -> None:
    content, why = FAULTS[how]
    file = tmp_path / "A.npz"
    file.write_bytes(content) if isinstance(content, bytes) else np.savez(file, **content)
    with pytest.raises(ConfigurationError, match=why) as refused:
        read_table(file, (3, 2))
    assert refused.value.message.startswith(f"{file} is no Q-table: ")
    assert "3 x 2 finite float64" in refused.value.hint


def test_one_array_alone_in_a_file_is_no_archive(tmp_path: Path) -> None:
    with (tmp_path / "A.npz").open("wb") as file:
        np.save(file, TABLE)
    with pytest.raises(ConfigurationError, match="0 arrays instead of one"):
        read_table(tmp_path / "A.npz")
