"""A value of one pair's own, said: of a pair that is traded it is a plan; of others, and beside `menos`, it is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.contracts import Interpretation, RemoveOverride, SetOverride, SetParameter, Situation, Status
from core.contracts.plan import Operation
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.dialogue.state import Dialogue
from services.interpreter.dialogue.stepping import step
from services.interpreter.rendering import rendered

FILES = dict(Source.shipped().files)
OWN = b"""
OVERRIDES = {
    "BTCUSDT": Parameters(stop_loss=0.05),
    "ETHUSDT": Parameters(stop_loss=0.01, take_profit=0.07),
}
"""
SHIPPED = Symbols.of(FILES)
WITH_OWN = Symbols.of(FILES | {"parameters.py": FILES["parameters.py"] + OWN})
TRADED = Situation(pairs=("BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT"))


def said(text: str, symbols: Symbols = SHIPPED, situation: Situation = TRADED) -> Interpretation:
    return interpret(text, symbols, situation=situation)


def operations(meant: Interpretation) -> tuple[Operation, ...]:
    return meant.plan.operations if meant.plan is not None else ()


def own(name: str, pair: str, value: float, was: float) -> SetOverride:
    return SetOverride(name, f"{pair}USDT", value, was)


PLANS: Mapping[str, tuple[Operation, ...]] = {
    "stop de 3% só no btc": (own("stop_loss", "BTC", 0.03, 0.02),),
    "stop de 3% no BTC/USDT": (own("stop_loss", "BTC", 0.03, 0.02),),
    "para o par btcusdt, stop em 3%": (own("stop_loss", "BTC", 0.03, 0.02),),
    "for ETH only take profit 6%": (own("take_profit", "ETH", 0.06, 0.04),),
    "no ETH usa take de 8%": (own("take_profit", "ETH", 0.08, 0.04),),
    "sobrevenda em 25 apenas para SOL": (own("rsi_oversold", "SOL", 25, 30),),
    "dobra o cooldown do DOGE": (own("cooldown_seconds", "DOGE", 120, 60),),
    "double DOGE's cooldown": (own("cooldown_seconds", "DOGE", 120, 60),),
    "use an 8% take profit on ethereum": (own("take_profit", "ETH", 0.08, 0.04),),
    "set the stop loss to 3% on BTCUSDT": (own("stop_loss", "BTC", 0.03, 0.02),),
    "BTC: stop 3%, take 6%": (own("stop_loss", "BTC", 0.03, 0.02), own("take_profit", "BTC", 0.06, 0.04)),
    "no btc, no eth e no sol stop de 3%": tuple(own("stop_loss", pair, 0.03, 0.02) for pair in ("BTC", "ETH", "SOL")),
    "no btc e no eth stop de 3%": (own("stop_loss", "BTC", 0.03, 0.02), own("stop_loss", "ETH", 0.03, 0.02)),
    "usa 4% do capital por entrada no btc": (own("order_fraction", "BTC", 0.04, 0.1),),
}
OF_THOSE_THAT_HAVE: Mapping[str, tuple[Operation, ...]] = {
    "stop do btc em 4%": (own("stop_loss", "BTC", 0.04, 0.05),),
    "dobra o stop do btc": (own("stop_loss", "BTC", 0.1, 0.05),),
    "tira o stop especial do btc": (RemoveOverride("stop_loss", "BTCUSDT", 0.05),),
    "remove BTC's own stop": (RemoveOverride("stop_loss", "BTCUSDT", 0.05),),
    "volta o stop do btc pro padrão": (RemoveOverride("stop_loss", "BTCUSDT", 0.05),),
    "put the btc stop back to the default": (RemoveOverride("stop_loss", "BTCUSDT", 0.05),),
    "clear the ETH overrides": (
        RemoveOverride("stop_loss", "ETHUSDT", 0.01),
        RemoveOverride("take_profit", "ETHUSDT", 0.07),
    ),
}
NO_EDIT = (
    "stop de 3% no xrp",
    "stop de 3% em todos menos no btc",
    "stop de 3%, menos no btc",
    "stop de 3% exceto btc",
    "everyone but BTC gets a 3% stop",
    "a 3% stop except on btc",
    "não mexe no stop do btc",
    "don't set the btc stop to 3%",
    "nunca stop de 3% no btc",
    "se o btc cair 5%, stop em 3%",
    "when btc falls set the stop to 3%",
    "ontem eu botei stop de 3% no btc",
    "stop de 3% no btc amanhã",
    "e se o stop fosse 3% no btc?",
    "ele disse stop de 3% no btc",
    '"stop de 3% só no btc"',
    "stop igual no btc e no eth",
    "põe o stop do eth igual ao do btc",
    "para o BTC, só compra com rsi abaixo de 30",
    "for BTC, only buy with rsi below 30",
    "stop de 3% no btc e take de 6% no eth",
    "no btc, no eth stop de 3%",
    "stop de 90% no btc",
    "stop de 2% no btc",
    "aumenta o stop do btc",
    "não tira o stop especial do btc",
    "tira o stop especial do sol",
    "o btc tá ruim",
)


def test_a_sentence_about_a_pair_that_is_traded_is_a_plan_for_that_pair():
    for world, plans in ((SHIPPED, PLANS), (WITH_OWN, OF_THOSE_THAT_HAVE)):
        for text, wanted in plans.items():
            assert operations(said(text, world)) == wanted, text


def test_without_pairs_that_are_known_the_same_sentences_edit_nothing():
    for text in PLANS:
        meant = said(text, situation=Situation())
        assert meant.plan is None, text
        assert not any(offer.plan for offer in meant.offers), text


def test_what_is_not_clear_is_no_plan_and_what_turns_the_sense_round_is_no_offer_either():
    for text in NO_EDIT:
        meant = said(text)
        assert meant.plan is None, text
        assert not any(offer.plan for offer in meant.offers), (text, meant.offers)


def test_a_pair_without_a_word_of_place_and_a_list_before_it_are_asked_with_the_plan():
    for text, count in (
        *(("stop btc 3%", 1), ("set BTC stop to 3%", 1), ("stop 3% e take 6% no btc", 2)),
        *(("coloca 5% do capital em btc", 1), ("invest 5% in btc", 1)),  # it may want BTC bought
    ):
        meant = said(text)
        assert meant.status is Status.ASK, text
        (offer,) = meant.offers
        assert offer.plan is not None, text
        assert [each.pair for each in offer.plan.operations if isinstance(each, SetOverride)] == ["BTCUSDT"] * count


def test_questions_with_a_pair_are_answered_as_before_and_a_value_is_shown():
    for text in ("why did you sell BTC?", "por que comprou ETH?", "qual a razão de ter comprado ETH?"):
        assert said(text).action == said(text, situation=Situation()).action, text
    shown = said("qual o stop do btc?").action
    assert shown is not None
    assert (shown.name, shown.args) == ("show", {"what": "stop_loss"})


def test_of_two_pairs_of_one_coin_the_coin_names_neither():
    both = Situation(pairs=("BTCUSDT", "BTCBRL"))
    assert said("stop de 3% no btc", situation=both).plan is None
    assert operations(said("stop de 3% no btcbrl", situation=both)) == (SetOverride("stop_loss", "BTCBRL", 0.03, 0.02),)


def test_the_owner_reads_for_which_pair_it_is():
    assert rendered(said("stop de 3% só no btc"), SHIPPED) == "stop_loss só em BTCUSDT: 2% -> 3%"
    gone = rendered(said("remove BTC's own stop", WITH_OWN), WITH_OWN)
    assert gone == "stop_loss of BTCUSDT back to that of every pair: 5% -> 2%"


def test_no_sentence_about_a_pair_sets_more_or_other_than_the_same_sentence_without_it():
    """Of the held-out sentences every eighth, with a pair before and behind it."""
    here = Path(__file__).parent / "held_out"
    lines = [
        line for file in ("pt", "en") for line in (here / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    planned = 0
    for held in map(json.loads, lines[::8]):
        plain, text = said(held["text"]), held["text"].rstrip(" .!")
        wanted = [(each.name, each.value) for each in operations(plain) if isinstance(each, SetParameter)]
        pt = held["language"] == "pt"
        forms = (
            ("{} no btc", "{} só no btc", "no btc, {}") if pt else ("{} on btc", "{} for btc only", "for btc only, {}")
        )
        for form in forms:
            meant = said(form.format(text))
            steps = operations(meant)
            planned += bool(steps)
            assert not steps or [(each.name, each.value) for each in steps if isinstance(each, SetOverride)] == wanted
            assert len(steps) in (0, len(operations(plain))), form.format(text)
            assert not (held.get("trap") and steps), form.format(text)
    assert planned > 100, "it was looked at something"


TALKS: Mapping[tuple[str, ...], tuple[Operation, ...] | None] = {
    ("stop em 4%", "só no btc"): (own("stop_loss", "BTC", 0.04, 0.05),),
    ("stop em 4%", "não, só no eth", "sim"): (own("stop_loss", "ETH", 0.04, 0.01),),
    ("set the stop to 4%", "only for doge"): (own("stop_loss", "DOGE", 0.04, 0.02),),
    ("stop de 3% só no btc", "não, 4%"): (own("stop_loss", "BTC", 0.04, 0.05),),
    ("stop de 3% só no btc", "não, no sol"): (own("stop_loss", "SOL", 0.03, 0.02),),
    ("stop de 3% só no btc", "agora no sol também"): (
        own("stop_loss", "BTC", 0.03, 0.05),
        own("stop_loss", "SOL", 0.03, 0.02),
    ),
    ("sobe o stop do btc em 1%", "6%"): (own("stop_loss", "BTC", 0.06, 0.05),),
    ("aumenta o stop do sol", "3%"): (own("stop_loss", "SOL", 0.03, 0.02),),
    ("stop btc 3%", "sim"): (own("stop_loss", "BTC", 0.03, 0.05),),
    ("stop de 3% só no btc", "e o take em 6%", "a primeira"): (
        own("stop_loss", "BTC", 0.03, 0.05),
        own("take_profit", "BTC", 0.06, 0.04),
    ),
    ("stop de 3% só no btc", "e o take em 6%", "só no btc"): (
        own("stop_loss", "BTC", 0.03, 0.05),
        own("take_profit", "BTC", 0.06, 0.04),
    ),
    ("stop de 3% só no btc", "e o take em 6%", "em todos"): (
        own("stop_loss", "BTC", 0.03, 0.05),
        SetParameter("take_profit", 0.06, 0.04),
    ),
    ("stop em 4%", "só no btc", "não, 6%"): (own("stop_loss", "BTC", 0.06, 0.05),),
    ("stop em 4% e rsi em 10 candles", "só no btc"): (
        own("stop_loss", "BTC", 0.04, 0.05),
        own("rsi_period", "BTC", 10, 14),
    ),
    ("stop de 3% só no btc", "e no sol 2%"): None,
    ("stop de 3% só no btc", "no eth 0,5%"): (
        own("stop_loss", "BTC", 0.03, 0.05),
        own("stop_loss", "ETH", 0.005, 0.01),
    ),
    ("stop de 3% só no btc", "e o take em 6%", "no eth"): None,
    ("stop de 3% só no btc", "e o take em 6%"): None,
    ("stop de 90% no btc", "5%"): None,
    ("stop em 4%", "não no btc"): None,
    ("take em 6%", "menos no btc"): None,
}


@pytest.mark.parametrize("talk", TALKS, ids=" / ".join)
def test_a_conversation_keeps_to_the_pair_that_it_is_about(talk: tuple[str, ...]):
    state = Dialogue()
    for text in talk:
        state, reply = step(state, text, WITH_OWN, TRADED, 0)
    wanted = TALKS[talk]
    assert operations(reply.meant) == (wanted or ()), reply.meant
