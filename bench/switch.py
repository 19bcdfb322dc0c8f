"""Switching between warm hosts under load: who answered each event, and was any lost or answered twice."""

from __future__ import annotations

import asyncio
from collections import Counter

from bench.figure import Effort, Figure, Measured, at_least, at_most
from bench.live import in_loop, live_trader
from core.strategy import Source
from services.trader.host import Decision, Host
from services.trader.slots import Turn
from services.trader.trader import Trader

PAIRS = 20
EVENTS_PER_SECOND = 5_000
EVENTS_BETWEEN = 100


def measure(effort: Effort) -> Measured:
    """Switch back and forth between two hosts, so many events apart."""
    return in_loop(_measure(effort))


async def _measure(effort: Effort) -> Measured:
    effort.say("starting the exchange and two hosts")
    async with live_trader(pairs=PAIRS, events_per_second=EVENTS_PER_SECOND, source=Source.shipped()) as trader:
        ledger = Ledger(trader)
        effort.say("switching")
        begun = asyncio.get_running_loop().time()
        for _ in range(effort.of(200, 20)):
            await ledger.after(EVENTS_BETWEEN)
            ledger.switch()
        await ledger.after(EVENTS_BETWEEN)
        rate = (trader.tally.sequence - ledger.first) / (asyncio.get_running_loop().time() - begun)
    wrong_host = ledger.answered_by_another()
    note = f"{len(ledger.switches)} switches in {len(ledger.answers):,} events at {rate:,.0f} events/s"
    return Measured(
        (
            Figure("Switches between warm hosts", len(ledger.switches), "", at_least(effort.of(200, 20)), note),
            Figure("... events lost", ledger.lost(), "", at_most(0), "sent and never settled, or settled as hold"),
            Figure("... events answered twice", ledger.doubled(), "", at_most(0)),
            Figure("... answered by the wrong side of a switch", wrong_host, "", at_most(0)),
        )
    )


class Ledger:
    """Notes each settled turn, beside the trader's own counting."""

    def __init__(self, trader: Trader) -> None:
        self.trader = trader
        self.first = trader.tally.sequence
        self.answers: list[tuple[int, Host | None, bool]] = []  # sequence, who owned the turn, answered
        self.switches: list[tuple[int, Host]] = []  # last sequence before it, who is blue from then on
        self._target = 0
        self._reached = asyncio.Event()
        self._settle = trader.slots._on_turn
        trader.slots._on_turn = self.note

    def note(self, turn: Turn, decision: Decision | None) -> None:
        """Called in place of the trader, which is called from here."""
        self.answers.append((turn.sequence, turn.owner, decision is not None))
        if turn.sequence >= self._target:
            self._reached.set()
        self._settle(turn, decision)

    async def after(self, events: int) -> None:
        """Wait until so many more events were answered."""
        self._target = self.trader.tally.sequence + events
        self._reached.clear()
        await self._reached.wait()

    def switch(self) -> None:
        """The assignment that is measured."""
        self.trader.switch_back()
        blue = self.trader.slots.blue
        if blue is not None:
            self.switches.append((self.trader.tally.sequence, blue))

    def lost(self) -> int:
        """Events between the first and the last answered that nobody answered."""
        answered = {sequence for sequence, _, given in self.answers if given}
        first, last = self.answers[0][0], max(sequence for sequence, _, _ in self.answers)
        pending = set(self.trader.slots.turns)
        return sum(1 for sequence in range(first, last + 1) if sequence not in answered and sequence not in pending)

    def doubled(self) -> int:
        """Events that were settled more than once."""
        return sum(times - 1 for times in Counter(sequence for sequence, _, _ in self.answers).values())

    def answered_by_another(self) -> int:
        """Events of a stretch that another host than its blue one answered."""
        wrong = 0
        for i, (cut, blue) in enumerate(self.switches):
            end = self.switches[i + 1][0] if i + 1 < len(self.switches) else 1 << 62
            wrong += sum(1 for sequence, owner, _ in self.answers if cut < sequence <= end and owner is not blue)
        return wrong
