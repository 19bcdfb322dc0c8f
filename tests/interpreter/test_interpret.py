"""What holds of every sentence: the owner's own examples, hygiene, provenance, speed, and a strategy that has grown."""

from __future__ import annotations

import re
import statistics
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contracts import AddRule, Condition, Interpretation, Language, SetParameter, Status
from core.contracts.plan import NAME
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import interpret, prepare
from services.interpreter.grammar.lexicon import data
from services.interpreter.grammar.normalise import MOST_CHARACTERS, fold
from tests.interpreter.sentences import operations, plain, planned
from tests.sampling import many

# The examples of the design ------------------------------------------------------------------------------------------

OWNERS: list[tuple[str, list[dict[str, Any]]]] = [
    ("raise the stop to 3%", [{"operation": "set_parameter", "name": "stop_loss", "value": 0.03, "was": 0.02}]),
    (
        "diminua o rsi_oversold em 5",
        [{"operation": "set_parameter", "name": "rsi_oversold", "value": 25, "was": 30}],
    ),
    ("dobre o peso do fluxo", [{"operation": "set_parameter", "name": "weight_flow", "value": 0.5, "was": 0.25}]),
    (
        "só compre se o volume estiver acima da média",
        [
            {
                "operation": "add_rule",
                "side": "entry",
                "effect": "require",
                "when": {"feature": "volume", "op": ">", "other": "volume_average"},
            }
        ],
    ),
    (
        "don't buy when RSI is above 70",
        [
            {
                "operation": "add_rule",
                "side": "entry",
                "effect": "forbid",
                "when": {"feature": "rsi", "op": ">", "value": 70},
            }
        ],
    ),
    (
        "sell if profit reaches 2%",
        [
            {
                "operation": "add_rule",
                "side": "exit",
                "effect": "force",
                "when": {"feature": "profit", "op": ">=", "value": 0.02},
            }
        ],
    ),
    (
        "add a 200 EMA",
        [{"operation": "add_indicator", "kind": "ema", "name": "ema_200", "parameters": {"period": 200}}],
    ),
]


@pytest.mark.parametrize(("text", "plan"), OWNERS)
def test_the_owners_examples_give_the_json_of_the_design(
    text: str, plan: list[dict[str, Any]], symbols: Symbols
) -> None:
    found = plain(interpret(text, symbols))
    fields = ["status", "language", "backend", "ms", "plan", "action", "question", "reason", "offers", "unused"]
    assert list(found) == fields
    assert operations(interpret(text, symbols)) == plan
    assert (found["action"], found["question"], found["reason"]) == (None, None, None)
    assert (found["offers"], found["unused"]) == ([], [])


def test_the_designs_questions_are_asked_and_answered(symbols: Symbols, grown: Symbols) -> None:
    both = interpret("raise the stop by 1%", symbols)
    assert both.status is Status.ASK
    assert "2.02%" in (both.question or "")
    assert "3%" in (both.question or "")
    assert interpret("raise the take profit to 2%", symbols).status is Status.ASK
    assert plain(interpret("what is the stop?", symbols))["action"] == {"name": "show", "args": {"what": "stop_loss"}}
    assert plain(interpret("why did you buy?", symbols))["action"] == {"name": "explain", "args": {"what": "buy"}}
    assert interpret("remova a regra de volume", symbols).status is Status.ASK
    assert operations(interpret("remova a regra de volume", grown)) == [
        {"operation": "remove_rule", "name": "buy_only_if_volume_above_average"}
    ]


# Hygiene -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u202e\ufeff", "\x00\x01"])
def test_nothing_said_is_none(text: str, symbols: Symbols) -> None:
    assert interpret(text, symbols).status is Status.NONE


def test_a_text_too_long_to_be_a_command_is_refused_with_its_length(symbols: Symbols) -> None:
    meant = interpret("set the stop to 3% " + "x" * MOST_CHARACTERS, symbols)
    assert meant.status is Status.NONE
    assert str(MOST_CHARACTERS) in (meant.reason or "")


def test_a_command_hidden_behind_a_long_filler_is_refused_too(symbols: Symbols) -> None:
    assert interpret("please " * 140 + "set the stop to 3%", symbols).status is Status.NONE


def test_invisible_characters_can_neither_hide_nor_make_a_word(symbols: Symbols) -> None:
    assert interpret("do n\u200bot set the stop to 3%", symbols).plan is None
    assert operations(interpret("set the st\u200bop to 3%", symbols)) == OWNERS[0][1]


