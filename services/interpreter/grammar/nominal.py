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
    "muda": "alteracao|mudanca|modificacao|troca|atualizacao|fixacao|definicao|ajuste|reajuste|adequacao|correcao"
    "|revisao|retificacao|transferencia|passagem|regulagem|calibragem|configuracao",
    "reduz": "reducao|diminuicao|queda|baixa|corte|encurtamento|rebaixamento|abatimento|decrescimo|minoracao|contracao",
    "aumenta": "aumento|elevacao|ampliacao|subida|incremento|majoracao|acrescimo|alta|extensao|prolongamento|dilatacao"
    "|prorrogacao|expansao",
    "desativa": "desativacao|desligamento|suspensao|desabilitacao|interrupcao|inativacao",
    "ativa": "ativacao|reativacao|religamento|habilitacao|reabilitacao|acionamento|restabelecimento",
    "remove": "remocao|exclusao|retirada|eliminacao|supressao|delecao",
    "adiciona": "inclusao|adicao|insercao|criacao|incorporacao|introducao|instalacao",
    "dobra": "duplicacao",
}
DONE: Final = {
    "set": "changed|set|moved|put|adjusted|brought|modified|fixed|shifted|switched|updated|placed|taken"
    "|revised|amended",
    "raise": "raised|increased|lifted|bumped|boosted|hiked|upped|elevated|extended|lengthened",
    "lower": "lowered|reduced|decreased|cut|dropped|trimmed|shortened|shrunk|slashed",
}
THINGS: Final = {
    "set": "change|adjustment|modification|move|update|revision|alteration|amendment|tweak|switch",
    "raise": "increase|raise|rise|hike|bump|boost|lift|extension",
    "lower": "reduction|decrease|cut|lowering|drop|trim|shortening",
    "disable": "deactivation|disabling|suspension|shutdown",
    "enable": "activation|reactivation|enabling|reinstatement",
    "remove": "removal|deletion|elimination|withdrawal",
    "add": "addition|inclusion|insertion|introduction|creation",
    "double": "doubling",
    "halve": "halving",
}
ASKING: Final = (
    r"(?:eu |nos )?(?:(?:venho|vimos|viemos|gostaria de|queria|quero|desejo)\b[ ,]*)?"
    rf"{TONE}(?:solicito|solicitamos|solicitar|requeiro|requerer|peco|pedimos|pedir|rogo|determino|desejo|quero|queria"
    r"|ordeno|autorizo|exijo|(?:requer|pede|solicita|determina|proceda|promova|efetue|providencie|realize|faca) ?-? ?se"
    r"|(?:favor |queira(?:m)? )?(?:proceder|proceda|procedam|promova|promover|efetue|efetuar|providencie|providenciar"
    r"|realize|realizar|faca|fazer)(?= (?:a|ao|o|uma|um) )|fica determinad[oa])\b"
)
ASKED: Final = (
    rf"(?:(?:i|we) (?:would like to |wish to |want to |would |do )?{TONE} ?"
    rf"(?:request|ask for|ask|propose|require|demand|order|authorise|authorize|call for|instruct)"
    rf"|{TONE} ?(?:please |kindly )?(?:effect|make|perform|apply|execute|carry out|action|proceed with|arrange for"
    rf"|arrange|process|requesting|one requests))\b"
)


def _of(ways: dict[str, str]) -> str:
    return "|".join(ways.values())


SHAPES: Final = (
    (
        re.compile(
            rf"^{ASKING}{TONE} ?(?:a |o |ao |uma |um )?(?P<deed>{_of(NOUNS)}) (?:d[oa]s?|n[oa]s?|de) (?P<rest>.+)$"
        ),
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
