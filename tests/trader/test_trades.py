"""Each trade is a line of its month, once, whatever is killed or lost in between; and orders are timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core import database as store
from core.settings import Settings
from core.telemetry.files import TRADES, parts
from core.telemetry.process import hand_down, logging_as
from services.trader.journal import Journal
from services.trader.mirror import catch_up
from services.trader.order_times import OrderTimes
from services.trader.orders import Answer, Fill, Order, Side, Status
from services.trader.trades import TradeLog

NOVEMBER_NS = 1_795_813_242_000_000_000
MONTH_NS = 30 * 86_400 * 10**9
ORDER = Order(
    "s1-abcdef12-7",
    "BTCUSDT",
    Side.BUY,
    Decimal("0.01500"),
    Decimal("65000.10"),
    NOVEMBER_NS,
    1,
    "a" * 40,
    7,
    "score",
    change="1a2b",
)


def fill(number: int, time_ns: int = NOVEMBER_NS + 250_000_000) -> Fill:
    return Fill(
        ORDER.client_id, "BTCUSDT", Side.BUY, number, Decimal("0.005"), Decimal(65000), Decimal("0.1"), "USDT", time_ns
    )


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return store.open_store(f"sqlite:///{tmp_path}/trades.sqlite")


def numbers(folder: Path) -> list[tuple[str, int]]:
    return [
        (part.period, json.loads(line)["trade_id"])
        for part in parts(folder, TRADES)
        for line in (folder / part.name).read_text(encoding="utf-8").splitlines()
    ]


def test_a_trade_is_a_line_with_what_led_to_it(tmp_path: Path, engine: Engine) -> None:
    journal = Journal(tmp_path / "journal")
    for record in (ORDER, fill(42)):
        journal.append(record)
    catch_up(engine, journal.path, TradeLog(tmp_path / "logs"))
    [line] = (tmp_path / "logs" / "trades-2026-11.jsonl").read_text(encoding="utf-8").splitlines()
    found = json.loads(line)
    assert found["time"] == "2026-11-27T21:00:42.250000Z"
    assert {name: found[name] for name in ("pair", "side", "quantity", "price", "value", "fee", "fee_asset")} == {
        "pair": "BTCUSDT",
        "side": "BUY",
        "quantity": "0.005",
        "price": "65000",
        "value": "325",  # 0.005 * 65000
        "fee": "0.1",
        "fee_asset": "USDT",
    }
    assert (found["order"], found["reason"], found["release"], found["change"]) == (
        ORDER.client_id,
        "score",
        "a" * 40,
        "1a2b",
    )
    assert found["ms"] == 250
    journal.close()


def test_a_journal_that_is_taken_in_again_writes_no_trade_twice(tmp_path: Path, engine: Engine) -> None:
    journal = Journal(tmp_path / "journal")
    for record in (ORDER, fill(1), fill(2), fill(3, NOVEMBER_NS + MONTH_NS)):
        journal.append(record)
    catch_up(engine, journal.path, TradeLog(tmp_path / "logs"))
    journal.append(fill(4, NOVEMBER_NS + MONTH_NS))
    for _ in range(2):
        again = store.open_store("sqlite://")  # the database was lost
        catch_up(again, journal.path, TradeLog(tmp_path / "logs"))
    assert numbers(tmp_path / "logs") == [("2026-11", 1), ("2026-11", 2), ("2026-12", 3), ("2026-12", 4)]
    journal.close()


def test_a_trade_whose_line_was_torn_is_written_again(tmp_path: Path, engine: Engine) -> None:
    journal = Journal(tmp_path / "journal")
    for record in (ORDER, fill(1), fill(2)):
        journal.append(record)
    logs = tmp_path / "logs"
    catch_up(engine, journal.path, TradeLog(logs))
    file = logs / "trades-2026-11.jsonl"
    file.write_bytes(file.read_bytes()[:-30])
    catch_up(store.open_store("sqlite://"), journal.path, TradeLog(logs))
    whole = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    assert [line["trade_id"] for line in whole] == [1, 2]
    journal.close()


def test_a_log_that_cannot_be_written_keeps_the_database_from_nothing(
    tmp_path: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be", encoding="utf-8")
    journal = Journal(tmp_path / "journal")
    for record in (ORDER, fill(1)):
        journal.append(record)
    catch_up(engine, journal.path, TradeLog(tmp_path / "logs"))
    with engine.connect() as connection:
        assert len(connection.execute(store.fills.select()).all()) == 1
    assert "trade.not_written pair=BTCUSDT" in capsys.readouterr().err
    journal.close()


def test_the_mirror_is_told_of_the_log_and_logs_in_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    for record in (ORDER, fill(1)):
        journal.append(record)
    with logging_as("trader", Settings(data_dir=tmp_path)):
        words = [sys.executable, "-P", "-m", "services.trader.mirror", str(journal.path), *hand_down()]
        url = f"sqlite:///{tmp_path}/trades.sqlite"
        subprocess.run(words, input=f"{url}\n".encode(), check=True, timeout=60, env=dict(os.environ))
    assert numbers(tmp_path / "logs") == [("2026-11", 1)]
    [main] = [tmp_path / "logs" / part.name for part in parts(tmp_path / "logs", "main")]
    assert [json.loads(line)["event"] for line in main.read_text(encoding="utf-8").splitlines()] == ["mirror.started"]
    journal.close()


def test_orders_are_timed_to_their_answer_their_first_trade_and_their_end() -> None:
    now_us = 0
    times = OrderTimes(lambda: now_us * 1000)
    closing = Order(
        "s1-abcdef12-9", "BTCUSDT", Side.SELL, Decimal(1), Decimal(1), 1, 1, "a" * 40, 9, "stop_loss", change=""
    )
    story = (
        (0, ORDER),
        (100, Answer(ORDER.client_id, Status.UNKNOWN)),  # not the exchange's answer
        (900, Answer(ORDER.client_id, Status.OPEN)),
        (1_000, fill(1)),
        (1_500, fill(2)),
        (2_000, Answer(ORDER.client_id, Status.FILLED)),
        (3_000, closing),
        (3_700, Answer(closing.client_id, Status.CANCELED)),
        (9_000, Answer("s1-nobody-1", Status.FILLED)),
    )
    for moment_us, record in story:
        now_us = moment_us
        times.hear(record)
    assert times.read() == {
        "answer_us": {"p50": 700, "p99": 900},
        "fill_us": {"p50": 1_000, "p99": 1_000},
        "entry_done_us": {"p50": 2_000, "p99": 2_000},
        "closing_done_us": {"p50": 700, "p99": 700},
    }
    assert set(times.read()["fill_us"].values()) == {None}
