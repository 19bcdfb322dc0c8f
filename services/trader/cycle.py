"""One event on its way round: priced, written with its pair's position, kept, sent to the hosts; and its decision back.

The blue host's answer is the event's decision. Before it, and whatever it says, the trader's own reasons to close a
position come first: the owner's word, and the loss that a trade may make. Nothing here waits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from core.contracts.events import Decided, Event
from core.kernel import ACTIONS, EVENT_WIRE, HOLD, SELL
from core.releases import Release
from core.zone import Clock
from services.trader.books import Holding
from services.trader.closing import Closing
from services.trader.execution import Execution
from services.trader.host import Decision
from services.trader.levels import LevelWatch, reached
from services.trader.rehearsal import Rehearsal
from services.trader.slots import Slots, Turn
from services.trader.tally import Tally
from services.trader.tape import Tape
from services.trader.ticks import Tick
from services.trader.valuation import Valuation

NO_ADVICE: Final = math.nan
SIGNALS: Final = ("technical", "orderbook", "flow", "qlearning", "advice")  # the end of a decision


class Cycle:
    """Hears ticks from the feed and settled turns from the slots. `join` brings in what was made after it."""

    slots: Slots
    execution: Execution
    closing: Closing
    rehearsal: Rehearsal

    def __init__(
        self,
        symbols: Sequence[str],
        holdings: Sequence[Holding],
        valuation: Valuation,
        tape: Tape,
        zone: Clock,
        tally: Tally,
        *,
        latest: list[Decision | None],
        shadow: bool,
        tell: Callable[[Event], None],
    ) -> None:
        """`shadow`: nothing is ordered, and what would have been is told. `latest` gets each pair's last decision."""
        self.open = False  # until the market and the account are both connected nothing is ordered
        self.on_answered: Callable[[Turn], None] | None = None  # hears each turn that is settled
        self._symbols, self._holdings = symbols, holdings
        self._valuation, self._tape, self._zone, self._tally = valuation, tape, zone, tally
        self._latest, self._shadow, self._tell = latest, shadow, tell
        self._levels = LevelWatch(self._close_at_level)

    def join(self, slots: Slots, execution: Execution, closing: Closing) -> None:
        """Where events go, and who carries decisions out; before the first event."""
        self.slots, self.execution, self.closing = slots, execution, closing
        self.rehearsal = Rehearsal(execution.rehearse)

    # Out to the hosts -------------------------------------------------------------------------------------------------

    def on_tick(self, tick: Tick, received_ns: int, live: bool) -> None:
        """Make an event of a tick, and send it to the hosts. `live`: its decision may order something."""
        pair, time_ns, price = tick.pair, tick.time_ns, tick.price
        holding, tally = self._holdings[pair], self._tally
        drawdown = self._valuation.price(holding, price, time_ns)
        if self.execution.unreconciled:
            drawdown = 0.0  # the cash is not known, and no rule shall sell for a fall that is none
        sequence = tally.sequence = tally.sequence + 1
        tally.time_ns = time_ns
        event = EVENT_WIRE.pack(
            sequence,
            time_ns,
            pair,
            tick.kind,
            *tick[3:],  # price, bid, ask, their sizes, volumes, and the bar: as EVENT has them
            holding.size,
            holding.entry_price,
            holding.best_price,
            holding.entry_ns,
            holding.exit_ns,
            drawdown,
            NO_ADVICE,
            self._zone.offset_s(time_ns),
        )
        self._tape.append(sequence, pair, tick.kind, event)
        level = reached(holding, price) if live and self.open else ""
        self.slots.feed(sequence, pair, event, received_ns, acts=live)
        closing = self.closing
        wanted = bool(closing.pairs) and closing.wants(pair)
        if live and holding.size > 0.0 and (closing.everything or wanted or self._valuation.loses_too_much(holding)):
            self.execution.force_exit(pair, sequence, closing.reason(wanted=wanted) or "loss_per_trade", time_ns)
        if level:
            self._levels.on_event(pair, sequence, level, time_ns, self.slots.turns)
        if live and self.open:
            self.rehearsal.after(pair, received_ns)

    def _close_at_level(self, pair: int, sequence: int, level: str, time_ns: int) -> bool:
        """The price is past a level, and no decision has closed the position for it."""
        if self._holdings[pair].size <= 0.0 or not self.execution.force_exit(pair, sequence, level, time_ns):
            return False
        self._tally.last_decisions[self._symbols[pair]] = f"sell: {level}"
        return True

    # Back with a decision ---------------------------------------------------------------------------------------------

    def settle(self, turn: Turn, decision: Decision | None) -> None:
        """An event was answered, or nobody answered it: then hold."""
        self._tally.settled(time.monotonic_ns() - turn.received_ns)
        self._take(turn, decision)
        self._levels.on_answered(turn.sequence)

    def _take(self, turn: Turn, decision: Decision | None) -> None:
        tally = self._tally
        if self.on_answered is not None:
            self.on_answered(turn)
        if decision is None:
            return
        tally.decisions += 1
        self._latest[turn.pair] = decision
        holding = self._holdings[turn.pair]
        if holding.size > 0.0:
            holding.stop, holding.target = decision.stop, decision.target
            if turn.acts and decision.action != SELL and self.execution.protecting.on:
                self.execution.protecting.declare(self._symbols[turn.pair], decision.stop, tally.time_ns)
        if decision.action != HOLD and turn.acts and self.open and turn.owner is not None:
            self._act(turn, decision, turn.owner.release)

    def _act(self, turn: Turn, decision: Decision, release: Release) -> None:
        symbol, rules = self._symbols[turn.pair], release.rule_names
        reason = rules[decision.rule] if 0 <= decision.rule < len(rules) else "score"
        if self.execution.act(turn.pair, decision, release, reason, self._tally.time_ns):
            self._tally.order_latencies.add(self.execution.last_sent_ns - turn.received_ns)
            self._tell_decision(symbol, decision, reason)
        elif self._shadow and self._tally.last_decisions.get(symbol) != f"{ACTIONS[decision.action]}: {reason}":
            self._tell_decision(symbol, decision, reason)  # the same wish comes with every event, and is told once

    def _tell_decision(self, symbol: str, decision: Decision, reason: str) -> None:
        """Say what was decided, and why."""
        action = ACTIONS[decision.action]
        self._tally.last_decisions[symbol] = f"{action}: {reason}"
        told = Decided(
            pair=symbol,
            action=action,
            reason=reason,
            score=round(decision.score, 4),
            confidence=round(decision.confidence, 4),
            signals={
                name: None if math.isnan(value) else round(value, 4)
                for name, value in zip(SIGNALS, decision[-len(SIGNALS) :], strict=True)
            },
            sequence=decision.sequence,
        )
        self._tell(told)
