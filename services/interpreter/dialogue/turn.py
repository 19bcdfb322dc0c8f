"""The owner's words in a conversation, tried as each thing that they may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from core.contracts import EditPlan, Interpretation, Language, Offer, SetParameter, Status
from core.contracts.plan import MOST_OFFERS
from core.symbols import Symbols
from services.interpreter.answering import answer
from services.interpreter.dialogue import choosing, plans, sentences, words
from services.interpreter.dialogue.state import MOST_PAST, Dialogue, Open, Reply, Waiting
from services.interpreter.grammar import guards
from services.interpreter.grammar.normalise import Text, read
from services.interpreter.wording import say

BACKEND: Final = "dialogue"
Taken = tuple[Dialogue, Reply]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn. Each method answers what the words come to, or None when they are not that."""

    state: Dialogue
    text: str
    symbols: Symbols
    read_as: Callable[[str, Symbols], Interpretation]
    spoken: Language

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

    def taken(self) -> Taken:
        """The first of these that the words are; a sentence of its own when none."""
        answered = self.decided() or self.looked_again() or self.put_back() or self.chosen()
        if answered is not None:
            return answered
        if guards.refuses_offers(sentences.lattice(self.text, self.language, self.symbols)):
            return self.alone()  # what is supposed, reported or asked changes nothing that is open
        return self.completed() or self.added() or self.corrected() or self.referred() or self.alone()

    # Yes, no, and never mind --------------------------------------------------------------------------------

    def decided(self) -> Taken | None:
        """A yes to what waits, or to the one thing that was offered; or a no, or a withdrawal, which ends both."""
        state = self.state
        if state.asked is None and state.waiting is None:
            return None
        yes = answer(self.text)
        if yes is False or words.is_one("withdrawing", self.said):
            return state.settled, self._none("withdrawn")
        if not yes:
            return None
        if state.asked is not None:
            if len(state.asked.offers) == 1:
                return self._take(state.asked.offers[0])
            return state, Reply(self._again(state.asked))
        if state.waiting is None:
            return None
        return self._confirmed(state.waiting)

    def _confirmed(self, waiting: Waiting) -> Taken:
        values = tuple(each for each in waiting.plan.operations if isinstance(each, SetParameter))
        past = (*self.state.past, *values)[-MOST_PAST:]
        after = msgspec.structs.replace(self.state.settled, last=waiting, past=past)
        return after, Reply(self._meant(waiting.plan), confirmed=True)

    # Corrections and additions --------------------------------------------------------------------------------

    def added(self) -> Taken | None:
        """More to the plan that waits: `e também o take em 6%`, `o mesmo para o take`."""
        waiting = self.state.waiting
        more = words.after("adding", self.said)
        rest = more or self.text
        if (other := words.after("same_for", read(rest))) is not None:
            return self._same_for(other)
        if waiting is None or not more:
            return None
        said = sentences.joined(waiting.said, more, waiting.language) if waiting.said else more
        meant = self.understand(said)
        if meant.plan is not None and waiting.said:
            return self._now_waits(meant.plan, said)
        alone = self.understand(more)
        if alone.plan is not None:
            return self._both(waiting.plan, alone.plan)
        if alone.status is Status.ASK and (
            alone.offers or sentences.names_something(more, self.language, self.symbols)
        ):
            return self._asked(alone, more, waiting.plan)
        return None

    def _same_for(self, other: str) -> Taken | None:
        about = self.state.waiting or self.state.last
        called = sentences.name(other, self.language, self.symbols) or other
        said = None if about is None else sentences.with_name(about.said, called, about.language, self.symbols)
        if about is None or said is None:
            return None
        meant = self.understand(said)
        if meant.plan is None:
            return self._asked(meant, said, self.state.waiting.plan if self.state.waiting else None)
        if self.state.waiting is None:
            return self._now_waits(meant.plan, said)
        return self._both(self.state.waiting.plan, meant.plan)

    def corrected(self) -> Taken | None:
        """The plan that waits, otherwise: `não, 5%`, `make it 4`, `quer dizer, o take`."""
        rest = self._correction()
        marked = self._marks_correction() or words.after("making", read(rest)) is not None
        waiting = self.state.waiting or (self.state.last if marked else None)
        if waiting is None:
            return None
        value = sentences.amount(words.bare("making", read(rest)), waiting.language, self.symbols)
        if value is not None:
            return self._with_value(waiting, value, explicit=words.after("making", read(rest)) is not None)
        if not self._marks_correction():
            return None
        called = sentences.name(rest, waiting.language, self.symbols)
        if called is not None and (said := sentences.with_name(waiting.said, called, waiting.language, self.symbols)):
            return self._reread(said)
        meant = self.understand(rest)
        if meant.plan is not None:
            return self._now_waits(meant.plan, rest)
        return self._asked(meant, rest, None) if meant.offers else None

    def _marks_correction(self) -> bool:
        said = self.said
        return bool(words.after("correcting", said) or words.after_comma("denying", said))

    def _correction(self) -> str:
        """What is left without the words that say that it corrects."""
        said = self.said
        rest = words.after_comma("denying", said) or words.after("denying", said) or said.lower
        return words.bare("correcting", read(rest))

    def _with_value(self, about: Waiting, value: str, *, explicit: bool) -> Taken | None:
        """Another amount in the sentence, or the value itself where that may be meant as well."""
        ways = list(sentences.with_amount(about.said, value, about.language, self.symbols))
        called = plans.only_parameter(about.plan)
        if called is not None and len(ways) <= 1:
            said = sentences.in_unit_of(about.said, value, about.language, self.symbols)
            exact = sentences.setting(called, said, about.language)
            ways = [exact] if explicit else [*ways, exact]
        meanings = [(self.understand(way), way) for way in ways]
        found = [(meant.plan, way) for meant, way in meanings if meant.plan is not None]
        apart = [plan for place, (plan, _) in enumerate(found) if plan not in [each for each, _ in found[:place]]]
        if len(apart) == 1:
            return self._now_waits(*found[0])
        if apart:
            return self._which(apart, about)
        return self._asked(meanings[0][0], meanings[0][1], None) if meanings else None

    def _reread(self, said: str) -> Taken:
        meant = self.understand(said)
        return self._now_waits(meant.plan, said) if meant.plan is not None else self._asked(meant, said, None)

    # What was spoken of --------------------------------------------------------------------------------

    def put_back(self) -> Taken | None:
        """A value as it was: `volta o stop pro que era`."""
        if words.is_one("as_of_a_day", self.said):
            return self.state, Reply(self._ask("as_of_a_day"))
        if not words.found("as_it_was", self.said):
            return None
        said = self.said.lower
        for start, end in reversed(words.found("as_it_was", self.said)):
            said = said[:start] + said[end:]
        own = sentences.lattice(said, self.language, self.symbols)
        named = {name for edges in own.edges for value, _ in edges.get("PARAM", ()) for name in value}
        called = named.pop() if len(named) == 1 else plans.topic(self.state.spoken_of) if not named else None
        if called is None or own.has("VALUE"):
            return None
        plan = plans.as_it_was(called, self.state.past)
        if plan is None:
            return self.state, Reply(self._ask("no_past", name=called))
        return self._now_waits(plan, "")

    def referred(self) -> Taken | None:
        """A sentence about `it`."""
        topic = plans.topic(self.state.spoken_of) or self.state.topic
        if not topic or sentences.names_something(self.text, self.language, self.symbols):
            return None
        said = sentences.with_topic(self.text, topic) or self._about(topic)
        if said is None:
            return None
        meant = self.understand(said)
        waiting = self.state.waiting
        of_both = self._relative(waiting, said, meant.plan) if waiting is not None else None
        return of_both or (self.opened(meant, self.state, said), Reply(meant))

    def _about(self, topic: str) -> str | None:
        """The words with the name that they leave out: `dobra`, `põe em 70%`; None where that says nothing."""
        value = sentences.amount(words.bare("making", self.said), self.language, self.symbols)
        if value is not None and words.after("making", self.said) is not None:
            return sentences.setting(topic, value, self.language)
        said = f"{self.said.lower.rstrip(' .!')} {topic}"
        return said if self.understand(self.text).plan is None and self.understand(said).plan is not None else None

    def looked_again(self) -> Taken | None:
        """More of what was shown: `e ontem?`, `and why did you sell?`."""
        rest = words.after("adding", self.said)
        if not self.state.looked or not rest:
            return None
        said = sentences.of_time(self.state.looked, rest, self.language, self.symbols) or rest
        meant = self.understand(said)
        return (self.opened(meant, self.state, said), Reply(meant)) if meant.action is not None else None

    def _relative(self, waiting: Waiting, said: str, plan: EditPlan | None) -> Taken | None:
        """Of what waits or of what is in force: `raise it by 1 pp` may be said of either, and is asked then."""
        later = self.read_as(said, plans.assumed(self.symbols, waiting.plan)).plan
        found = [each for each in (plans.as_of(self.symbols, later), plan) if each is not None]
        whole = [both for each in found if (both := plans.merged(waiting.plan, each)) is not None]
        if not whole:
            return None
        if whole[0] != whole[-1]:
            return self._which(whole, waiting)
        return self._now_waits(whole[0], self._spelled(whole[0]))

    # Answers to a question --------------------------------------------------------------------------------

    def chosen(self) -> Taken | None:
        """One of the offers."""
        asked = self.state.asked
        if asked is None or not asked.offers:
            return None
        own = sentences.lattice(self.text, asked.language, self.symbols)
        offer = choosing.chosen(asked.offers, self.text, own)
        return None if offer is None else self._take(offer)

    def completed(self) -> Taken | None:
        """What the question asked for: a value, or which name."""
        asked = self.state.asked
        if asked is None:
            return None
        value = sentences.amount(words.bare("making", read(self._correction())), asked.language, self.symbols)
        if value is not None:
            return self._valued(value, asked)
        rest = words.bare("around", self.said)
        called = sentences.name(rest, asked.language, self.symbols) or self._one_of_several(rest, asked)
        said = sentences.with_name(asked.said, called, asked.language, self.symbols) if called is not None else None
        return self._filled(said, asked) if said is not None else None

    def _one_of_several(self, rest: str, asked: Open) -> str | None:
        """Of the names that a word of the sentence may mean, the one that the answer has words of: `o período`."""
        several = [name for name in sentences.names(asked.said, asked.language, self.symbols) if len(name) > 1]
        if len(several) != 1:
            return None
        fits = choosing.fitting(sentences.lattice(rest, asked.language, self.symbols), several[0])
        return fits[0] if len(fits) == 1 else None

    def _valued(self, value: str, asked: Open) -> Taken | None:
        """The value that the question asked for, or another one than those that it named."""
        if not sentences.says_amount(asked.said, asked.language, self.symbols):
            filled = self._filled(sentences.completed(asked.said, value, asked.language), asked)
            if filled is not None:
                return filled
        called = sentences.one_name(asked.said, asked.language, self.symbols) or self._offered(asked)
        if called is None:
            return None
        said = sentences.in_unit_of(asked.said, value, asked.language, self.symbols)
        return self._filled(sentences.setting(called, said, asked.language), asked)

    def _offered(self, asked: Open) -> str | None:
        """The parameter that all the offers set."""
        named = {plans.only_parameter(offer.plan) for offer in asked.offers if offer.plan is not None}
        return named.pop() if len(named) == 1 else None

    def _filled(self, said: str, asked: Open) -> Taken | None:
        meant = self.understand(said)
        if meant.plan is not None:
            return self._with_base(meant.plan, said, asked)
        return self._asked(meant, said, asked.base) if meant.status is Status.ASK else None

    def alone(self) -> Taken:
        """A sentence of its own."""
        meant = self.understand(self.text)
        waiting = self.state.waiting
        if waiting is not None and meant.plan is not None and plans.is_part(meant.plan, waiting.plan):
            return self._both(waiting.plan, meant.plan)
        return self.opened(meant, self.state), Reply(meant)

    # What is open then --------------------------------------------------------------------------------

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

    def _take(self, offer: Offer) -> Taken:
        asked = self.state.asked
        if offer.plan is not None:
            return self._with_base(offer.plan, "", asked)
        meant = Interpretation(Status.ACTION, self.language, BACKEND, 0.0, action=offer.action)
        return self.state.settled, Reply(meant)

    def _with_base(self, plan: EditPlan, said: str, asked: Open | None) -> Taken:
        if asked is not None and asked.base is not None:
            return self._both(asked.base, plan)
        return self._now_waits(plan, said or self._spelled(plan))

    def _both(self, plan: EditPlan, more: EditPlan) -> Taken:
        whole = plans.merged(plan, more)
        if whole is None:
            return self.state, Reply(self._ask("too_many_added"))
        return self._now_waits(whole, self._spelled(whole))

    def _spelled(self, plan: EditPlan) -> str:
        """A sentence that says a plan which sets values; empty for any other."""
        steps = [each for each in plan.operations if isinstance(each, SetParameter)]
        if len(steps) != len(plan.operations):
            return ""
        said = [sentences.setting(each.name, _shown(each, self.symbols), self.language) for each in steps]
        return f" {sentences.AND[self.language]} ".join(said)

    def _now_waits(self, plan: EditPlan, said: str) -> Taken:
        waiting = Waiting(plan, said, self.language)
        return msgspec.structs.replace(self.state, asked=None, waiting=waiting), Reply(self._meant(plan))

    def _asked(self, meant: Interpretation, said: str, base: EditPlan | None) -> Taken:
        if meant.status is not Status.ASK:
            return self.state, Reply(meant)
        asked = Open(said, meant.question or "", meant.language, meant.offers, base)
        return msgspec.structs.replace(self.state, asked=asked), Reply(meant)

    def _which(self, found: Iterable[EditPlan], about: Waiting) -> Taken:
        offers = tuple(Offer(plan=plan) for plan in found)[:MOST_OFFERS]
        meant = msgspec.structs.replace(self._ask("which_of_these"), offers=offers)
        return self._asked(meant, about.said, None)

    def _again(self, asked: Open) -> Interpretation:
        return msgspec.structs.replace(
            self._ask("which_of_these") if asked.offers else self._ask("say_it"), offers=asked.offers
        )

    def _meant(self, plan: EditPlan) -> Interpretation:
        return Interpretation(Status.PLAN, self.language, BACKEND, 0.0, plan=plan)

    def _ask(self, case: str, **values: object) -> Interpretation:
        question = say(f"dialogue.{case}", self.language, **values)
        return Interpretation(Status.ASK, self.language, BACKEND, 0.0, question=question)

    def _none(self, case: str) -> Reply:
        reason = say(f"dialogue.{case}", self.language)
        return Reply(Interpretation(Status.NONE, self.language, BACKEND, 0.0, reason=reason))


def _shown(step: SetParameter, symbols: Symbols) -> str:
    """A value in words that give it back: `3%`, `90 segundos`."""
    parameter = symbols.parameters.get(step.name)
    if parameter is not None and parameter.range.unit.startswith("of "):
        return f"{Decimal(repr(step.value)) * 100:f}%"
    seconds = parameter is not None and parameter.range.unit == "seconds"
    return f"{Decimal(repr(step.value)):f}{' s' if seconds else ''}"
