"""What the strategies saw is kept in order and to the last whole event, and warms up a host that comes later."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from core.kernel import BAR, EVENT, EVENT_WIRE, QUOTE, TRADE
from services.trader import tape as module
from services.trader.tape import Tape, read_tape

SYMBOLS = ["BTCUSDT", "ETHUSDT"]


def event(sequence: int, pair: int, kind: int) -> bytes:
    """An event whose price tells its sequence."""
    return EVENT_WIRE.pack(sequence, sequence * 10, pair, kind, float(sequence), *[0.0] * 13, 0, 0, 0.0, 0.0)


def keep(tape: Tape, kinds: list[tuple[int, int]]) -> None:
    """Append events of (pair, kind), numbered from 1."""
    for sequence, (pair, kind) in enumerate(kinds, 1):
        tape.append(sequence, pair, kind, event(sequence, pair, kind))


def test_a_tape_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    with closing(Tape(tmp_path / "tape" / "1.events", SYMBOLS, bars_per_pair=5)) as tape:
        keep(tape, [(0, QUOTE), (1, TRADE), (0, BAR)])
    symbols, events = read_tape(tmp_path / "tape" / "1.events")
    assert symbols == SYMBOLS
    assert events["sequence"].tolist() == [1, 2, 3]
    assert events["pair"].tolist() == [0, 1, 0]
    assert events["kind"].tolist() == [QUOTE, TRADE, BAR]
    assert events["price"].tolist() == [1.0, 2.0, 3.0]


def test_what_was_flushed_can_be_read_while_the_tape_goes_on(tmp_path: Path) -> None:
    with closing(Tape(tmp_path / "1.events", SYMBOLS, bars_per_pair=5)) as tape:
        keep(tape, [(0, QUOTE)] * 3)
        tape.flush()
        assert len(read_tape(tmp_path / "1.events")[1]) == 3


@pytest.mark.parametrize("cut", [1, EVENT.itemsize // 2, EVENT.itemsize - 1])
def test_a_torn_last_event_is_left_out(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "1.events"
    with closing(Tape(path, SYMBOLS, bars_per_pair=5)) as tape:
        keep(tape, [(0, QUOTE)] * 3)
    path.write_bytes(path.read_bytes()[:-cut])
    assert read_tape(path)[1]["sequence"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("meta", "told"),
    [
        pytest.param(None, "no tape", id="no .json beside it"),
        pytest.param("{", "no tape", id="its .json is torn"),
        pytest.param("[]", "no tape", id="its .json is something else"),
        pytest.param("{}", "no tape", id="its .json says nothing"),
        pytest.param(json.dumps({"symbols": SYMBOLS, "event_bytes": EVENT.itemsize + 8}), "another version", id="old"),
    ],
)
def test_what_is_no_tape_of_this_version_is_refused(meta: str | None, told: str, tmp_path: Path) -> None:
    (tmp_path / "1.events").write_bytes(event(1, 0, QUOTE))
    if meta is not None:
        (tmp_path / "1.json").write_text(meta)
    with pytest.raises(DataError, match=told):
        read_tape(tmp_path / "1.events")


def test_a_tape_whose_events_are_gone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text(json.dumps({"symbols": SYMBOLS, "event_bytes": EVENT.itemsize}))
    with pytest.raises(DataError, match="no tape"):
        read_tape(tmp_path / "1.events")


def test_nothing_kept_warms_nobody_up(tmp_path: Path) -> None:
    with closing(Tape(tmp_path / "1.events", SYMBOLS, bars_per_pair=5)) as tape:
        assert tape.warm_up() == []


@given(kinds=st.lists(st.tuples(st.integers(0, 1), st.sampled_from((QUOTE, TRADE, BAR))), max_size=60))
def test_a_warm_up_is_the_older_bars_and_then_every_recent_event(
    kinds: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    recent, bars_per_pair = 8, 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "RECENT_EVENTS", recent)
        with closing(Tape(tmp_path_factory.mktemp("tape") / "1.events", SYMBOLS, bars_per_pair=bars_per_pair)) as tape:
            keep(tape, kinds)
            warm_up = tape.warm_up()

    sequences = [sequence for sequence, _ in warm_up]
    newest = list(range(max(len(kinds) - recent, 0) + 1, len(kinds) + 1))
    bars = [[i for i, kept in enumerate(kinds, 1) if kept == (pair, BAR)][-bars_per_pair:] for pair in (0, 1)]
    older = sorted(bar for of_pair in bars for bar in of_pair if bar not in newest)
    assert sequences == older + newest
    assert all(np.frombuffer(data, EVENT)[0]["sequence"] == sequence for sequence, data in warm_up)