def test_the_language_is_that_of_the_sentence_unless_it_is_given(symbols: Symbols) -> None:
    assert interpret("aumente o stop", symbols).language is Language.PT
    assert interpret("raise the stop", symbols).language is Language.EN
    assert interpret("stop loss", symbols, Language.PT).language is Language.PT


@given(text=st.text(max_size=200))
@settings(max_examples=300)
def test_no_text_raises_and_none_of_it_is_a_plan_by_chance(text: str) -> None:
    check_provenance(text, interpret(text, SYMBOLS))


# Provenance ----------------------------------------------------------------------------------------------------------

SYMBOLS = Symbols.of(Source.shipped().files)
VERBS = [
    "set",
    "raise",
    "lower",
    "double",
    "halve",
    "aumente",
    "diminua",
    "coloque",
    "dobre",
    "only buy if",
    "não compre se",
]
VERBS += ["sell if", "don't buy when", "venda se", "add", "remove the rule", "desligue", "compre quando", "use", "cut"]
NAMES = ["stop", "o take profit", "rsi_oversold", "the cooldown", "peso do fluxo", "volume", "rsi", "lucro", "profit"]
NAMES += ["a média", "spread", "ema_fast", "trailing stop", "sell_threshold", "the average", "stpo loss", "min hold"]
LINKS = ["to", "para", "em", "by", "from", "de", "and", "e", ",", "above", "acima de", "below", "at least", "ou", "not"]
LINKS += ["não", "if", "quando", "?", "%", "percent", "pp", "bps", "minutos", "hours", "x", "times", "no fim de semana"]
NUMBERS = ["3", "3%", "0.03", "0,4", "35", "2 minutes", "1h30", "1.500", "-0.4", "70", "25 bps", "2,5%", "900%", "12"]
FRAGMENTS = st.sampled_from([*VERBS, *NAMES, *LINKS, *NUMBERS])


@given(parts=st.lists(FRAGMENTS, min_size=2, max_size=9))
@many(1500)
def test_no_plan_holds_a_number_or_a_name_that_the_text_does_not_license(parts: list[str]) -> None:
    text = " ".join(parts)
    check_provenance(text, interpret(text, SYMBOLS))


def check_provenance(text: str, meant: Interpretation) -> None:
    """Every number of a plan is in its text, or a declared function of one and of the value that it changes."""
    if meant.plan is None:
        return
    said = numbers_in(text)
    for operation in meant.plan.operations:
        if isinstance(operation, SetParameter):
            assert operation.was == SYMBOLS.parameters[operation.name].value
            low, high, _ = SYMBOLS.parameters[operation.name].range
            assert low <= operation.value <= high
            assert any(near(operation.value, licensed) for licensed in functions_of(said, operation.was)), text
            assert is_named(operation.name, text), text
        elif isinstance(operation, AddRule):
            assert NAME.fullmatch(operation.name)
            for number in numbers_of(operation.when):
                assert any(near(number, licensed) for licensed in constants_of(said)), text


def numbers_in(text: str) -> set[float]:
    """Every number written in digits, in both conventions."""
    found = set()
    for raw in re.findall(r"\d+(?:[.,]\d+)*", text):
        for spelled in (raw.replace(",", "."), raw.replace(".", "").replace(",", "."), raw.replace(",", "")):
            if spelled.count(".") <= 1:
                found.add(float(Decimal(spelled)))
    return found


def constants_of(said: set[float]) -> set[float]:
    """What a number may stand for by itself; the days of a weekend and the sign of a flow are declared."""
    units = (1, 0.01, 0.0001, 60, 3600, 86400)
    single = {sign * number * unit for number in said for unit in units for sign in (1, -1)}
    sums = {first + second for first in single for second in single}
    relative = {1 + number / 100 for number in said} | {1 - number / 100 for number in said}
    return single | sums | relative | {0.0, 5.0, 2.0, 3.0, 0.5}


def functions_of(said: set[float], was: float) -> set[float]:
    """What a parameter may become: a number, the old value and a number, a part of the old value."""
    plain_numbers = constants_of(said)
    steps = {was + number for number in plain_numbers}
    parts = {was * (1 + sign * number / 100) for number in said for sign in (1, -1)} | {was * n for n in said}
    return plain_numbers | steps | parts | {2 * was, 3 * was, was / 2}


def near(first: float, second: float) -> bool:
    return abs(first - second) <= 1e-9 * max(1.0, abs(first))


