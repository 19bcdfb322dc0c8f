"""One candidate and its parent at work: their boxes, and what each did on the judge's tapes.

The trading gates share a Trial, so that each strategy is compiled once and plays each tape once. A box answers with
decisions only; what came of them (orders, fills, equity) is counted here, from the judge's own tape.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import msgspec
import numpy as np

from core.backtest import fingerprint
from core.backtest.plain import BY_ORDER, BY_STOP, BY_TARGET, Account, Terms, Trade
from core.backtest.records import AT_STOP, AT_TARGET
from core.errors import DataError, SandboxError
from core.kernel import DECISION, EVENT, FILL, HELD, HELD_AT, Records
from core.metrics import Metrics, measure
from core.strategy import Source
from core.text import one_line
from services.guardian.case import Case, Session
from services.guardian.made import rehearsal
from services.guardian.tape import Tape, in_zone, tape_of

KEY: Final = "trading"
"""Where `Case.shared` keeps the trial."""
PARENTS: Final = "parents"
"""Where `Case.shared` may have a `services.guardian.parents.Parents`."""
MOST_PLAYS: Final = 8
"""That a box's side remembers: one case makes five, of up to 20 MB each."""
Answer = TypeVar("Answer")
_making = threading.Lock()


class Refused(Exception):  # noqa: N818 - no error: the candidate did what no gate can go on from
    """What the candidate's box did, in a sentence."""


class Prepared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a box says of the strategy that it loaded; see `sandbox.tasks.trading`."""

    tree: str
    fault: str
    compiled: dict[str, int | bool] = {}
    rows: int = 0
    columns: int = 0
    rules: list[str] = []


class Fed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions on events that were given."""

    decisions: bytes
    fault: str
    written: int


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a strategy was left with."""

    states: list[bytes]
    tables: list[bytes]


class Traded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions of a simulation, and what its account is said to have come to."""

    decisions: bytes
    fault: str
    equity: float
    fills: int


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

    account = Account(tape.grids, terms, int(tape.events["time_ns"][0]), tape.timeframe_ns)
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


def decisions_of(data: bytes, count: int) -> Records:
    """Decisions from a box; Refused when they are not `count`."""
    if len(data) != count * DECISION.itemsize:
        raise Refused(f"{count:,} events were answered with {len(data) / DECISION.itemsize:,.1f} decisions.")
    return np.frombuffer(data, DECISION)


class Side:
    """One strategy in one box."""

    def __init__(self, name: str, tree: str, session: Session, seconds: float, *, blamed: bool) -> None:
        """`blamed`: what this box does wrong is the candidate's fault, and no error of the gate."""
        self.name = name
        self.tree = tree  # that was laid out in the box, whatever the box says
        self.session = session
        self.deadline = time.monotonic() + seconds  # of the gate that is held
        self.blamed = blamed
        self.ready: Future[Prepared] = Future()
        self.prepare_seconds = 0.0
        self.broken = False
        self._plays: dict[tuple[bytes, Terms], Play] = {}

    @property
    def usable(self) -> bool:
        """Whether its strategy is ready and nothing went wrong with its box."""
        done = self.ready.done() and self.ready.exception() is None and not self.broken
        return done and not self.ready.result().fault

    def prepare(self) -> Prepared:
        """Load and compile; the wall time of it is measured outside."""
        begun = time.monotonic()
        prepared = self.ask("trading.prepare", Prepared)
        self.prepare_seconds = time.monotonic() - begun
        return prepared

    def ask(self, task: str, answer: type[Answer], **arguments: Any) -> Answer:
        """One question. Raises Refused when the candidate's box gives no proper answer, SandboxError for another."""
        try:
            left = max(self.deadline - time.monotonic(), 0.001)
            return self.session.ask(task, answer, seconds=left, **arguments)
        except SandboxError as error:
            self.broken = True
            if self.blamed:
                raise Refused(str(error)) from error
            raise

    def trade(self, tape: Tape, terms: Terms) -> Play:
        """Let it trade on a tape; a second time the first answer serves."""
        known = self._plays.get((tape.digest, terms))
        if known is None:
            known = self._plays[tape.digest, terms] = self._trade(tape, terms)
            while len(self._plays) > MOST_PLAYS:  # a kept box would hold those of every history that ever was
                self._plays.pop(next(iter(self._plays)))
        return known

    def _trade(self, tape: Tape, terms: Terms) -> Play:
        told = self.ask(
            "trading.trade",
            Traded,
            events=tape.data,
            grids=[list(grid) for grid in tape.grids],
            terms=list(terms),
            sample_ns=tape.timeframe_ns,
            bars=tape.bars,
        )
        self.blame(told.fault, tape, len(told.decisions))
        play = recount(tape, terms, decisions_of(told.decisions, len(tape.events)))
        if (told.equity, told.fills) != (play.equity[-1], len(play.fills)):
            self.refuse(
                f"Its box tells of {told.fills} fills and an equity of {told.equity:.8g} on the {tape.name}; its own"
                f" decisions come to {len(play.fills)} and {play.equity[-1]:.8g}."
            )
        return play

    def begin(self, pairs: int, **memory: Any) -> None:
        """Forget everything; see `Bench.begin`."""
        self.ask("trading.begin", type(None), pairs=pairs, **memory)

    def feed(self, tape: Tape, events: Records, *, junk: bool = False) -> tuple[Records, int]:
        """Its decisions on events as they are, and the first event that it changed (-1 for none)."""
        fed = self.ask("trading.feed", Fed, events=events.tobytes(), junk=junk)
        self.blame(fed.fault, tape, len(fed.decisions))
        return decisions_of(fed.decisions, len(events)), fed.written

    def memory(self) -> Memory:
        """What it was left with."""
        return self.ask("trading.memory", Memory)

    def blame(self, fault: str, tape: Tape, answered: int) -> None:
        """Raise what a strategy raised."""
        if fault:
            where = answered // DECISION.itemsize + 1
            self.refuse(f"It raised at event {where:,} of the {tape.name}: {in_one_line(fault)}")

    def refuse(self, what: str) -> None:
        """Raise Refused when the candidate is to blame, else an error of the gate."""
        raise Refused(what) if self.blamed else SandboxError(f"The {self.name}: {what}")


