"""Paper money is kept: the account, its positions and its market go on from run to run, also after `kill -9`."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import pty
import signal
import subprocess
import zoneinfo
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigurationError
from core.settings import Settings, TraderSettings
from services.commander.desk.orders import journals
from services.simulator import DEFAULT_PAIRS, kept
from services.trader import paper
from services.trader.journal import decode, lines
from services.trader.orders import Fill, Order, Side
from services.trader.plan import Plan
from services.trader.portfolio import Portfolio
from services.trader.valuation import Valuation
from tests.trader.harness import limits_with
from tests.trader.test_run import SORTE, descendants, sorte

pytestmark = pytest.mark.usefixtures("shipped_is_compiled")


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [str(SORTE), "run", "--json", *words]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def kill_all(process: subprocess.Popen[str]) -> None:
    """`kill -9` of the trader, its exchange and its boxes in one moment."""
    family = [process.pid, *descendants(process.pid)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)  # or one of them would see another die and end in good order
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def journalled(folder: Path) -> list[Any]:
    return [decode(line) for line, _ in lines((folder / "data/paper/journal").read_bytes())]


def booked(folder: Path) -> dict[str, Decimal]:
    """What the journal's fills make of each asset, from 10,000 USDT on."""
    money = {"USDT": Decimal(10_000)}
    for fill in journalled(folder):
        if isinstance(fill, Fill):
            base, sign = fill.symbol.removesuffix("USDT"), 1 if fill.side is Side.BUY else -1
            money[base] = money.get(base, Decimal(0)) + sign * fill.quantity
            money["USDT"] -= sign * fill.quantity * fill.price
            money[fill.fee_asset] = money.get(fill.fee_asset, Decimal(0)) - fill.fee
    return {asset: amount for asset, amount in money.items() if amount}


def owned(folder: Path) -> dict[str, Decimal]:
    """What the exchange has kept of the account."""
    found = kept.load(folder / "data/paper/exchange")
    assert found is not None
    return {asset: free + locked for asset, (free, locked) in found.balances.items() if free + locked}


PATIENT = 300
"""Seconds for a run on a machine that is busy with other things."""
TOLD = {
    "starts": 2,
    "began_ms": 1_795_800_000_000,
    "time_ms": 1_795_900_000_000,
    "deposited": {"USDT": "10000"},
    "balances": {"USDT": "9000", "BTC": "0.001", "ETH": "0.3", "LINK": "2", "SOL": "0.0004"},
    "prices": {"ADAUSDT": "0.7", "BTCUSDT": "65000", "ETHUSDT": "3300", "LINKUSDT": "15"},
}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[dict[str, Any]]]]:
    """One account through its life: two runs, one that is killed hard, one with other pairs, and a new start."""
    folder = tmp_path_factory.mktemp("days")
    runs = {"first": sorte(folder, "run", "--for", "6", "--json", seconds=PATIENT)}
    runs["second"] = sorte(folder, "run", "--for", "4", "--json", seconds=PATIENT)
    assert booked(folder) == owned(folder)
    killed = start(folder)
    runs["killed"] = []
    for line in told(killed):
        runs["killed"].append(line)
        if sum(line["kind"] == "fill" for line in runs["killed"]) == 3:
            break
    kill_all(killed)
    runs["after"] = sorte(
        folder, "run", "--for", "4", "--json", "--speed", "120", "--events-per-second", "100", seconds=PATIENT
    )
    assert booked(folder) == owned(folder)
    runs["other pairs"] = sorte(folder, "run", "--for", "3", "--json", "--pairs", "ADAUSDT,BTCUSDT", seconds=PATIENT)
    runs["own"] = sorte(folder, "run", "--for", "2", "--json", "--seed", "3", seconds=PATIENT)
    return folder, runs


Days = tuple[Path, dict[str, list[dict[str, Any]]]]


