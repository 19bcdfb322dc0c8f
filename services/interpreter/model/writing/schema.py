"""The schema of an answer with code: names from the strategy, and lines that hold nothing but its words and arithmetic.

Each line is a text under a pattern, so that a model that is held to the schema cannot name a feature that is not there,
nor write a text, a comment, a list or an attribute of anything else. What servers cannot be trusted with is checked
again: the pattern by `core.llm.schema`, the code by `shape`.
"""

from __future__ import annotations

from typing import Any, Final

from services.interpreter.model.writing.hearing import Wanted
from services.interpreter.model.writing.targets import ALL_ANSWERS, Kind

MOST_LINES: Final = 14
DECLINE: Final = ("not_an_order", "cannot_be_said", "something_else")
NEW_NAME: Final = "^[a-z][a-z0-9]{1,11}(_[a-z0-9]{1,11}){0,4}$"
WORDS: Final = ("return", "if", "elif", "else", "and", "or", "not", "min", "max", "abs")
NUMBER: Final = r"[0-9]{1,7}(\.[0-9]{1,6})?"
LOCALS: Final = (
    *("limit", "level", "width", "distance", "share", "part", "value", "gain", "loss", "gap", "needed", "allowed"),
    *("stop", "target", "rest", "hours", "age", "extra", "total", "ratio"),
)
"""The names that code may give to what it works out."""
BETWEEN: Final = "[ ()+*/<>=!,:-]{1,5}"
"""None of these may be in a word: a line is read in one way only, however long a hostile one is."""


def answer_schema(wanted: Wanted) -> dict[str, Any]:
    """For a sentence that settles so much."""
    name = {"type": "string", "pattern": NEW_NAME}
    shapes = [_shape("rule", name=name, lines=_lines(wanted, wanted.answers))]
    for kind, answers in ((Kind.RULE, ALL_ANSWERS), (Kind.SIGNAL, ())):
        if names := wanted.of(kind):
            shapes.append(_shape("rewrite", name=_one_of(*names), lines=_lines(wanted, answers)))
    return {"anyOf": [*shapes, _shape("decline", why=_one_of(*DECLINE))]}


def _lines(wanted: Wanted, answers: tuple[str, ...]) -> dict[str, Any]:
    line = {"type": "string", "pattern": line_pattern(wanted, answers)}
    return {"type": "array", "items": line, "minItems": 1, "maxItems": MOST_LINES}


def line_pattern(wanted: Wanted, answers: tuple[str, ...]) -> str:
    """One line of a body: words of Python and of the strategy, with signs and blanks between them."""
    owned = [rf"f\.({'|'.join(wanted.features)})"]
    owned += [rf"P\.({'|'.join(wanted.parameters)})"] if wanted.parameters else []
    word = "|".join((*owned, *(("ALLOW", *answers) if answers else ()), *WORDS, NUMBER, *LOCALS))
    return f"^( {{4}}){{1,4}}({word})({BETWEEN}({word}))*[):]{{0,3}}$"


def _shape(kind: str, **keys: dict[str, Any]) -> dict[str, Any]:
    properties = {"is": _one_of(kind), **keys}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _one_of(*names: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(names)}
