"""Whether a scene is said so plainly that it is the order: each word of it known, and an order, not what happens.

`don't let a position lose more than 3%` is one. What somebody does, what happened, what is said of one position or of
all together, and what is put as a question stays an offer.
"""

from __future__ import annotations

from typing import Final

from core.contracts import Language
from services.interpreter.gist.labels import Gist
from services.interpreter.grammar import telling

SUBJECTS: Final = frozenset(
    [
        *(
            "it",
            "he",
            "she",
            "they",
            "we",
            "i",
            "you",
            "u",
            "people",
            "bot",
            "robo",
            "robot",
            "strategy",
            "this",
            "that",
        ),
        *(
            "these",
            "those",
            "ele",
            "ela",
            "eles",
            "elas",
            "eu",
            "nos",
            "gente",
            "voce",
            "vc",
            "tu",
            "estrategia",
            "isso",
        ),
        *("who", "quem", "everyone", "everybody", "somebody", "someone", "alguem", "ce", "oce", "them", "so", "market"),
    ]
)
"""At the head of a sentence these may do it themselves."""
ONE: Final = frozenset(
    [
        *("this", "that", "these", "those", "esse", "essa", "esses", "essas", "este", "esta", "isso", "isto", "nisso"),
        *(
            "aquela",
            "aquele",
            "dessa",
            "desse",
            "nessa",
            "nesse",
            "everything",
            "all",
            "tudo",
            "geral",
            "todas",
            "todos",
        ),
        *("total", "net", "account", "conta"),
    ]
)
"""Said of one position, or of all together."""
PAST: Final = frozenset(
    [
        *(
            "caiu",
            "perdeu",
            "desceu",
            "recuou",
            "lucrou",
            "ganhou",
            "subiu",
            "rendeu",
            "valorizou",
            "bombou",
            "faturou",
        ),
        *("decolou", "saiu", "fechou", "vendeu", "deu", "bateu", "chegou", "dropped", "fell", "lost", "gained", "made"),
        *("sold", "closed", "peaked", "bought", "opened", "was", "were", "had", "did", "went", "came", "held", "kept"),
    ]
)
"""May tell what was; an offer asks."""
WISHES: Final = frozenset({"quero", "preciso", "want", "need", "queria", "gostaria"})
ORDERING: Final = frozenset({"exits", "waits", "holds", "denies", "spends", "at_most", "at_least"})
TENSES: Final = {
    Language.EN: ("s", "ed", "ing"),
    Language.PT: ("ando", "endo", "indo", "ou", "ava", "ia", "aram"),
}
KEPT: Final = ("ss", "less", "loss", "less than", "always", "longs")
FALLING: Final = (
    *("fall", "drop", "slip", "dip", "sink", "slide", "slump", "tank", "melt", "crash", "come", "go", "bleed", "cair"),
    *("cai", "caia", "queda", "desce", "tomba", "tombo", "derret", "despenc", "desab", "recu", "escorreg", "baixa"),
    *("afund", "desvaloriz", "lascar", "damage", "dano", "estrago", "hit", "furo"),
)
"""From the entry, or from the top: who says only that may mean either."""
FROM: Final = ("entry", "bought", "paid", "cost", "purchase", "buy price", "entrada", "compra", "paguei")
OWNED: Final = frozenset({"sold", "again"})
"""After a sale: `once it is closed` is the time, and not what happened."""


def is_certain(gist: Gist, said: set[str]) -> bool:
    """Whether the scene of these classes is ordered beyond doubt."""
    lattice = gist.lattice
    keys = [token.key for token in lattice.tokens]
    if gist.unknown or "?" in keys or not ONE.isdisjoint(keys) or telling.tells(lattice):
        return False
    if keys[0] in SUBJECTS:
        return False
    if not said & OWNED and not PAST.isdisjoint(keys):
        return False
    told = {role for word in gist.words for role in word.chosen}
    if said & {"loses", "gains"} and not told & {"loses", "gains", "top"}:
        return False  # a sign alone
    if sum("denies" in word.chosen for word in gist.words) > 1 or (said & {"order", "spends"} and "money" not in said):
        return False
    if "loses" in said and not said & {"top", "sold"} and _falls(gist):
        return False
    if "enters" in said and not said & (OWNED | {"spends", "order"}):
        return False
    return any(
        word.said.endswith(KEPT) or not word.said.endswith(TENSES[lattice.language])
        for word in gist.words
        if word.chosen & ORDERING
    )


def _falls(gist: Gist) -> bool:
    """Whether it is said to fall, and not to lose, and not from where."""
    losing = [word.said for word in gist.words if "loses" in word.chosen]
    if any(mark in gist.lattice.text.lower for mark in FROM):
        return False
    return bool(losing) and all(said.startswith(FALLING) for said in losing)