def test_the_second_run_goes_on_with_the_account_of_the_first(days: Days) -> None:
    _, runs = days
    first, second = runs["first"], runs["second"]
    assert (first[0]["account"], first[-1]["account"], first[-1]["starts"]) == ("new", "new", 1)
    assert first[-1]["fills"] > 0
    assert (second[0]["account"], second[0]["since"]) == ("continued", first[0]["since"])
    assert second[0]["fills"] == first[-1]["fills"]
    ready = next(line for line in second if line["kind"] == "ready")
    assert ready["equity"] == pytest.approx(first[-1]["equity"], rel=0.002)
    assert second[-1]["fills"] >= first[-1]["fills"]
    assert (second[-1]["account"], second[-1]["starts"]) == ("continued", 2)
    assert second[-1]["profit"] == pytest.approx(second[-1]["equity"] - 10_000, abs=0.02)
    assert second[-1]["faults"] == 0


def test_ids_of_orders_and_trades_are_used_once_over_all_runs(days: Days) -> None:
    folder, _ = days
    records = journalled(folder)
    orders = [record.client_id for record in records if isinstance(record, Order)]
    trades = [(record.symbol, record.trade_id) for record in records if isinstance(record, Fill)]
    assert len(orders) == len(set(orders)) > 0
    assert len(trades) == len(set(trades)) > 0


def test_market_time_stood_still_between_runs_and_never_went_back(days: Days) -> None:
    folder, _ = days
    times = [record.time_ns for record in journalled(folder) if isinstance(record, Fill)]
    assert times == sorted(times)


def test_a_run_after_a_hard_kill_goes_on_and_books_agree_with_the_exchange(days: Days) -> None:
    _, runs = days
    fills = [line for line in runs["killed"] if line["kind"] == "fill"]
    assert runs["after"][0]["account"] == "continued"
    assert runs["after"][0]["fills"] >= runs["killed"][0]["fills"] + len(fills) - 1
    assert runs["after"][-1]["fills"] >= runs["killed"][0]["fills"] + len(fills)
    faults = {line["cause"] for line in runs["after"] if line["kind"] == "fault"}
    assert faults <= {"order_open_at_start"}


def test_pairs_that_are_traded_no_more_are_named_and_stay_part_of_the_equity(days: Days) -> None:
    _, runs = days
    before = runs["after"][-1]
    ready = next(line for line in runs["other pairs"] if line["kind"] == "ready")
    assert ready["pairs"] == ["ADAUSDT", "BTCUSDT"]
    assert ready["equity"] == pytest.approx(before["equity"], rel=0.004)
    assert "trading" not in {line["kind"] for line in runs["other pairs"]}  # no loss of the day is made of it
    account = paper.Account.of(TOLD, ("ADAUSDT", "BTCUSDT"))
    assert account.aside("USDT") == {"ETH": (Decimal("0.3"), Decimal(990)), "LINK": (Decimal(2), Decimal(30))}
    assert account.told("USDT").not_traded == {"ETH": "0.3 (990.00 USDT)", "LINK": "2 (30.00 USDT)"}
    assert account.profit("USDT", 10_120.5) == 120.5


def test_what_is_held_of_other_pairs_is_equity_and_no_exposure_of_this_run() -> None:
    portfolio = Portfolio.of(DEFAULT_PAIRS[:1], [])
    portfolio.cash = Decimal(9_000)
    valuation = Valuation(portfolio, limits_with())
    valuation.aside = 1_020.0
    valuation.begin()
    assert (valuation.equity, valuation.exposure) == (10_020.0, 0.0)


@pytest.mark.parametrize(
    ("change", "keeps"),
    [
        ({}, True),
        ({"speed": 3.0, "events_per_second": 50.0}, True),
        ({"seed": 7}, False),
        ({"fresh": True}, False),
        ({"feed": "replay:BTCUSDT"}, False),
        ({"feed": "exchange"}, False),
    ],
)
def test_which_runs_trade_with_the_kept_account(change: dict[str, Any], keeps: bool) -> None:
    plan = Plan(("BTCUSDT",), **change)
    assert plan.keeps(Settings(trader=TraderSettings(mode="paper"))) is keeps
    assert not plan.keeps(Settings(trader=TraderSettings(mode="shadow")))


