"""One strategy host, seen from the trader: a process in a box that is sent events and answers each with a decision.

Nothing here waits: events are queued when the box is behind, answers are read when they come. What comes out of the
box is a stranger's word. An answer out of order, of another length, with a figure outside its range, or that its own
signals, numbers and rules do not allow, is nonsense, and a host that talks nonsense is no longer heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from core.kernel import DECISION_BOUNDS, DECISION_WIRE
from core.priority import run_next
from core.recording import Recorder
from core.releases import Release
from core.text import printable
from sandbox.jail import spawn_runner
from sandbox.limits import Jail
from sandbox.protocol import BATCH, decode_control
from services.trader.allowance import Allowance

RECEIVE_BYTES: Final = DECISION_WIRE.size * BATCH
MAX_BEHIND: Final = 1 << 17  # events; a host this far behind will not come back
CODE_BYTES: Final = 1 << 15  # of compiled code in one message; the box takes twice as much
SHOWN_BYTES: Final = 500  # of what a stranger said, in a fault's text


class Phase(StrEnum):
    """Where a host is in its life."""

    STARTING = "starting"  # importing and compiling
    WARMING = "warming"  # replaying the tape
    READY = "ready"
    DEAD = "dead"


class Decision(NamedTuple):
    """A DECISION as the trader reads it; see `core.kernel.DECISION`."""

    sequence: int
    pair: int
    action: int
    rule: int
    score: float
    confidence: float
    size: float
    min_hold_seconds: float
    stop: float
    target: float
    technical: float
    orderbook: float
    flow: float
    qlearning: float
    advice: float


BOUNDS: Final = tuple((Decision._fields.index(name), *bounds) for name, bounds in DECISION_BOUNDS.items())


class Host:
    """One process. `on_decision(host, decision)` comes in order of the events, `on_end(host)` once."""

    def __init__(
        self,
        release: Release,
        symbols: Sequence[str],
        *,
        on_decision: Callable[[Host, Decision], None],
        on_compiled: Callable[[Host], None],
        on_ready: Callable[[Host], None],
        on_end: Callable[[Host], None],
        recorder: Recorder,
        allowance: Allowance,
        jail: Jail,
        qtables: Path | None = None,
        compiled: bytes = b"",
    ) -> None:
        """Start the box. Raises SandboxError when that is not possible; what goes wrong later ends the host.

        `compiled` is what the judge's box made of this release; empty when nothing is kept, and then it compiles.
        """
        self.release = release
        self.phase = Phase.STARTING
        self.cause = ""  # why it is dead: a short code
        self.detail = ""
        self.ready_seconds = 0.0
        self.compile_seconds = 0.0
        self.rss_mb = 0.0
        self.late_turns = 0  # in a row
        self.answered = 0  # sequence of the last answered event
        self._loop = asyncio.get_running_loop()
        self.settled: asyncio.Future[bool] = self._loop.create_future()  # True when warm, False when it died before
        self.over: asyncio.Future[None] = self._loop.create_future()  # done when it is dead
        self.recorder = recorder  # of every decision that is not warm-up
        self._pairs = len(symbols)
        self._on_decision, self._on_compiled = on_decision, on_compiled
        self._on_ready, self._on_end = on_ready, on_end
        self._allowance = allowance
        self._awaiting: deque[tuple[int, bytes]] = deque()  # events that are not answered yet, by their sequence
        self._backlog: deque[bytes] = deque()
        self._warm_until = 0
        self._most_behind = MAX_BEHIND
        self._nonce = secrets.token_hex(16)
        self._started = time.monotonic()
        self._process, self._channel = spawn_runner(release.folder, qtables=qtables, jail=jail)
        self._channel.setblocking(False)
        self._loop.add_reader(self._channel.fileno(), self.receive)
        chunks = (compiled[start : start + CODE_BYTES] for start in range(0, len(compiled), CODE_BYTES))
        self._opening = deque([self._greeting(symbols, qtables, len(compiled)), *chunks])
        self._open()

    def _greeting(self, symbols: Sequence[str], qtables: Path | None, compiled: int) -> bytes:
        names = [f"{symbol}.npz" if qtables and (qtables / f"{symbol}.npz").exists() else None for symbol in symbols]
        start = {"nonce": self._nonce, "symbols": list(symbols), "qtables": names, "compiled": compiled}
        return msgspec.json.encode(start)

    def _open(self) -> None:
        """Send what the box starts with, as far as it takes it now; it says that it is ready only after all of it."""
        with contextlib.suppress(OSError):  # a box that is dead already is noticed by the reader
            while self._opening and self.phase is Phase.STARTING:
                try:
                    self._channel.send(self._opening[0])
                except BlockingIOError:
                    self._loop.add_writer(self._channel.fileno(), self._open)
                    return
                self._opening.popleft()
            self._loop.remove_writer(self._channel.fileno())

    @property
    def pid(self) -> int:
        """Of the strategy's process, as the machine sees it."""
        return self._process.inside_pid

    @property
    def heard(self) -> bool:
        """Whether its decisions may count: alive and warm."""
        return self.phase is Phase.READY

    def warm_up(self, events: Sequence[tuple[int, bytes]]) -> None:
        """Replay the tape; from then on `feed` must bring every event that follows it."""
        self.phase = Phase.WARMING
        self._warm_until = events[-1][0] if events else 0
        self._most_behind = MAX_BEHIND + len(events)  # what it is warmed up with is no delay of its own
        self._awaiting.extend(events)
        self._allowance.warm_up(events)
        self._backlog.extend(event for _, event in events)
        if events:
            self._flush()
        else:
            self._become_ready()

    def feed(self, sequence: int, event: bytes) -> None:
        """Send one event, or queue it while the box is behind."""
        if self.phase is not Phase.READY and self.phase is not Phase.WARMING:
            return
        self._awaiting.append((sequence, event))
        if not self._backlog:
            try:
                self._channel.send(event)
            except BlockingIOError:
                self._backlog.append(event)
                self._loop.add_writer(self._channel.fileno(), self._flush)
            except OSError as error:
                self._died(error)
            return
        self._backlog.append(event)
        if len(self._backlog) > self._most_behind:
            self.end("host_behind", f"{len(self._backlog)} events behind")

    def feed_soon(self, sequence: int, event: bytes) -> None:
        """Queue one event, to be sent with the others of this turn of the loop: for a host that nobody waits for."""
        if self.phase is not Phase.READY and self.phase is not Phase.WARMING:
            return
        self._awaiting.append((sequence, event))
        if not self._backlog:
            self._loop.call_soon(self._flush)
        self._backlog.append(event)
        if len(self._backlog) > self._most_behind:
            self.end("host_behind", f"{len(self._backlog)} events behind")

    def _flush(self) -> None:
        backlog = self._backlog
        while backlog and self.phase is not Phase.DEAD:
            count = min(len(backlog), BATCH)
            batch = b"".join(backlog[i] for i in range(count))
            try:
                self._channel.send(batch)
            except BlockingIOError:
                self._loop.add_writer(self._channel.fileno(), self._flush)
                return
            except OSError as error:
                self._died(error)
                return
            for _ in range(count):
                backlog.popleft()
        if self.phase is not Phase.DEAD:
            self._loop.remove_writer(self._channel.fileno())

    def receive(self) -> bool:
        """Read one message of the box, also before a host is judged late; False when there is none."""
        if self.phase is Phase.DEAD:
            return False
        try:
            message = self._channel.recv(RECEIVE_BYTES + 1)
        except BlockingIOError:
            return False
        except OSError as error:
            self._died(error)
            return False
        if not message:
            self._died(None)
        elif self.phase is Phase.STARTING or len(message) % DECISION_WIRE.size:
            self._hear_control(message)
        else:
            self._hear_decisions(message)
        return True

    def _hear_decisions(self, message: bytes) -> None:
        if self.phase is Phase.READY:
            self.recorder.append(message)
        awaiting, allowance = self._awaiting, self._allowance
        for values in DECISION_WIRE.iter_unpack(message):
            sequence = values[0]
            asked, event = awaiting.popleft() if awaiting else (0, b"")
            if sequence != asked:
                self.end("host_nonsense", f"answered event {sequence}, which was not asked next")
                return
            self.answered = sequence
            if sequence > self._warm_until:
                decision = Decision._make(values)
                wrong = nonsense(decision, self._pairs) or allowance.wrong(decision.pair, event, values)
                if wrong:
                    self.end("host_nonsense", wrong)
                    return
                self._on_decision(self, decision)
                if self.phase is Phase.DEAD:
                    return
        if self.phase is Phase.WARMING and self.answered >= self._warm_until:
            self._become_ready()

    def _hear_control(self, message: bytes) -> None:
        match decode_control(message):
            case {"ready": self._nonce, "tree": tree, "compile_seconds": compile_seconds, "rss_mb": rss_mb} if (
                self.phase is Phase.STARTING
            ):
                if tree != self.release.tree_hash:
                    self.end("host_tree", f"loaded tree {shown(tree)}, not {self.release.tree_hash}")
                    return
                self.compile_seconds, self.rss_mb = figure(compile_seconds), figure(rss_mb)
                self._on_compiled(self)
            case {"failed": self._nonce, "error": error} if self.phase is Phase.STARTING:
                self.end("host_failed", shown(error))
            case {"fault": sequence, "error": error}:
                self.end("host_raised", f"at event {shown(sequence)}: {shown(error)}")
            case _:
                self.end("host_nonsense", f"sent {len(message)} bytes that are no answer")

    def _become_ready(self) -> None:
        self.phase = Phase.READY
        run_next(self.pid)  # not before: what compiles can wait
        self.ready_seconds = time.monotonic() - self._started
        self.settled.set_result(True)
        self._on_ready(self)

    def _died(self, error: OSError | None) -> None:
        self._process.poll()
        with contextlib.suppress(TimeoutError):
            self._process.wait(timeout_secs=0.05)  # the channel closes a moment before the box is reaped
        self.end("host_died", shown(self._process.cause() if self._process.poll() is not None else error or "hung up"))

    def end(self, cause: str, detail: str = "") -> None:
        """Kill the box, once; the first cause is the one that is told."""
        if self.phase is Phase.DEAD:
            return
        self.phase, self.cause, self.detail = Phase.DEAD, cause, detail
        self._loop.remove_reader(self._channel.fileno())
        self._loop.remove_writer(self._channel.fileno())
        self._process.kill()
        self._channel.close()
        self._backlog.clear()
        self._awaiting.clear()
        if not self.settled.done():
            self.settled.set_result(False)
        self.over.set_result(None)
        self._on_end(self)


def nonsense(d: Decision, pairs: int) -> str:
    """What is wrong with a decision; empty when it may be heard. A NaN is wrong everywhere but as a level."""
    if not 0 <= d.pair < pairs:
        return f"pair {d.pair}"
    for place, low, high in BOUNDS:
        if not low <= d[place] <= high:
            return f"{Decision._fields[place]} {d[place]}"
    if not (is_level(d.stop) and is_level(d.target)):
        return f"stop {d.stop}, target {d.target}"
    return ""


def is_level(price: float) -> bool:
    """Whether a decision may declare this as its stop or target: a price, or NaN for none."""
    return 0.0 < price < math.inf or math.isnan(price)


def shown(value: object) -> str:
    """A stranger's words, short, and without what a terminal obeys or JSON cannot carry (half a surrogate pair)."""
    return printable(str(value), instead="?", most=SHOWN_BYTES)


def figure(value: object) -> float:
    """A stranger's figure, for display only: a number of sane size, else 0."""
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else 0.0
