"""Hours and days are the owner's: what is shown names his zone, and another zone that is named is asked about."""

from __future__ import annotations

import pytest

from core.contracts import Language, Situation, Status
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.rendering import rendered
from tests.interpreter.sentences import operations

HOME = "America/Sao_Paulo"
AT_HOME = Situation(time_zone=HOME)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("only trade between 9h and 18h", "buy only if hour 9 to 18, America/Sao_Paulo"),
        ("só opera entre 9h e 18h", "só comprar se hour 9 a 18, America/Sao_Paulo"),
        ("don't trade between 10pm and 6am", "do not buy if hour 22 to 6, America/Sao_Paulo"),
        ("não compra às sextas", "não comprar se weekday sexta, America/Sao_Paulo"),
        ("don't buy on weekends", "do not buy if weekday saturday to sunday, America/Sao_Paulo"),
        ("para de operar depois das 18h", "não comprar se hour >= 18, America/Sao_Paulo"),
        ("don't buy when RSI is above 70", "do not buy if rsi > 70"),
        (
            "não compre se o RSI estiver acima de 70 e for sexta",
            "não comprar se rsi > 70 e weekday sexta, America/Sao_Paulo",
        ),
    ],
)
def test_a_rule_of_hours_or_days_is_shown_with_its_zone(text: str, shown: str, symbols: Symbols) -> None:
    told = rendered(interpret(text, symbols, situation=AT_HOME), symbols, HOME)
    assert told.endswith(shown) or shown == "não"
    assert (HOME in told) == ("hour" in shown or "weekday" in shown)


@pytest.mark.parametrize(
    "text",
    [
        "don't trade after 5pm EST",
        "don't buy after 18h UTC",
        "não compre depois das 18h UTC",
        "only trade between 9h and 17h New York time",
        "não opere entre 9h e 18h no horário de Londres",
    ],
)
def test_an_hour_of_another_zone_is_asked_about_with_the_owners(text: str, symbols: Symbols) -> None:
    meant = interpret(text, symbols, situation=AT_HOME)
    assert meant.status is Status.ASK
    assert HOME in (meant.question or "")
    assert meant.plan is None


@pytest.mark.parametrize(
    ("text", "plain", "zone"),
    [
        ("não compre depois das 18h de Brasília", "não compre depois das 18h", HOME),
        ("não opere entre 9h e 18h (horário de Brasília)", "não opere entre 9h e 18h", HOME),
        ("don't buy after 18h UTC", "don't buy after 18h", "UTC"),
        ("don't trade after 5pm EST", "don't trade after 5pm", "America/New_York"),
    ],
)
def test_the_owners_own_zone_says_nothing_new(text: str, plain: str, zone: str, symbols: Symbols) -> None:
    situation = Situation(time_zone=zone)
    wanted = operations(interpret(plain, symbols, situation=situation))
    assert wanted
    assert operations(interpret(text, symbols, situation=situation)) == wanted


def test_the_zone_of_a_question_is_the_owners_in_both_languages(symbols: Symbols) -> None:
    for text, language in (
        ("don't trade between 22:30 and 6h", Language.EN),
        ("não opere entre 22:30 e 6h", Language.PT),
    ):
        meant = interpret(text, symbols, situation=AT_HOME)
        assert meant.language is language
        assert "UTC" not in (meant.question or "")
