"""What is offered where nothing reads a sentence with an amount, and that nothing is made of what is only told."""

from __future__ import annotations

from core.contracts import Language, SetParameter, Situation
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import interpret
from tests.interpreter.sentences import HERE

SYMBOLS = Symbols.of(Source.shipped().files)
PROBABLY: dict[str, tuple[str, float]] = {
    "have the bot risk 6% of its bankroll whenever it feels like it": ("order_fraction", 0.06),
    "have it stomach a loss of 3.5% before bailing": ("stop_loss", 0.035),
    "spin the rsi period to 11": ("rsi_period", 11),
    "gruda a confiança em 65%": ("min_confidence", 0.65),
    "solta o cooldown em 120 segundos": ("cooldown_seconds", 120),
}
"""Each has words that nobody knows, and is read by nothing else."""


def test_what_an_amount_most_probably_sets_is_offered_and_never_done() -> None:
    missed = {}
    for text, (name, value) in PROBABLY.items():
        meant = interpret(text, SYMBOLS)
        plans = [meant.plan] if meant.plan else [offer.plan for offer in meant.offers if offer.plan is not None]
        first = plans[0].operations[0] if plans else None
        if not isinstance(first, SetParameter) or (first.name, first.value) != (name, value):
            missed[text] = first or meant.question or meant.reason
    assert missed == {}


def test_of_what_is_told_asked_feared_or_about_something_else_no_edit_comes() -> None:
    edited = {}
    for line in (HERE / "told.txt").read_text(encoding="utf-8").splitlines():
        language, text = line.split("|", 1)
        meant = interpret(text, SYMBOLS, situation=Situation(language=Language(language)))
        if meant.plan is not None or any(offer.plan is not None for offer in meant.offers):
            edited[text] = meant.plan or meant.offers
    assert edited == {}
