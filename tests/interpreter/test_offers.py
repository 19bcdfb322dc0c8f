"""What comes with a question: whole plans and actions that the sentence licenses, and none of what was no order."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contracts import (
    Action,
    AddRule,
    Condition,
    EditPlan,
    Interpretation,
    Language,
    Offer,
    SetParameter,
    Situation,
    Status,
)
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.grammar.lattice import build
from services.interpreter.grammar.normalise import read
from services.interpreter.offers import licence
from services.interpreter.rendering import action_line, operation_line
from tests.interpreter.sentences import lines, planned
from tests.interpreter.test_interpret import FRAGMENTS, check_provenance

TABLE: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("offers.toml").read_text(encoding="utf-8"))[
    "asked"
]
SYMBOLS = Symbols.of(Source.shipped().files)
SLIPS = (
    "aumeta",
    "stpo",
    "esse",
    "aí chefe",
    "that",
    "hoje",
    "a partir de hoje",
    "from now on",
    "rasie",
    "kinda",
    "só",
    "btc",
)


def said(offer: Offer, meant: Interpretation) -> str:
    """An offer as a person reads it."""
    if offer.plan is None:
        assert offer.action is not None
        return action_line(offer.action)
    return "; ".join(operation_line(each, SYMBOLS, meant.language) for each in offer.plan.operations)


@pytest.mark.parametrize(("text", "expected"), [(text, entry) for entry in TABLE for text in entry["say"]])
def test_a_question_comes_with_what_may_have_been_meant(text: str, expected: dict[str, Any]) -> None:
    meant = interpret(text, SYMBOLS)
    assert meant.plan is None
    assert [said(offer, meant) for offer in meant.offers] == expected["offers"]
    assert len(meant.unused) == expected.get("unused", 0)


@pytest.mark.parametrize("text", [*lines("traps.txt"), *lines("out_of_scope.txt")])
def test_what_was_no_order_has_no_offer_that_edits(text: str) -> None:
    assert [offer for offer in interpret(text, SYMBOLS).offers if offer.plan is not None] == []


@given(text=st.sampled_from(lines("traps.txt")), more=st.sampled_from(SLIPS), place=st.integers(0, 12))
@settings(max_examples=400)
def test_nor_with_a_word_more_or_a_slip(text: str, more: str, place: int) -> None:
    words = text.split()
    changed = " ".join((*words[:place], more, *words[place:]))
    assert [offer for offer in interpret(changed, SYMBOLS).offers if offer.plan is not None] == [], changed


@given(parts=st.lists(FRAGMENTS | st.sampled_from(SLIPS), min_size=2, max_size=8))
@settings(max_examples=800)
def test_no_offer_holds_a_number_or_a_name_that_the_text_does_not_license(parts: list[str]) -> None:
    text = " ".join(parts)
    meant = interpret(text, SYMBOLS)
    for offer in meant.offers:
        if offer.plan is not None:
            check_provenance(text.replace("stpo", "stop"), as_plan(meant, offer.plan))


def as_plan(meant: Interpretation, plan: EditPlan) -> Interpretation:
    return Interpretation(Status.PLAN, meant.language, meant.backend, meant.ms, plan=plan)


def test_the_words_after_a_pause_offer_both() -> None:
    meant = interpret("pode voltar", SYMBOLS, situation=Situation(paused=True, can_go_back=True))
    assert [said(offer, meant) for offer in meant.offers] == ["/resume", "/rollback 1"]


# The licence ----------------------------------------------------------------------------------------------------------

STOP = SetParameter("stop_loss", 0.03, 0.02)
ABOVE = Condition(feature="rsi", op=">", value=70)


def faults(text: str, *operations: Any, language: Language = Language.EN) -> set[str]:
    return set(licence.faults(Offer(plan=EditPlan(operations)), build(read(text), language, SYMBOLS)))


@pytest.mark.parametrize(
    ("text", "operation", "fault"),
    [
        ("set the stop to 3%", SetParameter("stop_loss", 0.04, 0.02), "number"),
        ("set the stop to 3%", SetParameter("take_profit", 0.03, 0.04), "name"),
        ("set the stop to 3%", SetParameter("stop_loss", 0.03, 0.01), "name"),
        ("set the stop to 900%", SetParameter("stop_loss", 9.0, 0.02), "range"),
        ("lower the stop by 1%", STOP, "direction"),
        ("don't set the stop to 3%", STOP, "negated"),
        ("what if the stop were 3%", STOP, "guarded"),
        ("“set the stop to 3%”", STOP, "guarded"),
        ("yesterday I set the stop to 3%", STOP, "guarded"),
        ("set the stop to 3%?", STOP, "guarded"),
        ("set the stop to 3% for btc", STOP, "scope"),
        ("set the stop to 3%, take 6%, cooldown 5", STOP, "number_left_out"),
        ("don't buy when rsi is above 70", AddRule("entry", "force", ABOVE, "a"), "effect"),
        ("buy when rsi is above 70", AddRule("entry", "forbid", ABOVE, "a"), "effect"),
        ("buy when rsi is above 70", AddRule("exit", "force", ABOVE, "a"), "side"),
        ("buy when volume is above 70", AddRule("entry", "force", ABOVE, "a"), "name"),
        ("buy when rsi is above 60", AddRule("entry", "force", ABOVE, "a"), "number"),
    ],
)
def test_an_offer_says_nothing_that_the_sentence_does_not(text: str, operation: Any, fault: str) -> None:
    assert fault in faults(text, operation)


def test_every_plan_of_the_corpora_is_licensed() -> None:
    refused = []
    for language, text, _ in planned():
        meant = interpret(text, SYMBOLS, Language(language))
        if meant.plan is not None:
            lattice = build(read(text), Language(language), SYMBOLS)
            if found := licence.faults(Offer(plan=meant.plan), lattice):
                refused.append((text, found))
    assert refused == []


def test_an_action_is_licensed_unless_the_sentence_is_no_order() -> None:
    help_ = Offer(action=Action("help"))
    assert licence.faults(help_, build(read("help"), Language.EN, SYMBOLS)) == ()
    assert licence.faults(help_, build(read("he said help"), Language.EN, SYMBOLS)) == ("guarded",)
