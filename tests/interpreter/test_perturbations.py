"""The plan does not depend on how carefully the sentence was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from core.contracts import Status
from core.symbols import Symbols
from services.interpreter import interpret
from tests.interpreter.sentences import operations, planned
from tests.sampling import few


def without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def politely(text: str) -> str:
    portuguese = any(word in text for word in (" em ", " para ", "não", "só ", " o "))
    return f"por favor, {text}, obrigado" if portuguese else f"please {text}, thanks"


SPELLINGS: dict[str, Callable[[str], str]] = {
    "without accents": without_accents,
    "decomposed accents": lambda text: unicodedata.normalize("NFD", text),
    "shouted": str.upper,
    "at a sentence's start": lambda text: text[0].upper() + text[1:],
    "with an exclamation": lambda text: text.rstrip(".!?") + "!" if "?" not in text else text,
    "with wide blanks": lambda text: f"  {text.replace(' ', '   ')}\n",
    "with invisible characters": lambda text: text.replace(" ", " \u200b\u202e\ufeff"),
    "with full-width digits": lambda text: text.translate({ord(d): 0xFF10 + int(d) for d in "0123456789"}),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_spelling_changes_no_plan(spelling: str, symbols: Symbols) -> None:
    spell = SPELLINGS[spelling]
    changed = [
        (text, operations(meant), meant.question or meant.reason)
        for _, text, plan in planned()
        if "rename" not in text.lower() and "renomeie" not in text.lower()
        if operations(meant := interpret(spell(text), symbols)) != plan
    ]
    assert changed == []


TYPOS: list[tuple[str, str]] = [
    ("set the stpo loss to 3%", "set the stop loss to 3%"),
    ("take proft 5%", "take profit 5%"),
    ("raise the oversld level to 35", "raise the oversold level to 35"),
    ("aumenta a sobrvenda para 35", "aumenta a sobrevenda para 35"),
    ("coldown em 90 segundos", "cooldown em 90 segundos"),
    ("set weigth_flow to 0.4", "set weight_flow to 0.4"),
    ("dobre o peso do fluxoo", "dobre o peso do fluxo"),
    ("set min_confidance to 0.7", "set min_confidence to 0.7"),
    ("set the traling stop to 2%", "set the trailing stop to 2%"),
    ("disable the cooldwon rule", "disable the cooldown rule"),
    ("only buy if the volumme is above average", "only buy if the volume is above average"),
    ("set the bolinger width to 3", "set the bollinger width to 3"),
]


@pytest.mark.parametrize(("typed", "meant"), TYPOS)
def test_a_name_spelled_wrong_is_the_only_name_it_can_be(typed: str, meant: str, symbols: Symbols) -> None:
    wanted: list[dict[str, Any]] | None = operations(interpret(meant, symbols))
    assert wanted
    assert operations(interpret(typed, symbols)) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "rase the stop to 3%",  # a verb
        "set the step to 3%",  # one letter from `stop`, and a word of its own
        "set the stop to thre percent",  # a number
        "dno't set the stop to 3%",  # a negation
        "set the stop again to 3%",  # `again` is no `gain`
        "set the stock loss to 3%",
        "tipo cooldown em 90 segundos",  # nor is `tipo` the `tempo` of the cooldown
        "set the other flow weight to 0.4",
        "set the tracking stop to 2%",
        "set the slow weight to 0.4",  # `slow` is spelled right, and not `flow`
        "set the mix hold to 20 seconds",  # as near to min hold as to max hold
    ],
)
def test_what_is_no_name_is_never_guessed(text: str, symbols: Symbols) -> None:
    assert interpret(text, symbols).status in (Status.ASK, Status.NONE)


UNDOING = {"pt": ("não", "nunca", "ontem", "talvez"), "en": ("not", "never", "yesterday", "maybe", "no")}
PORTUGUESE_TOO = {"use a 3% no stop", "use a 21-bar no RSI"}
"""With an article left out these are Portuguese, for `no` is `in the`."""


@pytest.mark.parametrize("words", few(("by turns", "all"), "by turns"))
def test_a_word_that_undoes_a_sentence_never_leaves_its_plan_standing(words: str, symbols: Symbols) -> None:
    """Every sentence and every place in it: what a sample of them left out has been wrong before.

    The words take turns, or are all tried at each place.
    """
    standing = []
    for number, (language, text, plan) in enumerate(planned()):
        said, undoing = text.split(), UNDOING[language]
        for place in range(len(said) + 1):
            for word in undoing if words == "all" else (undoing[(number + place) % len(undoing)],):
                undone = " ".join((*said[:place], word, *said[place:]))
                if undone not in PORTUGUESE_TOO and operations(interpret(undone, symbols)) == plan:
                    standing.append(undone)
    assert standing == []


@pytest.mark.parametrize(
    "text", ["disable not the stop loss rule", "desligue a regra se trailing_stop", "no stop loss 3%"]
)
def test_a_negation_hides_neither_in_a_description_nor_in_the_other_language(text: str, symbols: Symbols) -> None:
    assert interpret(text, symbols).status in (Status.ASK, Status.NONE)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("set the stop to 3% 👍", "set the stop to 3%"),
        ("🙏🏽 stop em 3%, obrigado! 😊", "stop em 3%"),
        ("set the stop to 3% :)", "set the stop to 3%"),
        ("stop em 3% ;-)", "stop em 3%"),
        ("set the stop to +3%", "set the stop to 3%"),
        ("aumenta o stop para +3%", "aumenta o stop para 3%"),
        ("only buy if price is above $65,000.50", "only buy if price is above 65000.50"),
        ("only buy if volume > 1M", "only buy if volume > 1000000"),
        ("só compre se volume >= 2,5M", "só compre se volume >= 2500000"),
        ("só compra se o volume passar de 2M", "só compra se o volume passar de 2000000"),
        ("only buy if volume exceeds 2.5M, please", "only buy if volume exceeds 2500000"),
        ("não compre se o preço estiver acima de US$ 70000", "não compre se o preço estiver acima de 70000"),
        ("stop em 3%\ntake profit em 6%", "stop em 3% e take profit em 6%"),
        ("set the stop to 3%\r\n\r\nset the take profit to 6%\n", "set the stop to 3% and set the take profit to 6%"),
    ],
)
def test_what_people_put_around_words_and_numbers_changes_nothing(typed: str, meant: str, symbols: Symbols) -> None:
    wanted = operations(interpret(meant, symbols))
    assert wanted
    assert operations(interpret(typed, symbols)) == wanted


@pytest.mark.parametrize("text", ["só compra se o volume passar de 2 M", "only buy if volume is above 2 bi"])
def test_a_number_is_offered_with_what_says_how_much_it_is_or_not_at_all(text: str, symbols: Symbols) -> None:
    found = interpret(text, symbols)
    assert found.status is Status.ASK
    assert found.offers == ()


@pytest.mark.parametrize(
    "text", ["ema_fast +2", "stop +1%", "only buy if price is above R$ 300", "only buy if price > €5"]
)
def test_a_sign_that_may_say_something_else_is_asked_about(text: str, symbols: Symbols) -> None:
    assert interpret(text, symbols).status is Status.ASK
