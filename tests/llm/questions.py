"""A small question with its schema, for whatever is asked."""

from __future__ import annotations

from core.llm.probe import EXAMPLES, NONE, ORDER, SET, SYSTEM
from core.llm.request import Request

WANTED = {"do": "set", "name": "volume", "value": "12"}


def question(seconds: float = 5.0, most_tokens: int = 64) -> Request:
    """To set a volume."""
    return Request(SYSTEM, ORDER, {"anyOf": [SET, NONE]}, seconds, EXAMPLES, most_tokens=most_tokens)
