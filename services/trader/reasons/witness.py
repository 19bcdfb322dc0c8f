"""The loop's side: remembers the last decision about each pair, and hands over what a second came to.

An event costs one assignment to a list. Everything else is done once a second, beside the events, and is no more than
taking values together; why they were so is worked out in another process (`keeping.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from core.contracts.events import Decided, Denied, Rejected, Unfilled
from core.contracts.told import Telling
from core.releases import Release
from services.trader.books import Holding
from services.trader.host import Decision
from services.trader.reasons.seen import Happened, Second, Taken
from services.trader.tally import Tally

MOST_HAPPENED: Final = 200
"""Within a second; what comes after them is in the log."""
SENT: Final = {"buy": "buys", "sell": "sells"}


class Witness:
    """Of one trader."""

    def __init__(self, holdings: Sequence[Holding], tally: Tally) -> None:
        self.latest: list[Decision | None] = [None] * len(holdings)
        """By pair; whoever settles a turn puts its decision here."""
        self._holdings, self._tally = holdings, tally
        self._names = [holding.pair.symbol for holding in holdings]
        self._happened: list[Happened] = []
        self._encode = msgspec.json.Encoder().encode

    def hear(self, told: Telling) -> None:
        """Remember what became of a decision."""
        match told:
            case Decided():
                signals = tuple(told.signals.values())
                figures = (told.sequence, told.score, told.confidence, signals)
                self._add(told.pair, SENT.get(told.action, told.action), told.reason, *figures)
            case Denied():
                self._add(told.pair, "limit", f"{told.code}: {told.detail}")
            case Rejected():
                self._add(told.pair, "refused", told.detail)
            case Unfilled():
                self._add(told.pair, "unfilled", f"{told.price}")

    def _add(
        self,
        pair: str,
        code: str,
        detail: str,
        sequence: int = 0,
        score: float | None = None,
        confidence: float | None = None,
        signals: tuple[float | None, ...] = (),
    ) -> None:
        if len(self._happened) < MOST_HAPPENED:
            made = Happened(pair, self._tally.time_ns, code, detail, sequence, score, confidence, signals)
            self._happened.append(made)

    def take(self, release: Release, trading: str) -> bytes:
        """The line of the second that has passed; empty when nothing was decided and nothing happened."""
        latest, rules, holdings, time_ns = self.latest, release.rule_names, self._holdings, self._tally.time_ns
        taken = []
        for pair, decision in enumerate(latest):
            if decision is not None:
                latest[pair] = None
                rule = rules[decision.rule] if 0 <= decision.rule < len(rules) else ""
                taken.append(Taken(self._names[pair], time_ns, rule, holdings[pair].size > 0.0, decision))
        if not taken and not self._happened:
            return b""
        happened, self._happened = tuple(self._happened), []
        second = Second(release.tree_hash, str(release.folder), trading, len(latest), tuple(taken), happened)
        return self._encode(second)


def both(first: Callable[[Telling], None], second: Callable[[Telling], None]) -> Callable[[Telling], None]:
    """Let both hear what is told."""

    def hear(told: Telling) -> None:
        first(told)
        second(told)

    return hear
