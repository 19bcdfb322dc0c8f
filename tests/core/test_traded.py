"""The pairs of the last run are known to who reads a sentence; a file that is none names none."""

from __future__ import annotations

from pathlib import Path

from core.traded import FILE, remember, remembered


def test_the_pairs_of_the_last_run_are_remembered(tmp_path: Path):
    assert remembered(tmp_path) == ()
    remember(tmp_path, ["BTCUSDT"])
    remember(tmp_path, ["BTCUSDT", "ETHUSDT"])
    assert remembered(tmp_path) == ("BTCUSDT", "ETHUSDT")


def test_what_cannot_be_read_or_written_names_no_pair_and_stops_nobody(tmp_path: Path):
    for torn in (b"", b'["BTCUSDT"', b'{"pairs": []}', b"[1, 2]", b"\xff"):
        (tmp_path / FILE).write_bytes(torn)
        assert remembered(tmp_path) == (), torn
    remember(tmp_path / "is not there", ["BTCUSDT"])