class Trial:
    """The boxes of one case. Close it when the case is over."""

    def __init__(self, case: Case) -> None:
        """Start three boxes; they load and compile side by side while the caller goes on."""
        if not case.evidence.markets:
            raise DataError("There is no history to judge on.", "Import some with `sorte data import`.")
        self.case = case
        self.history = tape_of(case.evidence.markets, "history", case.evidence.zone)
        made = rehearsal()
        self.rehearsal = replace(made, events=in_zone(made.events, case.evidence.zone))
        self._pool = ThreadPoolExecutor(3, "trial")
        self._sides: list[Side] = []
        try:
            self.candidate = self._open("candidate", case.candidate, blamed=True)
            self.parent = self._kept_parent() or self._open("parent", case.parent, blamed=False)
            self.plain = self._open("candidate in plain Python", case.candidate, blamed=True, jit=False)
        except BaseException:
            self.close()
            raise

    def _open(self, name: str, source: Source, *, blamed: bool, jit: bool = True) -> Side:
        session = self.case.open_box(source, jit=jit)
        side = Side(name, source.tree_hash, session, self.case.gate_seconds, blamed=blamed)
        self._sides.append(side)
        side.ready = self._pool.submit(side.prepare)
        return side

    def _kept_parent(self) -> Side | None:
        kept = self.case.shared.get(PARENTS)
        side: Side | None = kept.take(self.case.parent.tree_hash) if kept is not None else None
        if side is None:
            return None
        side.name, side.blamed = "parent", False
        self._sides.append(side)
        return side

    @property
    def tapes(self) -> tuple[Tape, Tape]:
        """What everything is played on: the history, and events with all that a history lacks."""
        return self.history, self.rehearsal

    def both(self, ask: Callable[[Side], Answer]) -> tuple[Answer, Answer]:
        """The same of candidate and parent, side by side."""
        of_parent = self._pool.submit(self._after_start, ask, self.parent)
        of_candidate = self._after_start(ask, self.candidate)
        return of_candidate, of_parent.result()

    def started(self, side: Side) -> Side:
        """The side, once its strategy is ready."""
        return self._after_start(lambda side: side, side)

    @staticmethod
    def _after_start(ask: Callable[[Side], Answer], side: Side) -> Answer:
        prepared = side.ready.result()
        if prepared.fault:
            side.refuse(f"It could not be made ready: {in_one_line(prepared.fault)}")
        return ask(side)

    def begin_gate(self) -> None:
        """From now on the boxes have the time of one gate to answer in."""
        for side in self._sides:
            side.deadline = time.monotonic() + self.case.gate_seconds

    def close(self) -> None:
        """End the boxes, but for those that the next case may want."""
        kept = self.case.shared.get(PARENTS)
        for side in self._sides:
            if kept is not None and side.usable and side is not self.plain:
                kept.keep(side)
            else:
                side.session.close()
        self._pool.shutdown(wait=False, cancel_futures=True)


def trial_of(case: Case) -> Trial:
    """The trial of this case, for one gate: the first who asks starts it."""
    with _making:
        if KEY not in case.shared:
            case.shared[KEY] = Trial(case)
        trial: Trial = case.shared[KEY]
    trial.begin_gate()
    return trial


def in_one_line(text: str) -> str:
    """A stranger's words: short, and nothing in them that a terminal obeys."""
    return one_line(text, most=400, more="...")
