"""What a reader makes of a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from core.contracts import Offer


@dataclass(frozen=True, slots=True)
class Reading:
    """Offers, best first. `sure`: every word is accounted for and the first offer is what was said, no guess."""

    offers: tuple[Offer, ...]
    sure: bool = False
    weight: int = 0  # how much of the sentence points to it; what is heavier is offered first
    unused: tuple[str, ...] = ()  # unknown words
    question: str = ""  # what to ask instead of `is this what you mean?`
