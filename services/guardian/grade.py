"""What a gate found; `services.guardian.judge.hold` makes its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Figures = Mapping[str, float | int | str | None]
NO_FIGURES: Figures = MappingProxyType({})


class CandidateFault(Exception):  # noqa: N818 - not an error: the candidate did what no gate can go on from
    """What the candidate or its box did, in a sentence. It refuses the candidate."""


class Starved(Exception):  # noqa: N818 - not an error either: the machine had no time for this
    """A gate had too little machine to be held. It neither refuses nor accepts."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What a gate came to: a pass, unless there is a refusal, or a reason why it could not be held."""

    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # what the owner should know besides
    figures: Figures = field(default_factory=lambda: NO_FIGURES)
    not_held_because: str | None = None  # an error of the gate itself, which is never a pass; None: it was held
    starved: bool = False  # it was not held for want of machine: held once more, it may be

    @classmethod
    def not_held(cls, why: str, figures: Figures = NO_FIGURES, *, starved: bool = False) -> Grade:
        """The gate itself could not be held."""
        return cls(figures=figures, not_held_because=why, starved=starved)


def percent(value: float | None) -> str:
    """3.1 %, or `-` for what is not defined."""
    return "-" if value is None else f"{100 * value:.1f} %"
