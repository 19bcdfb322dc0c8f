"""The account on the command line with nothing running: from the journal, with a workspace and without one."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.main import main
from services.gateway.asking import PERIODS
from services.gateway.console.typed import question
from tests.commander.rig import rig
from tests.commander.test_looking import traded

TABLES = ("trades", "profit", "positions", "balance", "daily", "weekly", "monthly", "performance")
Sorte = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sorte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sorte:
    """A command where an account has traded: its exit code, and what it said."""
    with rig(tmp_path) as it:
        traded(it, reason="stop")
    monkeypatch.setenv("SORTE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sorte", *words])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.mark.parametrize("workspace", ["w", None])
def test_each_table_is_told_to_a_person_to_a_program_and_to_a_spreadsheet(
    workspace: str | None, sorte: Sorte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if workspace is not None:
        monkeypatch.setenv("SORTE_WORKSPACE", str(tmp_path / workspace))
    for table in TABLES:
        assert sorte(table)[0] == 0, table
        assert sorte(table)[1].strip(), table
        code, said, _ = sorte(table, "--json")
        assert (code, bool(json.loads(said)["kind"])) == (0, True), table
        code, said, _ = sorte(table, "--csv")
        rows = list(csv.reader(io.StringIO(said)))
        assert code == 0, table
        assert {len(row) for row in rows} == {len(rows[0])}, table


def test_a_round_trip_is_a_row_with_its_fees_and_reasons(sorte: Sorte) -> None:
    (row,) = csv.DictReader(io.StringIO(sorte("trades", "btc", "--period", "mês", "--csv")[1]))
    wanted = {"pair": "BTCUSDT", "closed": "true", "profit": "-102", "fees": "2", "entry_price": "50000"}
    assert {name: row[name] for name in wanted} == wanted
    assert (row["entry_reason"], row["exit_reason"], row["exit_release"]) == ("stop", "stop", "a" * 40)
    assert row["entry_time"].endswith("Z")
    assert json.loads(sorte("trades", "eth", "--json")[1])["total"] == 0
    assert json.loads(sorte("trades", "--fills", "--json")[1])["kind"] == "trades"


def test_the_whole_comes_before_its_pairs(sorte: Sorte) -> None:
    whole, pair = csv.DictReader(io.StringIO(sorte("profit", "day", "--csv")[1]))
    assert (whole["pair"], whole["realised"], whole["fees"]) == ("", "-102", "2")
    assert (pair["pair"], pair["realised"], pair["fees"]) == ("BTCUSDT", "-102", "")


def test_what_makes_no_sense_is_refused(sorte: Sorte) -> None:
    for words, code in (
        (("profit", "fortnight"), 2),
        (("trades", "--json", "--csv"), 2),
        (("trades", "btc", "--fills"), 2),
        (("history",), 2),  # there is no workspace
    ):
        found, _, said = sorte(*words)
        assert (found, said.startswith("sorte: ")) == (code, True), words


def test_where_nobody_has_traded_there_is_nothing_and_nothing_is_made(
    sorte: Sorte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORTE_DATA_DIR", str(tmp_path / "nothing"))
    for table in TABLES:
        assert sorte(table)[0] == 0, table
        assert sorte(table, "--csv")[0] == 0, table
    assert "No trade yet." in sorte("trades")[1]
    assert not (tmp_path / "nothing").exists()


def test_the_prompt_takes_the_same_words() -> None:
    for table in (*TABLES, "count", "stats"):
        assert question(table).do != "change", table
    assert (question("trades btc").do, question("trades btc").pair) == ("trips", "BTC")
    assert [question(f"profit {word}").period for word in ("week", "mês", "day")] == ["week", "month", "today"]
    assert (question("daily 30").period, question("daily 30").limit) == ("day", 30)
    assert question("performance of the last trades").do == question("profit from btc").do == "change"
    assert PERIODS["dia"] == "today"
