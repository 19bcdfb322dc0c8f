"""Layouts of recordings carry a version: what is known is read, what is not is named, and nothing is misread."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import DataError
from core.kernel import DECISION, EVENT
from core.layouts import GROWN, layout, version_of
from core.recording import Recorder, read_recording

LAYOUTS = {
    EVENT: (
        "sequence:i8 time_ns:i8 pair:i8 kind:i8 price:f8 bid:f8 ask:f8 bid_size:f8 ask_size:f8 buy_volume:f8"
        " sell_volume:f8 open:f8 high:f8 low:f8 volume:f8 position:f8 entry_price:f8 best_price:f8 entry_ns:i8"
        " exit_ns:i8 drawdown:f8 advice:f8 utc_offset_s:i8"
    ),
    DECISION: (
        "sequence:i8 pair:i8 action:i8 rule:i8 score:f8 confidence:f8 size:f8 min_hold_seconds:f8 stop:f8 target:f8"
        " technical:f8 orderbook:f8 flow:f8 qlearning:f8 advice:f8"
    ),
}


def fields(dtype: np.dtype[Any]) -> str:
    return " ".join(f"{name}:{np.dtype(dtype[name]).str[1:]}" for name in dtype.names or ())


def recorded(path: Path, dtype: np.dtype[Any], **said: object) -> Path:
    """Three records, and what their recording says of itself."""
    recorder = Recorder(path, dtype, {"symbols": ["BTCUSDT"]}, keep_bytes=1 << 20)
    records = np.zeros(3, dtype)
    records["sequence"] = [1, 2, 3]
    recorder.append(records.tobytes())
    recorder.close()
    about = path.with_suffix(".json")
    kept = {name: value for name, value in (json.loads(about.read_bytes()) | said).items() if value is not None}
    about.write_text(json.dumps(kept), encoding="utf-8")
    return path


@pytest.mark.parametrize("dtype", [EVENT, DECISION])
def test_a_recording_says_its_version_and_one_of_before_that_is_read_too(dtype: Any, tmp_path: Path) -> None:
    about, records = read_recording(recorded(tmp_path / "1", dtype), dtype)
    assert about["version"] == version_of(dtype) == 2
    _, same = read_recording(recorded(tmp_path / "2", dtype, version=None), dtype)
    assert records.tobytes() == same.tobytes()


@pytest.mark.parametrize("version", [0, 3, "2", 2.5])
@pytest.mark.parametrize("dtype", [EVENT, DECISION])
def test_a_foreign_version_is_named_even_where_its_records_have_the_size_of_ours(
    dtype: Any, version: object, tmp_path: Path
) -> None:
    path = recorded(tmp_path / "1", dtype, version=version)
    with pytest.raises(DataError, match=f"layout {version}, {dtype.itemsize} bytes a record.*layouts 1 to 2"):
        read_recording(path, dtype)


def test_a_version_whose_records_have_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="another version"):
        read_recording(recorded(tmp_path / "1", EVENT, version=1), EVENT)
    with pytest.raises(DataError, match="in no layout that is known"):
        read_recording(recorded(tmp_path / "2", EVENT, version=None, record_bytes=8), EVENT)


@pytest.mark.parametrize("dtype", [EVENT, DECISION])
def test_who_changes_a_layout_gives_it_a_version(dtype: Any) -> None:
    """These are the layouts of version 2. One that grows gets a step in GROWN, and a line here."""
    assert fields(dtype) == LAYOUTS[dtype]
    (step,) = GROWN[dtype]
    first = layout(dtype, {EVENT: 176, DECISION: 104}[dtype], 1)
    assert first is not None
    assert set(dtype.names) - set(first.names or ()) == set(step)
