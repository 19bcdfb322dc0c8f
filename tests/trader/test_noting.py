"""What a trader tells is in its log, after whoever watches has heard it; its histograms are read minute by minute."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.contracts import State
from core.contracts.events import EpochBegan, FaultTold, TradingIs
from core.contracts.told import Telling, Watched
from core.settings import Settings
from core.telemetry.process import logging_as
from services.trader.latency import Latencies
from services.trader.noting import Since, noted


def told_and_logged(tmp_path: Path, *events: Telling) -> tuple[list[Telling], list[dict[str, Any]]]:
    told: list[Telling] = []
    with logging_as("trader", Settings(data_dir=tmp_path)):
        tell = noted(told.append)
        for event in events:
            tell(event)
    [main] = (tmp_path / "logs").glob("main-*.jsonl")
    return told, [json.loads(line) for line in main.read_text(encoding="utf-8").splitlines()]


def test_what_is_told_is_told_as_ever_and_logged_with_the_release_that_decides(tmp_path: Path) -> None:
    events = (
        EpochBegan(epoch=7, release="aaaa"),
        TradingIs(state="active"),
        FaultTold(cause="host_late", subject="x", detail="y"),
        FaultTold(cause="unexpected", subject="x", detail="y"),
        Watched(id="1a2b", state=State.LIVE, watch="running", reason="x"),
    )
    told, logged = told_and_logged(tmp_path, *events)
    assert told == list(events)
    assert [(line["event"], line["level"], line["release"]) for line in logged] == [
        ("epoch", "info", "aaaa"),
        ("trading", "info", "aaaa"),
        ("fault", "warning", "aaaa"),
        ("fault", "error", "aaaa"),
        ("watch", "info", "aaaa"),
    ]
    assert logged[-1]["change"] == "1a2b"


def test_who_watches_and_breaks_is_not_hidden_by_the_log() -> None:
    def broken(_: Telling) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        noted(broken)(TradingIs(state="active"))


def test_a_histogram_is_read_since_it_was_read_last() -> None:
    latencies = Latencies()
    latencies.add(5_000)
    since = Since(latencies)
    for microseconds in (10, 10, 90):
        latencies.add(microseconds * 1000)
    assert since.percentiles() == {"p50": 10, "p99": 90, "p100": 90}
    assert since.percentiles() == {"p50": None, "p99": None, "p100": None}
    latencies.add(7_000)
    assert since.percentiles()["p50"] == 7
