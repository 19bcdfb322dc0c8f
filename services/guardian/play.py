"""What a strategy did on a tape. A box answers with decisions only; what came of them is counted here, by the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.backtest.plain import BY_ORDER, BY_STOP, BY_TARGET, Account, Terms, Trade, begin_of
from core.backtest.records import AT_STOP, AT_TARGET
from core.backtest.result import fingerprint
from core.kernel import EVENT, FILL, HELD, HELD_AT, Records
from core.metrics import Metrics, measure
from services.guardian.tape import Tape


@dataclass(frozen=True, slots=True)
class Play:
    """What a strategy did on a tape. All but the decisions is counted by the judge."""

    tape: Tape
    terms: Terms
    decisions: Records  # DECISION, one for each event
    shown: Records  # EVENT: the tape with the positions that the strategy held
    fills: Records  # FILL
    signals: np.ndarray[Any, np.dtype[np.int64]]  # of each fill: the event whose decision sent it
    times_ns: np.ndarray[Any, np.dtype[np.int64]]
    equity: np.ndarray[Any, np.dtype[np.float64]]
    cash: np.ndarray[Any, np.dtype[np.float64]]  # at the same times
    exposed_ns: int
    rejected: int

    @property
    def metrics(self) -> Metrics:
        """The usual figures."""
        return measure(self.times_ns, self.equity, self.fills, self.exposed_ns)

    @property
    def fingerprint(self) -> str:
        """What was traded, as `core.backtest.Result.fingerprint` has it."""
        return fingerprint(self.tape.symbols, self.fills)

    @property
    def usually_invested(self) -> float:
        """The part of equity that is in positions, half of the time and more."""
        traded = self.times_ns >= self.terms.trade_from_ns
        return float(np.median(1.0 - self.cash[traded] / self.equity[traded])) if traded.any() else 0.0


def recount(tape: Tape, terms: Terms, decisions: Records) -> Play:
    """What comes of `decisions`, one for each event of the tape."""
    shown = bytearray(tape.data)
    actions, sizes = decisions["action"].tolist(), decisions["size"].tolist()
    levels = list(zip(decisions["stop"].tolist(), decisions["target"].tolist(), strict=True))
    pack, width = HELD.pack_into, EVENT.itemsize

    def answer(index: int, *held: float) -> int:
        pack(shown, index * width + HELD_AT, *held)
        action: int = actions[index]
        return action

    account = Account(tape.grids, terms, begin_of(tape.events), tape.timeframe_ns)
    account.trade(tape.events, answer, sizes.__getitem__, levels.__getitem__, bars=tape.bars)
    signals = np.array([trade.signal for trade in account.trades], np.int64)
    return Play(
        tape=tape,
        terms=terms,
        decisions=decisions,
        shown=np.frombuffer(shown, EVENT),
        fills=fills_of(account.trades, decisions),
        signals=signals,
        times_ns=np.array([time_ns for time_ns, _, _ in account.samples], np.int64),
        equity=np.array([equity for _, equity, _ in account.samples], np.float64),
        cash=np.array([cash for _, _, cash in account.samples], np.float64),
        exposed_ns=account.exposed_ns,
        rejected=account.rejected,
    )


def fills_of(trades: Sequence[Trade], decisions: Records) -> Records:
    """The trades as FILL records, with the reasons that the decisions give."""
    fills: Records = np.zeros(len(trades), FILL)
    for name in Trade._fields:
        if name not in ("signal", "by"):
            fills[name] = [getattr(trade, name) for trade in trades]
    signals = [trade.signal for trade in trades]
    fills["rule"], fills["score"] = decisions["rule"][signals], decisions["score"][signals]
    by = np.array([trade.by for trade in trades], np.int64)
    fills["rule"][by == BY_STOP], fills["rule"][by == BY_TARGET] = AT_STOP, AT_TARGET
    fills["score"][by != BY_ORDER] = 0.0
    return fills
