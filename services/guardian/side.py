"""One strategy in one box: the questions that the trading gates ask it, and whose fault it is when it fails."""

from __future__ import annotations

import time
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, TypeVar

from core.backtest.plain import Terms
from core.errors import SandboxError
from core.kernel import DECISION, Records
from services.guardian.answers import Fed, Memory, Prepared, Traded, decisions_of, in_one_line
from services.guardian.folding import Folded
from services.guardian.grade import CandidateFault, Starved
from services.guardian.play import Play, recount
from services.guardian.preparing import make_ready
from services.guardian.session import Session
from services.guardian.tape import Tape

FAIR: Final = 0.5
"""Of the time that it was given, what a box must have had of a processor before being late is its own fault."""
MOST_PLAYS: Final = 8
"""That a box's side remembers: one case makes five, of up to 20 MB each."""
Answer = TypeVar("Answer")


class Side:
    """One strategy in one box."""

    def __init__(self, name: str, tree: str, session: Session, seconds: float, *, blamed: bool) -> None:
        """`blamed`: what this box does wrong is the candidate's fault, and no error of the gate."""
        self.name = name
        self.tree = tree  # that was laid out in the box, whatever the box says
        self.shape = ""  # of that tree, where code of another of the same shape may be used
        self.session = session
        self.deadline = time.monotonic() + seconds  # of the gate that is held
        self.blamed = blamed
        self.ready: Future[Prepared] = Future()
        self.prepare_seconds = 0.0
        self.broken = False
        self.keeps = not blamed
        """Whether what it compiles is kept: of an accepted strategy, or of one whose syntax is harmless."""
        self.aged: list[bytes] = []
        """Its states after the bars that a judge lets pass before he weighs and times; empty until he did."""
        self._plays: dict[tuple[bytes, Terms], Play | Folded] = {}

    @property
    def usable(self) -> bool:
        """Whether its strategy is ready and nothing went wrong with its box."""
        done = self.ready.done() and self.ready.exception() is None and not self.broken
        return done and not self.ready.result().fault

    def prepare(self) -> Prepared:
        """Load, and compile what was not compiled before; the wall time of it is measured outside."""
        begun = time.monotonic()
        ask = partial(self.ask, "trading.prepare", Prepared)
        prepared = make_ready(self.tree, ask, keeps=self.keeps, shape=self.shape)
        self.prepare_seconds = time.monotonic() - begun
        return prepared

    def ask(self, task: str, answer: type[Answer], **arguments: Any) -> Answer:
        """One question. Without a proper answer: CandidateFault of a box that is blamed, SandboxError of another."""
        begun, used = time.monotonic(), self.session.cpu_ns()
        try:
            left = max(self.deadline - begun, 0.001)
            return self.session.ask(task, answer, seconds=left, **arguments)
        except SandboxError as error:
            self.broken = True
            if isinstance(error.__context__, TimeoutError) and self._starved(time.monotonic() - begun, used):
                raise Starved(f"{error} It had too little of this machine.") from error
            if self.blamed:
                raise CandidateFault(str(error)) from error
            raise

    def _starved(self, seconds: float, used_before: int | None) -> bool:
        """Whether a box that is late had to wait for a processor for most of this time."""
        used = self.session.cpu_ns()
        if used is None or used_before is None:
            return False
        return (used - used_before) / 1e9 < FAIR * seconds

    def trade(self, tape: Tape, terms: Terms) -> Play:
        """Let it trade on a tape; a second time the first answer serves."""
        known = self._plays.get((tape.digest, terms))
        if isinstance(known, Play):
            return known
        play = self._trade(tape, terms) if known is None else known.unfolded(tape)
        self._plays[tape.digest, terms] = play
        while len(self._plays) > MOST_PLAYS:  # a kept box would hold those of every history that ever was
            self._plays.pop(next(iter(self._plays)))
        return play

    def rest(self) -> None:
        """Take less memory until the next judgement. Not while a gate is held."""
        self._plays = {
            key: Folded.of(play) if isinstance(play, Play) else play for key, play in list(self._plays.items())
        }

    def _trade(self, tape: Tape, terms: Terms) -> Play:
        told = self.ask(
            "trading.trade",
            Traded,
            events=tape.data,
            grids=[list(grid) for grid in tape.grids],
            terms=list(terms),
            sample_ns=tape.timeframe_ns,
            bars=tape.bars,
            symbols=list(tape.worn),
        )
        self.blame(told.fault, tape, len(told.decisions))
        play = recount(tape, terms, decisions_of(told.decisions, len(tape.events)))
        if (told.equity, told.fills) != (play.equity[-1], len(play.fills)):
            self.refuse(
                f"Its box tells of {told.fills} fills and an equity of {told.equity:.8g} on the {tape.name}; its own"
                f" decisions come to {len(play.fills)} and {play.equity[-1]:.8g}."
            )
        return play

    def begin(self, tape: Tape, *, further: int = 0, **memory: Any) -> None:
        """Forget everything, and be ready for the pairs of a tape, whose numbers are by `further` larger.

        See `sandbox.tasks.trading.Bench.begin`.
        """
        symbols = [*[""] * further, *tape.worn]
        self.ask("trading.begin", type(None), pairs=len(tape.grids) + further, symbols=symbols, **memory)

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
        """Raise CandidateFault when the candidate is to blame, else an error of the gate."""
        raise CandidateFault(what) if self.blamed else SandboxError(f"The {self.name}: {what}")
