"""What is offered where nothing reads a sentence with an amount, and that nothing is made of what is only told."""

from __future__ import annotations

from core.contracts import Language, SetParameter, Situation
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import interpret
from tests.interpreter.sentences import HERE

SYMBOLS = Symbols.of(Source.shipped().files)
PROBABLY: dict[str, tuple[str, float]] = {
    "make the cooldown drag on for a minute and a half": ("cooldown_seconds", 90),
    "make the whole thing tolerate a 4.5% loss": ("stop_loss", 0.045),
    "put whatever you bet at 6% an order": ("order_fraction", 0.06),
    "coloca o bicho aguentando perda de 3,5%": ("stop_loss", 0.035),
    "bota essa bagaça em 7% da banca": ("order_fraction", 0.07),
    "deixa o trade amadurecer 50 segundos antes de vender": ("min_hold_seconds", 50),
}


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
