"""Tasks of the trading gates: the strategy answers events, as it would live, or trades on them in a simulation.

`decide` is compiled for each set of values that pairs have, or made of what was compiled for another, by the same call
as in a strategy host (`sandbox.runner`), and everything else is a plain loop around it. Nothing is graded here:
decisions go out, and the judge counts.

A strategy that raises is no failed task: the answer says `fault`, at which event, and holds the decisions before it.
"""

from __future__ import annotations

import gc
import itertools
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numba
import numpy as np

from core.backtest.plain import Account, Grid, Terms, begin_of
from core.compiled import Carried
from core.compiled.callees import only_way_in
from core.kernel import BAR, DECISION, EVENT, HELD, HELD_AT, QUOTE, STOP_WORD, TARGET_WORD, TRADE, Records
from core.strategy import Source, Strategy, load, memories
from sandbox.tasks.witness import WITNESS

PAIR_WORD: Final = (EVENT.names or ()).index("pair")
TIME_WORD: Final = (EVENT.names or ()).index("time_ns")
ACTION_WORD: Final = (DECISION.names or ()).index("action")
SIZE_WORD: Final = (DECISION.names or ()).index("size")
JUNK: Final = np.full(DECISION.itemsize // 8, -1.5).tobytes()
"""What a decision may hold before it is made; who reads it answers nonsense."""
FAULT_CHARACTERS: Final = 4000
PROPER: Final = {"nopython": 1, "signatures": 1, "boundscheck": True, "fastmath": False}
"""What `compiled_as` says of a kernel that is as it should be."""

Seat = tuple[Callable[..., None], np.ndarray, np.ndarray]
"""What decides for a pair, its state and its Q-table."""


class Bench:
    """The strategy of this box. One memory (state and Q-table of each pair) is in use at a time."""

    def __init__(self, folder: Path | Source, *, collect: bool = True) -> None:
        """Without `collect` no garbage is looked for from `prepare` on, as in a strategy host."""
        self.folder = folder
        self.collect = collect
        self.strategy: Strategy | None = None
        self.event, self.decision = bytearray(EVENT.itemsize), bytearray(DECISION.itemsize)
        self.event_words, self.decision_words = memoryview(self.event).cast("q"), memoryview(self.decision).cast("q")
        self.numbers = memoryview(self.decision).cast("d")
        self.given: np.ndarray = np.frombuffer(self.event, EVENT)
        self.made: np.ndarray = np.frombuffer(self.decision, DECISION)
        self.states: list[np.ndarray] = []
        self.tables: list[np.ndarray] = []
        self.seats: list[Seat] = []

    def prepare(self, compiled: bytes = b"") -> dict[str, Any]:
        """Load and compile it, for each set of values that pairs have, and call it with one likely event of each kind.

        `compiled` is what an earlier box of this tree had `made`: machine code that was taken down before it was called
        for the first time. It is used when it is just that of this tree here; what is compiled instead is `made`.
        """
        if not self.collect:
            gc.disable()
        try:
            self.strategy = strategy = load(self.folder)
            first = {id(strategy): ""} | {id(each): symbol for symbol, each in strategy.own.items()}
            self.begin(len(first), symbols=list(first.values()))
            carried = Carried(compiled)
            for seat in self.seats:
                self._compile(seat, carried)
            for event, (decide, state, table) in itertools.product(warm_up_events(), self.seats):
                self.event[:] = event.tobytes()
                self.numbers[STOP_WORD] = self.numbers[TARGET_WORD] = np.nan
                decide(self.given, state, table, self.made)
        except BaseException as error:  # noqa: BLE001 - also SystemExit: whatever the strategy does, the judge is told
            return {"tree": "", "fault": explain(error)}
        return {
            "tree": strategy.tree_hash,
            "fault": "",
            "compiled": self._compiled(),
            "made": carried.made,
            "rows": strategy.table_shape[0],
            "columns": strategy.table_shape[1],
            "rules": list(strategy.rule_names),
        }

    def begin(
        self,
        pairs: int,
        tables: Sequence[bytes | None] = (),
        states_before: Sequence[bytes] = (),
        symbols: Sequence[str] = (),
    ) -> None:
        """Forget everything: `pairs` states of zeros, and Q-tables as given (float64 of its shape), else of zeros.

        `states_before` is a `memory` to go on from instead. `symbols` say whose values each pair has; the others have
        the common ones.
        """
        strategy = self._strategy()
        of_pairs = [strategy.of(symbol) for symbol in (*symbols, *[""] * (pairs - len(symbols)))]
        self.states = memories(of_pairs)
        for state, before in zip(self.states, states_before, strict=bool(states_before)):
            state.view(np.uint8)[:] = np.frombuffer(before, np.uint8)
        filled = (*tables, *[None] * (pairs - len(tables)))
        self.tables = [np.zeros(strategy.table_shape) for _ in range(pairs)]
        for table, data in zip(self.tables, filled, strict=True):
            if data is not None:
                table[:] = np.frombuffer(data).reshape(strategy.table_shape)
        self.seats = [
            (each.decide, state, table) for each, state, table in zip(of_pairs, self.states, self.tables, strict=True)
        ]

    def feed(self, events: bytes, junk: bool = False) -> dict[str, Any]:
        """The decision on each event, after all that was fed since `begin`.

        With `junk` a decision holds nonsense before it is made, and `written` is the first event that was changed.
        """
        self._strategy()
        seats, given, made = self.seats, self.given, self.made
        event, decision, words, numbers = self.event, self.decision, self.event_words, self.numbers
        answers: list[bytes] = []
        size, written = EVENT.itemsize, -1
        for start in range(0, len(events), size):
            event[:] = data = events[start : start + size]
            decide, state, table = seats[words[PAIR_WORD]]
            if junk:
                decision[:] = JUNK
            numbers[STOP_WORD] = numbers[TARGET_WORD] = np.nan
            try:
                decide(given, state, table, made)
            except BaseException as error:  # noqa: BLE001 - as above
                return {"decisions": b"".join(answers), "fault": explain(error), "written": written}
            answers.append(bytes(decision))
            if junk and written < 0 and event != data:
                written = start // size
        return {"decisions": b"".join(answers), "fault": "", "written": written}

    def age(self, events: bytes, rounds: int, span_ns: int) -> str:
        """Let the events pass so many times, each time by `span_ns` later; what it decides is lost. Says its fault."""
        self._strategy()
        seats, given, made = self.seats, self.given, self.made
        event, words, size = self.event, self.event_words, EVENT.itemsize
        parts = [events[start : start + size] for start in range(0, len(events), size)]
        try:
            for turn in range(rounds):
                later_ns = turn * span_ns
                for part in parts:
                    event[:] = part
                    words[TIME_WORD] += later_ns
                    decide, state, table = seats[words[PAIR_WORD]]
                    decide(given, state, table, made)
        except BaseException as error:  # noqa: BLE001 - as above
            return explain(error)
        return ""

    def recall(self, events: bytes, places: Sequence[int]) -> dict[str, Any]:
        """As `feed`, and what was remembered of an event's pair before it, for each event in `places` (ascending)."""
        size, answered = EVENT.itemsize, 0
        told: list[bytes] = []
        states: list[bytes] = []
        for place in (*places, len(events) // size):
            fed = self.feed(events[answered * size : place * size])
            told.append(fed["decisions"])
            if fed["fault"]:
                return {"decisions": b"".join(told), "fault": fed["fault"], "states": states}
            answered = place
            if place * size < len(events):
                self.event[:] = events[place * size : (place + 1) * size]
                states.append(self.states[self.event_words[PAIR_WORD]].tobytes())
        return {"decisions": b"".join(told), "fault": "", "states": states}

    def retell(
        self,
        moments: Sequence[tuple[bytes, bytes]],
        asked: bytes,
        words: Sequence[int],
        values: bytes,
        keep: bool = False,
    ) -> dict[str, Any]:
        """Decisions once more from some moments on, with other memories: `at` is the row that raised, else -1.

        A moment is what was remembered of a pair, and events of that pair that follow. `asked` (int64[rows]) are
        numbers of moments; `words` of that memory are set to `values` (int64[rows, words]) first. With `keep`, `states`
        has what is remembered after each row.
        """
        self._strategy()
        event, decision, numbers, size = self.event, self.decision, self.numbers, EVENT.itemsize
        given, made = self.given, self.made
        answers: list[bytes] = []
        states: list[bytes] = []
        parts = [[data[start : start + size] for start in range(0, len(data), size)] for _, data in moments]
        before = [np.frombuffer(memory, np.uint8) for memory, _ in moments]
        seats = [(*seat, seat[1].view(np.uint8), seat[1].view(np.int64)) for seat in self.seats]
        rows, chosen = np.frombuffer(asked, np.int64).tolist(), list(words)
        settings = np.frombuffer(values, np.int64).reshape(len(rows), len(chosen))
        for at, number in enumerate(rows):
            event[:] = parts[number][0]
            decide, state, table, memory, fields = seats[self.event_words[PAIR_WORD]]
            memory[:] = before[number]
            fields[chosen] = settings[at]
            try:
                for part in parts[number]:
                    event[:] = part
                    numbers[STOP_WORD] = numbers[TARGET_WORD] = np.nan
                    decide(given, state, table, made)
                    answers.append(bytes(decision))
            except BaseException as error:  # noqa: BLE001 - as above
                return {"decisions": b"".join(answers), "fault": explain(error), "at": at, "states": states}
            if keep:
                states.append(state.tobytes())
        return {"decisions": b"".join(answers), "fault": "", "at": -1, "states": states}

    def memory(self) -> dict[str, Any]:
        """The bytes of every state and Q-table, as the last event left them."""
        return {"states": [s.tobytes() for s in self.states], "tables": [t.tobytes() for t in self.tables]}

    def trade(
        self,
        events: bytes,
        grids: Sequence[Sequence[float]],
        terms: Sequence[float],
        sample_ns: int,
        tables: Sequence[bytes | None] = (),
        bars: bool = False,
        symbols: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Trade on events, whose fields about the position are replaced by what the simulated account holds.

        `bars`: they are bars, four events of each pair. `symbols` as for `begin`.
        """
        self.begin(len(grids), tables, symbols=symbols)
        seats, given, made = self.seats, self.given, self.made
        event, words, answer_words, numbers = self.event, self.event_words, self.decision_words, self.numbers
        decision, size, pack = self.decision, EVENT.itemsize, HELD.pack_into
        answers: list[bytes] = []

        def answer(index: int, *held: float) -> int:
            event[:] = events[index * size : (index + 1) * size]
            pack(event, HELD_AT, *held)
            decide, state, table = seats[words[PAIR_WORD]]
            numbers[STOP_WORD] = numbers[TARGET_WORD] = np.nan
            decide(given, state, table, made)
            answers.append(bytes(decision))
            return answer_words[ACTION_WORD]

        records: Records = np.frombuffer(events, EVENT)
        account = Account([Grid(*grid) for grid in grids], as_terms(terms), begin_of(records), sample_ns)
        fault = ""
        try:
            account.trade(
                records,
                answer,
                lambda _: numbers[SIZE_WORD],
                lambda _: (numbers[STOP_WORD], numbers[TARGET_WORD]),
                bars=bars,
            )
        except BaseException as error:  # noqa: BLE001 - as above
            fault = explain(error)
        return {"decisions": b"".join(answers), "fault": fault, "equity": account.equity, "fills": len(account.trades)}

    def anchor(self, rounds: int) -> int:
        """A fixed piece of work that has nothing to do with the strategy: what this box's processor is worth now."""
        value = 1
        for _ in range(rounds):
            value = value * 6364136223846793005 % 18446744073709551629
        return value

    def _compile(self, seat: Seat, carried: Carried) -> None:
        """By the very call that a first event would make, but for the call itself."""
        decide, state, table = seat
        compile_for = getattr(decide, "_compile_for_args", None)  # plain Python has none
        if compile_for is not None and not carried.restore(decide):
            with only_way_in(decide):
                compile_for(self.given, state, table, self.made)
            carried.keep(decide)

    def _compiled(self) -> dict[str, Any]:
        """How the kernels are compiled: one that is not as it should be speaks for all."""
        found = [compiled_as(decide) for decide, _, _ in self.seats]
        return next((one for one in found if one != PROPER), found[0])

    def _strategy(self) -> Strategy:
        if self.strategy is None:
            raise RuntimeError("the strategy was not prepared")
        return self.strategy


def as_terms(numbers: Sequence[float]) -> Terms:
    """Terms that crossed the wall as a plain list."""
    cash, fee, slippage, delay_ns, trade_from_ns = numbers
    return Terms(cash, fee, slippage, int(delay_ns), int(trade_from_ns))


def warm_up_events() -> Records:
    """One likely event of each kind, as `sandbox.runner` warms up with."""
    events: Records = np.zeros(3, EVENT)
    events["sequence"], events["kind"] = (1, 2, 3), (QUOTE, TRADE, BAR)
    events["time_ns"] = 1_700_000_000_000_000_000 + np.arange(1, 4)
    for price in ("price", "bid", "ask", "open", "high", "low"):
        events[price] = 100.0
    for amount in ("bid_size", "ask_size", "buy_volume", "sell_volume", "volume"):
        events[amount] = 1.0
    events["advice"] = np.nan
    return events


def compiled_as(decide: Callable[..., None]) -> dict[str, Any]:
    """How `decide` is compiled; empty for what is no kernel. Plain Python under NUMBA_DISABLE_JIT."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]  # set when it is imported
        return {}
    options = getattr(decide, "targetoptions", {})
    return {
        "nopython": len(getattr(decide, "nopython_signatures", ())),
        "signatures": len(getattr(decide, "signatures", ())),
        "boundscheck": bool(options.get("boundscheck")),
        "fastmath": bool(options.get("fastmath")),
    }


def explain(error: BaseException) -> str:
    """What the strategy raised, with the lines of its own files; never raises, whatever the error's own text does."""
    try:
        text = str(error)
        if len(text) > FAULT_CHARACTERS:  # a compiler's story begins with what is wrong, and ends with where
            text = f"{text[: FAULT_CHARACTERS // 2]}\n...\n{text[-FAULT_CHARACTERS // 2 :]}"
        places = [
            f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename.startswith("<strategy ")
        ]
        return f"{type(error).__name__}: {text}\n{' '.join(places)}"
    except BaseException:  # noqa: BLE001 - an exception class of the strategy may have any __str__
        return type(error).__name__


BENCH: Final = Bench(Path("/strategy"), collect=False)
TASKS: Final = (
    *(BENCH.prepare, BENCH.begin, BENCH.feed, BENCH.recall, BENCH.retell, BENCH.age),
    *(BENCH.memory, BENCH.trade, BENCH.anchor),
    *(WITNESS.watch, WITNESS.call),
)
