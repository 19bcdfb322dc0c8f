"""The frozen values of the road: what they refuse, that JSON gives them back, and the one table of a change."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import (
    ENDED,
    TRANSITIONS,
    Action,
    AddRule,
    Box,
    Change,
    Condition,
    EditPlan,
    Event,
    GateReport,
    Interpretation,
    Language,
    Offer,
    Outcome,
    SetParameter,
    State,
    Status,
    Utterance,
    Verdict,
    next_state,
)

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6)
names = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
comparisons = st.builds(Condition, feature=names, op=st.sampled_from(["<", "<=", ">", ">="]), value=numbers)
against = st.builds(Condition, feature=names, op=st.sampled_from(["<", ">"]), other=names, factor=st.none() | numbers)
crossings = st.builds(Condition, cross=st.sampled_from(["above", "below"]), feature=names, other=names)
leaves = comparisons | against | crossings
groups = st.builds(Condition, all=st.lists(leaves, min_size=2, max_size=4).map(tuple)) | st.builds(
    Condition, any=st.lists(leaves, min_size=2, max_size=4).map(tuple)
)
operations = st.builds(SetParameter, name=names, value=numbers, was=numbers) | st.builds(
    AddRule,
    side=st.sampled_from(["entry", "exit"]),
    effect=st.sampled_from(["require", "forbid", "force"]),
    when=leaves | groups,
    name=names,
)


@given(st.lists(operations, min_size=1, max_size=5))
def test_a_plan_goes_to_json_and_back(given_operations: list[Any]) -> None:
    plan = EditPlan(tuple(given_operations))
    assert msgspec.json.decode(msgspec.json.encode(plan), type=EditPlan) == plan


def test_a_plan_is_written_as_the_design_says() -> None:
    plan = EditPlan((SetParameter("rsi_oversold", 35, 30),))
    assert msgspec.json.encode(plan) == (
        b'{"operations":[{"operation":"set_parameter","name":"rsi_oversold","value":35,"was":30}]}'
    )
    rule = AddRule("entry", "require", Condition(feature="volume", op=">", other="volume_average"), "busy")
    assert msgspec.to_builtins(rule) == {
        "operation": "add_rule",
        "side": "entry",
        "effect": "require",
        "when": {"feature": "volume", "op": ">", "other": "volume_average"},
        "name": "busy",
    }


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"feature": "rsi"},
        {"feature": "rsi", "op": ">"},
        {"feature": "rsi", "op": ">", "value": 1, "other": "price"},
        {"feature": "rsi", "op": ">", "value": 1, "cross": "above"},
        {"feature": "rsi", "op": "==", "value": 1},
        {"feature": "rsi", "op": ">", "value": 1, "factor": 2},
        {"cross": "above", "feature": "rsi", "other": "price", "factor": 2},
        {"feature": "rsi", "op": ">", "value": "30"},
        {"feature": "rsi", "op": ">", "value": 1e999},
        {"all": [{"feature": "rsi", "op": ">", "value": 1}]},
        {"all": [], "any": []},
        {"all": [{"feature": "a", "op": ">", "value": 1}] * 2, "feature": "rsi"},
        {"any": [{"feature": "a", "op": ">", "value": 1}] * 33},
        {"feature": "rsi", "op": ">", "value": 1, "evil": True},
    ],
)
def test_a_condition_of_no_known_shape_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises((msgspec.ValidationError, ValueError)):
        msgspec.json.decode(msgspec.json.encode(bad), type=Condition)


@pytest.mark.parametrize("count", [0, 6])
def test_a_plan_has_one_to_five_operations(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        EditPlan((SetParameter("a", 1, 0),) * count)


@pytest.mark.parametrize("status", Status)
def test_an_interpretation_holds_what_its_status_says(status: Status) -> None:
    with pytest.raises(ValueError, match="lacks"):
        Interpretation(status, Language.EN, "grammar", 1.0)


def test_an_offer_is_one_thing_whole_and_comes_with_a_question_only() -> None:
    plan, action = EditPlan((SetParameter("a", 1, 0),)), Action("status", {})
    for neither_or_both in ({}, {"plan": plan, "action": action}):
        with pytest.raises(ValueError, match="a plan or an action"):
            Offer(**neither_or_both)  # type: ignore[arg-type]
    offer = Offer(plan=plan)
    asked = Interpretation(Status.ASK, Language.EN, "grammar", 1.0, question="?", offers=(offer,), unused=("today",))
    assert msgspec.json.decode(msgspec.json.encode(asked), type=Interpretation) == asked
    assert json.loads(msgspec.json.encode(asked))["offers"] == [json.loads(msgspec.json.encode({"plan": plan}))]
    with pytest.raises(ValueError, match="only a question"):
        Interpretation(Status.PLAN, Language.EN, "grammar", 1.0, plan=plan, offers=(offer,))
    with pytest.raises(ValueError, match="more than 3"):
        Interpretation(Status.ASK, Language.EN, "grammar", 1.0, question="?", offers=(offer,) * 4)


def verdict(outcome: str, *gates: Outcome) -> Verdict:
    reports = tuple(GateReport(f"gate{n}", gate, 0.1) for n, gate in enumerate(gates))
    return Verdict(outcome, "t", "p", reports, Box("test", "", ""), "none", {}, 0)


@pytest.mark.parametrize("bad", [Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED])
def test_nothing_is_accepted_that_a_gate_did_not_pass(bad: Outcome) -> None:
    with pytest.raises(ValueError, match="cannot accept"):
        verdict("accepted", Outcome.PASSED, bad)
    assert not verdict("rejected", Outcome.PASSED, bad).accepted


def test_no_gate_accepts_nothing_and_no_other_word_is_an_outcome() -> None:
    for words in (("accepted",), ("yes", Outcome.PASSED)):
        with pytest.raises(ValueError, match="verdict"):
            verdict(*words)  # type: ignore[arg-type]  # what a forged one would hold


def test_a_digest_is_about_every_figure() -> None:
    one = verdict("accepted", Outcome.PASSED)
    assert one.digest == verdict("accepted", Outcome.PASSED).digest
    assert one.digest != msgspec.structs.replace(one, tree="u").digest
    assert one.digest != msgspec.structs.replace(one, plan="1" * 64).digest


def test_a_verdict_of_before_there_were_plans_in_it_reads_and_has_the_digest_that_its_commit_bears() -> None:
    """Written by the version before; the key `plan` is only there when a plan was judged."""
    line = (
        b'{"outcome":"rejected","tree":"t","parent":"p","gates":[],"box":{"kind":"test","image":"","profile":""},'
        b'"data":"none","versions":{},"judged_ns":0}'
    )
    read = msgspec.json.decode(line, type=Verdict)
    assert read.plan == ""
    assert msgspec.json.encode(read) == line
    assert read.digest == hashlib.sha256(line).hexdigest()


def test_a_pair_that_is_not_in_the_table_raises() -> None:
    for state, event in itertools.product(State, Event):
        if (state, event) in TRANSITIONS:
            assert next_state(state, event) is TRANSITIONS[state, event]
        else:
            with pytest.raises(ValueError, match="cannot be"):
                next_state(state, event)


def test_every_state_is_reached_and_every_state_that_has_not_ended_can_fail() -> None:
    reached = {State.RECEIVED, *TRANSITIONS.values()}
    assert reached == set(State)
    for state in set(State) - ENDED:
        assert TRANSITIONS[state, Event.FAILED] is State.FAILED


def test_what_has_ended_only_moves_on_when_it_stood_and_is_taken_back_or_its_owner_answers() -> None:
    onward = {(state, event) for state, event in TRANSITIONS if state in ENDED}
    assert {state for state, _ in onward} == {State.LIVE, State.ACCEPTED, State.HELD}


@given(st.lists(st.sampled_from(sorted(TRANSITIONS)), max_size=12))
def test_a_change_remembers_each_step_and_goes_to_json_and_back(steps: list[tuple[State, Event]]) -> None:
    change = Change("c1", Utterance("set the stop to 3%", "ana", "m1", 1))
    for number, (_, event) in enumerate(steps):
        if (change.state, event) in TRANSITIONS:
            before = change
            change = change.after(event, number)
            assert change.steps[:-1] == before.steps
            assert change.steps[-1].state is change.state
        else:
            with pytest.raises(ValueError, match="cannot be"):
                change.after(event, number)
    assert msgspec.json.decode(msgspec.json.encode(change), type=Change) == change
