"""When a model is asked, and what of its guess reaches the owner: an offer that his own words license, or nothing.

It is asked only where the grammar asks back, and never about a sentence that stops, closes, quotes, supposes or
reports, nor where a word that nobody knows may turn the order round. Whatever goes wrong leaves the grammar's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from core.contracts import AddRule, EditPlan, Interpretation, Language, Offer, Situation, Status
from core.contracts.plan import MOST_OFFERS
from core.symbols import Symbols
from services.interpreter.grammar import pairs
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import MOST_CHARACTERS, clean, read
from services.interpreter.interpret import interpret
from services.interpreter.model.guarding import is_unknown, unguarded
from services.interpreter.offers import licence, skipping, words
from services.interpreter.wording import say

if TYPE_CHECKING:
    from core.llm.asking import Models
    from core.llm.chain import Attempt
    from core.llm.request import Request
    from services.interpreter.model.writing.vetted import Vet

Ask = Callable[["Request"], "Sequence[Attempt]"]
"""Asks the owner's models; the last attempt has the reply, if any has."""
Understand = Callable[[str, Symbols, Situation], Interpretation]
ANY_ORDER: Final = "set the stop loss to 3%"
MOST_UNKNOWN: Final = 2
"""Words that nobody knows; a sentence with more of them is about something else."""
NEVER: Final = frozenset({"nenhum", "nenhuma", "means", "jamais", "nunca", "never"})
"""`By no means`, `de jeito nenhum`: they turn an order round, whatever words of it the grammar knows."""
NAMING: Final = frozenset({"PARAM", "FEATURE", "RULE"})
ENOUGH: Final = 1
"""Offers of the grammar from which a model could only take the first place away."""


def with_models(models: Models, only: str | None = None, vet: Vet | None = None) -> Understand:
    """How a sentence is understood where the owner has models: by the grammar, and by them where it asks back.

    With `only` they are asked about those words alone: a conversation also tries others in their place. What is left
    open they may write code for, if the owner lets them and somebody is there to `vet` it.
    """

    def understand(text: str, symbols: Symbols, situation: Situation) -> Interpretation:
        meant, set_to = interpret(text, symbols, situation=situation), models.settings
        if not models.any or (only is not None and text.strip() != only.strip()):
            return meant
        if vet is None or not set_to.write_code:
            return helped(meant, text, symbols, models.ask, set_to.seconds, set_to.context_tokens)
        return _with_code(meant, text, symbols, situation, models, vet)

    return understand


def _with_code(
    meant: Interpretation, text: str, symbols: Symbols, situation: Situation, models: Models, vet: Vet
) -> Interpretation:
    """A guess, or where there is none code; code at once for who begins by asking for it. No code is of one pair."""
    from services.interpreter.model.writing.asking import written
    from services.interpreter.model.writing.hearing import asks_for_code

    set_to = models.settings
    if meant.plan is not None or meant.action is not None:
        return meant
    if not asks_for_code(text, meant.language, symbols):
        meant = helped(meant, text, symbols, models.ask, set_to.seconds, set_to.context_tokens)
        if meant.offers and not is_doubtful(meant):
            return meant
    if pairs.named(clean(text[:MOST_CHARACTERS]), situation.pairs):
        return meant
    return written(meant, text, symbols, models.ask, vet, set_to.code_seconds, set_to.context_tokens)


def is_doubtful(meant: Interpretation) -> bool:
    """Whether what is offered is a rule that leaves words of the sentence out: they may be what no rule can say."""
    operations = [each for offer in meant.offers if offer.plan is not None for each in offer.plan.operations]
    return bool(meant.unused) and any(isinstance(each, AddRule) for each in operations)


def warm(models: Models, symbols: Symbols) -> None:
    """Let a model read what is the same in every question, which takes a processor up to a minute. Does not wait."""
    from services.interpreter.model.prompt import request_for
    from services.interpreter.model.said import said

    lattice = build(read(ANY_ORDER), Language.EN, symbols)
    request = request_for(ANY_ORDER, said(lattice), symbols, models.settings.seconds, models.settings.context_tokens)
    if request is not None:
        models.warm(request)
    if models.settings.write_code:
        from services.interpreter.model.writing.asking import warming

        models.warm(warming(symbols, models.settings.code_seconds, models.settings.context_tokens))


def helped(
    meant: Interpretation, text: str, symbols: Symbols, ask: Ask, seconds: float, context_tokens: int
) -> Interpretation:
    """What the grammar made of a sentence, with a model's guess where it made nothing of it, or too much.

    `seconds` and `context_tokens` are for each backend. A guess that the grammar had too is put first; another one is
    offered only where the grammar has none. Neither is ever a plan.
    """
    if meant.status is not Status.ASK or len(meant.offers) == ENOUGH:
        return meant
    lattice = _worth_asking(text, meant, symbols)
    if lattice is None:
        return meant
    from services.interpreter.model.prompt import request_for
    from services.interpreter.model.reading import plan_of
    from services.interpreter.model.said import said

    words_said = said(lattice)
    request = request_for(lattice.text.clean, words_said, symbols, seconds, context_tokens)
    attempts = ask(request) if request is not None else ()
    data = getattr(attempts[-1].outcome, "data", None) if attempts else None
    plan = plan_of(data, words_said, symbols) if data is not None else None
    if plan is None or licence.faults(Offer(plan=plan), lattice):
        return meant
    return _with(plan, meant, lattice, attempts[-1].backend)


def _with(plan: EditPlan, meant: Interpretation, lattice: Lattice, backend: str) -> Interpretation:
    offer = Offer(plan=plan)
    if offer in meant.offers:
        others = [each for each in meant.offers if each != offer]
        return msgspec.structs.replace(meant, offers=(offer, *others)[:MOST_OFFERS])
    if meant.offers:
        return meant
    question = say("model_guess", meant.language)
    return msgspec.structs.replace(meant, backend=backend, question=question, offers=(offer,), unused=_unknown(lattice))


def _worth_asking(text: str, meant: Interpretation, symbols: Symbols) -> Lattice | None:
    """The sentence's lattice, unless nothing may be guessed of it."""
    lattice = unguarded(text, meant.language, symbols)
    if lattice is None:
        return None
    if NEVER & {token.key for token in lattice.tokens}:
        return None
    strange = [place for place in range(lattice.end) if is_unknown(lattice, place)]
    if len(strange) > MOST_UNKNOWN or not _may_be_an_order(lattice, strange):
        return None
    return None if {lattice.tokens[place].key for place in strange} & words.changing() else lattice


def _may_be_an_order(lattice: Lattice, strange: Sequence[int]) -> bool:
    """Whether the sentence begins as an order: with a verb that is known, or with one unknown word that may be one."""
    named = next((place for place in range(lattice.end) if NAMING & lattice.edges[place].keys()), lattice.end)
    before = [place for place in strange if place < named]
    silent = (not skipping.VERBS & edges.keys() and "skip" in edges for edges in lattice.edges)
    first = next((place for place, passes in enumerate(silent) if not passes and place < lattice.end), 0)
    if not before or skipping.VERBS & lattice.edges[first].keys():
        return True
    follows = lattice.edges[1].keys() if lattice.end > 1 else set()
    return before == [0] and bool((NAMING | {"skip"}) & follows)


def _unknown(lattice: Lattice) -> tuple[str, ...]:
    """The words that nobody knows, which no offer can have said."""
    return tuple(lattice.said(place, place + 1) for place in range(lattice.end) if is_unknown(lattice, place))
