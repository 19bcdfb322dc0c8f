"""`sorte run` refuses what it cannot do in one clear line and starts nothing; the owner's switches do as they say."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from core.workspace import create, note_instance
from services.trader.limits import PAPER_LIMITS

Sorte = Callable[..., tuple[int, str, str]]
KEYS = {"SORTE_EXCHANGE__API_KEY": "key", "SORTE_EXCHANGE__API_SECRET": "secret"}
AT_ONCE = {"SORTE_TRADER__START_PATIENCE_SECONDS": "0"}
"""Asks an exchange once, and gives up."""
NOBODY = "http://127.0.0.1:9"
WORD = "I trade real money"


@pytest.fixture
def sorte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in an empty folder; its exit code and what it said. The exchange is nobody on loopback."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SORTE_EXCHANGE__REST_URL", NOBODY)

    def run(*words: str, **environment: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["sorte", *words])
            for name, value in environment.items():
                patch.setenv(name, value)
            code = 0
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        said = capfd.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def _starts_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    async def started(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", started)
    yield
    assert not (tmp_path / "data" / "runs").exists()
    assert not (tmp_path / "data" / "paper").exists()
    assert not (tmp_path / "data" / "trader").exists()


def own_limits(folder: Path, text: str | None = None) -> None:
    (folder / "limits.toml").write_text(
        PAPER_LIMITS.read_text(encoding="utf-8") if text is None else text, encoding="utf-8"
    )


@pytest.mark.usefixtures("_starts_nothing")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--mode", "live"), "Live mode needs a limits file of your own."),
        (("--mode", "live", "--feed", "exchange"), "Live mode needs a limits file of your own."),
        (("--mode", "real"), "trader.mode: Input should be 'shadow', 'paper' or 'live'."),
        (("--feed", "exchange"), "Paper mode trades on the simulated exchange, never on a real one."),
        (("--feed", "exchange", "--mode", "shadow"), "The exchange's key and secret are missing."),
        (("--feed", "binance"), "There is no feed 'binance'."),
        (("--feed", "replay"), "There is no feed 'replay'."),
        (("--feed", "replay:"), "There is no feed 'replay:'."),
        (("--feed", ""), "There is no feed ''."),
        (("--feed", "replay:missing.csv"), "missing.csv does not exist."),
        (("--feed", "replay:NOPEUSDT"), "NOPEUSDT"),
        (("--pairs", ""), "No pair was named."),
        (("--pairs", " , "), "No pair was named."),
        (("--pairs", "BTCUSDT,B@D"), "'B@D' is no symbol."),
        (("--strategy", "nowhere"), "There is no strategy folder nowhere."),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_and_starts_nothing(
    words: tuple[str, ...], told: str, sorte: Sorte
) -> None:
    code, out, err = sorte("run", *words)
    assert (code, out) == (2 if words[-1].startswith("replay:") and words[-1][7:] else 1, "")
    first, *hint = err.splitlines()
    assert first.startswith("sorte: ")
    assert told in first
    assert len(hint) <= 1


@pytest.mark.usefixtures("_starts_nothing")
def test_with_json_the_refusal_is_an_object(sorte: Sorte) -> None:
    code, out, err = sorte("run", "--feed", "binance", "--json")
    assert (code, err) == (1, "")
    assert json.loads(out) == {
        "kind": "error",
        "message": "There is no feed 'binance'.",
        "hint": "Use sim, replay:FILE_OR_SYMBOL or exchange.",
    }


@pytest.mark.usefixtures("_starts_nothing")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("order_value = -1", "limits.toml: pairs: Field required; order_value: Input should be greater than 0"),
        ("pairs = [", "limits.toml is not TOML"),
        (
            PAPER_LIMITS.read_text(encoding="utf-8") + "leverage = 3\n",
            "limits.toml: leverage: Extra inputs are not permitted.",
        ),
    ],
)
@pytest.mark.parametrize("mode", ["paper", "live"])
def test_bad_limits_in_the_working_directory_refuse_every_mode(
    text: str, told: str, mode: str, sorte: Sorte, tmp_path: Path
) -> None:
    own_limits(tmp_path, text)
    code, _, err = sorte("run", "--mode", mode)
    assert code == 1
    assert told in err.splitlines()[0]


@pytest.mark.usefixtures("_starts_nothing")
def test_live_asks_for_an_exchange_then_keys_then_the_owners_word(sorte: Sorte, tmp_path: Path) -> None:
    own_limits(tmp_path)
    assert "Live mode trades on a real exchange. " in " ".join(sorte("run", "--mode", "live")[2].split()) + " "
    live = ("run", "--mode", "live", "--feed", "exchange")
    assert "The exchange's key and secret are missing." in sorte(*live)[2]
    assert "key and secret are missing" in sorte(*live, SORTE_EXCHANGE__API_KEY="key", SORTE_EXCHANGE__API_SECRET="")[2]
    assert "Live trading is not armed for these limits." in sorte(*live, **KEYS)[2]
    assert "key is missing" in sorte("arm", "--yes", WORD)[2]
    assert sorte("arm", "--yes", WORD, **KEYS)[0] == 0
    assert "not armed" in sorte(*live, **KEYS | {"SORTE_EXCHANGE__API_KEY": "another account"})[2]
    code, _, err = sorte(*live, **KEYS, **AT_ONCE)
    assert (code, "no answer" in err) == (1, True)  # armed: it went as far as the exchange, which is nobody
    with (tmp_path / "limits.toml").open("a") as file:
        file.write("# read me\n")
    assert "Live trading is not armed for these limits." in sorte(*live, **KEYS)[2]


@pytest.mark.usefixtures("_starts_nothing")
def test_limits_from_elsewhere_must_be_the_armed_ones_too(sorte: Sorte, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(PAPER_LIMITS.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    own_limits(tmp_path)
    sorte("arm", "--yes", WORD, **KEYS)
    live = ("run", "--mode", "live", "--feed", "exchange")
    assert "not armed" in sorte(*live, SORTE_LIMITS_FILE="mine.toml", **KEYS)[2]
    sorte("arm", "--limits", "mine.toml", "--yes", WORD, **KEYS)
    assert "no answer" in sorte(*live, SORTE_LIMITS_FILE="mine.toml", **KEYS, **AT_ONCE)[2]


def test_an_unknown_pair_is_told_with_the_nearest(sorte: Sorte) -> None:
    code, out, err = sorte("run", "--pairs", "BTCUSD")
    assert (code, out) == (1, "")
    first, hint = err.splitlines()
    assert first == "sorte: The simulated exchange did not start: sim: no pair BTCUSD."
    assert hint.strip().startswith("Did you mean BTCUSDT? There are BTCUSDT, ETHUSDT,")


def test_a_data_folder_that_is_a_file_is_told(sorte: Sorte, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for command in ("run", "kill"):
        code, out, err = sorte(command, SORTE_DATA_DIR="file")
        assert (code, out) == (1, "")
        assert err.startswith("sorte: ")
        assert "file" in err
        assert len(err.splitlines()) == 1


# The owner's switches -------------------------------------------------------------------------------------------------


def test_kill_and_unkill_are_a_file_in_the_data_folder(sorte: Sorte, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    code, out, _ = sorte("kill")
    assert (code, out) == (0, "Halted. Every trader of data refuses orders until `sorte unkill`.\n")
    assert (tmp_path / "data" / "KILL").exists()
    sorte("kill")
    assert sorte("unkill")[:2] == (0, "The kill switch is off.\n")
    assert not (tmp_path / "data" / "KILL").exists()
    assert sorte("unkill")[0] == 0


def test_the_switches_answer_a_program_with_one_object(sorte: Sorte, tmp_path: Path) -> None:
    (tmp_path / "data" / "trader").mkdir(parents=True)
    told = [json.loads(sorte(word, "--json")[1]) for word in ("kill", "unkill")]
    assert told == [
        {"kind": "killed", "folders": ["data"], "protections": []},
        {"kind": "unkilled", "folders": ["data"]},
    ]
    own_limits(tmp_path)
    code, out, _ = sorte("arm", "--json")
    assert (code, json.loads(out)["kind"]) == (1, "error")  # nobody is asked
    told = [json.loads(sorte("arm", *words, "--json", **KEYS)[1]) for words in (("--yes", WORD), ("--disarm",))]
    assert (told[0]["kind"], told[0]["limits"]["order_value"], told[1]) == ("armed", "2500", {"kind": "disarmed"})


def test_kill_where_nobody_has_traded_does_not_say_that_anybody_is_halted(sorte: Sorte, tmp_path: Path) -> None:
    code, out, err = sorte("kill")
    assert (code, out) == (1, "")
    assert "one that runs elsewhere is NOT" in err
    assert (tmp_path / "data" / "KILL").exists()  # for who starts here


def test_kill_reaches_the_trader_from_any_folder_of_its_workspace(
    sorte: Sorte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create(tmp_path / "w") as workspace:
        (tmp_path / "w/data").mkdir()
        note_instance(workspace, tmp_path / "w/data")
    monkeypatch.chdir(tmp_path / "w/strategy/tests")
    assert sorte("kill")[0] == 0
    assert (tmp_path / "w/data/KILL").exists()
    assert not Path("data").exists()


def test_kill_reaches_the_trader_of_the_workspace_from_whatever_folder_it_was_started(
    sorte: Sorte, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    with create(tmp_path / "workspace") as workspace:
        note_instance(workspace, tmp_path / "elsewhere")
    assert str(tmp_path / "elsewhere") in sorte("kill")[1]
    assert (tmp_path / "elsewhere" / "KILL").exists()
    assert not (tmp_path / "data").exists()
    (tmp_path / "data").mkdir()
    sorte("kill")
    assert (tmp_path / "data" / "KILL").exists()  # a trader of a strategy without a workspace may run here
    assert sorte("unkill")[0] == 0
    assert not list(tmp_path.glob("*/KILL"))


def test_arming_shows_every_limit_and_takes_the_exact_words(sorte: Sorte, tmp_path: Path) -> None:
    own_limits(tmp_path)
    code, out, err = sorte("arm", "--yes", "yes")
    assert code == 1
    assert "Not armed: the words were not given." in err
    assert not (tmp_path / "data" / "armed").exists()
    code, out, _ = sorte("arm", "--yes", WORD, **KEYS)
    assert (code, out.splitlines()[-1]) == (0, "Armed.")
    assert "order_value        2500" in out
    assert (tmp_path / "data" / "armed").exists()
    assert sorte("arm", "--disarm")[:2] == (0, "Disarmed: live mode refuses to start.\n")
    assert not (tmp_path / "data" / "armed").exists()


def test_arming_without_limits_or_without_anybody_to_ask_arms_nothing(sorte: Sorte, tmp_path: Path) -> None:
    assert "There is no limits file limits.toml." in sorte("arm", "--yes", WORD)[2]
    own_limits(tmp_path)
    assert "Not armed" in sorte("arm")[2]
    assert not (tmp_path / "data" / "armed").exists()
