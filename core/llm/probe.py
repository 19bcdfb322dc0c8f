"""Does a model obey a schema, and decline what is no order? Two small questions, in which nothing is the owner's.

A model that never declines is no danger here, since what it proposes is licensed by the sentence and only offered; its
offers are worth little, and that is told.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from core.llm.chain import Attempt, asked, checked
from core.llm.request import Backend, Example, Failure, Reply, Request

SYSTEM: Final = (
    'Say what the user wants done with a number. Answer {"do": "set", "name": NAME, "value": "DIGITS"} or, when he '
    'wants nothing set now, {"do": "none"}.'
)
EXAMPLES: Final = (
    Example("Set the volume to 7", '{"do": "set", "name": "volume", "value": "7"}'),
    Example("What is the brightness?", '{"do": "none"}'),
    Example("Ponha o brilho em 40", '{"do": "set", "name": "brightness", "value": "40"}'),
    Example("Não mexa no volume", '{"do": "none"}'),
)
SET: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "do": {"enum": ["set"]},
        "name": {"enum": ["volume", "brightness"]},
        "value": {"type": "string", "pattern": "^[0-9]{1,3}$"},
    },
    "required": ["do", "name", "value"],
    "additionalProperties": False,
}
NONE: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"do": {"enum": ["none"]}},
    "required": ["do"],
    "additionalProperties": False,
}
ORDER: Final = "Set the volume to 12"
NO_ORDER: Final = "Please do not set the brightness to 55"
WANTED: Final = {"do": "set", "name": "volume", "value": "12"}


@dataclass(frozen=True, slots=True)
class Probed:
    """What a backend made of both questions. None where it gave no answer to judge."""

    first: Attempt
    obeys: bool | None  # the schema
    right: bool | None  # it did what it was told to
    declines: bool | None  # what it was told not to do


async def probe(backend: Backend, seconds: float, context_tokens: int) -> Probed:
    """Ask both; the second only when there is an answer to the first."""
    first = await _attempt(backend, _request(ORDER, seconds, context_tokens))
    if isinstance(first.outcome, Failure):
        spoke = first.outcome.why.value in ("not_json", "off_schema")
        return Probed(first, False if spoke else None, None, None)
    second = await _attempt(backend, _request(NO_ORDER, seconds, context_tokens))
    declined = second.outcome.data == {"do": "none"} if isinstance(second.outcome, Reply) else None
    return Probed(first, True, first.outcome.data == WANTED, declined)


def _request(prompt: str, seconds: float, context_tokens: int) -> Request:
    schema = {"anyOf": [SET, NONE]}
    return Request(SYSTEM, prompt, schema, seconds, EXAMPLES, context_tokens, most_tokens=64)


async def _attempt(backend: Backend, request: Request) -> Attempt:
    begun = time.monotonic()
    outcome = await asked(backend, request)
    if isinstance(outcome, Reply):
        outcome = checked(outcome, request)
    return Attempt(backend.name, backend.title, outcome, time.monotonic() - begun)
