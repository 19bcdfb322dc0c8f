"""One thing and not another: `não é 3, é 4`, `28, não 25`, `4 instead of 3`, `o take, não o stop`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from services.interpreter.grammar.normalise import fold, read

NEGATING: Final = r"(?:nao|no|not|e nao|and not)"
INSTEAD: Final = r"(?:em vez de|em vez do|em vez da|no lugar de|no lugar do|ao inves de|instead of|rather than)"
MEANING: Final = (
    r"i (?:was|am) talking about|i (?:meant|mean|wanted|said)|eu (?:falava|falei|quis dizer|queria|disse)"
    r"|(?:eu )?(?:to|tou|estou|tava|estava) falando|(?:eu )?(?:quis dizer|queria|falava)"
)
BEING: Final = rf"(?:(?:{MEANING}|e|eh|era|foi|sim|e sim|mas|mas sim|but|is|it is|it was|was|at|em|no|na|do|da)\s+)*"
TAIL: Final = re.compile(
    r"\s+(?:que eu (?:queria|quis dizer|pedi|disse|falei)|(?:that )?i (?:wanted|meant|said|asked for))(?=\s*[,;.]|$)"
)
"""Said of what was not meant: `não era o stop que eu queria`."""
APART: Final = r"(?:\s*[;.]\s*|\s*,\s+|\s+(?=(?:mas|but|e sim|and)\s))"
SHAPES: Final = tuple(
    re.compile(shape)
    for shape in (
        rf"^{NEGATING}\s+{BEING}(?P<old>[^;]+?){APART}{BEING}(?P<new>[^;]+)$",
        rf"^{INSTEAD}\s+{BEING}(?P<old>[^;]+?){APART}{BEING}(?P<new>[^;]+)$",
        rf"^{BEING}(?P<new>[^;]+?)\s*,?\s+(?:{NEGATING}|{INSTEAD})\s+{BEING}(?P<old>[^;]+)$",
    )
)


@dataclass(frozen=True, slots=True)
class Contrast:
    """What is meant, and what is not, as said."""

    new: str
    old: str


def contrasts(text: str) -> list[Contrast]:
    """The ways to read a turn as one thing and not another. Who uses one looks whether the other was spoken of."""
    lower = read(text).lower.rstrip(" .!")
    folded = fold(lower)
    if len(folded) == len(lower) and (tail := TAIL.search(folded)) is not None:
        lower = lower[: tail.start()] + lower[tail.end() :]
        folded = fold(lower)
    if len(folded) != len(lower) or "?" in lower:
        return []
    matches = [found for shape in SHAPES if (found := shape.match(folded)) is not None]
    return [Contrast(lower[slice(*found.span("new"))], lower[slice(*found.span("old"))]) for found in matches]
