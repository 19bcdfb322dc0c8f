"""The owner's words in a conversation, tried as each thing that they may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from core.contracts import EditPlan, Interpretation, Language, Offer, SetOverride, SetParameter, Status
from core.contracts.plan import MOST_OFFERS
from core.symbols import Symbols
from services.interpreter.dialogue import plans, sentences, words
from services.interpreter.dialogue.peeling import Peeled, peeled
from services.interpreter.dialogue.state import Dialogue, Open, Reply, Waiting
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.normalise import Text, read
from services.interpreter.wording import say

BACKEND: Final = "dialogue"
Taken = tuple[Dialogue, Reply]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: the state before it, the words, and what is open after them."""

    state: Dialogue
    text: str
    symbols: Symbols
    read_as: Callable[[str, Symbols], Interpretation]
    spoken: Language
    yesterday: str = ""  # the version of yesterday, where it is known and not in force

    def understand(self, text: str) -> Interpretation:
        """What a sentence means for the strategy as it stands."""
        return self.read_as(text, self.symbols)

    @property
    def said(self) -> Text:
        """The words, read."""
        return read(self.text)

    @property
    def language(self) -> Language:
        """What is open was said in it, or the words are."""
        for about in (self.state.asked, self.state.waiting, self.state.last):
            if about is not None:
                return about.language
        return self.spoken

    @property
    def peeled(self) -> Peeled:
        """The words, and what stands around them."""
        return peeled(self.text)

    @property
    def core(self) -> str:
        """The words without what stands around them."""
        return self.peeled.core

    @property
    def own_lattice(self) -> Lattice:
        """What the words are, in the language of what is open."""
        return sentences.lattice(self.core, self.language, self.symbols)

    def amount(self, text: str) -> str | None:
        """The amount that the whole of `text` is, said in either language."""
        bare = words.bare("making", read(text))
        others = [spoken for spoken in Language if spoken is not self.language]
        said = (sentences.amount(bare, spoken, self.symbols) for spoken in (self.language, *others))
        return next((found for found in said if found is not None), None)

    def name(self, text: str) -> str | None:
        """The one parameter or rule that the whole of `text` is, said in either language."""
        others = [spoken for spoken in Language if spoken is not self.language]
        said = (sentences.name(text, spoken, self.symbols) for spoken in (self.language, *others))
        return next((found for found in said if found is not None), None)

    @property
    def about(self) -> Waiting | None:
        """The plan that waits, or the one that was offered."""
        asked = self.state.asked
        if self.state.waiting is not None or asked is None or len(asked.offers) != 1:
            return self.state.waiting
        plan = asked.offers[0].plan
        return None if plan is None or asked.base is not None else Waiting(plan, self.spelled(plan), asked.language)

    def plan_of(self, text: str) -> EditPlan | None:
        """The plan that a sentence is beside one in percent, of which a bare number is a percentage too."""
        meant = self.understand(text)
        if meant.plan is not None or len(meant.offers) != 1 or meant.unused:
            return meant.plan
        said = sentences.in_percent(text, self.language, self.symbols)
        return meant.offers[0].plan if self.understand(said).plan == meant.offers[0].plan else None

    def alone(self) -> Taken:
        """A sentence of its own."""
        meant = self.understand(self.text)
        waiting = self.state.waiting
        plan = meant.plan if waiting is None else self.plan_of(self.text)
        if waiting is not None and plan is not None and plans.is_part(plan, waiting.plan):
            return self.both(waiting.plan, plan)
        return self.opened(meant, self.state), Reply(meant)

    def opened(self, meant: Interpretation, state: Dialogue, said: str = "") -> Dialogue:
        """The state after a sentence that was understood as it stands."""
        text = said or self.text
        match meant.status:
            case Status.PLAN if meant.plan is not None:
                waiting = Waiting(meant.plan, text, meant.language)
                return msgspec.structs.replace(state, asked=None, waiting=waiting)
            case Status.ASK:
                asked = Open(text, meant.question or "", meant.language, meant.offers)
                return msgspec.structs.replace(state, asked=asked, waiting=None)
            case Status.ACTION if meant.action is not None and meant.action.name in ("rollback", "panic", "resume"):
                return state.settled
            case Status.ACTION if meant.action is not None:
                topic = str(meant.action.args.get("what", "")) if state.waiting is None else ""
                return msgspec.structs.replace(state, looked=text, topic=topic if topic in self.names else "")
            case _:
                return state

    @property
    def names(self) -> frozenset[str]:
        """What may be spoken of."""
        return frozenset((*self.symbols.parameters, *self.symbols.rules))

    def take(self, offer: Offer) -> Taken:
        """An offer as it stands: its plan waits for a yes, its action is done."""
        asked = self.state.asked
        if offer.plan is not None:
            return self.with_base(offer.plan, "", asked)
        meant = Interpretation(Status.ACTION, self.language, BACKEND, 0.0, action=offer.action)
        return self.state.settled, Reply(meant)

    def with_base(self, plan: EditPlan, said: str, asked: Open | None) -> Taken:
        """The plan that answers a question, beside what stood when it was asked."""
        if asked is not None and asked.base is not None:
            return self.both(asked.base, plan)
        return self.now_waits(plan, said or self.spelled(plan))

    def both(self, plan: EditPlan, more: EditPlan) -> Taken:
        """One plan and what is added to it, as one."""
        whole = plans.merged(plan, more)
        if whole is None:
            return self.state, Reply(self.question("too_many_added"))
        return self.now_waits(whole, self.spelled(whole))

    def spelled(self, plan: EditPlan) -> str:
        """A sentence that says a plan which sets values; empty for any other."""
        steps = [each for each in plan.operations if isinstance(each, SetParameter | SetOverride)]
        pairs = {each.pair if isinstance(each, SetOverride) else "" for each in steps}
        if len(steps) != len(plan.operations) or len(pairs) != 1:
            return ""
        said = [sentences.setting(each.name, _shown(each, self.symbols), self.language) for each in steps]
        whole = f" {sentences.AND[self.language]} ".join(said)
        return f"{sentences.FOR[self.language].format(pair=pair)}{whole}" if (pair := pairs.pop()) else whole

    def now_waits(self, plan: EditPlan, said: str) -> Taken:
        """A plan that waits for a yes from now on; `said` says all of it."""
        waiting = Waiting(plan, said, self.language)
        return msgspec.structs.replace(self.state, asked=None, waiting=waiting), Reply(self.planned(plan))

    def asks(self, meant: Interpretation, said: str, base: EditPlan | None) -> Taken:
        """A question about `said` that is open from now on; what waits goes on waiting."""
        if meant.status is not Status.ASK:
            return self.state, Reply(meant)
        asked = Open(said, meant.question or "", meant.language, meant.offers, base)
        return msgspec.structs.replace(self.state, asked=asked), Reply(meant)

    def which(self, found: Iterable[EditPlan], about: Waiting) -> Taken:
        """The question which of several plans is meant."""
        offers = tuple(Offer(plan=plan) for plan in found)[:MOST_OFFERS]
        meant = msgspec.structs.replace(self.question("which_of_these"), offers=offers)
        return self.asks(meant, about.said, None)

    def again(self, asked: Open) -> Interpretation:
        """The question once more, after a yes that does not say to what."""
        return msgspec.structs.replace(
            self.question("which_of_these") if asked.offers else self.question("say_it"), offers=asked.offers
        )

    def planned(self, plan: EditPlan) -> Interpretation:
        """A plan as an answer."""
        return Interpretation(Status.PLAN, self.language, BACKEND, 0.0, plan=plan)

    def question(self, case: str, **values: object) -> Interpretation:
        """A question of ours."""
        question = say(f"dialogue.{case}", self.language, **values)
        return Interpretation(Status.ASK, self.language, BACKEND, 0.0, question=question)

    def nothing(self, case: str) -> Reply:
        """That nothing changes, and why."""
        reason = say(f"dialogue.{case}", self.language)
        return Reply(Interpretation(Status.NONE, self.language, BACKEND, 0.0, reason=reason))


def _shown(step: SetParameter | SetOverride, symbols: Symbols) -> str:
    """A value in words that give it back: `3%`, `90 segundos`."""
    parameter = symbols.parameters.get(step.name)
    if parameter is not None and parameter.range.unit.startswith("of "):
        return f"{Decimal(repr(step.value)) * 100:f}%"
    seconds = parameter is not None and parameter.range.unit == "seconds"
    return f"{Decimal(repr(step.value)):f}{' s' if seconds else ''}"
