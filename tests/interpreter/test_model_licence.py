"""Whatever a model says under the schema, nothing that the sentence does not say is offered: kind by kind.

The model here says everything that it may, one answer after the other; what gets through is all that any model could.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from core.contracts import AddRule, EditPlan, Interpretation, SetParameter, Status
from core.llm.chain import Attempt, checked
from core.llm.request import Reply, Request
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.model import helped
from services.interpreter.rendering import condition

SYMBOLS = Symbols.of(Source.shipped().files)
MOST = 60


def answers(schema: dict[str, Any]) -> Iterator[Any]:
    """What obeys a schema, lists of one and of two items among it."""
    if "anyOf" in schema:
        for shape in schema["anyOf"]:
            yield from itertools.islice(answers(shape), 20 * MOST)
    elif "enum" in schema:
        yield from schema["enum"]
    elif schema["type"] == "array":
        items = list(itertools.islice(answers(schema["items"]), MOST))
        yield from ([item] for item in items)
        yield from ([first, second] for first in items[:12] for second in items[:12] if first != second)
    else:
        keys = schema["properties"]
        values = (list(itertools.islice(answers(keys[key]), 200)) for key in keys)
        for chosen in itertools.islice(itertools.product(*values), 400):
            yield dict(zip(keys, chosen, strict=True))


def offered(text: str) -> set[str]:
    """All that a model could make the owner be offered, each plan in a few words."""
    meant = interpret(text, SYMBOLS)
    alone = Interpretation(Status.ASK, meant.language, "grammar", 1.0, question="?")
    found: set[str] = set()
    asked: list[Request] = []
    helped(alone, text, SYMBOLS, lambda request: (asked.append(request), ())[1], 5.0, 4096)
    for request in asked:
        for answer in answers(dict(request.schema)):
            told = Attempt("scripted", "Script", checked(Reply(json.dumps(answer)), request), 0.1)
            guess = helped(alone, text, SYMBOLS, lambda _, told=told: (told,), 5.0, 4096)
            assert guess.plan is None, text
            found.update(words(each.plan) for each in guess.offers if each.plan is not None)
    return found


def words(plan: EditPlan) -> str:
    said = []
    for each in plan.operations:
        if isinstance(each, SetParameter):
            said.append(f"{each.name}={each.value:g}")
        elif isinstance(each, AddRule):
            said.append(f"{each.side} {each.effect} {condition(each.when, interpret('x', SYMBOLS).language)}")
        else:
            said.append(f"{each.__struct_config__.tag} {getattr(each, 'name', '')}")
    return "; ".join(said)


KINDS: dict[str, dict[str, set[str]]] = {
    "a name is the longest one that is said, and certain": {
        "blorp the sell threshold, -0.4": {"sell_threshold=-0.4"},
        "blorp a média de 200": set(),
        "calcula o rsi com 10 períodos": {"rsi_period=10"},
        "minimum hold of 10 minutes, blorp": set(),
    },
    "a number of a rule is no new value of a parameter": {
        "refuse any buy with RSI greater than 68": {"entry forbid rsi > 68"},
        "high RSI (above 72) blocks buying": {"entry forbid rsi > 72"},
        "bateu 80 de rsi, vende": set(),
    },
    "a number counts as its parameter does": {
        "blorp the stop loss to 3 hours": set(),
        "blorp the stop loss to 3": set(),
        "blorp the cooldown to 3%": set(),
        "blorp the slow average to 55 candles": {"ema_slow=55"},
    },
    "more or less is no new value": {
        "meio ponto a mais no take, blorp": set(),
        "fast average, two bars fewer, blorp": set(),
        "me dá um stop mais folgado, tipo 4%": set(),
        "give me a looser stop, blorp 4%": set(),
    },
    "what is compared comes first, and a crossing goes the way that is said": {
        "sell on a cross of the fast average below the slow": {"exit force ema_fast crosses below ema_slow"},
        "vende no cruzamento da média rápida com a lenta, na boa": set(),
        "buy if the upper band is below the price": set(),
    },
    "an effect is said once": {
        "sem fluxo acima de 0,1 não tem compra": set(),
        "without flow above 0.1 there is no buy": set(),
        "RSI must not be above 65 for a buy": {"entry forbid rsi > 65"},
        "any trade that has a spread above 0.3% is off limits": {"entry forbid spread > 0.3%"},
    },
    "a side is a verb's": {"hold on to it while MACD is above the signal": set()},
    "a sign is of what is lost": {"só quero vender quando tiver pelo menos 2% de lucro": {"exit require profit >= 2%"}},
    "a rule with a word that nobody knows, a day or a second bound is none": {
        "entra só quando rsi der menos de 28 e o volume bombar": set(),
        "on weekends only buy with rsi below 25": set(),
        "só quero comprar se o preço estiver entre a banda inferior e a do meio": set(),
        "buy if price touches the lower band": set(),
        "RSI blorping its way above 30, buy": set(),
    },
    "what is out of reach is no value": {"only buy if rsi is below 30 k": set(), "buy when profit is above 5": set()},
    "each thing is said once, and all of them": {
        "enter only if macd > 0 and blorp > 0.1": set(),
        "disable the rules min hold and max hold": set(),
        "cooldown can take a nap, disable the rule": set(),
        "desliga a regra cooldown": {"disable_rule cooldown"},
    },
    "two numbers stay with their names": {
        "confiança lá em 0,7 e o peso do livro em 0,2, blorp": {"min_confidence=0.7; weight_orderbook=0.2"},
    },
}


def test_what_is_said_gets_through_and_nothing_else() -> None:
    for kind, cases in KINDS.items():
        for text, right in cases.items():
            assert {_same(each) for each in offered(text)} == {_same(each) for each in right}, (kind, text)


def _same(said: str) -> str:
    return "; ".join(sorted(said.split("; ")))
