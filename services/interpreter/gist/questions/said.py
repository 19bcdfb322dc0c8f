"""What the words of a question stand for, to be looked at from several sides."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from services.interpreter.grammar.lattice import Lattice
from services.interpreter.lists.words import Label

Arguments = dict[str, str | int | float | list[str]]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence's labels, and where the words stand that nobody knows."""

    lattice: Lattice
    found: tuple[Label, ...]
    unknown: tuple[int, ...]

    def has(self, kind: str, *values: str) -> bool:
        """Whether a label of a kind is there, of these values if some are given."""
        return any(label.kind == kind and (not values or label.value in values) for label in self.found)

    def of(self, kind: str) -> list[str]:
        """The values of a kind, in the order in which they are said."""
        return list(dict.fromkeys(label.value for label in self.found if label.kind == kind))

    @property
    def names(self) -> list[str]:
        """The names that are asked about; those of parameters and rules before one of a mere feature."""
        named = [label for label in self.found if label.kind == "name"]
        strong = [label for label in named if label.weight >= 1]
        return list(dict.fromkeys(label.value for label in strong or named))

    @property
    def numbers(self) -> list[Decimal]:
        """The numbers, in the order in which they are said."""
        return [Decimal(label.value) for label in self.found if label.kind == "number"]

    @property
    def pair(self) -> Arguments:
        """The one pair that is named."""
        pairs = {label.start: label.value for label in reversed(self.found) if label.kind == "pair"}
        return {"pair": next(iter(pairs.values()))} if len(set(pairs.values())) == 1 else {}

    @property
    def period(self) -> Arguments:
        """The first time that is named; `acumulado no ano` is the year."""
        times = self.of("when")
        narrow = [time for time in times if time != "all"] or times
        return {"period": narrow[0]} if narrow else {}

    @property
    def signals(self) -> bool:
        """Whether the sentence shows that it asks."""
        asks = self.has("asks", "when", "what", "how_much", "how", "why", "show", "explain")
        weakly = self.has("asks", "state", "first") and not (self.unknown or self.has("number"))
        return asks or weakly or self.is_marked

    @property
    def is_marked(self) -> bool:
        """Whether it has a question mark."""
        return any(token.key == "?" for token in self.lattice.tokens)
