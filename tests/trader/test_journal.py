"""What was told to be written is there after any crash, and a history that somebody changed is not believed."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import zlib
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError, DataError
from services.trader.journal import Journal, decode, encode
from services.trader.ledger import Ledger
from services.trader.orders import (
    Adjustment,
    Answer,
    Day,
    Epoch,
    Fault,
    FeePriced,
    Fill,
    Order,
    Reconciled,
    Record,
    Side,
    Status,
)
from tests.trader.examples import BTC, NOON_NS, fill, order

RECORDS: tuple[Record, ...] = (
    Epoch(1, "0123456789abcdef", NOON_NS),
    Day("2026-01-01", Decimal("10000.5")),
    order(),
    Answer("s1-01234567-1", Status.FILLED),
    fill(),
    Fault("host_died", "0123", "killed by signal 9 \n a second line, \u2028 a third", NOON_NS),
)

text = st.text(max_size=20)
decimals = st.decimals(allow_nan=False, allow_infinity=False)
whole = st.integers(-(2**63), 2**63 - 1)
records = st.one_of(
    st.builds(
        Order,
        *(text, text, st.sampled_from(Side), decimals, decimals, whole, whole, text, whole, text),
    ),
    st.builds(Answer, text, st.sampled_from(Status), text),
    st.builds(
        Fill, text, text, st.sampled_from(Side), whole, decimals, decimals, decimals, text, whole, st.none() | decimals
    ),
    st.builds(Epoch, whole, text, whole),
    st.builds(Day, text, decimals),
    st.builds(Fault, text, text, text, whole),
    st.builds(FeePriced, text, whole, decimals),
    st.builds(Adjustment, text, decimals, decimals, text, whole, text, st.lists(whole, max_size=3).map(tuple)),
    st.builds(Reconciled, whole),
)


def written(path: Path, *told: Record) -> Path:
    with closing(Journal(path)) as journal:
        for record in told:
            journal.append(record)
    return path


def replayed(path: Path) -> list[Record]:
    with closing(Journal(path)) as journal:
        return journal.replay()


@given(records)
def test_a_record_of_any_kind_comes_back_as_it_was(record: Record) -> None:
    line = encode(record)
    assert line.count(b"\n") == 1
    assert decode(line) == record


def test_a_journal_comes_back_in_order(tmp_path: Path) -> None:
    assert replayed(written(tmp_path / "journal", *RECORDS)) == list(RECORDS)


def test_a_new_journal_is_empty_and_only_ours_to_read(tmp_path: Path) -> None:
    path = written(tmp_path / "new" / "journal")
    assert replayed(path) == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_last_line_torn_at_any_byte_is_cut_off_and_the_rest_survives(tmp_path: Path) -> None:
    whole_lines = b"".join(map(encode, RECORDS[:-1]))
    last = encode(RECORDS[-1])
    path = tmp_path / "journal"
    for length in range(len(last)):
        path.write_bytes(whole_lines + last[:length])
        assert replayed(path) == list(RECORDS[:-1]), length
        assert path.read_bytes() == whole_lines, length
        written(path, RECORDS[-1])
        assert replayed(path) == list(RECORDS), length


def test_a_byte_flipped_anywhere_in_a_whole_journal_refuses_to_start(tmp_path: Path) -> None:
    data = b"".join(map(encode, RECORDS[:3]))
    path = tmp_path / "journal"
    for position in range(len(data) - 1):  # without the very last newline the last line is a torn one
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x01]) + data[position + 1 :])
        with pytest.raises(DataError, match=r"damaged at byte \d+\. Restore it from the backup"):
            replayed(path)


def test_damage_is_told_with_its_place_and_left_as_it_is(tmp_path: Path) -> None:
    first, second = encode(RECORDS[0]), encode(RECORDS[1]).replace(b"10000.5", b"99999.5")
    path = tmp_path / "journal"
    path.write_bytes(first + second + first)
    with pytest.raises(DataError, match=f"damaged at byte {len(first)}"):
        replayed(path)
    assert path.read_bytes() == first + second + first


def test_a_record_of_a_kind_that_we_do_not_know_refuses_to_start(tmp_path: Path) -> None:
    body = b'{"type":"leverage","times":100}'
    (tmp_path / "journal").write_bytes(b"%08x %s\n" % (zlib.crc32(body), body))
    with pytest.raises(DataError, match="another version"):
        replayed(tmp_path / "journal")


def test_a_second_trader_on_the_same_journal_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal")
    with pytest.raises(ConfigurationError, match=f"Another trader works with {tmp_path}"):
        Journal(tmp_path / "journal")
    first.append(RECORDS[0])
    first.close()
    assert replayed(tmp_path / "journal") == [RECORDS[0]]


# Disks that fail ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sync", "times"), [(True, 1), (False, 0)])
def test_only_an_order_waits_for_the_disk_and_only_when_told_to(
    sync: bool, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []

    def fdatasync(file: int) -> None:
        assert (tmp_path / "journal").read_bytes().endswith(encode(order()))
        synced.append(file)

    with closing(Ledger(tmp_path / "journal", [BTC], sync_orders=sync)) as ledger:
        monkeypatch.setattr(os, "fdatasync", fdatasync)
        ledger.record(order())
        assert len(synced) == times
        for record in (Answer("s1-01234567-1", Status.FILLED), fill(), Fault("a", "b", "c", 1)):
            ledger.record(record)
        assert len(synced) == times


def test_a_short_write_raises_leaves_no_trace_and_is_the_end_of_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    with closing(Ledger(tmp_path / "journal", [BTC], sync_orders=False)) as ledger:
        ledger.record(Epoch(1, "release", NOON_NS))
        monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:20]))
        with pytest.raises(OSError, match=r"took 20 of \d+ bytes; is the disk full\?"):
            ledger.record(order())
        assert not ledger.portfolio.open_orders
        monkeypatch.setattr(os, "write", write)
        with pytest.raises(OSError, match="has failed before"):  # though the disk has room again
            ledger.record(order(client_id="s1-01234567-2"))
    assert replayed(tmp_path / "journal") == [Epoch(1, "release", NOON_NS)]


@pytest.mark.parametrize("call", ["write", "fdatasync"])
def test_an_order_that_the_disk_did_not_take_is_not_believed(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with closing(Ledger(tmp_path / "journal", [BTC], sync_orders=True)) as ledger:
        told: list[Record] = []
        ledger.on_record = told.append
        monkeypatch.setattr(os, call, full)
        with pytest.raises(OSError, match="No space left"):
            ledger.record(order())
        assert not ledger.portfolio.open_orders
        assert not told


def test_what_tells_nothing_new_is_not_written(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "journal", [BTC], sync_orders=False)) as ledger:
        assert ledger.record(order())
        assert ledger.record(fill())
        assert not ledger.record(fill())
        assert ledger.record(Answer("s1-01234567-1", Status.FILLED))
        assert not ledger.record(Answer("s1-01234567-1", Status.UNKNOWN))
        assert not ledger.record(Answer("nobody's", Status.FILLED))
    assert replayed(tmp_path / "journal") == [order(), fill(), Answer("s1-01234567-1", Status.FILLED)]


# Processes that are killed --------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from services.trader.journal import Journal
from services.trader.orders import Fault

journal = Journal(Path(sys.argv[1]))
number = len(journal.replay())
while True:
    journal.append(Fault("written", str(number), "x" * (number % 5000), number))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
    number += 1
"""


