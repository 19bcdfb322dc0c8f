"""What any model could make of the sentences that the grammar leaves open: every answer that its schema allows.

No model runs here. Each answer, of one step and of two, goes the way of a real one, by the reading and the licence:
what reaches the owner is all that any model, good or hostile, could put before him.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bench.figure import Figure, at_most
from bench.language.held_out import Sentence, sentences
from bench.language.judging import Judged, judged, shown
from bench.language.worlds import ZONE, symbols
from core.contracts import Interpretation, Language, Situation, Status
from core.llm.chain import Attempt, checked
from core.llm.request import Reply, Request
from services.interpreter import interpret
from services.interpreter.model import helped

SECONDS: Final = 5.0
CONTEXT_TOKENS: Final = 4096
MOST_ITEMS: Final = 60
MOST_IN_PAIRS: Final = 20
MOST_ANSWERS: Final = 600
RIGHT: Final = (Judged.OFFERED, Judged.RIGHT)


@dataclass(frozen=True, slots=True)
class Reached:
    """An open sentence, whether a model is asked about it, and the right and wrong offers that could come of it."""

    text: str
    asked: bool
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


def left_open(chosen: list[Sentence]) -> Iterator[tuple[Sentence, Interpretation]]:
    """Sentences that the grammar asks back about without an offer."""
    for sentence in chosen:
        now = Situation(paused=sentence.world == "paused", time_zone=ZONE, language=Language(sentence.language))
        meant = interpret(sentence.text, symbols(sentence.world), situation=now)
        if meant.status is Status.ASK and not meant.offers:
            yield sentence, meant


def reached() -> list[Reached]:
    """Of all held-out sentences."""
    return [_reached(sentence, alone) for sentence, alone in left_open(sentences())]


def _reached(sentence: Sentence, alone: Interpretation) -> Reached:
    known, asked = symbols(sentence.world), list[Request]()

    def note(request: Request) -> tuple[Attempt, ...]:
        asked.append(request)
        return ()

    helped(alone, sentence.text, known, note, SECONDS, CONTEXT_TOKENS)
    offers: dict[str, str] = {}
    for request in asked:
        for answer in itertools.islice(answers(dict(request.schema)), MOST_ANSWERS):
            told = (Attempt("scripted", "Script", checked(Reply(json.dumps(answer)), request), 0.0),)
            meant = helped(alone, sentence.text, known, lambda _, told=told: told, SECONDS, CONTEXT_TOKENS)
            if meant.offers:
                got = msgspec.to_builtins(meant)
                offers[shown(got)] = judged(sentence, got)
    right = tuple(said for said, verdict in offers.items() if verdict in RIGHT)
    return Reached(sentence.text, bool(asked), right, tuple(said for said in offers if said not in right))


def answers(schema: dict[str, Any]) -> Iterator[Any]:
    """Answers that obey a schema; of each list all of one item, and pairs."""
    if "anyOf" in schema:
        for shape in schema["anyOf"]:
            yield from answers(shape)
    elif "enum" in schema:
        yield from schema["enum"]
    elif schema["type"] == "array":
        items = list(itertools.islice(answers(schema["items"]), MOST_ITEMS))
        yield from ([item] for item in items)
        some = items[:MOST_IN_PAIRS]
        yield from ([first, second] for first in some for second in some if first != second)
    else:
        keys = schema["properties"]
        values = (list(itertools.islice(answers(keys[key]), MOST_ANSWERS)) for key in keys)
        for chosen in itertools.islice(itertools.product(*values), MOST_ANSWERS):
            yield dict(zip(keys, chosen, strict=True))


def model_figures(found: list[Reached]) -> list[Figure]:
    """How many open sentences a model is asked about, and what it can say of them at best and at worst."""
    asked = [each for each in found if each.asked]
    wrong = sum(len(each.wrong) for each in found)
    return [
        Figure(
            "Any model: open sentences it is asked about", len(asked), "", None, f"of {len(found)} without an offer"
        ),
        Figure("... that it can offer right", sum(bool(each.right) for each in found), ""),
        Figure("... wrong offers that the licence lets through", wrong, "", at_most(0), "of every answer it may give"),
    ]