def test_a_seed_has_an_account_and_a_folder_of_its_own(days: Days) -> None:
    _, runs = days
    assert "account" not in runs["own"][0]
    assert Path(runs["own"][0]["folder"]).parent == Path("data/runs")
    assert next(line for line in runs["own"] if line["kind"] == "ready")["equity"] == 10_000


def test_when_the_exchange_dies_the_run_says_why_it_ends_and_nothing_that_was_told_is_forgotten(tmp_path: Path) -> None:
    process = start(tmp_path)
    fills = (line for line in told(process) if line["kind"] == "fill")
    next(fills)
    (exchange,) = (pid for pid in descendants(process.pid) if b"sim" in words_of(pid))
    os.kill(exchange, signal.SIGKILL)
    out, _ = process.communicate(timeout=PATIENT)
    assert process.returncode == 1
    last = json.loads(out.splitlines()[-1])
    assert last["message"] == "The simulated exchange ended by itself: killed by signal 9."
    found = kept.load(tmp_path / "data/paper/exchange")
    assert found is not None
    known = {(fill.symbol, fill.trade_id) for fill in found.fills}
    booked_here = {(fill.symbol, fill.trade_id) for fill in journalled(tmp_path) if isinstance(fill, Fill)}
    assert booked_here
    assert booked_here <= known


def words_of(pid: int) -> list[bytes]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def test_the_fills_of_who_traded_last_are_found_first(tmp_path: Path) -> None:
    for number, name in enumerate(
        ("runs/20260101T000000-1", "paper-20260102T000000", "paper", "runs/20270101T000000-1")
    ):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "journal").write_bytes(b"")
        os.utime(tmp_path / name / "journal", (number, number))
    assert [path.parent.name for path in journals(tmp_path)] == [
        "20270101T000000-1",
        "paper",
        "paper-20260102T000000",
        "20260101T000000-1",
    ]


# Starting anew --------------------------------------------------------------------------------------------------------


