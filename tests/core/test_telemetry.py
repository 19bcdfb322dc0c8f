"""The log tells what happened, in whole lines, to its owner only, and never a secret."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from pydantic import SecretStr

from core.settings import ExchangeSettings, LogSettings, Settings
from core.telemetry import bound, get_logger, process
from core.telemetry.figures import Processes
from core.telemetry.files import ERRORS, MAIN, PERFORMANCE, TRADES, Keep, LogFile, Part, expired, part_named, parts
from core.telemetry.gpu import Cards
from core.telemetry.lines import decode, encode, stamp, time_of
from core.telemetry.process import close, folder_of, hand_down, logging_as, logging_as_told, measure, secrets_of
from core.telemetry.reading import lines_of
from core.telemetry.redaction import HIDDEN, LONGEST_TEXT, Redactor
from core.telemetry.showing import shown
from core.telemetry.writer import Logs, Record, Writer

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"  # of that shape, and nobody's
TELEGRAM = "7234567890:AAE-abcdefghijklmnopqrstuvwxyz01234"
PASSWORD = "corr3ct horse/battery"  # noqa: S105 - planted
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
COMMIT = "a77a6c21386c7bd322410175e7e3fc40dcf4db78"
DAY_NS = 86_400 * 10**9
NOON_NS = int(datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp()) * 10**9

log = get_logger()


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    close()


def settings_in(folder: Path, **logs: Any) -> Settings:
    return Settings(data_dir=folder, logs=LogSettings(**logs))


def written(folder: Path, stream: str = MAIN) -> list[dict[str, Any]]:
    """The lines of a data folder's stream, each of which must be whole."""
    place = folder_of(folder)
    raw = b"".join((place / part.name).read_bytes() for part in parts(place, stream))
    return [json.loads(line) for line in raw.splitlines()]


# Lines ----------------------------------------------------------------------------------------------------------------


def test_an_event_is_one_line_with_who_when_and_what_is_bound(tmp_path: Path) -> None:
    with logging_as("trader", settings_in(tmp_path)):
        with bound(change="1a2b", release=COMMIT):
            log.info("gate.finished", gate="lint", seconds=1.8, price=Decimal("0.10"), path=Path("a"))
        log.warning("fault", cause="host_late")
    first, second = written(tmp_path)
    assert list(first)[:5] == ["time", "level", "component", "pid", "event"]
    assert {key: first[key] for key in ("level", "component", "pid", "event", "change", "release", "gate")} == {
        "level": "info",
        "component": "trader",
        "pid": os.getpid(),
        "event": "gate.finished",
        "change": "1a2b",
        "release": COMMIT,
        "gate": "lint",
    }
    assert (first["seconds"], first["price"], first["path"]) == (1.8, "0.10", "a")
    assert abs(time_of(first) - time.time_ns()) < 60 * 10**9
    assert "change" not in second
    assert written(tmp_path, ERRORS) == [second]


def test_what_is_milder_than_the_settings_ask_for_is_not_written(tmp_path: Path) -> None:
    with logging_as("trader", settings_in(tmp_path, level="warning")):
        log.debug("a")
        log.info("b")
        log.warning("c")
    assert [line["event"] for line in written(tmp_path)] == ["c"]


def test_a_process_that_logs_nothing_makes_no_file(tmp_path: Path) -> None:
    with logging_as("commander", settings_in(tmp_path)):
        log.debug("not written")
    assert list(tmp_path.iterdir()) == []


def test_what_is_bound_goes_with_a_task_and_not_beside_it(tmp_path: Path) -> None:
    async def walk(change: str) -> None:
        with bound(change=change):
            await asyncio.sleep(0)
            log.info("step")

    async def both() -> None:
        await asyncio.gather(walk("one"), walk("two"))
        log.info("after")

    with logging_as("commander", settings_in(tmp_path)):
        asyncio.run(both())
    assert [line.get("change") for line in written(tmp_path)] == ["one", "two", None]


