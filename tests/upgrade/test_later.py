"""What 47c8a29 made goes on: its strategy as it is, its paper account, its records, and what it recorded."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import numpy as np

from core.kernel import EVENT
from core.recording import read_recording
from tests.upgrade.test_upgrade import RULE, sorte

LIVE = "7d887ce7b1abde5bad5324de4e038896d3f1adee"
CHANGE = "a2ed313a"


def test_the_account_and_its_positions_go_on_in_the_strategy_that_he_had(later_owner: Path) -> None:
    before = dump(later_owner / "data/sorte.sqlite")
    lines = sorte(later_owner, "run", "--for", "5", "--pairs", "BTCUSDT,ETHUSDT")
    starting, summary = lines[0], lines[-1]
    assert (starting["kind"], starting["account"], starting["fills"]) == ("starting", "continued", 2)
    assert starting["release"] == next(line for line in lines if line["kind"] == "epoch")["release"]
    assert not [line for line in lines if line["kind"] in ("fault", "error", "offer")]
    assert (summary["account"], summary["starts"], summary["faults"]) == ("continued", 2, 0)
    assert Decimal(9990) < Decimal(str(summary["equity"])) < Decimal(10_010)
    (status,) = sorte(later_owner, "status")
    assert (status["live"], status["change"]["id"]) == (LIVE, CHANGE)
    (history,) = sorte(later_owner, "history")
    assert [(change["id"], change["text"]) for change in history["changes"]] == [(CHANGE, "não compre entre 2h e 5h")]
    assert RULE in (later_owner / "workspace/strategy/rules.py").read_text(encoding="utf-8")
    after = dump(later_owner / "data/sorte.sqlite")
    assert len(after["sorte_version"]) == 1
    for table, rows in before.items():
        assert set(rows) <= {row[: len(rows[0])] for row in after[table]} if rows else True, table


def test_what_it_recorded_is_read(later_owner: Path) -> None:
    (events,) = (later_owner / "data/paper/events").glob("*.json")
    about, rows = read_recording(events.with_suffix(""), EVENT)
    assert about["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert len(rows) > 400
    assert np.all(rows["price"] > 0)


def dump(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each table."""
    with sqlite3.connect(database) as opened:
        tables = [name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")]
        return {name: opened.execute(f'select * from "{name}"').fetchall() for name in tables}  # noqa: S608 - ours
