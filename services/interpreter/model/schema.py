"""The schema of one answer: every name, amount, direction, side and effect is one that the sentence says.

A model under it can say nothing that was not said, and nothing that is not well formed. Flat shapes, each key required,
no free text: what the grammars of llama.cpp, Ollama and OpenAI's servers all keep to (see docs/local-models.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from services.interpreter.model.said import Said

MOST_STEPS: Final = 3
MOST_CONDITIONS: Final = 3
DECLINE: Final = ("question", "not_now", "not_an_order", "something_else", "number_missing")
"""Why nothing is to be edited now."""


def answer_schema(said: Said) -> dict[str, Any] | None:
    """For a sentence that says so much; None when it says nothing that an edit could be made of."""
    steps = list(_steps(said))
    if not steps:
        return None
    edit = _shape("edit", steps=_some(_any(*steps), MOST_STEPS))
    return _any(edit, _shape("decline", why=_one_of(*DECLINE)))


def _steps(said: Said) -> Iterator[dict[str, Any]]:
    amount = _one_of(*said.amounts)
    if said.sets:
        yield _shape("set", name=_one_of(*said.parameters), how=_one_of(*said.hows), amount=amount)
    if said.rules_out:
        yield _shape(
            "rule",
            side=_one_of(*said.sides),
            effect=_one_of(*said.effects),
            join=_one_of(*said.joints),
            when=_some(_any(*_conditions(said)), MOST_CONDITIONS),
        )
    if said.switches_rules:
        yield _shape("switch", do=_one_of(*said.switches), rule=_one_of(*said.rules))


def _conditions(said: Said) -> Iterator[dict[str, Any]]:
    feature, op = _one_of(*said.features), _one_of(*said.ops)
    if said.amounts:
        yield _shape("number", feature=feature, op=op, sign=_one_of(*said.signs), amount=_one_of(*said.amounts))
    if len(said.features) > 1:
        yield _shape("other", feature=feature, op=op, other=feature)


def _shape(kind: str, **keys: dict[str, Any]) -> dict[str, Any]:
    properties = {"is": _one_of(kind), **keys}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _one_of(*names: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(names)}


def _some(item: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": most}


def _any(*shapes: dict[str, Any]) -> dict[str, Any]:
    return shapes[0] if len(shapes) == 1 else {"anyOf": list(shapes)}
