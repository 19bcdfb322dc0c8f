"""A request that names its deed as a thing, as an order: `solicito a redução do stop para 1,5%`.

Only what stands whole at the beginning of a sentence, from who asks to what is to be done, is turned into an order.
"""

from __future__ import annotations

import re
from typing import Final

from services.interpreter.grammar.normalise import fold, read

TONE: Final = (
    r"(?:[ ,]*\b(?:por meio desta|por este meio|por gentileza|por favor|respeitosamente|encarecidamente|gentilmente|mui"
    r"|formalmente|humildemente|hereby|kindly|respectfully|formally|humbly|politely|lhe|te)\b[ ,]*)*"
)
NOUNS: Final = {
    "muda": "alteracao|mudanca|modificacao|troca|atualizacao|fixacao|definicao|ajuste|reajuste|adequacao",
    "reduz": "reducao|diminuicao|queda|baixa|corte",
    "aumenta": "aumento|elevacao|ampliacao|subida|incremento",
}
DONE: Final = {
    "set": "changed|set|moved|put|adjusted|brought|modified|fixed",
    "raise": "raised|increased|lifted|bumped",
    "lower": "lowered|reduced|decreased|cut|dropped",
}
THINGS: Final = {
    "set": "change|adjustment|modification|move|update",
    "raise": "increase|raise|rise",
    "lower": "reduction|decrease|cut|lowering",
}
ASKING: Final = (
    r"(?:eu |nos )?(?:(?:venho|vimos|viemos|gostaria de|queria|quero|desejo)\b[ ,]*)?"
    rf"{TONE}(?:solicito|solicitamos|solicitar|requeiro|requerer|peco|pedimos|pedir|rogo|determino|desejo|quero|queria)\b"
)
ASKED: Final = rf"(?:i|we) (?:would like to |wish to |want to )?{TONE} ?(?:request|ask|propose|require|demand)\b"


def _of(ways: dict[str, str]) -> str:
    return "|".join(ways.values())


SHAPES: Final = (
    (
        re.compile(rf"^{ASKING}{TONE} ?(?:a |o |uma |um )?(?P<deed>{_of(NOUNS)}) (?:d[oa]s?|n[oa]s?|de) (?P<rest>.+)$"),
        NOUNS,
    ),
    (re.compile(rf"^{ASKED} (?:a |the |an )?(?P<deed>{_of(THINGS)}) (?:of|in|to) (?P<rest>.+)$"), THINGS),
    (re.compile(rf"^{ASKED}(?: that)? (?P<name>[a-z _-]+?) (?:to )?be (?P<deed>{_of(DONE)}) (?P<rest>.+)$"), DONE),
    (
        re.compile(
            r"^(?:i|we) (?:would like|want|need|wish) (?P<name>[a-z _-]+?) (?:to be )?"
            rf"(?P<deed>{_of(DONE)}) (?P<rest>.+)$"
        ),
        DONE,
    ),
)


def ordered(text: str) -> str:
    """The order; the sentence as it is where it is no such request."""
    lower = read(text).lower
    folded = fold(lower)
    if len(folded) != len(lower):
        return text
    for shape, ways in SHAPES:
        if (found := shape.match(folded)) is not None:
            verb = next(verb for verb, said in ways.items() if found["deed"] in said.split("|"))
            rest = lower[found.start("rest") :]
            return " ".join(filter(None, (verb, found.groupdict().get("name"), rest)))
    return text
