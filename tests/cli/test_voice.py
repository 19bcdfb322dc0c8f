"""Commands tell what they did in the owner's language, and as JSON the same in each."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli import reconcile
from cli.main import app
from cli.reporting import confirmed, listed
from core.language import Language
from services.trader.bookkeeping import Table
from services.trader.differences import Difference, Kind
from tests.cli.conftest import english_in

HOUSE = Path(__file__).parents[2]
HEAD = "time,open,high,low,close,volume\n"
SOUND = HEAD + "".join(f"{1_700_000_000 + 3600 * hour},10,12,9,11,5\n" for hour in range(48))
FAULTY = HEAD + "1700000000,10,5,9,11,5\n1700003600,10,12,9,11,-5\nsoon,10,12,9,11,5\n1700010800,x,12,9,0,5\n"
Owner = Callable[[Language], None]


def sorte(*words: str) -> str:
    return CliRunner().invoke(app, [*words]).output


@pytest.fixture(autouse=True)
def at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sound.csv").write_text(SOUND, encoding="utf-8")
    (tmp_path / "faulty.csv").write_text(FAULTY, encoding="utf-8")
    return tmp_path


def test_an_import_and_the_list_of_what_is_stored_are_in_portuguese(owner: Owner) -> None:
    owner(Language.PT)
    imported = sorte("data", "import", "sound.csv", "--symbol", "BTCUSDT")
    assert "48 linhas, de " in imported
    assert "separado por vírgula, com cabeçalho, segundos desde 1970" in imported
    refused = sorte("data", "import", "faulty.csv", "--symbol", "ETHUSDT")
    assert "faulty.csv foi recusado, nada mudou" in refused
    stored = sorte("data", "list")
    assert "símbolo" in stored
    assert not english_in(imported + refused + stored)


def test_the_same_import_is_one_and_the_same_object_for_every_owner(owner: Owner) -> None:
    told: dict[Language, list[Any]] = {}
    for language in Language:
        owner(language)
        words = (("import", "faulty.csv", "-s", "X", "--root", "here"), ("list", "--root", "here"))
        told[language] = [json.loads(sorte("data", *each, "--json")) for each in words]
    assert told[Language.PT] == told[Language.EN]


def test_a_judgement_is_told_in_portuguese(owner: Owner) -> None:
    owner(Language.PT)
    told = sorte("judge", "--tree", str(HOUSE / "strategy"))  # refused at once: it is its own parent
    assert told.startswith("julgando   ")
    assert "escopo" in told
    assert "recusada" in told
    assert not english_in(told)


def test_each_line_of_the_books_is_in_portuguese(owner: Owner, capsys: pytest.CaptureFixture[str]) -> None:
    owner(Language.PT)
    causes = {
        Kind.AGREES: "they agree",
        Kind.MISSING: "0.5 missing: likely a withdrawal, a transfer to another wallet, a conversion of small amounts,"
        " or a sale over another pair",
        Kind.DUST: "less than a lot: likely rounding or a conversion of small amounts",
        Kind.BEYOND: "0.5 beyond our books, bought by hand: yours, and not touched",
        Kind.BOOKED: "0.5 sold by hand at 65000: booked; 0.1 went for fees of trades by hand: booked; 0.2 set aside by"
        " an open order that is not ours; cancel it to have it closed",
    }
    half, none = Decimal("0.5"), Decimal(0)
    missing = {Kind.MISSING: half}
    lines = tuple(
        Difference(kind.name, f"{kind.name}USDT", half, half, kind, cause, missing=missing.get(kind, none))
        for kind, cause in causes.items()
    )
    reconcile._show(Table(lines, "USDT", Decimal(1000), {"ETH": half}, {"BNB": half}, ("s1-a-1",)))
    told = capsys.readouterr().out
    assert "faltam 0,5: talvez um saque" in told
    assert "Não operados por estes livros, seus: 0,5 ETH." in told
    assert not english_in(told)


@pytest.mark.parametrize(("language", "asked"), [(Language.PT, "Começar? (sim/não)"), (Language.EN, "Start? (yes/no)")])
@pytest.mark.parametrize(("said", "means"), [("sim", True), ("yes", True), ("n", False), ("talvez", False)])
def test_a_question_is_asked_in_his_language_and_the_answer_heard_in_both(
    language: Language, asked: str, said: str, means: bool, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner(language)
    heard: list[str] = []

    def prompt(question: str, **_: object) -> str:
        heard.append(question)
        return said

    monkeypatch.setattr(typer, "prompt", prompt)
    assert confirmed(asked.split(" (")[0]) is means
    assert heard == [asked]


def test_several_names_stand_in_one_sentence(owner: Owner) -> None:
    owner(Language.PT)
    assert listed(["a", "b"]) == "a e b"
    owner(Language.EN)
    assert listed(["a", "b"]) == "a and b"
