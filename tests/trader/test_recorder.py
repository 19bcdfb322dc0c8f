"""Recordings: whole records come back in order, and the disk does not fill."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError
from core.kernel import DECISION, EVENT, EVENT_WIRE
from core.recording import SEGMENTS, Recorder, read_recording


def event(sequence: int) -> bytes:
    return EVENT_WIRE.pack(sequence, *(0 for _ in EVENT_WIRE.unpack(bytes(EVENT.itemsize))[1:]))


def record(path: Path, sequences: range, keep_bytes: int = 1 << 20) -> Recorder:
    recorder = Recorder(path, EVENT, {"symbols": ["BTCUSDT"]}, keep_bytes=keep_bytes)
    for sequence in sequences:
        recorder.append(event(sequence))
    return recorder


def test_what_was_recorded_comes_back_in_order(tmp_path: Path) -> None:
    record(tmp_path / "1", range(1, 1001)).close()
    about, events = read_recording(tmp_path / "1", EVENT)
    assert about["symbols"] == ["BTCUSDT"]
    assert events["sequence"].tolist() == list(range(1, 1001))


def test_flushed_records_can_be_read_while_the_recording_goes_on(tmp_path: Path) -> None:
    recorder = record(tmp_path / "1", range(1, 11))
    recorder.flush()
    assert len(read_recording(tmp_path / "1", EVENT)[1]) == 10
    recorder.close()


def test_a_torn_last_record_is_left_out(tmp_path: Path) -> None:
    record(tmp_path / "1", range(1, 4)).close()
    segment = tmp_path / "1.000001"
    segment.write_bytes(segment.read_bytes()[:-1])
    assert read_recording(tmp_path / "1", EVENT)[1]["sequence"].tolist() == [1, 2]


@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 400), kept=st.integers(1, 60))
def test_the_newest_records_are_kept_and_the_disk_is_bounded(
    tmp_path_factory: pytest.TempPathFactory, count: int, kept: int
) -> None:
    folder = tmp_path_factory.mktemp("recording")
    record(folder / "1", range(1, count + 1), keep_bytes=kept * EVENT.itemsize).close()
    sequences = read_recording(folder / "1", EVENT)[1]["sequence"].tolist()
    assert sequences == list(range(count - len(sequences) + 1, count + 1))
    assert len(sequences) >= min(count, max(kept // SEGMENTS, 1) * (SEGMENTS - 1))
    on_disk = sum(file.stat().st_size for file in folder.glob("1.0*"))
    assert on_disk <= max(kept, SEGMENTS) * EVENT.itemsize


def test_another_recordings_files_are_not_taken(tmp_path: Path) -> None:
    record(tmp_path / "1", range(1, 4)).close()
    record(tmp_path / "11", range(100, 104)).close()
    assert read_recording(tmp_path / "1", EVENT)[1]["sequence"].tolist() == [1, 2, 3]


def test_other_records_and_nothing_are_refused(tmp_path: Path) -> None:
    record(tmp_path / "1", range(1, 4)).close()
    with pytest.raises(DataError, match="another version"):
        read_recording(tmp_path / "1", DECISION)
    with pytest.raises(DataError, match="is no recording"):
        read_recording(tmp_path / "2", EVENT)


@pytest.mark.parametrize(
    ("dtype", "added"), [(EVENT, {"utc_offset_s": 0}), (DECISION, {"stop": np.nan, "target": np.nan})]
)
def test_a_recording_of_before_these_fields_is_read_with_what_stands_for_them(tmp_path: Path, dtype, added) -> None:
    names = [name for name in dtype.names if name not in added]
    before = np.dtype([(name, dtype[name]) for name in names])
    assert before.itemsize == {EVENT: 176, DECISION: 104}[dtype]  # as they were recorded until then
    written = np.zeros(20, before)
    written["sequence"] = np.arange(1, 21)
    written["pair"] = 7
    recorder = Recorder(tmp_path / "1", before, {}, keep_bytes=1 << 20)
    recorder.append(written.tobytes() + b"torn")
    recorder.close()
    _, records = read_recording(tmp_path / "1", dtype, newest=12)
    assert records.dtype == dtype
    assert records["sequence"].tolist() == list(range(9, 21))
    assert set(records["pair"].tolist()) == {7}
    for name, value in added.items():
        assert np.array_equal(records[name], np.full(12, value), equal_nan=True)


def test_a_recorded_event_is_the_kernels_own_record() -> None:
    values = tuple(range(1, 6)) + tuple(float(i) for i in range(6, 24))
    written = np.zeros(1, EVENT)
    for name, value in zip(EVENT.names or (), values, strict=True):
        written[name] = value
    kinds = [np.dtype(EVENT[name]).kind for name in EVENT.names or ()]
    packed = EVENT_WIRE.pack(*(int(v) if kind == "i" else v for v, kind in zip(values, kinds, strict=True)))
    assert packed == written.tobytes()