def test_every_record_that_append_returned_for_survives_kill_9(tmp_path: Path) -> None:
    moment = random.Random(7)  # noqa: S311 - when to kill, not what to hide
    known = 0
    for _ in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "journal")], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(moment.randrange(1, 400)):
            assert int(writer.stdout.readline()) == known
            known += 1
        os.kill(writer.pid, signal.SIGKILL)
        said = writer.stdout.read().split("\n")[:-1]  # what it said before it died; a torn number is none
        known += len(said)
        writer.wait()
        survivors = replayed(tmp_path / "journal")
        assert [record.time_ns for record in survivors if isinstance(record, Fault)] == list(range(len(survivors)))
        assert len(survivors) in (known, known + 1)  # it may have died between the append and saying so
        known = len(survivors)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"type":"layout","version":2}', "in layout 2; this one reads 1"),
        (b'{"type":"epoch","number":1,"release":"a","time_ns":0,"account":"margin"}', "account"),
        (b'{"type":"leverage","times":3}', "leverage"),
    ],
    ids=["a later layout", "a field of a later one", "a kind of a later one"],
)
def test_what_another_version_wrote_is_named_and_not_misread(body: bytes, named: str, tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal")) as journal:
        journal.append(RECORDS[0])
        with journal.path.open("ab") as file:
            file.write(b"%08x %s\n" % (zlib.crc32(body), body))
        with pytest.raises(DataError, match=f"written by another version.*{named}"):
            journal.replay()
