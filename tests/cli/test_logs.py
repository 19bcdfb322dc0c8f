"""`sorte logs` shows what was logged, the newest last, and goes on with it; what makes no sense is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.telemetry.files import MAIN, LogFile, parts
from core.telemetry.lines import Line, encode, stamp
from core.telemetry.reading import BLOCK_BYTES, Follower, Wanted, backwards

NOON_NS = int(datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp()) * 10**9
SECOND_NS = 10**9
PATIENCE = 60.0


def line(number: int, **more: Any) -> Line:
    usual = {"time": stamp(NOON_NS + number * SECOND_NS), "level": "info", "component": "trader", "pid": 1}
    return usual | {"event": f"e{number}"} | more


def write(folder: Path, lines: Sequence[Line], stream: str = MAIN, part_bytes: int = 1 << 20) -> None:
    file = LogFile(folder, stream, part_bytes)
    for each in lines:
        file.append(encode(each), NOON_NS)
    file.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The logs of a data folder: three parts, of two processes, with what a killed one left in between."""
    logs = tmp_path / "data" / "logs"
    more = {3: {"level": "warning"}, 7: {"level": "error", "change": "1a2b3c4d"}, 8: {"component": "commander"}}
    write(logs, [line(number, **more.get(number, {})) for number in range(20)], part_bytes=800)
    with (logs / parts(logs, MAIN)[1].name).open("ab") as file:
        file.write(b'{"time":"2026-11-27T12:00:05.000000Z","level":"in')
    return logs