def test_a_line_survives_its_own_encoding_and_a_torn_one_before_it_does_not_hide_it() -> None:
    line = {"time": stamp(NOON_NS), "level": "info", "text": 'a "quoted" {"time":"x"} \u2028 \x1b[31m\n'}
    raw = encode(line)
    assert raw.count(b"\n") == 1
    assert decode(raw) == line
    assert decode(raw[: len(raw) // 2] + raw) == line
    assert decode(raw[: len(raw) // 2]) is None
    assert decode(b"") is decode(b"\n") is decode(b"\xff\xfe") is decode(b'{"time":"') is None


def test_values_that_are_no_json_are_told_by_their_text(tmp_path: Path) -> None:
    class Strange:
        def __str__(self) -> str:
            raise ValueError("no text")

    nested: list[Any] = []
    nested.append(nested)
    with logging_as("trader", settings_in(tmp_path)):
        log.info("odd", nan=float("nan"), big=1 << 80, half="\ud800", raw=b"\xff", of={1: {2}}, nested=nested)
        log.info("worse", strange=Strange())
        log.info("fine")
    odd, lost, fine = written(tmp_path)
    assert (odd["nan"], odd["big"], odd["half"], odd["of"]) == ("nan", str(1 << 80), "?", {"1": [2]})
    assert (lost["event"], lost["lines"], fine["event"]) == ("log.lost", 1, "fine")


def test_libraries_are_heard_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_as("commander", settings_in(tmp_path)):
        logging.getLogger("asyncio").warning("took %.1f s", 1.5)
        logging.getLogger("asyncio").info("nothing")
        logging.getLogger("odd").error("worse")
    first, second = written(tmp_path)
    assert (first["event"], first["logger"], first["text"]) == ("library", "asyncio", "took 1.5 s")
    assert (second["level"], second["logger"]) == ("error", "odd")
    assert capsys.readouterr() == ("", "")


def test_without_a_log_warnings_go_to_standard_error_and_nothing_to_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.info("quiet")
    raised = RuntimeError(f"token={TELEGRAM}")
    log.error("change.failed", change="1a2b", exc_info=raised, api_secret="planted")  # noqa: S106 - planted
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"change.failed change=1a2b api_secret={HIDDEN}\n")
    assert "RuntimeError" in said.err
    assert TELEGRAM not in said.err


def test_debugging_shows_short_lines_on_standard_error_and_writes_them_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_as("commander", settings_in(tmp_path), debug=True):
        log.debug("box.started", seconds=0.2, api_key=KEY, text="two words\x1b[31m")
        with logging_as("commander", settings_in(tmp_path)):
            log.debug("within")
    said = capsys.readouterr()
    assert said.out == ""
    assert f'debug   commander   box.started  seconds=0.2  api_key={HIDDEN}  text="two words\ufffd[31m"\n' in said.err
    assert [line["event"] for line in written(tmp_path)] == ["box.started", "within"]


def test_a_process_is_told_of_the_log_by_who_starts_it_and_of_no_secret(tmp_path: Path) -> None:
    settings = settings_in(tmp_path).model_copy(update={"database_url": SecretStr(f"postgresql://u:{PASSWORD}@h/d")})
    with logging_as("trader", settings, debug=True):
        [words] = hand_down()
    assert PASSWORD not in words
    assert hand_down() == []
    with logging_as_told("mirror", words) as told:
        log.info("started")
        assert told is not None
        assert not told.traced
    with logging_as_told("mirror", "") as told:
        assert told is None
    assert [(line["component"], line["event"]) for line in written(tmp_path)] == [("mirror", "started")]


def test_what_ends_a_process_is_in_its_log_but_a_refusal_makes_no_folder(tmp_path: Path) -> None:
    for there in (False, True):
        with pytest.raises(RuntimeError), logging_as("trader", settings_in(tmp_path / "data")):
            raise RuntimeError("over")
        assert (tmp_path / "data").is_dir() == there
        (tmp_path / "data").mkdir(exist_ok=True)
    [line] = written(tmp_path / "data")
    assert (line["event"], line["exception"].splitlines()[-1]) == ("trader.failed", "RuntimeError: over")


# Secrets --------------------------------------------------------------------------------------------------------------


class Account(msgspec.Struct):
    name: str
    api_secret: str


PLANTED = {
    "by its name": {"api_secret": "short"},
    "by its name, deep inside": {"a": [{"b": ({"Password": "short"},)}]},
    "in a struct": {"account": Account("me", "short")},
    "a number": {"password": 12_345_678},
    "a secret type": {"value": SecretStr("short")},
    "a key's shape": {"text": f"the key {KEY}, it says"},
    "a Telegram token": {"url": f"https://api.telegram.org/bot{TELEGRAM}/getUpdates"},
    "a URL's password": {"url": "postgresql+psycopg://sorte:sh@rt@db.example:5432/x?sslmode=off"},
    "a signature": {"url": f"/api/v3/order?symbol=BTCUSDT&timestamp=1&signature={HASH}"},
    "a header": {"text": f"X-MBX-APIKEY: {HASH}"},
    "a bearer": {"text": "Authorization: Bearer short"},
    "JSON in a text": {"text": '{"apiKey":"short and more", "x": 1}'},
    "JSON in JSON": {"text": '{\\"secret\\":\\"short\\"}'},
    "an assignment": {"text": "SORTE_EXCHANGE__API_SECRET=short"},
    "a web token": {"text": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzaG9ydCJ9.c2hvcnQtc2ln"},
    "a model's key": {"text": "sk-proj-short_short_short"},
    "a chat's token": {"text": "xoxb-123456789012-short"},
    "a private key": {"text": "-----BEGIN RSA PRIVATE KEY-----\nshort\nshort\n-----END RSA PRIVATE KEY-----"},
    "half a private key": {"text": "-----BEGIN PRIVATE KEY-----\nshort"},
    "a webhook": {"text": "https://hooks.slack.com/services/T00/B00/short"},
    "in a key": {f"token={TELEGRAM}": 1},
}
NEVER = ("short", "sh@rt", KEY, TELEGRAM, HASH, "12345678", "c2hvcnQ")


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_secret_is_not_in_the_log(name: str, tmp_path: Path) -> None:
    raised = ValueError(f"in an error: {PLANTED[name]}")
    raised.__cause__ = KeyError(str(PLANTED[name]))
    with logging_as("trader", settings_in(tmp_path)):
        log.info("planted", **PLANTED[name])  # type: ignore[arg-type]
        log.info("deeper", values=[PLANTED[name]])
        if name not in ("in a struct", "a secret type", "a number"):
            log.error("raised", exc_info=raised)
            logging.getLogger("library").warning("said %s", PLANTED[name])
    raw = "".join(json.dumps(line, ensure_ascii=False) for line in written(tmp_path))
    assert [secret for secret in NEVER if secret in raw] == []
    assert HIDDEN in raw or "**********" in raw


def test_what_the_settings_call_secret_is_hidden_wherever_it_stands(tmp_path: Path) -> None:
    exchange = ExchangeSettings(api_key=SecretStr("plainwords"), api_secret=SecretStr("otherwords"))
    settings = settings_in(tmp_path).model_copy(
        update={"exchange": exchange, "database_url": SecretStr(f"postgresql://sorte:{PASSWORD}@db/x")}
    )
    assert {"plainwords", "otherwords", PASSWORD} < secrets_of(settings)
    with logging_as("trader", settings):
        log.info("said", text=f"a plainwords b otherwords c {PASSWORD} d", of=["plainwords", quote(PASSWORD, safe="")])
    [line] = written(tmp_path)
    assert (line["text"], line["of"]) == (f"a {HIDDEN} b {HIDDEN} c {HIDDEN} d", [HIDDEN, HIDDEN])


@pytest.mark.parametrize(
    "text",
    [
        COMMIT,
        HASH,
        f"release {COMMIT} of verdict {HASH}",
        "s1795813241-a77a6c21-1025",
        "/srv/sorte/data/paper/journal",
        "https://api.binance.com/api/v3/order?symbol=BTCUSDT&side=BUY",
        "set the stop to 3%, só compre se o rsi estiver abaixo de 60",
        "2026-11-27T20:42:19.123456Z",
        "sqlite:////home/ana/data/sorte.sqlite",
        "1,234.56 BTCUSDT at 65000.10: no problem",
        "services/commander/road/walk.py:120 in _walk_to_its_end",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert Redactor(["hunter2hunter2"]).text(text) == text


def test_figures_that_only_sound_like_secrets_stay() -> None:
    assert Redactor().clean({"prompt_tokens": 312, "key": "commander.watch_seconds", "signal": "flow"}) == {
        "prompt_tokens": 312,
        "key": "commander.watch_seconds",
        "signal": "flow",
    }


def test_a_very_long_text_is_cut_after_it_was_looked_through_and_soon() -> None:
    text = "x" * (LONGEST_TEXT - 10) + f" {KEY}"
    begun = time.process_time()
    assert KEY[:8] not in Redactor().text(text)
    for hostile in ("a-" * 30_000, "secret" * 10_000, "=" * 60_000, '"' * 60_000, "://" * 20_000, "aA1" * 20_000):
        assert len(Redactor().text(hostile)) < LONGEST_TEXT + 50
    assert time.process_time() - begun < 5.0


# Files ----------------------------------------------------------------------------------------------------------------


def test_logs_are_their_owners_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        with logging_as("trader", settings_in(tmp_path)):
            log.warning("x")
    finally:
        os.umask(umask)
    folder = folder_of(tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_day_has_a_file_and_a_full_file_has_a_next_one(tmp_path: Path) -> None:
    file = LogFile(tmp_path, MAIN, part_bytes=100)
    for day, count in ((0, 3), (1, 1)):
        for _ in range(count):
            file.append(b"x" * 59 + b"\n", NOON_NS + day * DAY_NS)
    assert [part.name for part in parts(tmp_path)] == [
        "main-2026-11-27.jsonl",
        "main-2026-11-27.2.jsonl",
        "main-2026-11-28.jsonl",
    ]
    other = LogFile(tmp_path, MAIN, part_bytes=100)
    other.append(b"y\n", NOON_NS)
    assert (tmp_path / "main-2026-11-27.2.jsonl").read_bytes().endswith(b"x\ny\n")
    file.close()
    other.close()


def test_trades_have_a_file_a_month(tmp_path: Path) -> None:
    file = LogFile(tmp_path, TRADES)
    file.append(b"x\n", NOON_NS)
    file.append(b"x\n", NOON_NS + 5 * DAY_NS)
    file.close()
    assert [part.name for part in parts(tmp_path)] == ["trades-2026-11.jsonl", "trades-2026-12.jsonl"]


def test_a_log_that_was_removed_is_begun_again(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "logs", MAIN)
    assert file.append(b"a\n", NOON_NS)
    assert not file.append(b"b\n", NOON_NS)
    (tmp_path / "logs" / "main-2026-11-27.jsonl").unlink()
    (tmp_path / "logs").rmdir()
    assert file.append(b"c\n", NOON_NS)
    file.close()
    assert (tmp_path / "logs" / "main-2026-11-27.jsonl").read_bytes() == b"c\n"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "main-2026-11-27.jsonl").symlink_to(tmp_path / "somebody's")
    with pytest.raises(OSError, match="main"):
        LogFile(tmp_path, MAIN).append(b"x\n", NOON_NS)
    assert not (tmp_path / "somebody's").exists()


@pytest.mark.parametrize(
    "name",
    [
        "main.jsonl",
        "main-2026-11.jsonl",
        "main-2026-13-01.jsonl",
        "trades-2026-11-27.jsonl",
        "main-2026-11-27.jsonl.gz",
    ],
)
def test_another_file_is_no_log_of_ours_and_is_never_removed(name: str) -> None:
    assert part_named(name) is None


def test_what_is_old_goes_then_what_is_too_much_and_the_newest_and_the_trades_stay() -> None:
    today = date(2026, 11, 27)

    def of(stream: str, days_ago: int, number: int = 1) -> Part:
        return Part(str(today - timedelta(days_ago)), number, stream)

    month_before_last = Part("2026-09", 1, TRADES)
    sizes = [(of(MAIN, days), 10) for days in range(40)] + [(of(ERRORS, 0), 10), (month_before_last, 1_000)]
    gone = expired(sizes, Keep(days=30), today)
    assert gone == [of(MAIN, days) for days in range(39, 30, -1)]
    left = [each for each in sizes if each[0] not in gone]
    assert expired(left, Keep(days=30, most_bytes=45), today) == [of(MAIN, days) for days in range(30, 2, -1)]
    assert expired(left, Keep(days=30, most_bytes=1), today) == [of(MAIN, days) for days in range(30, 0, -1)]
    assert expired(left, Keep(days=30, trades_days=58), today) == []
    assert expired(left, Keep(days=30, trades_days=57), today) == [month_before_last]


def test_old_files_go_when_a_new_one_is_begun_and_strangers_stay(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    folder.mkdir()
    for name in ("main-2020-01-01.jsonl", "trades-2020-01.jsonl", "notes.txt"):
        (folder / name).touch()
    with logging_as("trader", settings_in(tmp_path, keep_days=1)):
        log.info("x")
    assert not (folder / "main-2020-01-01.jsonl").exists()
    assert (folder / "trades-2020-01.jsonl").exists()
    assert (folder / "notes.txt").exists()


WRITES = """
import sys, time
from pathlib import Path
from core.telemetry.files import LogFile
from core.telemetry.lines import encode, stamp
name, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
file = LogFile(folder, "main", part_bytes=200_000)
print("ready", flush=True)
sys.stdin.readline()
number = 0
while number < count or count == 0:
    line = {"time": stamp(time.time_ns()), "who": name, "number": number, "text": name * (number * 7 % 6000)}
    file.append(encode(line), time.time_ns())
    number += 1
"""


def writers(folder: Path, names: str, count: int) -> list[subprocess.Popen[str]]:
    words = [sys.executable, "-c", WRITES]
    made = [
        subprocess.Popen([*words, name, str(count), folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    for each in made:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in made:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    return made


def ended_all(made: list[subprocess.Popen[str]]) -> list[int]:
    codes = []
    for each in made:
        each.communicate(timeout=60)
        codes.append(each.returncode)
    return codes


def test_several_processes_write_one_log_without_a_torn_or_a_lost_line_over_many_rotations(tmp_path: Path) -> None:
    assert ended_all(writers(tmp_path, "abcd", 400)) == [0, 0, 0, 0]
    found: dict[str, list[int]] = {name: [] for name in "abcd"}
    for part in parts(tmp_path):
        for raw in filter(None, (tmp_path / part.name).read_bytes().splitlines()):
            line = json.loads(raw)
            assert line["text"] == line["who"] * (line["number"] * 7 % 6000)
            found[line["who"]].append(line["number"])
    assert len(parts(tmp_path)) > 5
    assert all(sorted(numbers) == list(range(400)) for numbers in found.values())


def test_a_writer_that_is_killed_in_the_middle_of_a_line_harms_no_other_line(tmp_path: Path) -> None:
    for _ in range(5):
        made = writers(tmp_path, "ab", 0)
        time.sleep(0.1)
        for each in made:
            each.kill()
        assert ended_all(made) == [-signal.SIGKILL] * 2
        newest = tmp_path / parts(tmp_path)[-1].name
        with newest.open("ab") as file:
            file.write(b'{"time":"2026-11-27T12:00:00.000000Z","level":"info","torn')  # what a kill may leave
        file_of_next = LogFile(tmp_path, MAIN)
        file_of_next.append(encode({"time": stamp(time.time_ns()), "level": "info", "who": "next"}), time.time_ns())
        file_of_next.close()
    raw = b"".join((tmp_path / part.name).read_bytes() for part in parts(tmp_path))
    torn = [line for line in raw.splitlines() if line.endswith(b"torn")]
    assert len(torn) == 5
    assert sum(line.get("who") == "next" for line in lines_of(tmp_path / part.name for part in parts(tmp_path))) == 5
    for line in raw.splitlines():
        if line and line not in torn:
            json.loads(line)


def test_a_full_disk_loses_lines_and_says_how_many_once_there_is_space(tmp_path: Path) -> None:
    written_before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with logging_as("trader", settings_in(tmp_path)):
        log.error("before")
        size = eventually(lambda: (folder_of(tmp_path) / parts(folder_of(tmp_path), MAIN)[0].name).stat().st_size)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, written_before[1]))
        try:
            log.error("torn")
            log.error("lost")
            eventually(lambda: process.outlet.writer is not None and process.outlet.writer.lost >= 2)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, written_before)
        log.error("after")
    lines = list(lines_of(folder_of(tmp_path) / part.name for part in parts(folder_of(tmp_path), MAIN)))
    assert [line["event"] for line in lines] == ["before", "log.lost", "after"]
    assert lines[1]["lines"] == 2


def eventually(found: Any) -> Any:
    """What `found()` gives once it is true; it is looked at for as long as a test may take."""
    deadline = time.monotonic() + 20.0
    while time.monotonic() < deadline:
        with contextlib.suppress(IndexError, OSError):
            if value := found():
                return value
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_a_disk_that_hangs_delays_nobody_and_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, entered = threading.Event(), threading.Event()

    class Stuck(LogFile):
        def append(self, line: bytes, time_ns: int) -> bool:
            entered.set()
            hanging.wait(60)
            return super().append(line, time_ns)

    writer = Writer(Logs(tmp_path, "trader"))
    for stream in (MAIN, ERRORS, PERFORMANCE):
        monkeypatch.setitem(writer._files, stream, Stuck(tmp_path, stream))
    writer.put(Record(NOON_NS, "error", "first", {}))
    assert entered.wait(20)
    begun = time.perf_counter()
    for number in range(30_000):
        writer.put(Record(NOON_NS, "info", "more", {"number": number}))
    assert time.perf_counter() - begun < 30.0, "it waited for the disk"
    assert writer.lost == 10_000
    hanging.set()
    writer.close()
    lines = list(lines_of(tmp_path / part.name for part in parts(tmp_path, MAIN)))
    assert {"event": "log.lost", "lines": 10_000}.items() <= next(x for x in lines if x["event"] == "log.lost").items()


# What it costs --------------------------------------------------------------------------------------------------------


def test_what_logs_pays_little_and_writes_nothing_itself(tmp_path: Path) -> None:
    with logging_as("trader", settings_in(tmp_path)):
        log.info("warm")
        begun = time.perf_counter_ns()
        for number in range(2_000):
            log.info("decision", pair="BTCUSDT", action="buy", score=0.31, sequence=number)
        each_us = (time.perf_counter_ns() - begun) / 2_000 / 1000
    assert each_us < 200, each_us  # 6 us on a quiet machine; a line that is formatted and written takes 60
    assert len(written(tmp_path)) == 2_001


# Figures --------------------------------------------------------------------------------------------------------------


def test_each_process_is_measured_and_one_that_is_gone_no_more() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        processes = Processes()
        processes.add("busy (1)", busy.pid)
        processes.add("gone", 4_000_000)
        time.sleep(0.3)
        [figures] = processes.read()
    finally:
        busy.kill()
        busy.wait()
    assert (figures["name"], figures["of"]) == ("busy (1)", busy.pid)
    assert figures["cpu_percent"] > 1.0
    assert 1.0 < figures["rss_mb"] < 200.0
    assert processes.read() == []


def test_figures_have_a_log_of_their_own_and_this_process_is_in_it(tmp_path: Path) -> None:
    with logging_as("trader", settings_in(tmp_path)):
        log.info("x")
        measure("trading", inference_us={"p50": 93})
    assert [line["event"] for line in written(tmp_path)] == ["x"]
    trading, own = written(tmp_path, PERFORMANCE)
    assert trading["inference_us"] == {"p50": 93}
    assert (own["event"], own["name"], own["of"]) == ("process", "trader", os.getpid())


SMI = """#!/bin/sh
case "$1" in
--query-gpu=*) printf '0, NVIDIA H100 80GB HBM3, 37, 1024, 81559\\n1, Old, [N/A], [N/A], 4096\\nnonsense\\n' ;;
--query-compute-apps=*) printf '4711, 512\\n' ;;
esac
"""


def smi(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "nvidia-smi"
    program.write_text(text, encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_graphics_cards_are_asked_of_the_drivers_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smi(tmp_path, SMI, monkeypatch)
    told: list[tuple[str, dict[str, Any]]] = []
    Cards().measure(lambda event, **figures: told.append((event, figures)))
    card = {"index": 0, "name": "NVIDIA H100 80GB HBM3", "gpu_percent": 37, "used_mb": 1024, "total_mb": 81559}
    assert told == [
        ("gpu", card),
        ("gpu", {"index": 1, "name": "Old", "gpu_percent": None, "used_mb": None, "total_mb": 4096}),
        ("gpu_process", {"of": 4711, "used_mb": 512}),
    ]


def test_without_a_card_or_with_one_that_fails_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    with logging_as("commander", settings_in(tmp_path)):
        monkeypatch.setenv("PATH", str(tmp_path / "empty"))
        absent = Cards()
        smi(tmp_path, "#!/bin/sh\nexit 9\n", monkeypatch)
        failing = Cards()
        for _ in range(2):
            absent.measure(lambda *_: pytest.fail("there is none"))
            failing.measure(lambda *_: pytest.fail("it fails"))
    assert [line["event"] for line in written(tmp_path)] == ["gpu.absent", "gpu.not_measured"]


# For people -----------------------------------------------------------------------------------------------------------


def test_a_line_is_shown_on_the_owners_clock_and_moves_no_cursor() -> None:
    line = {
        "time": "2026-11-27T20:42:19.123456Z",
        "level": "error",
        "component": "trader",
        "pid": 1,
        "event": "fault",
        "detail": "a\x1b[2Jb",
        "figures": {"p50": 1.5},
        "exception": "Traceback\n  boom\x07",
    }
    assert shown(line, "America/Sao_Paulo") == (
        '2026-11-27 17:42:19.123 error   trader      fault  detail=a\ufffd[2Jb  figures={"p50":1.5}\n'
        "    Traceback\n      boom\ufffd"
    )
    assert shown({}, "UTC", dated=False) == "00:00:00.000 ?       ?           ?"


def test_no_space_is_told_by_the_system_as_ever() -> None:
    """What the test of a full disk relies on: a file's limit raises, and does not end the process."""
    assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN
    assert errno.EFBIG
