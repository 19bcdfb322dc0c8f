"""What tells and orders nothing: what others do, what somebody thinks of a value, where a feature stands.

The verb of `a galera usa stop de 3%` is written as that of an order is; who does it stands before it, without a comma.
"""

from __future__ import annotations

import itertools
from typing import Final

from services.interpreter.grammar.lattice import Lattice

PAST: Final = ("uí", "uía")
"""`Diminuí` is what I did, and `diminui` an order; without its accent nobody can tell."""
PEOPLE: Final = frozenset(
    (
        *(
            "galera",
            "pessoal",
            "gente",
            "amigo",
            "amiga",
            "irmao",
            "irma",
            "primo",
            "prima",
            "pai",
            "mae",
            "tio",
            "tia",
        ),
        *(
            "chefe",
            "vizinho",
            "vizinha",
            "colega",
            "namorada",
            "namorado",
            "esposa",
            "marido",
            "mulher",
            "socio",
            "cara",
        ),
        *("caras", "mundo", "trader", "traders", "guru", "professor", "povo", "turma", "robo", "bot", "rapaz", "sogro"),
        *("friend", "friends", "brother", "sister", "dad", "mom", "boss", "neighbour", "neighbor", "colleague", "wife"),
        *(
            "husband",
            "girlfriend",
            "boyfriend",
            "guy",
            "guys",
            "people",
            "folks",
            "cousin",
            "uncle",
            "partner",
            "teacher",
        ),
    )
)
WHOSE: Final = frozenset(
    (
        *(
            "a",
            "o",
            "os",
            "as",
            "um",
            "uma",
            "uns",
            "meu",
            "minha",
            "meus",
            "minhas",
            "todo",
            "esse",
            "aquele",
            "outro",
        ),
        *("my", "the", "a", "some", "many", "most", "other", "all", "these", "those", "his", "her", "another"),
    )
)
DOING: Final = frozenset(
    (
        *("usa", "usam", "poe", "bota", "botam", "coloca", "colocam", "deixa", "deixam", "opera", "operam", "prefere"),
        *(
            "vende",
            "vendem",
            "compra",
            "compram",
            "trabalha",
            "gosta",
            "manda",
            "tem",
            "aumenta",
            "baixa",
            "sobe",
            "quer",
        ),
        *(
            "uses",
            "use",
            "sets",
            "puts",
            "runs",
            "likes",
            "prefers",
            "trades",
            "buys",
            "sells",
            "has",
            "keeps",
            "wants",
        ),
    )
)
HOW_OFTEN: Final = frozenset(
    {"so", "sempre", "nunca", "nao", "ja", "tambem", "only", "always", "never", "just", "also", "not"}
)
COPULAS: Final = frozenset({"e", "eh", "is", "seems", "parece", "are", "sao"})
JUDGING: Final = frozenset(
    (
        *("muito", "pouco", "demais", "loucura", "absurdo", "exagero", "suicidio", "piada", "ridiculo", "insano"),
        *("too", "crazy", "insane", "nuts", "ridiculous", "plenty", "suicide", "madness", "overkill"),
    )
)
STATES: Final = frozenset({"ta", "tah", "tao", "esta", "estao", "is", "are"})
RULING: Final = ("buy", "sell", "trade", "set", "alter")
AT: Final = frozenset({"em", "at", "com"})
BREAKS: Final = frozenset({",", ";", ".", "!", "-"})


def tells(lattice: Lattice) -> bool:
    """Whether the sentence tells what others do, judges a value or says where a feature stands."""
    if is_past(lattice):
        return True
    words = [token.key for token in lattice.tokens]
    return _is_of_others(words) or _judges(words, lattice) or _reads_off(words, lattice)


def is_past(lattice: Lattice) -> bool:
    """Whether a verb is written as one that tells what I did, or was doing."""
    return any(token.raw.lower().endswith(PAST) for token in lattice.tokens)


def says_how_it_is(lattice: Lattice) -> bool:
    """Whether a value is said to be so, `o stop tá em 3%`: who says that may want it so, or think that it is."""
    words = [token.key for token in lattice.tokens]
    return any(state in STATES and at in AT for state, at in itertools.pairwise(words))


def _is_of_others(words: list[str]) -> bool:
    said = [word for word in words if word not in HOW_OFTEN]
    found = zip(said, said[1:], said[2:], strict=False)
    return any(whose in WHOSE and who in PEOPLE and doing in DOING for whose, who, doing in found)


def _judges(words: list[str], lattice: Lattice) -> bool:
    """`3% is too much for a stop`, and no order after it."""
    ends = [end for edges in lattice.edges for _, end in edges.get("VALUE", ())]
    for place, (copula, judging) in enumerate(itertools.pairwise(words)):
        if copula in COPULAS and judging in JUDGING and any(end <= place for end in ends):
            return BREAKS.isdisjoint(words[place:])
    return False


def _reads_off(words: list[str], lattice: Lattice) -> bool:
    """`o rsi tá em 30`: what is no parameter's name, or of several, stands somewhere now."""
    if any(lattice.has(category) for category in RULING):
        return False
    for start, edges in enumerate(lattice.edges):
        clear = {end for value, end in edges.get("PARAM", ()) if len(value) == 1}
        for _, end in edges.get("FEATURE", ()):
            if (
                end not in clear
                and tuple(words[end : end + 1])
                and words[end] in STATES
                and _is_number(words[end + 1 :])
            ):
                return start == 0 or (start == 1 and words[0] in WHOSE)
    return False


def _is_number(rest: list[str]) -> bool:
    after = rest[1:] if rest and rest[0] in AT else rest
    return bool(after) and after[0][0].isdigit()
