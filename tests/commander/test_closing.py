"""`sorte close BTC`, `fecha o BTC`: asked once, told to the trader, and refused clearly where nothing can be closed."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.contracts import Action, Interpretation, Language
from core.contracts import Status as Understood
from core.contracts.asking import Question
from core.contracts.figures import Position
from core.owner import OwnersWord
from core.settings import Settings
from services.commander.desk.closing import held_now, pair_of
from services.commander.desk.desk import Desk
from services.commander.line.alone import close_here
from services.trader.journal import Journal
from services.trader.orders import Fill, Side
from tests.commander.rig import Rig, rig
from tests.commander.test_desk import ask, listening
from tests.lines import line_of
from tests.simulator.client import in_loop

HELD = [
    Position(pair="BTCUSDT", quantity=0.01, entry_price=64_000.0, price=65_000.0, profit=0.015, protected=None),
    Position(pair="ETHUSDT", quantity=2.0, entry_price=3_000.0, price=3_300.0, profit=0.1, protected=None),
]


@contextlib.contextmanager
def holding(folder: Path) -> Any:
    with rig(folder, trader=True) as it:
        assert it.trader is not None
        it.trader.positions = HELD
        yield it


async def close(it: Rig, question: Question, *, says: bool | str = True) -> tuple[dict[str, Any], list[str]]:
    """The answer, and what the owner was asked."""
    questions: list[str] = []
    desk = Desk(it.deployment)

    async def asked(change: Any) -> bool | str:
        from services.commander.texts import confirmation

        questions.append(confirmation(change))
        return says

    return line_of(await desk.answer(question, lambda _: None, asked)), questions


@pytest.mark.parametrize("wanted", ["BTCUSDT", "btc/usdt", "BTC-USDT", "btc", " BTC "])
def test_a_position_is_closed_after_one_question_with_its_figures(wanted: str, tmp_path: Path) -> None:
    @in_loop
    async def test() -> None:
        with holding(tmp_path) as it:
            answer, questions = await close(it, Question(do="close", pair=wanted))
            assert questions == ["Close BTCUSDT now: 0.01 at about 65000, 650.00 in all? (yes/no)"]
            assert (answer["kind"], answer["done"], answer["pair"]) == ("close", True, "BTCUSDT")
            assert it.trader.asked[-1] == "close BTCUSDT"
            assert it.context.changes.latest(5, everything=True) == []  # no change of the strategy is made of it

    test()


@in_loop
async def test_yes_beforehand_asks_nothing_and_no_closes_nothing(tmp_path: Path) -> None:
    with holding(tmp_path) as it:
        _, questions = await close(it, Question(do="close", pair="ETH", yes=True))
        assert questions == []
        assert it.trader.asked == ["close ETHUSDT"]
        answer, questions = await close(it, Question(do="close", pair="ETH"), says=False)
        assert answer["done"] is False
        assert answer["text"] == "You did not confirm; ETHUSDT stays open."
        assert it.trader.asked == ["close ETHUSDT"]


@in_loop
async def test_a_sentence_is_asked_and_answered_in_its_language(tmp_path: Path) -> None:
    with holding(tmp_path) as it:
        action = Action("close", {"pair": "BTC"})
        understood = Interpretation(Understood.ACTION, Language.PT, "grammar", 1.0, action=action)
        it.context.rooms = dataclasses.replace(it.context.rooms, interpret=lambda *_, **__: understood)
        answer, questions = await close(it, Question(do="change", text="fecha o BTC"))
        assert questions == ["Fechar BTCUSDT agora: 0.01 a cerca de 65000, 650.00 ao todo? (sim/não)"]
        assert answer["text"].startswith("Fecho BTCUSDT")
        assert it.trader.asked[-1] == "close BTCUSDT"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        pytest.param("DOGEUSDT", "no position in DOGEUSDT", id="not held"),
        pytest.param("", "no position in", id="nothing"),
        pytest.param("B", "no position in B", id="a letter of one"),
        pytest.param("USDT", "no position in USDT", id="the quote currency"),
        pytest.param("../../etc/passwd", "no position in ../../etc/passwd", id="a path"),
    ],
)
def test_what_is_not_held_is_refused_with_what_is(wanted: str, told: str, tmp_path: Path) -> None:
    @in_loop
    async def test() -> None:
        with holding(tmp_path) as it:
            answer, questions = await close(it, Question(do="close", pair=wanted))
            assert questions == []
            assert answer["done"] is False
            assert told in answer["text"]
            assert "BTCUSDT, ETHUSDT" in answer["text"]

    test()


@in_loop
async def test_what_the_trader_refuses_is_said_with_its_reason(tmp_path: Path) -> None:
    with holding(tmp_path) as it:
        it.trader.refuses["close BTCUSDT"] = "the kill switch is on: nothing can be sold until `sorte unkill`"
        answer, _ = await close(it, Question(do="close", pair="BTC"))
        assert answer["done"] is False
        assert "BTCUSDT was not closed: the kill switch is on" in answer["text"]


@in_loop
async def test_what_was_sold_while_its_owner_thought_is_told_in_his_language(tmp_path: Path) -> None:
    with holding(tmp_path) as it:
        assert it.trader is not None
        it.trader.refuses["close BTCUSDT"] = "nothing of BTCUSDT is held that can be sold"

        async def asked(_: Any) -> bool:
            it.trader.positions = HELD[1:]
            return True

        action = Action("close", {"pair": "BTC"})
        understood = Interpretation(Understood.ACTION, Language.PT, "grammar", 1.0, action=action)
        it.context.rooms = dataclasses.replace(it.context.rooms, interpret=lambda *_, **__: understood)
        question = Question(do="change", text="fecha o BTC")
        answer = line_of(await Desk(it.deployment).answer(question, lambda _: None, asked))
        assert answer["done"] is False
        assert answer["text"] == "BTCUSDT já foi vendido enquanto eu perguntava; não há nada a fechar."


@in_loop
async def test_over_the_socket_it_is_asked_and_done_as_here(tmp_path: Path) -> None:
    with holding(tmp_path) as it:
        async with listening(it):
            final, _ = await ask(it, Question(do="close", pair="BTC"))
            assert final["done"] is True
            final, _ = await ask(it, Question(do="close", pair="BTC"), confirm=False)
            assert final["done"] is False


# Without a commander --------------------------------------------------------------------------------------------------


def bought(folder: Path, *fills: Fill) -> None:
    journal = Journal(folder / "trader" / "journal")
    for each in fills:
        journal.append(each)
    journal.close()


def traded(trade_id: int, symbol: str, side: Side, quantity: str, fee: str = "0", asset: str = "USDT") -> Fill:
    return Fill("s1-0-1", symbol, side, trade_id, Decimal(quantity), Decimal(100), Decimal(fee), asset, trade_id)


LISTENS = """
import sys
from pathlib import Path
from core.owner import OwnersWord
with OwnersWord(Path(sys.argv[1])).heard():
    print("there", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def a_trader(folder: Path) -> Iterator[None]:
    """A process that obeys the folder, as a trader does, with no commander beside it."""
    words = [sys.executable, "-c", LISTENS, str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        yield
        process.communicate(b"")


def says_yes(questions: list[str]) -> Any:
    def confirm(question: str) -> bool:
        questions.append(question)
        return True

    return confirm


def test_without_a_trader_nothing_can_be_closed_and_no_word_is_kept(tmp_path: Path) -> None:
    bought(tmp_path, traded(1, "BTCUSDT", Side.BUY, "0.5"))
    questions: list[str] = []
    answer = line_of(close_here(Question(do="close", pair="BTC"), Settings(data_dir=tmp_path), says_yes(questions)))
    assert (answer["done"], questions) == (False, [])
    assert answer["text"].startswith("No trader runs")
    assert OwnersWord(tmp_path).closing_pairs() == {}


def test_a_trader_without_a_commander_gets_the_word_by_the_folder_after_one_question(tmp_path: Path) -> None:
    bought(tmp_path, traded(1, "BTCUSDT", Side.BUY, "0.5", "0.0005", "BTC"), traded(2, "ETHUSDT", Side.BUY, "1"))
    questions: list[str] = []
    with a_trader(tmp_path):
        refused = line_of(
            close_here(Question(do="close", pair="DOGE"), Settings(data_dir=tmp_path), says_yes(questions))
        )
        assert (refused["done"], questions) == (False, [])
        answer = line_of(close_here(Question(do="close", pair="btc"), Settings(data_dir=tmp_path), says_yes(questions)))
    assert answer["done"] is True
    assert len(questions) == 1
    assert "Close BTCUSDT (0.4995 by the journal)?" in questions[0]
    assert list(OwnersWord(tmp_path).closing_pairs()) == ["BTCUSDT"]


def test_the_kill_switch_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    bought(tmp_path, traded(1, "BTCUSDT", Side.BUY, "0.5"))
    OwnersWord(tmp_path).kill()
    with a_trader(tmp_path):
        question = Question(do="close", pair="BTC")
        answer = line_of(close_here(question, Settings(data_dir=tmp_path), lambda _: pytest.fail("asked")))
    assert answer["done"] is False
    assert "kill switch" in answer["text"]


def test_what_was_sold_again_is_not_held(tmp_path: Path) -> None:
    bought(
        tmp_path,
        traded(1, "BTCUSDT", Side.BUY, "0.5"),
        traded(2, "BTCUSDT", Side.SELL, "0.5"),
        traded(3, "ETHUSDT", Side.BUY, "1"),
    )
    assert held_now(tmp_path) == {"ETHUSDT": 1}


@pytest.mark.parametrize(
    ("wanted", "pair"),
    [("BTC", None), ("BTCUSDT", "BTCUSDT"), ("btc/brl", "BTCBRL"), ("ETH", "ETHUSDT"), ("ETHU", None)],
)
def test_a_name_that_fits_two_pairs_is_neither(wanted: str, pair: str | None) -> None:
    assert pair_of(wanted, ["BTCUSDT", "BTCBRL", "ETHUSDT"]) == pair
