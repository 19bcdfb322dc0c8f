"""A name that leaves out what it shares with the one spoken of: `não, o do livro` after `peso do fluxo`."""

from __future__ import annotations

import re
from typing import Final

from services.interpreter.dialogue import choosing, sentences, words
from services.interpreter.dialogue.turn import Turn
from services.interpreter.grammar.normalise import read

SAID_OF: Final = re.compile(
    r"^(?:the |o |a )?(?:do |da |de )?(?P<whose>[^\W\d]+(?: [^\W\d]+)?)(?: is|'s)?,? ?"
    r"(?:(?:at|to|em|para|pra|=|with|com) )?(?P<value>[\d.,]+ ?%?)$"
)
"""`the book's at 0.35`, `o do livro em 0,35`."""
ARTICLES: Final = re.compile(r"^(?:(?:it is|its|and|e|o|a|os|as|the|do|da|de) )+")
SHARED: Final = ("weight", "threshold", "ema", "rsi", "period", "seconds", "stop", "hold")
"""What names may share: their heads."""


def sibling(turn: Turn, said: str, called: str) -> str | None:
    """The one other parameter that shares a part with `called` and that all the words are of."""
    shared = [part for part in SHARED if part in called.split("_")]
    others = [
        name for name in turn.symbols.parameters if name != called and any(part in name.split("_") for part in shared)
    ]
    lower = read(said).lower
    for text in (lower, lower.replace("'s", "").removesuffix(" is"), words.without_end("of_them", lower)):
        plain = ARTICLES.sub("", text.strip())
        fits = choosing.fitting(sentences.lattice(plain, turn.language, turn.symbols), others)
        if len(fits) == 1:
            return fits[0]
    return None


def set_to(turn: Turn, said: str, called: str) -> str | None:
    """A sentence that sets such a sibling: `the book's at 0.35` as `set weight_orderbook to 0.35`."""
    found = SAID_OF.match(read(said).lower.strip(" .!"))
    if found is None:
        return None
    other = sibling(turn, found["whose"], called)
    value = turn.amount(found["value"])
    return None if other is None or value is None else sentences.setting(other, value, turn.language)
