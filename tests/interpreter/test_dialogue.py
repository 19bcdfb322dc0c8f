"""Conversations as a table: what is said, and what stands then; and what never becomes a plan in the middle of one."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import Action, EditPlan, Language, Offer, SetParameter, Situation, Status
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter.dialogue import Dialogue, Reply, step
from services.interpreter.dialogue.plans import assumed
from services.interpreter.dialogue.state import PATIENCE_NS
from services.interpreter.rendering import action_line, operation_line
from tests.interpreter.sentences import lines
from tests.sampling import many

TABLE = tomllib.loads(Path(__file__).with_name("dialogues.toml").read_text(encoding="utf-8"))["dialogue"]
SYMBOLS = Symbols.of(Source.shipped().files)
OPENINGS = (
    *("stop em 3%", "raise the stop by 1%", "muda o rsi para 40", "aumenta o stop", "stop 3% e take 6%"),
    "don't buy when RSI is above 70",
)
ANSWERS = (
    *("sim", "yes", "não", "o segundo", "2", "3%", "não, 5%", "make it 4", "e também o take em 6%", "it"),
    *("o mesmo para o take", "the lower one"),
)


def spoken(turns: list[str], symbols: Symbols = SYMBOLS) -> list[str]:
    """What stands after each turn, as the table writes it."""
    state, found = Dialogue(), []
    for text in turns:
        state, reply = step(state, text, symbols, Situation(), 0)
        found.append(written(reply, symbols))
        if reply.confirmed and reply.meant.plan is not None:
            symbols = assumed(symbols, reply.meant.plan)
    return found


def written(reply: Reply, symbols: Symbols) -> str:
    meant = reply.meant
    if meant.plan is not None:
        return f"{'! ' if reply.confirmed else ''}{shown(meant.plan, symbols, meant.language)}"
    if meant.action is not None:
        return action_line(meant.action)
    if meant.status is Status.NONE:
        return "-"
    return f"? {' | '.join(offered(offer, symbols, meant.language) for offer in meant.offers)}".strip()


def offered(offer: Offer, symbols: Symbols, language: Language) -> str:
    if offer.plan is not None:
        return shown(offer.plan, symbols, language)
    assert offer.action is not None
    return action_line(offer.action)


def shown(plan: EditPlan, symbols: Symbols, language: Language) -> str:
    return "; ".join(operation_line(each, symbols, language) for each in plan.operations)


@pytest.mark.parametrize("dialogue", TABLE, ids=lambda dialogue: dialogue["turns"][0])
def test_what_stands_after_each_turn(dialogue: dict[str, list[str]]) -> None:
    said, stands = zip(*(turn.split(" => ", 1) for turn in dialogue["turns"]), strict=True)
    assert spoken(list(said)) == list(stands)


def test_a_value_goes_back_to_what_it_was_before_this_conversation() -> None:
    at_three = assumed(SYMBOLS, EditPlan((SetParameter("stop_loss", 0.03, 0.02),)))
    before = Situation(past=(SetParameter("stop_loss", 0.025, 0.02), SetParameter("stop_loss", 0.03, 0.025)))
    for text in ("volta o stop pro que era", "put the stop back to what it was"):
        _, reply = step(Dialogue(), text, at_three, before, 0)
        assert written(reply, at_three) == "stop_loss: 3% -> 2.5%"
        _, unknown = step(Dialogue(), text, at_three, Situation(), 0)
        assert written(unknown, at_three) == "?"


def test_several_lines_are_one_plan_or_none() -> None:
    assert spoken(["stop em 3%\ntake em 6%"]) == ["stop_loss: 2% -> 3%; take_profit: 4% -> 6%"]
    assert spoken(["stop em 3%. take em 6%"]) == ["stop_loss: 2% -> 3%; take_profit: 4% -> 6%"]
    assert spoken(["stop em 3%\ntake em 900%"]) == ["?"]


@given(
    opening=st.sampled_from(OPENINGS),
    between=st.lists(st.sampled_from(ANSWERS), max_size=3),
    trap=st.sampled_from(lines("traps.txt")),
)
@many(500)
def test_what_is_no_order_changes_nothing_that_is_open(opening: str, between: list[str], trap: str) -> None:
    state = Dialogue()
    for text in (opening, *between):
        state, _ = step(state, text, SYMBOLS, Situation(), 0)
    after, reply = step(state, trap, SYMBOLS, Situation(), 0)
    assert reply.meant.plan is None, trap
    assert not reply.confirmed
    assert [offer for offer in reply.meant.offers if offer.plan is not None] == [], trap
    assert after.waiting in (state.waiting, None)


@given(texts=st.lists(st.sampled_from((*OPENINGS, *ANSWERS)) | st.text(max_size=30), max_size=6))
@many(400)
def test_nothing_raises_and_only_a_yes_confirms_what_waits(texts: list[str]) -> None:
    state = Dialogue()
    for text in texts:
        before = state
        state, reply = step(state, text, SYMBOLS, Situation(), 0)
        if reply.confirmed:
            assert before.waiting is not None
            assert reply.meant.plan == before.waiting.plan
            assert before.asked is None
        assert msgspec.json.decode(msgspec.json.encode(state), type=Dialogue) == state


def test_an_answer_that_negates_in_the_other_language_takes_no_offer() -> None:
    state = Dialogue()
    for text in ("aumenta o stop", "make it 4"):
        state, _ = step(state, text, SYMBOLS, Situation(), 0)
    _, reply = step(state, "don't touch the stop", SYMBOLS, Situation(), 0)
    assert reply.meant.plan is None


def test_what_was_asked_is_forgotten_after_a_while() -> None:
    state, _ = step(Dialogue(), "stop em 3%", SYMBOLS, Situation(), 0)
    _, reply = step(state, "sim", SYMBOLS, Situation(), PATIENCE_NS)
    assert not reply.confirmed
    _, reply = step(state, "sim", SYMBOLS, Situation(), PATIENCE_NS - 1)
    assert reply.confirmed


def test_an_answer_that_is_in_no_language_is_answered_in_that_of_the_question() -> None:
    state, _ = step(Dialogue(), "aumenta o stop", SYMBOLS, Situation(), 0)
    _, reply = step(state, "900%", SYMBOLS, Situation(), 0)
    assert reply.meant.language is Language.PT


@pytest.mark.parametrize("text", ["sim " * 16_000, "\u202e\u200b" * 30_000, "9" * 65_536, "não, 5% " * 8_000])
def test_a_message_longer_than_anybody_says_is_answered_at_once_and_changes_nothing(text: str) -> None:
    state, _ = step(Dialogue(), "stop em 3%", SYMBOLS, Situation(), 0)
    began = time.process_time()
    after, reply = step(state, text, SYMBOLS, Situation(), 0)
    assert time.process_time() - began < 2
    assert (reply.meant.plan, reply.confirmed, after.waiting) == (None, False, state.waiting)


@pytest.mark.parametrize("text", ["s\u200bi\u200bm", "\u202emis", "sim\u2066", "\uff33\uff29\uff2d"])
def test_what_cannot_be_seen_makes_no_other_answer_of_a_word(text: str) -> None:
    state, _ = step(Dialogue(), "stop em 3%", SYMBOLS, Situation(), 0)
    _, reply = step(state, text, SYMBOLS, Situation(), 0)
    assert reply.confirmed == (text != "\u202emis")


@pytest.mark.parametrize(("said", "yes"), [("volta pra versão de ontem", "sim"), ("yesterday's version", "the first")])
def test_the_version_of_yesterday_is_offered_where_it_is_known(said: str, yes: str) -> None:
    known, back = Situation(yesterday="1234abcd"), Action("rollback", {"to": "1234abcd"})
    state, asked = step(Dialogue(), said, SYMBOLS, known, 0)
    assert [offer.action for offer in asked.meant.offers] == [back]
    assert step(state, yes, SYMBOLS, known, 0)[1].meant.action == back
    assert step(Dialogue(), "last week's version", SYMBOLS, known, 0)[1].meant.offers == ()
