"""What the strategies saw is recorded in order, and warms up a host that comes later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from core.kernel import BAR, EVENT, EVENT_WIRE, QUOTE, TRADE
from core.recording import Recorder, read_recording
from services.trader import tape as module
from services.trader.tape import Tape

SYMBOLS = ["BTCUSDT", "ETHUSDT"]


def event(sequence: int, pair: int, kind: int) -> bytes:
    """An event whose price tells its sequence."""
    return EVENT_WIRE.pack(sequence, sequence * 10, pair, kind, float(sequence), *[0.0] * 13, 0, 0, 0.0, 0.0, 0)


def keep(tape: Tape, kinds: list[tuple[int, int]]) -> None:
    """Append events of (pair, kind), numbered from 1."""
    for sequence, (pair, kind) in enumerate(kinds, 1):
        tape.append(sequence, pair, kind, event(sequence, pair, kind))


@contextmanager
def taping(path: Path, *, bars_per_pair: int = 5) -> Iterator[Tape]:
    with closing(Recorder(path, EVENT, {"symbols": SYMBOLS}, keep_bytes=1 << 20)) as recorder:
        yield Tape(recorder, len(SYMBOLS), bars_per_pair=bars_per_pair)


def test_a_tape_is_a_recording_of_the_events_with_the_names_of_their_pairs(tmp_path: Path) -> None:
    with taping(tmp_path / "events" / "1") as tape:
        keep(tape, [(0, QUOTE), (1, TRADE), (0, BAR)])
    about, events = read_recording(tmp_path / "events" / "1", EVENT)
    assert about["symbols"] == SYMBOLS
    assert events["sequence"].tolist() == [1, 2, 3]
    assert events["pair"].tolist() == [0, 1, 0]
    assert events["kind"].tolist() == [QUOTE, TRADE, BAR]
    assert events["price"].tolist() == [1.0, 2.0, 3.0]
    assert tape.last_sequence == 3


@pytest.mark.parametrize("meta", ["[]", "3", "null"])
def test_what_says_nothing_about_itself_is_no_recording(meta: str, tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text(meta, encoding="utf-8")
    with pytest.raises(DataError, match="no recording"):
        read_recording(tmp_path / "1", EVENT)


def test_nothing_kept_warms_nobody_up(tmp_path: Path) -> None:
    with taping(tmp_path / "1") as tape:
        assert tape.warm_up() == []


@given(kinds=st.lists(st.tuples(st.integers(0, 1), st.sampled_from((QUOTE, TRADE, BAR))), max_size=60))
def test_a_warm_up_is_the_older_bars_and_then_every_recent_event(
    kinds: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    recent, bars_per_pair = 8, 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "RECENT_EVENTS", recent)
        with taping(tmp_path_factory.mktemp("tape") / "1", bars_per_pair=bars_per_pair) as tape:
            keep(tape, kinds)
            warm_up = tape.warm_up()

    sequences = [sequence for sequence, _ in warm_up]
    newest = list(range(max(len(kinds) - recent, 0) + 1, len(kinds) + 1))
    bars = [[i for i, kept in enumerate(kinds, 1) if kept == (pair, BAR)][-bars_per_pair:] for pair in (0, 1)]
    older = sorted(bar for of_pair in bars for bar in of_pair if bar not in newest)
    assert sequences == older + newest
    assert all(np.frombuffer(data, EVENT)[0]["sequence"] == sequence for sequence, data in warm_up)