def command(folder: Path, *words: str) -> tuple[int, str, str]:
    done = subprocess.run([str(SORTE), *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def account(folder: Path) -> Path:
    """A kept account as a run leaves it, without the run."""
    words = ["sim", "--json", "--port", "0", "--keep", "data/paper/exchange"]
    process = subprocess.Popen([str(SORTE), *words], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["kind"] == "ready"
    process.terminate()
    process.communicate(timeout=90)
    (folder / "data/paper/journal").write_bytes(b"")
    return folder / "data/paper"


def test_reset_keeps_the_old_account_aside_and_starts_anew(tmp_path: Path) -> None:
    old = account(tmp_path)
    snapshot = (old / "exchange/snapshot").read_bytes()
    assert command(tmp_path, "paper")[0] == 0
    code, _, err = command(tmp_path, "paper", "reset")
    assert (code, "--yes" in err) == (1, True)  # nobody could be asked
    assert old.exists()
    code, out, _ = command(tmp_path, "paper", "reset", "--yes")
    assert code == 0
    (aside,) = (tmp_path / "data").glob("paper-*")
    assert str(aside.relative_to(tmp_path)) in out
    assert (aside / "exchange/snapshot").read_bytes() == snapshot
    assert not old.exists()
    assert paper.seed_of_next(tmp_path / "data") == paper.FIRST_SEED + 1  # not the same market again
    assert "no paper account" in command(tmp_path, "paper", "reset", "--yes")[1]


def test_the_account_is_shown_by_its_owners_clock_with_what_it_earned(tmp_path: Path) -> None:
    found = kept.load(account(tmp_path) / "exchange")
    assert found is not None
    (tmp_path / "sorte.toml").write_text('time_zone = "Asia/Tokyo"\n')
    code, out, _ = command(tmp_path, "paper")
    began = datetime.datetime.fromtimestamp(found.began_ms / 1000, zoneinfo.ZoneInfo("Asia/Tokyo"))
    prices = {market.pair.base: market.price for market in found.markets} | {"USDT": 1.0}
    equity = sum(float(sum(amounts)) * prices[asset] for asset, amounts in found.balances.items())
    assert code == 0
    assert f"opened {began:%Y-%m-%d %H:%M} Asia/Tokyo, started once" in out
    assert f"  worth      {equity:,.2f} USDT, profit {equity - 10_000:+,.2f}" in out


def test_reset_is_refused_while_a_trader_runs(tmp_path: Path) -> None:
    process = start(tmp_path)
    try:
        assert next(told(process))["kind"] == "starting"
        code, _, err = command(tmp_path, "paper", "reset", "--yes")
        assert code == 1
        assert "A trader runs with data/paper." in err
        second = command(tmp_path, "run", "--for", "1")
        assert second[0] == 1
        assert "--fresh" in second[2]
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert (tmp_path / "data/paper/exchange/snapshot").exists()


@pytest.mark.parametrize("damage", ["byte", "version", "gone"])
def test_an_account_that_cannot_be_read_is_named_and_never_traded_with(damage: str, tmp_path: Path) -> None:
    folder = account(tmp_path)
    snapshot = folder / "exchange/snapshot"
    data = snapshot.read_bytes()
    if damage == "byte":
        snapshot.write_bytes(data.replace(b"10000", b"90000", 1))
    elif damage == "version":
        from tests.simulator.test_kept import msgspec_like

        snapshot.write_bytes(msgspec_like(data, '"version":1', '"version":9'))
    else:
        snapshot.unlink()
    code, _, err = command(tmp_path, "run", "--for", "1")
    assert code == 1
    assert "data/paper/exchange/snapshot" in err
    assert "sorte paper reset" in err
    assert not (tmp_path / "data/paper/trades.sqlite").exists()
    assert command(tmp_path, "paper", "reset", "--yes")[0] == 0
    assert len(list((tmp_path / "data").glob("paper-*/journal"))) == 1


@pytest.mark.parametrize("answer", ["n", "y"])
def test_on_a_terminal_its_owner_is_asked_whether_to_start_anew(answer: str, tmp_path: Path) -> None:
    folder = account(tmp_path)
    (folder / "exchange/snapshot").write_bytes(b"")
    terminal, theirs = pty.openpty()
    words = [str(SORTE), "run", "--for", "0.1", "--pairs", "NOPE"]  # after the question it ends by itself
    process = subprocess.Popen(words, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown = b""
    try:
        while b"(yes/no)" not in shown:
            shown += os.read(terminal, 4096)
        assert b"data/paper/exchange/snapshot is damaged" in b" ".join(shown.split())
        os.write(terminal, answer.encode() + b"\n")
        assert process.wait(timeout=PATIENT) == 1
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    assert len(list((tmp_path / "data").glob("paper-*"))) == (answer == "y")
    assert (folder / "exchange/snapshot").exists() == (answer == "n")


def test_a_journal_whose_exchange_is_gone_is_not_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    paper.check(folder)  # there is none yet
    (folder / "exchange").mkdir(parents=True)
    (folder / "journal").write_bytes(b"something\n")
    with pytest.raises(ConfigurationError, match="has orders of it"):
        paper.check(folder)


def test_folders_of_earlier_versions_stay_as_they_are(tmp_path: Path) -> None:
    old = tmp_path / "data/runs/20260101T000000-1"
    old.mkdir(parents=True)
    (old / "journal").write_bytes(b"")
    account(tmp_path)
    command(tmp_path, "paper", "reset", "--yes")
    assert (old / "journal").read_bytes() == b""