def numbers_of(when: Condition) -> list[float]:
    own = [number for number in (when.value, when.factor) if number is not None]
    return own + [number for branch in when.branches for number in numbers_of(branch)]


def is_named(name: str, text: str) -> bool:
    """Whether the text has all words of one of the parameter's names, but for a slip in one of them."""
    words = set(re.findall(r"[a-z]+", fold(text)))
    several = (said for said, names in data()["ambiguous"]["parameters"].items() if name in names)
    spellings = (name.replace("_", " "), *data()["names"]["parameters"].get(name, ()), *several)
    return any(len(set(spelling.split()) - words) <= (len(spelling.split()) > 1) for spelling in spellings)


# Speed ---------------------------------------------------------------------------------------------------------------


def test_half_of_the_sentences_take_less_than_twenty_milliseconds(symbols: Symbols) -> None:
    interpret("stop em 3%", symbols)  # reads the lexicon
    assert statistics.median(processor_ms(text, symbols) for _, text, _ in planned()) < 20


def processor_ms(text: str, symbols: Symbols) -> float:
    """What a sentence takes where nobody else is waited for."""
    began = time.process_time()
    interpret(text, symbols)
    return (time.process_time() - began) * 1000


@pytest.mark.parametrize(
    "part", ["rule ", "stop and ", "remove the volume rule and ", "abcdefgh ", "only buy if rsi > 7 and "]
)
def test_a_sentence_made_to_be_slow_is_answered_within_a_second(part: str, symbols: Symbols) -> None:
    prepare(symbols)
    assert processor_ms((part * 200)[:600], symbols) < 1000


# A strategy that has grown -------------------------------------------------------------------------------------------


def test_what_a_later_change_adds_is_addressed_by_its_own_name(grown: Symbols) -> None:
    assert operations(interpret("set the slope limit to 5", grown)) == [
        {"operation": "set_parameter", "name": "slope_limit", "value": 5.0, "was": 4.0}
    ]
    assert operations(interpret("só compre se o preço estiver acima da ema 200", grown)) == [
        {
            "operation": "add_rule",
            "side": "entry",
            "effect": "require",
            "when": {"feature": "price", "op": ">", "other": "ema_200"},
        }
    ]
    assert operations(interpret("remove the ema_200 indicator", grown)) == [
        {"operation": "remove_indicator", "kind": "ema", "name": "ema_200"}
    ]
    assert interpret("add a 200 EMA", grown).status is Status.ASK


def test_a_rule_is_found_by_its_name_by_its_words_and_by_what_it_reads(grown: Symbols) -> None:
    for text in ("desligue a regra de volume", "disable the volume rule", "disable buy_only_if_volume_above_average"):
        assert operations(interpret(text, grown)) == [
            {"operation": "disable_rule", "name": "buy_only_if_volume_above_average"}
        ]
    assert operations(interpret("ligue a regra do rsi", grown)) == [
        {"operation": "enable_rule", "name": "no_buy_if_rsi_above_70"}
    ]


def test_what_is_so_already_is_said_so(grown: Symbols) -> None:
    assert interpret("disable the cooldown rule", grown).status is Status.ASK
    assert operations(interpret("turn on the cooldown", grown)) == [{"operation": "enable_rule", "name": "cooldown"}]


def test_who_turns_a_rule_on_at_a_value_gets_both(symbols: Symbols, grown: Symbols) -> None:
    value = {"operation": "set_parameter", "name": "cooldown_seconds", "value": 90, "was": 60}
    for text in ("turn on the cooldown at 90 seconds", "ligue o cooldown em 90 segundos"):
        assert operations(interpret(text, grown)) == [value, {"operation": "enable_rule", "name": "cooldown"}]
        assert operations(interpret(text, symbols)) == [value]


def test_a_new_rule_takes_no_name_that_there_is(grown: Symbols) -> None:
    plan = interpret("don't buy when RSI is above 70 and don't buy when rsi is above 70", grown).plan
    assert plan is not None
    assert [getattr(operation, "name", "") for operation in plan.operations] == [
        "no_buy_if_rsi_above_70_2",
        "no_buy_if_rsi_above_70_3",
    ]


def test_a_rule_of_many_conditions_has_a_short_name(symbols: Symbols) -> None:
    text = "só compre se o macd for positivo e o rsi estiver entre 40 e 60 e o volume estiver acima da média"
    plan = interpret(text, symbols).plan
    assert plan is not None
    assert NAME.fullmatch(plan.operations[0].name)  # type: ignore[union-attr]  # it is an AddRule
