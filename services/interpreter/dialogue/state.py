"""What is open in a conversation. Frozen, and its JSON is what is kept over a restart."""

from __future__ import annotations

from typing import Final

import msgspec

from core.contracts import EditPlan, Interpretation, Language, Offer, SetParameter
from core.contracts.plan import Value

PATIENCE_NS: Final = 15 * 60 * 1_000_000_000
"""After that long nobody remembers what `the second` was; what is open then is over."""
MOST_PAST: Final = 20
"""Confirmed values that are remembered, for `back to what it was`."""


class Open(Value, frozen=True):
    """A question that was asked: about which sentence, with which offers. `base` stands beside what is answered."""

    said: str
    question: str
    language: Language
    offers: tuple[Offer, ...] = ()
    base: EditPlan | None = None


class Waiting(Value, frozen=True):
    """A plan that was shown and not confirmed, and the sentence that says all of it; empty when none does."""

    plan: EditPlan
    said: str
    language: Language


class Dialogue(Value, frozen=True):
    """A conversation with one owner on one surface. `expires_ns`: UTC, after which nothing of it is open."""

    language: Language | None = None
    asked: Open | None = None
    waiting: Waiting | None = None
    last: Waiting | None = None  # what was confirmed last
    looked: str = ""  # the sentence that showed something last
    topic: str = ""  # the name that was spoken of last
    past: tuple[SetParameter, ...] = ()  # values that were confirmed, oldest first
    expires_ns: int = 0
    doubted: bool = False  # words about what is open were not understood; a yes is not for them
    turn: int = 0  # how many there were; who answers an older one comes too late

    @property
    def settled(self) -> Dialogue:
        """The same with nothing open."""
        return msgspec.structs.replace(self, asked=None, waiting=None, doubted=False)

    @property
    def spoken_of(self) -> EditPlan | None:
        """The plan that `it` is in."""
        for about in (self.waiting, self.last):
            if about is not None:
                return about.plan
        return None

    @property
    def confirmed(self) -> Dialogue:
        """The same once what waits is done."""
        if self.waiting is None:
            return self.settled
        values = tuple(each for each in self.waiting.plan.operations if isinstance(each, SetParameter))
        past = (*self.past, *values)[-MOST_PAST:]
        return msgspec.structs.replace(self.settled, last=self.waiting, past=past)

    def alive(self, now_ns: int) -> Dialogue:
        """As it is at that time: what is open ends when it expires."""
        return self if now_ns < self.expires_ns else self.settled


class Reply(Value, frozen=True):
    """What is said back: an interpretation, and whether its owner has just confirmed it."""

    meant: Interpretation
    confirmed: bool = False
