"""The held-out sets that docs/language.md counts: frozen, sound in themselves, and none of them misunderstood.

What fails names the sentence of the first set, and only the family of the others: who works on the rules reads none of
the third.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from bench.language.held_out import FROZEN, LANGUAGES, Answer, Sentence, Which, dialogues, digest, sentences
from bench.language.judging import Judged, judged
from bench.language.likeness import same_action, same_plan
from bench.language.measuring import perturbations_told
from bench.language.perturbing import perturbed
from bench.language.worlds import asked, symbols
from core.contracts import ACTIONS, Action, EditPlan
from core.indicator_kinds import KINDS

KNOWN_ACTIONS = {*ACTIONS, "why", "compare"}
HARMFUL = (Judged.WRONG_PLAN, Judged.TRAPPED)
LATER: tuple[Which, ...] = ("second", "opened", "third")


def named(operation: dict[str, Any]) -> dict[str, Any]:
    """A new rule with some name: the sets leave it to the interpreter."""
    return {"name": "a_rule", **operation} if operation["operation"] == "add_rule" else operation


def answers() -> list[tuple[str, str, Answer]]:
    """Every answer that is expected, with its world and sentence; in the later sets with its family."""
    return [
        *((each.world, each.text, answer) for each in sentences() for answer in each.answers),
        *(("shipped", " / ".join(each.turns), answer) for each in dialogues() for answer in each.answers),
        *((each.world, each.family, answer) for s in LATER for each in sentences(s) for answer in each.answers),
        *(("shipped", each.family, answer) for s in LATER for each in dialogues(s) for answer in each.answers),
    ]


@pytest.mark.parametrize("name", FROZEN)
def test_the_held_out_sets_are_the_ones_that_were_frozen(name: str) -> None:
    assert digest(name) == FROZEN[name]


@pytest.mark.parametrize(
    ("which", "said", "talked"), [("first", 400, 150), ("second", 420, 80), ("opened", 200, 50), ("third", 200, 50)]
)
def test_there_are_enough_of_each(which: Which, said: int, talked: int) -> None:
    counts: Counter[str] = Counter(each.language for each in sentences(which))
    assert all(counts[language] >= said for language in LANGUAGES)
    talks = Counter(each.language for each in dialogues(which))
    assert sum(talks.values()) >= talked
    assert talks["pt"] >= sum(talks.values()) * 0.4


def test_no_sentence_is_held_out_twice() -> None:
    counts = Counter((each.text, each.world, each.language) for each in sentences())
    assert [said for said, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("which", "earlier"),
    [("second", ["first"]), ("opened", ["first", "second"]), ("third", ["first", "second", "opened"])],
)
def test_nothing_of_a_later_set_is_said_twice_nor_in_an_earlier_one(which: Which, earlier: list[Which]) -> None:
    before = {(each.language, each.text.lower()) for known in earlier for each in sentences(known)}
    now = Counter((each.language, each.text.lower()) for each in sentences(which))
    assert sum(count > 1 or said in before for said, count in now.items()) == 0
    known_talks = {each.turns for known in earlier for each in dialogues(known)}
    talks = Counter(each.turns for each in dialogues(which))
    assert sum(count > 1 or turns in known_talks for turns, count in talks.items()) == 0


@pytest.mark.parametrize("which", LATER)
def test_a_dialogue_of_a_later_set_has_two_to_five_turns_and_an_answer_when_it_wants_one(which: Which) -> None:
    assert {2, 3} <= {len(each.turns) for each in dialogues(which)} <= {2, 3, 4, 5}
    assert sum((each.want == "do") != bool(each.answers) for each in dialogues(which)) == 0
    assert sum(each.trap and each.want != "nothing" for each in sentences(which)) == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_in_eight_or_so_of_the_third_set_is_a_trap_and_its_families_are_those_of_the_others(language: str) -> None:
    third = [each for each in sentences("third") if each.language == language]
    assert sum(each.trap for each in third) >= len(third) / 10
    assert {each.family for each in third} <= {each.family for each in sentences("second")}
    assert {each.family for each in dialogues("third")} <= {each.family for each in dialogues("second")}


def test_no_plan_of_the_third_set_sets_what_is_set_already() -> None:
    plans = [answer.plan for each in sentences("third") for answer in each.answers if answer.plan is not None]
    sets = [each for plan in plans for each in plan if each["operation"] == "set_parameter"]
    assert sum(each["value"] == each["was"] for each in sets) == 0


def test_every_name_that_the_third_set_speaks_of_exists() -> None:
    for each in sentences("third"):
        here = symbols(each.world)
        for operation in (operation for answer in each.answers for operation in answer.plan or ()):
            if operation["operation"] in ("remove_rule", "disable_rule", "enable_rule"):
                assert operation["name"] in here.rules, each.family
            if operation["operation"] == "remove_indicator":
                assert operation["name"] in here.indicators, each.family
            if operation["operation"] == "rename":
                assert operation["old"] in {*here.rules, *here.parameters, *here.indicators}, each.family


def test_every_expected_plan_is_one_that_the_contract_knows() -> None:
    for _, text, answer in answers():
        if answer.plan is not None:
            plan = msgspec.convert({"operations": [named(each) for each in answer.plan]}, EditPlan)
            assert plan.operations, text
        elif answer.action is not None:
            assert msgspec.convert(answer.action, Action).name in KNOWN_ACTIONS, text
        else:
            assert answer.open, text


def test_every_expected_value_lies_in_its_range() -> None:
    for world, text, answer in answers():
        for operation in answer.plan or ():
            if operation["operation"] == "set_parameter":
                parameter = symbols(world).parameters[operation["name"]]
                assert parameter.range.low <= operation["value"] <= parameter.range.high, text
                assert operation["was"] == parameter.value, text


def test_every_expected_condition_speaks_of_what_there_is() -> None:
    for world, text, answer in answers():
        added = {each["name"] for each in answer.plan or () if each["operation"] == "add_indicator"}
        known = {*symbols(world).features, *added}
        for operation in answer.plan or ():
            if operation["operation"] == "add_rule":
                assert features(operation["when"]) <= known, text


def test_every_expected_indicator_is_of_a_kind_that_can_be_added() -> None:
    added = [each for _, _, answer in answers() for each in answer.plan or () if each["operation"] == "add_indicator"]
    assert len(added) >= 40
    for indicator in added:
        assert KINDS[indicator["kind"]].completed(indicator["parameters"]), indicator


def test_what_need_not_be_said_of_an_indicator_makes_no_other_plan() -> None:
    said = {"operation": "add_indicator", "kind": "stochastic", "name": "stochastic_14", "parameters": {"period": 14}}
    assert same_plan([said], [{**said, "parameters": {"period": 14, "smooth": 3}}])
    assert not same_plan([said], [{**said, "parameters": {"period": 14, "smooth": 5}}])


def features(when: dict[str, Any]) -> set[str]:
    """Every feature of a condition."""
    branches = when.get("all") or when.get("any")
    if branches:
        return set().union(*(features(branch) for branch in branches))
    return {when[key] for key in ("feature", "other") if key in when}


def test_no_held_out_sentence_gives_a_wrong_plan_nor_an_offer_out_of_a_trap() -> None:
    harmful = [
        (each.text, verdict)
        for each in sentences()
        if (verdict := judged(each, asked(each.text, each.language, each.world))) in HARMFUL
    ]
    assert harmful == []


@pytest.mark.parametrize("which", LATER)
def test_nor_does_one_of_a_later_set_counted_by_its_family(which: Which) -> None:
    harmful = Counter(
        f"{each.language} {each.family}: {verdict}"
        for each in sentences(which)
        if (verdict := judged(each, asked(each.text, each.language, each.world))) in HARMFUL
    )
    assert not harmful


FRIDAY = {"all": [{"feature": "weekday", "op": ">=", "value": 4}, {"feature": "weekday", "op": "<=", "value": 4}]}
ALSO_FRIDAY = {"all": [{"feature": "weekday", "op": "<", "value": 5}, {"feature": "weekday", "op": ">", "value": 3}]}


def ruled(when: dict[str, Any], **changed: Any) -> list[dict[str, Any]]:
    """A plan of one rule."""
    return [{"operation": "add_rule", "side": "entry", "effect": "forbid", "when": when, **changed}]


def test_two_plans_are_the_same_whatever_the_rule_is_called_and_friday_is_spelled() -> None:
    assert same_plan(ruled(FRIDAY, name="a"), ruled(ALSO_FRIDAY, name="b"))
    assert not same_plan(ruled(FRIDAY), ruled({"feature": "weekday", "op": ">=", "value": 4}))
    assert not same_plan(ruled(FRIDAY), ruled(FRIDAY, effect="require"))


def test_the_order_of_operations_and_branches_says_nothing_and_a_value_does() -> None:
    low, loud = {"feature": "rsi", "op": "<", "value": 30}, {"feature": "volume", "op": ">", "other": "volume_average"}
    assert same_plan(ruled({"all": [low, loud]}), ruled({"all": [loud, {**low, "value": 30.0}]}))
    assert not same_plan(ruled({"all": [low, loud]}), ruled({"any": [low, loud]}))
    assert not same_plan(ruled(low), ruled({**low, "op": "<="}))


def test_a_pair_is_the_same_with_what_it_is_quoted_in() -> None:
    assert same_action({"name": "close", "args": {"pair": "ETHUSDT"}}, {"name": "close", "args": {"pair": "eth"}})
    assert not same_action({"name": "close", "args": {"pair": "ETH"}}, {"name": "close", "args": {"pair": "BTC"}})


STOP = {"operation": "set_parameter", "name": "stop_loss", "value": 0.03, "was": 0.02}
PLAN = {"status": "plan", "plan": {"operations": [STOP]}}
OFFER = {"status": "ask", "question": "?", "offers": [{"plan": {"operations": [STOP]}}]}
QUESTION = {"status": "ask", "question": "?", "offers": []}
PAUSE = {"status": "action", "action": {"name": "pause", "args": {}}}
STATUS = {"status": "action", "action": {"name": "status", "args": {}}}


def sentence(want: str, *expected: Answer, trap: bool = False) -> Sentence:
    """One that expects that."""
    found: Sentence = msgspec.convert(
        {"text": "x", "language": "pt", "family": "f", "want": want, "trap": trap}, Sentence
    )
    return msgspec.structs.replace(found, answers=expected)


@pytest.mark.parametrize(
    ("expected", "got", "verdict"),
    [
        (sentence("do", Answer(plan=[STOP])), PLAN, Judged.RIGHT),
        (sentence("do", Answer(plan=[STOP])), OFFER, Judged.OFFERED),
        (sentence("do", Answer(plan=[STOP])), QUESTION, Judged.ASKED),
        (sentence("do", Answer(plan=[{**STOP, "value": 0.04}])), PLAN, Judged.WRONG_PLAN),
        (sentence("do", Answer(plan=[{**STOP, "value": 0.04}])), OFFER, Judged.WRONG_OFFER),
        (sentence("do", Answer(plan=[STOP])), STATUS, Judged.OTHER),
        (sentence("do", Answer(plan=[STOP])), PAUSE, Judged.WRONG_PLAN),
        (sentence("ask", Answer(plan=[STOP])), OFFER, Judged.RIGHT),
        (sentence("ask", Answer(plan=[STOP])), PLAN, Judged.WRONG_PLAN),
        (sentence("ask", Answer(plan=[STOP])), QUESTION, Judged.ASKED),
        (sentence("ask", Answer(open=True)), QUESTION, Judged.RIGHT),
        (sentence("ask", Answer(open=True)), OFFER, Judged.WRONG_OFFER),
        (sentence("nothing", trap=True), OFFER, Judged.TRAPPED),
        (sentence("nothing", trap=True), STATUS, Judged.RIGHT),
        (sentence("nothing", trap=True), PAUSE, Judged.WRONG_PLAN),
        (sentence("nothing"), OFFER, Judged.WRONG_OFFER),
    ],
)
def test_an_answer_is_judged_by_the_worst_that_is_true_of_it(
    expected: Sentence, got: dict[str, Any], verdict: Judged
) -> None:
    assert judged(expected, got) is verdict


def test_a_perturbation_never_touches_a_number_or_a_name_that_is_given() -> None:
    kinds = dict(perturbed("cooldown em 90 segundos", "pt"))
    assert all("90" in text for text in kinds.values())
    assert not {"slip", "capitals"} & set(dict(perturbed("rename the cooldown rule to breather", "en")))


def test_no_change_of_spelling_makes_another_plan_of_a_held_out_sentence() -> None:
    chosen = [each for each in sentences() if not each.family.startswith("loose")]
    told = perturbations_told(chosen, most=7)
    assert len(told) >= 1000
    assert [(each.said, each.got) for each in told if each.judged == Judged.WRONG_PLAN] == []
