"""`transforma o 70 da regra calm em parâmetro`: a range that is said makes a plan, one that is not two offers."""

from __future__ import annotations

import pytest

from core.contracts import AddRule, Condition, EditPlan, Extract, Interpretation, Language, Situation, Status
from core.strategy import Source
from core.symbols import Symbols
from services.editor import edit
from services.interpreter import interpret
from services.interpreter.dialogue import Dialogue, step
from services.interpreter.rendering import rendered

CALM = AddRule(side="entry", effect="forbid", when=Condition(feature="rsi", op=">", value=70), name="calm")
RISE = AddRule(side="exit", effect="force", when=Condition(feature="profit", op=">", value=0.02), name="rise")
BUSY = AddRule(
    side="entry",
    effect="require",
    when=Condition(feature="volume", op=">", other="volume_average", factor=1.5),
    name="only_with_volume",
)
FILES = edit(Source.shipped().files, EditPlan((CALM, RISE, BUSY)), "7").files
SYMBOLS = Symbols.of(FILES)


def meant(text: str) -> Interpretation:
    return interpret(text, SYMBOLS)


def offered(text: str) -> list[Extract]:
    found = [operation for offer in meant(text).offers if offer.plan for operation in offer.plan.operations]
    assert all(isinstance(each, Extract) for each in found)
    return found  # type: ignore[return-value]  # looked at above


TOP = Extract("calm", 70, "calm_rsi", 35.0, 100, "RSI points")
ASKED = {
    "transforma o 70 da regra calm em parâmetro": TOP,
    "Transforme o número 70 na regra calm num parâmetro, por favor.": TOP,
    "faz do 70 da regra calm um parâmetro": TOP,
    "quero que o 70 da regra calm vire um parâmetro": TOP,
    "o 70 da regra calm vira parâmetro": TOP,
    "pode transformar o 70 da calm em parâmetro?": TOP,
    "cria um parâmetro para o 70 da regra calm": TOP,
    "faz um parâmetro do 70 da regra calm": TOP,
    "promove o 70 da regra calm a parâmetro": TOP,
    "deixa o 70 da regra calm ajustável": TOP,
    "por favor, parametriza o 70 da calm": TOP,
    "create a parameter for the 70 in calm": TOP,
    "make the 70 in the calm rule tunable, please": TOP,
    "expose the 70 in calm as a parameter": TOP,
    "turn the 70 in the calm rule into a parameter": TOP,
    "make the 70 of calm a parameter": TOP,
    "could you extract the 70 of the rule calm into a parameter?": TOP,
    "parametriza o 1,5 da regra do volume": Extract(
        "only_with_volume", 1.5, "only_with_volume_number", 0.75, 3.0, "number"
    ),
    "transforma o 2% da regra rise em parâmetro": Extract("rise", 0.02, "rise_profit", 0.01, 0.04, "of entry price"),
    "turn the 4 in technical into a parameter": Extract("technical", 4.0, "technical_number", 2.0, 8.0, "number"),
    "transforma o 1 de stretched_rsi em parâmetro": Extract(
        "stretched_rsi", 1.0, "stretched_rsi_number", 0.5, 2.0, "number"
    ),
}


def test_without_a_range_it_is_asked_with_two() -> None:
    for text, first in ASKED.items():
        found = offered(text)
        assert meant(text).status is Status.ASK, text
        assert found[0] == first, text
        assert len(found) == 2, text
        assert (found[1].low, found[1].high) != (first.low, first.high), text
        for each in found:
            edit(FILES, EditPlan((each,)), "8")


SAID = {
    "transforma o 70 da regra calm em parâmetro de 60 a 90": Extract("calm", 70, "calm_rsi", 60, 90, "RSI points"),
    "põe o 70 da regra calm como parâmetro chamado teto com faixa de 60 a 90": Extract(
        "calm", 70, "teto", 60, 90, "RSI points"
    ),
    "turn the 70 in calm into a parameter between 60 and 90": Extract("calm", 70, "calm_rsi", 60, 90, "RSI points"),
    "create a parameter called roof from the 70 in calm, between 60 and 90": Extract(
        "calm", 70, "roof", 60, 90, "RSI points"
    ),
    "make the 2% of rise a parameter called goal, from 1% to 5%": Extract(
        "rise", 0.02, "goal", 0.01, 0.05, "of entry price"
    ),
}


def test_with_a_range_it_is_a_plan() -> None:
    for text, wanted in SAID.items():
        found = meant(text)
        assert found.plan == EditPlan((wanted,)), text
        edit(FILES, found.plan, "8")


NOTHING = [
    "não transforma o 70 da regra calm em parâmetro",
    "transforma o 70 da regra calm em parâmetro amanhã",
    "transforma o 70 da regra calm em parâmetro?",
    "turn the 70 in calm into a parameter?",
    "transforma o 71 da regra calm em parâmetro",
    "transforma o 70 da regra que não é calm em parâmetro",
    "transforma o 70 da regra rise em parâmetro",
    "transforma o 0,5 da função technical em parâmetro",
    "transforma o 70 em parâmetro",
    "turn the 70 in calm into a parameter between 80 and 90",
    "turn the 70 in calm into a parameter called stop_loss",
    "if it rains turn the 70 in calm into a parameter",
    "never turn the 70 in calm into a parameter",
    "he said turn the 70 in calm into a parameter",
    "turn the 70 in calm into a parameter and set the stop to 3%",
    "make the 70 in calm from 60 to 80",
    "don't make the 70 in calm tunable",
    "cria um parâmetro para o 70 da regra calm se der",
    "create a parameter for the 70 in calm later",
    "what would happen if I turn the 70 in calm into a parameter",
    "'turn the 70 in calm into a parameter'",
    "transforma o 70 da regra calm em parâmetro só no btc",
]


def test_where_anything_else_is_said_or_nothing_is_certain_nothing_is_offered() -> None:
    for text in NOTHING:
        found = meant(text)
        assert found.plan is None, text
        assert found.offers == (), text


def test_of_several_on_one_line_each_is_offered() -> None:
    line = next(each.line for each in SYMBOLS.literals["signals.py"] if each.place == 2 and each.value == 0.5)
    found = offered(f"transforma o 0,5 da linha {line} de signals.py em parâmetro")
    assert [each.place for each in found] == [1, 2, 3]


def test_the_second_range_is_taken_by_saying_so() -> None:
    state, reply = step(Dialogue(), "transforma o 70 da regra calm em parâmetro", SYMBOLS, Situation(), 1)
    assert len(reply.meant.offers) == 2
    _, reply = step(state, "o segundo", SYMBOLS, Situation(), 2)
    assert reply.meant.plan == EditPlan((Extract("calm", 70, "calm_rsi", 0, 100, "RSI points"),))


@pytest.mark.parametrize(("language", "last"), [(Language.PT, "de 35 a 100"), (Language.EN, "from 35 to 100")])
def test_the_owner_reads_what_it_will_be(language: Language, last: str) -> None:
    text = (
        "transforma o 70 da regra calm em parâmetro"
        if language is Language.PT
        else "turn the 70 in calm into a parameter"
    )
    assert rendered(meant(text), SYMBOLS).splitlines()[1].endswith(last)
