"""The guard around somebody's money holds: a test cannot open a ledger or a data folder that is not its own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.workspace import create
from services.trader.journal import Journal
from tests import guard
from tests.guard import ROOT, NotOursError


@pytest.mark.parametrize(
    "path", [ROOT / "data" / "trader" / "journal", ROOT / "journal", Path("/var/lib/sorte/data/trader/journal")]
)
def test_a_ledger_elsewhere_is_not_opened_nor_made(path: Path) -> None:
    with pytest.raises(NotOursError):
        os.open(path, os.O_RDWR | os.O_CREAT)
    assert not path.exists()


def test_neither_is_one_by_way_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(NotOursError):
        Journal(Path("data/trader/journal"))
    with pytest.raises(NotOursError):
        create(Path("workspace"))
    with pytest.raises(NotOursError):
        sqlite3.connect("data/sorte.sqlite")
    assert not guard.touched()


def test_a_tests_own_ledger_opens(tmp_path: Path) -> None:
    Journal(tmp_path / "data" / "trader" / "journal").close()
    assert (tmp_path / "data" / "trader" / "journal").exists()


def test_what_a_child_makes_in_the_checkout_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "checkout"
    monkeypatch.setattr(guard, "OWNERS_FOLDERS", (str(checkout / "data"),))
    before = guard.touched()
    words = "import pathlib, sys; pathlib.Path(sys.argv[1]).mkdir(parents=True)"
    subprocess.run([sys.executable, "-c", words, str(checkout / "data")], check=True)
    assert guard.touched() != before
    shutil.rmtree(checkout)
    assert guard.touched() == before
