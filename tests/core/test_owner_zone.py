"""The owner's time zone: found on the machine, written down once, and the same in history, judgement and life."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from rich.console import Console

from core.backtest import Costs, Market, allocate, compile_engine, merge
from core.contracts.answers import HistoryShown
from core.errors import ConfigurationError
from core.kernel import BAR_ROW, NANOSECONDS, kernel, record_dtype
from core.machine_zone import machine_zone
from core.settings import Settings, load_settings
from core.zone import local_time
from core.zone_setting import note_zone
from services.gateway.console.shown import Shown
from services.guardian.evidence import gather
from services.guardian.tape import tape_of

HOUR = 3600 * NANOSECONDS
ROOT = Path(__file__).parents[2]


@kernel
def decide(event, state, table, decision):
    """Notes the clock of each event where the test finds it."""
    e = event[0]
    table[int(e.sequence) - 1, 0] = e.utc_offset_s
    decision[0].action = state[0].nothing


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
@pytest.mark.parametrize("timeframe", [HOUR, 24 * HOUR])
def test_backtest_and_judge_show_the_same_clock_over_every_change_of_it(zone, timeframe):
    count = 366 * 24 * HOUR // timeframe
    rows = np.zeros(count, BAR_ROW)
    rows["time_ns"] = 1_704_067_200 * NANOSECONDS + np.arange(count) * timeframe  # the year 2024
    for name in ("open", "high", "low", "close"):
        rows[name] = 10.0
    markets = [Market("A", rows, timeframe), Market("B", rows.copy(), timeframe)]
    events = tape_of(markets, "tape", zone).events
    dtype = record_dtype([("nothing", "i8")])
    strategy = SimpleNamespace(state_dtype=dtype, table_shape=(len(events), 1), own={})
    merged, pairs = merge(markets)
    start = int(rows["time_ns"][0])
    run = allocate(strategy, markets, 1.0, Costs(), (), start, timeframe, zone)
    engine = compile_engine(decide)
    half = len(merged) // 2
    for first, last in ((0, half), (half, len(merged))):
        assert engine.play_bars(run, merged, pairs, timeframe, timeframe // 2, first, last) == last
    assert run.tables.sum(axis=0)[:, 0].tolist() == events["utc_offset_s"].tolist()
    for event in events[:: max(len(events) // 400, 1)]:
        shown = local_time(int(event["time_ns"]), zone)
        assert shown.utcoffset().total_seconds() == event["utc_offset_s"]  # type: ignore[union-attr]
    assert len(set(events["utc_offset_s"].tolist())) == (2 if zone[:2] in ("Am", "Au") else 1)


@pytest.mark.parametrize(
    ("tz", "link", "text", "expected"),
    [
        ("America/Sao_Paulo", "Europe/Lisbon", "Asia/Tokyo", "America/Sao_Paulo"),
        (":America/Sao_Paulo", "", "", "America/Sao_Paulo"),
        (":/usr/share/zoneinfo/America/Recife", "", "", "America/Recife"),
        ("", "Europe/Lisbon", "Asia/Tokyo", "Europe/Lisbon"),
        ("", "posix/Europe/Lisbon", "", "Europe/Lisbon"),
        ("", "", "Asia/Tokyo\n", "Asia/Tokyo"),
        ("<-03>3", "Europe/Lisbon", "", "Europe/Lisbon"),
        ("Mars/Olympus", "Nowhere/At_All", "Asia/Tokyo", "Asia/Tokyo"),
        ("", "", "", "UTC"),
        ("", "Etc/UTC", "", "UTC"),
        ("../../etc/passwd", "", "rubbish\0", "UTC"),
    ],
)
def test_the_machines_zone_is_the_first_that_is_one(tmp_path, tz, link, text, expected):
    if link:
        (tmp_path / "localtime").symlink_to(f"/usr/share/zoneinfo/{link}")
    if text:
        (tmp_path / "timezone").write_text(text)
    assert machine_zone({"TZ": tz} if tz else {}, tmp_path) == expected


def test_the_zone_is_written_down_for_its_owners_eyes_only(tmp_path):
    file = tmp_path / "sorte.toml"
    assert note_zone("America/Sao_Paulo", file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_settings_that_are_there_keep_every_byte_and_still_load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = b'# mine\ndata_dir = "elsewhere"\n\n[trader]\nwarm_bars = 7\n'
    Path("sorte.toml").write_bytes(before)
    assert note_zone("America/Sao_Paulo")
    assert Path("sorte.toml").read_bytes().endswith(before)
    settings = load_settings()
    assert (settings.time_zone, str(settings.data_dir), settings.trader.warm_bars) == (
        *("America/Sao_Paulo", "elsewhere"),
        7,
    )


def test_a_zone_that_the_owner_has_set_is_not_touched(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sorte.toml").write_text('time_zone = "Asia/Tokyo"\n')
    assert not note_zone("America/Sao_Paulo")
    assert load_settings().time_zone == "Asia/Tokyo"


def test_a_link_to_the_settings_stays_one(tmp_path):
    (tmp_path / "dotfiles").mkdir()
    kept = tmp_path / "dotfiles" / "sorte.toml"
    kept.write_text("[trader]\n")
    (tmp_path / "sorte.toml").symlink_to(kept)
    assert note_zone("Asia/Tokyo", tmp_path / "sorte.toml")
    assert (tmp_path / "sorte.toml").is_symlink()
    assert "Asia/Tokyo" in kept.read_text()


@pytest.mark.parametrize("name", ["Sao Paulo", "america/sao_paulo", "", "GMT+25", "../../etc/passwd", "America"])
def test_a_zone_that_is_none_is_refused_with_its_key(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sorte.toml").write_text(f'time_zone = "{name}"\n')
    with pytest.raises(ConfigurationError, match=r"time_zone.*no time zone"):
        load_settings()


def test_without_a_word_hours_are_utc_as_before(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings().time_zone == "UTC"


def sorte(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-m", "cli.main", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def test_init_finds_the_machines_zone_writes_it_and_says_so(tmp_path):
    made = sorte(tmp_path, "init", TZ="America/Sao_Paulo")
    assert made.returncode == 0, made.stderr
    assert "America/Sao_Paulo" in made.stdout
    assert 'time_zone = "America/Sao_Paulo"' in (tmp_path / "sorte.toml").read_text()
    again = sorte(tmp_path, "init", TZ="Asia/Tokyo")
    assert "America/Sao_Paulo" in again.stdout
    assert "Asia/Tokyo" not in (tmp_path / "sorte.toml").read_text()


@pytest.mark.parametrize("named", ["w", "workspace", "um espaço%20"])
def test_the_zone_that_init_found_holds_inside_the_workspace_too(tmp_path, named):
    """`sorte init w && cd w` is the first line of the README."""
    made = sorte(tmp_path, "init", named, TZ="America/Sao_Paulo")
    assert (
        f"America/Sao_Paulo, as time_zone in {'sorte.toml and ' * (named == 'workspace')}{named}/sorte.toml"
        in made.stdout
    )
    said = sorte(tmp_path / named, "interpret", "only trade between 9 and 18h", TZ="Asia/Tokyo")
    assert "hour 9 to 18, America/Sao_Paulo" in said.stdout
    assert (tmp_path / "sorte.toml").exists() == (named == "workspace")


def test_a_zone_that_is_set_here_is_that_of_a_workspace_made_from_here(tmp_path):
    (tmp_path / "sorte.toml").write_text('time_zone = "Asia/Tokyo"\n')
    sorte(tmp_path, "init", "w", TZ="America/Sao_Paulo")
    assert 'time_zone = "Asia/Tokyo"' in (tmp_path / "w" / "sorte.toml").read_text()
    assert (tmp_path / "sorte.toml").read_text() == 'time_zone = "Asia/Tokyo"\n'


def test_backtest_takes_a_zone_and_refuses_what_is_none(tmp_path):
    refused = sorte(tmp_path, "backtest", "--data", "BTCUSDT", "--zone", "Sao Paulo")
    assert refused.returncode == 1
    assert "--zone: 'Sao Paulo' is no time zone; similar are America/Sao_Paulo." in " ".join(refused.stderr.split())


def test_the_judge_is_told_the_owners_zone(tmp_path):
    settings = Settings(data_dir=tmp_path, time_zone="Asia/Tokyo")
    assert gather(settings, history_root=tmp_path / "none").zone == "Asia/Tokyo"


def test_history_tells_times_by_the_owners_clock():
    screen = io.StringIO()
    change = {"id": "1", "state": "live", "watch": "", "commit": "c" * 40, "text": "more", "trades": True}
    change |= dict.fromkeys(("owner", "summary", "target", "reason"), "")
    step = {"kind": "history", "changes": [{**change, "time_ns": 1_795_744_800 * NANOSECONDS}]}  # 2026-11-27 02:00 UTC
    step = msgspec.convert(step, HistoryShown)
    Shown(Console(file=screen, width=200), "America/Sao_Paulo").show(step)
    assert "2026-11-26 23:00" in screen.getvalue()