def sorte(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli.main", "logs", *words],
        cwd=folder.parent.parent,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def events(folder: Path, *words: str) -> list[str]:
    done = sorte(folder, "--json", *words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return [json.loads(each)["event"] for each in done.stdout.splitlines()]


def test_the_newest_lines_of_all_parts_are_shown_the_newest_last(folder: Path) -> None:
    assert len(parts(folder, MAIN)) > 2
    assert events(folder) == [f"e{number}" for number in range(20)]
    assert events(folder, "-n", "3") == ["e17", "e18", "e19"]


def test_lines_are_chosen_by_level_component_change_and_time(folder: Path) -> None:
    assert events(folder, "--level", "warning") == ["e3", "e7"]
    assert events(folder, "--component", "commander") == ["e8"]
    assert events(folder, "--change", "1A2B") == ["e7"]
    assert events(folder, "--since", "2026-11-27T12:00:17") == ["e17", "e18", "e19"]
    assert events(folder, "--since", "2026-11-27", "-n", "2") == ["e18", "e19"]
    assert events(folder, "--level", "error", "--component", "commander") == []


def test_times_are_those_of_the_owners_clock(folder: Path) -> None:
    zone = {"SORTE_TIME_ZONE": "America/Sao_Paulo"}
    shown = sorte(folder, "-n", "1", **zone).stdout
    assert shown == "2026-11-27 09:00:19.000 info    trader      e19\n"
    since = sorte(folder, "--json", "--since", "2026-11-27T09:00:18", **zone).stdout
    assert [json.loads(each)["event"] for each in since.splitlines()] == ["e18", "e19"]


def test_a_span_is_counted_back_from_now(folder: Path) -> None:
    now = {"time": stamp(time.time_ns()), "level": "info", "component": "trader", "event": "now"}
    file = LogFile(folder, MAIN)
    file.append(encode(now), time.time_ns())
    file.close()
    assert events(folder, "--since", "10m") == ["now"]
    assert "now" in events(folder, "--since", "9999w")


def test_another_log_is_read_on_demand(folder: Path) -> None:
    write(folder, [line(0, event="trading")], "performance")
    assert events(folder, "--file", "performance") == ["trading"]
    assert events(folder, "--file", "trades") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--level", "loud"), "There is no level 'loud'. Choose one of debug, info, warning, error."),
        (("--component", "trade"), "There is no component 'trade'."),
        (("--change", "../x"), "'../x' is not the id of a change."),
        (("--since", "yesterday"), "--since: 'yesterday' is neither a span nor a moment."),
        (("--since", "2026-02-30"), "--since: '2026-02-30' is neither a span nor a moment."),
        (("--since", "-1h"), "--since: '-1h' is neither a span nor a moment."),
        (("--file", "../../etc/passwd"), "There is no log '../../etc/passwd'."),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(words: tuple[str, ...], said: str, folder: Path) -> None:
    done = sorte(folder, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_no_count_below_one_is_taken(folder: Path) -> None:
    assert sorte(folder, "-n", "0").returncode == 2


def test_where_nothing_was_logged_that_is_said_and_no_folder_is_made(tmp_path: Path) -> None:
    done = sorte(tmp_path / "data" / "logs")
    assert done.returncode == 1
    assert "There are no logs in data/logs." in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_older_versions_log_is_named_and_left_alone(folder: Path) -> None:
    old = folder.parent / "commander.log"
    old.write_text("WARNING:x:y\n", encoding="utf-8")
    done = sorte(folder)
    assert "data/commander.log" in done.stderr
    assert "commander.log" not in sorte(folder, "--json").stderr
    assert old.read_text(encoding="utf-8") == "WARNING:x:y\n"


def test_a_reader_that_goes_away_ends_it_quietly(folder: Path) -> None:
    words = f"{sys.executable} -P -m cli.main logs --json | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["/bin/bash", "-c", words], cwd=folder.parent.parent, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[1] == "0"


# What comes -----------------------------------------------------------------------------------------------------------


@contextmanager
def following(folder: Path, *words: str) -> Iterator[Iterator[str]]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli.main", "logs", "--follow", "--json", *words],
        cwd=folder.parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield (json.loads(each)["event"] for each in process.stdout)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_following_goes_on_over_rotation_and_over_what_is_torn(folder: Path) -> None:
    with following(folder, "-n", "1") as told:
        assert next(told) == "e19"
        newest = folder / parts(folder, MAIN)[-1].name
        with newest.open("ab", buffering=0) as file:
            whole = encode(line(20))
            file.write(whole[:40])  # another process is writing still, or was killed
            write(folder, [line(21)])
            assert next(told) == "e21"
            file.write(encode(line(22)) + whole[:30])
            assert next(told) == "e22"
        write(folder, [line(number, level="warning") for number in range(30, 50)], part_bytes=500)
        assert [next(told) for _ in range(20)] == [f"e{number}" for number in range(30, 50)]
        assert len(parts(folder, MAIN)) > 5


def test_following_shows_only_what_is_wanted(folder: Path) -> None:
    with following(folder, "--level", "error") as told:
        assert next(told) == "e7"
        write(folder, [line(20), line(21, level="error"), line(22), line(23, level="error")])
        assert [next(told), next(told)] == ["e21", "e23"]


# Reading --------------------------------------------------------------------------------------------------------------


def test_a_file_is_read_backwards_over_blocks_of_any_fit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    rows = [bytes([65 + number % 26]) * (number * 37 % 4000) for number in range(1, 200)]
    path.write_bytes(b"\n".join(rows) + b"\n")
    size = path.stat().st_size
    assert size > 3 * BLOCK_BYTES
    assert list(backwards(path, size)) == [row for row in reversed(rows) if row]
    path.write_bytes(b"x" * BLOCK_BYTES * 2)
    assert list(backwards(path, BLOCK_BYTES * 2)) == [b"x" * BLOCK_BYTES * 2]
    assert list(backwards(tmp_path / "none", 10)) == []


def test_lines_of_two_processes_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    write(tmp_path, [line(number) for number in (5, 6, 7, 3, 4, 8)])
    follower = Follower([tmp_path], Wanted())
    assert [each["event"] for each in follower.newest(4)] == ["e5", "e6", "e7", "e8"]
    assert follower.more() == []
    write(tmp_path, [line(10), line(9)])
    assert [each["event"] for each in follower.more()] == ["e9", "e10"]


def test_a_file_that_goes_away_while_it_is_followed_is_no_trouble(tmp_path: Path) -> None:
    write(tmp_path, [line(1)])
    follower = Follower([tmp_path], Wanted())
    assert len(follower.newest(5)) == 1
    (tmp_path / parts(tmp_path)[0].name).unlink()
    assert follower.more() == []
