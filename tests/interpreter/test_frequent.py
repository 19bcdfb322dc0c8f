"""Frequent words: those that say nothing change no order and make none; kinds of near-misses stay questions."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from core.contracts import EditPlan, Language, SetParameter, Situation
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.grammar import lexicon

FILE: Final = "lexicon_frequent.toml"
EACH: Final = 5
"""Of so many words one is tried."""
ORDERS: Final = {
    Language.PT: ("aumenta o stop para 4% {}", "{} põe o stop em 4%", "põe {} o stop em 4%"),
    Language.EN: ("raise the stop to 4% {}", "{} set the stop to 4%", "set {} the stop to 4%"),
}
TRAPS: Final = {
    Language.PT: (
        *("não {} aumenta o stop para 4%", "o stop {} era de 4%", "se o mercado cair {} põe o stop em 4%"),
        *("amanhã {} põe o stop em 4%", "ele disse {} pra pôr o stop em 4%", "e se o stop {} fosse 4%?"),
        *("nunca {} ponha o stop em 4%", "imagina {} um stop de 4%", "esquece {} o stop de 4%"),
    ),
    Language.EN: (
        *("do not {} raise the stop to 4%", "the stop {} was 4%", "if the market falls {} set the stop to 4%"),
        *("tomorrow {} set the stop to 4%", "he said {} to set the stop to 4%", "what if the stop {} were 4%?"),
        *("never {} put the stop at 4%", "imagine {} a stop of 4%", "forget {} the 4% stop"),
    ),
}
NEVER_PLANS: Final = (
    # an exit with less of a profit than that is no target
    *(
        "exit when profit does not exceed 3%",
        "sell when profit shows less than 3%",
        "exit when profit doesn't reach 3%",
    ),
    *("sai quando o lucro estiver no máximo em 3%", "sai quando o lucro marcar menos de 3%"),
    # other people's, and what they say
    *("my buddy's stop is 7%", "that's my man's stop at 4%", "o stop do meu brother é 4%", "diz o doutor: stop 4%"),
    *("this guy's build is stop 2 take 9", "o stop dele é 4%"),
    # dropped, thought of, denied, put off
    *(
        "scrap the idea of take at 7",
        "consider a 4% stop",
        "considera um stop de 4%",
        "don't, mate, raise the stop to 4%",
    ),
    *("na hipótese de queda, reduzir o stop para 1%", "não se altere, em hipótese alguma, o alvo para 10%"),
    # a level is no length, a trade that is killed is none that is forbidden, and a real word is no slip
    *("rsi over 80: scram away", "rsi under 30: add", "gate entries if rsi is above 70", "trial stop 4%"),
    *("abort the trade then, if rsi is above 80, no entries", "if rsi gets up to 70, sell"),
)
PLANS: Final = {
    "arrasta o stop pra 4%": ("stop_loss", 0.04),
    "decresce o alvo em 1 ponto": ("take_profit", 0.03),
    "peço a majoração do alvo em um ponto percentual": ("take_profit", 0.05),
    "proceda à redução do stop para 1,5%": ("stop_loss", 0.015),
    "reconfigure the stop to 4%": ("stop_loss", 0.04),
    "please arrange a reduction of the stop to 1.5%": ("stop_loss", 0.015),
    "tone down the flow weight by 0.05": ("weight_flow", 0.2),
}


def _said(text: str, symbols: Symbols, language: Language) -> Any:
    return interpret(text, symbols, situation=Situation(language=language))


def _silent(language: Language) -> Iterator[str]:
    content = tomllib.loads(Path(lexicon.__file__).with_name(FILE).read_text(encoding="utf-8"))
    words = content[language.value]["skip"][::EACH]
    yield from (word for word in words if not word.startswith("com "))  # `com o mercado em queda põe` waits for that


def test_a_word_that_says_nothing_changes_no_order_and_makes_none(symbols: Symbols) -> None:
    wrong = []
    for language, orders in ORDERS.items():
        wanted = _said(orders[0].format("").strip(), symbols, language).plan
        for word in _silent(language):
            wrong += [said for each in orders if _said(said := each.format(word), symbols, language).plan != wanted]
            traps = (each.format(word) for each in TRAPS[language])
            wrong += [said for said in traps if _said(said, symbols, language).plan is not None]
    assert wrong == []


def test_near_misses_of_a_kind_are_never_done(symbols: Symbols) -> None:
    done = {said: plan for said in NEVER_PLANS if (plan := interpret(said, symbols).plan) is not None}
    assert done == {}


def test_frequent_verbs_and_formal_nouns_are_orders(symbols: Symbols) -> None:
    for said, (name, value) in PLANS.items():
        plan = interpret(said, symbols).plan
        assert isinstance(plan, EditPlan), said
        (operation,) = plan.operations
        assert isinstance(operation, SetParameter), said
        assert (operation.name, operation.value) == (name, value), said
