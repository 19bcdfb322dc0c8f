"""A model is asked for a function, and twice more at most with what was wrong with it; what passes is an offer.

Nothing that it writes is run here, and nothing becomes a plan: the owner takes the offer or lets it be, and the road
judges it like any other change. Whatever goes wrong leaves the grammar's answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from core.contracts import EditPlan, Interpretation, Language, Offer, Status
from core.contracts.plan import MOST_OFFERS
from core.symbols import Symbols
from core.telemetry import get_logger
from services.interpreter.grammar.lattice import build
from services.interpreter.grammar.normalise import read
from services.interpreter.model.writing.drafting import Drafted, drafted
from services.interpreter.model.writing.faults import Fault
from services.interpreter.model.writing.hearing import Wanted, wanted
from services.interpreter.model.writing.offering import question
from services.interpreter.model.writing.vetted import Vet
from services.interpreter.wording import say

if TYPE_CHECKING:
    from core.llm.chain import Attempt
    from core.llm.request import Request

log = get_logger()
Ask = Callable[["Request"], "Sequence[Attempt]"]
MOST_RETURNS: Final = 2
"""How often what was found goes back to the model; who needs more is not told by it what is wrong."""


def written(
    meant: Interpretation,
    text: str,
    symbols: Symbols,
    ask: Ask,
    vet: Vet,
    seconds: float,
    context_tokens: int,
    clock: Callable[[], float] = time.monotonic,
) -> Interpretation:
    """The grammar's answer, with an offer of code where a model wrote what passes. `seconds` are for all tries."""
    from services.interpreter.model.writing.prompt import again, request_for

    asked_for = wanted(text, meant, symbols)
    if asked_for is None:
        return meant
    until = clock() + seconds
    request = request_for(asked_for, symbols, seconds, context_tokens)
    answer, backend = _answer(ask(request))
    found, tests = _checked(answer, asked_for, symbols, vet)
    tries = 1
    while isinstance(found, Fault) and tries <= MOST_RETURNS and (left := until - clock()) > 0:
        request = again(request, answer, found, left)
        next_answer, backend = _answer(ask(request))
        checked, tests = _checked(next_answer, asked_for, symbols, vet)
        tries += 1
        if checked is None:
            break  # it has nothing more to say, and what was wrong still is
        answer, found = next_answer, checked
    log.info("llm.code", **_told(found, tries))
    if isinstance(found, Drafted):
        return _offered(found, tests, asked_for, meant, backend)
    if isinstance(found, Fault):
        refused = say("written.refused", meant.language, why=found.told(meant.language))
        return msgspec.structs.replace(meant, status=Status.ASK, reason=None, question=f"{_said(meant)} {refused}")
    return meant


def warming(symbols: Symbols, seconds: float, context_tokens: int) -> Request:
    """A question with all that is the same in every one."""
    from services.interpreter.model.writing.prompt import request_for

    lattice = build(read("write"), Language.EN, symbols)
    nothing = Wanted(lattice, (), (), (), (), symbols.spoken[:1], ())
    return request_for(nothing, symbols, seconds, context_tokens)


def _answer(attempts: Sequence[Attempt]) -> tuple[Any, str]:
    """What was said as data, and by whom; None where nobody said anything that obeys the schema."""
    last = attempts[-1] if attempts else None
    return getattr(getattr(last, "outcome", None), "data", None), getattr(last, "backend", "")


def _checked(
    answer: Any, asked_for: Wanted, symbols: Symbols, vet: Vet
) -> tuple[Drafted | Fault | None, tuple[str, ...]]:
    """The function and its tests; what is wrong with it; or None where there is none."""
    if answer is None or answer["is"] == "decline":
        return None, ()
    found = drafted(answer, asked_for, symbols)
    if isinstance(found, Fault):
        return found, ()
    vetted = vet(EditPlan((found.operation,)), symbols.sources)
    return (Fault("vetted", {"finding": vetted.finding}), ()) if vetted.finding else (found, vetted.tests)


def _offered(
    found: Drafted, tests: tuple[str, ...], asked_for: Wanted, meant: Interpretation, backend: str
) -> Interpretation:
    offer = Offer(plan=EditPlan((found.operation,)))
    told = question(found, tests, asked_for, meant.language)
    asked = Interpretation(Status.ASK, meant.language, backend, meant.ms, question=told)
    return msgspec.structs.replace(asked, offers=(offer, *meant.offers)[:MOST_OFFERS], unused=asked_for.unknown)


def _said(meant: Interpretation) -> str:
    return meant.question or meant.reason or ""


def _told(found: Drafted | Fault | None, tries: int) -> dict[str, Any]:
    """The event: what came of it, and no word of sentence or code."""
    if isinstance(found, Fault):
        return {"outcome": "refused", "fault": found.case, "tries": tries}
    return {"outcome": "offered" if found is not None else "nothing", "fault": None, "tries": tries}
