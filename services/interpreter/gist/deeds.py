"""A deed that a sentence asks for in words of its own: to go back, to trade on, to test on history.

What the strict patterns of `grammar/actions.py` know is theirs. Here too every word has to say something of the deed or
nothing at all: one word more, a name, a negation or a condition, and nothing is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.contracts import Action
from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.lists.words import FILL, Label, labels

FILE: Final = "deeds.toml"
DAYS: Final = {"days": 1, "weeks": 7, "months": 30, "years": 365}
MOST_STEPS: Final = 1000
MOST_DAYS: Final = 3650
SILENT: Final = (FILL, "asks")
MARKS: Final = frozenset({"!", ".", ",", ":", "+", "-", "…", "(", ")", ";"})


def wanted(lattice: Lattice) -> Action | None:
    """The deed that the whole sentence asks for; None when it asks for none, or for something else too."""
    if guards.is_quoting(lattice) or (guards.is_question(lattice) and not guards.is_polite_question(lattice)):
        return None
    found, unknown = labels(lattice, FILE)
    said = _Said(lattice, tuple(label for label in found if label.kind not in SILENT))
    if unknown or said.has("name") or said.has("pair") or not _is_plain(lattice):
        return None
    return said.tested() or said.resumed() or said.gone_back()


def ends_pause(lattice: Lattice) -> bool:
    """Whether it is the bot that is on pause, `tira da pausa`, and not the rule of that name that is to go."""
    return "da pausa" in lattice.text.lower or "off pause" in lattice.text.lower


def _is_plain(lattice: Lattice) -> bool:
    """Whether no mark of it means anything."""
    return all(token.key[:1].isalnum() or token.key in MARKS or token.key == "?" for token in lattice.tokens)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the words stand for that say anything."""

    lattice: Lattice
    found: tuple[Label, ...]

    def has(self, kind: str, *values: str) -> bool:
        """Whether a label of a kind is there, of these values if some are given."""
        return any(label.kind == kind and (not values or label.value in values) for label in self.found)

    def only(self, *kinds: str) -> bool:
        """Whether every stretch of words stands for one of these, whatever else it may stand for."""
        ends = {label.start for label in self.found if label.kind in kinds}
        return all(label.start in ends for label in self.found)

    @property
    def numbers(self) -> list[Decimal]:
        """The numbers, in the order in which they are said."""
        return [Decimal(label.value) for label in self.found if label.kind == "number"]

    @property
    def commit(self) -> str:
        """The one version that is named; empty when none is."""
        named = [label.value for label in self.found if label.kind == "commit"]
        return named[0] if len(named) == 1 else ""

    # Back -------------------------------------------------------------------------------------------------------------

    def gone_back(self) -> Action | None:
        """To an earlier version: by one, by as many as were said, or to the one that was named."""
        if (
            not self.has("back")
            or not self.only("back", "object", "says", "number", "commit")
            or self.has("says", "again")
        ):
            return None
        if self.commit:
            return Action("rollback", {"to": self.commit}) if not self.numbers else None
        said_what = (
            self.has("object") if self.has("back", "undo") else self.has("object", "change", "version", "before")
        )
        if not (said_what or self.has("back", "alone")):
            return None
        steps = steps_of(self.numbers)
        return None if steps is None else Action("rollback", {"steps": steps})

    # On ---------------------------------------------------------------------------------------------------------------

    def resumed(self) -> Action | None:
        """Trading goes on."""
        if not self.only("go_on", "says") or self.has("says", "last", "regret"):
            return None
        goes_on, trading, may = (self.has("go_on", kind) for kind in ("on", "trading", "may"))
        again = self.has("says", "again")
        whole = self.has("go_on", "whole") and (trading or len({label.start for label in self.found}) <= 2)
        if whole or (goes_on and trading) or (may and again and trading) or (goes_on and may and again):
            return Action("resume")
        return None

    # Tests ------------------------------------------------------------------------------------------------------------

    def tested(self) -> Action | None:
        """A backtest, over as many days as were said."""
        proof = self.has("test", "proof")
        if not self.only("test", "units", "number", "says") or self.has("says", "regret", "again"):
            return None
        if not (proof or (self.has("test", "test") and (self.has("test", "past") or self.has("units")))):
            return None
        days = days_of([label.value for label in self.found if label.kind == "units"], self.numbers)
        return None if days is None else Action("backtest", {"days": days} if days else {})


def steps_of(numbers: list[Decimal]) -> int | None:
    """How many versions back, one when no number was said; None for what is no number of versions."""
    if len(numbers) > 1 or any(number != int(number) or not 1 <= number <= MOST_STEPS for number in numbers):
        return None
    return int(numbers[0]) if numbers else 1


def days_of(units: list[str], numbers: list[Decimal]) -> int | None:
    """How many days were said, 0 when none were; None for what is no number of days."""
    if not units and not numbers:
        return 0
    if len(units) != 1 or len(numbers) > 1:
        return None
    days = (numbers[0] if numbers else Decimal(1)) * DAYS[units[0]]
    return int(days) if days == int(days) and 1 <= days <= MOST_DAYS else None
