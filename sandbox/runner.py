"""The only thing executed inside a strategy host's box. Reads events from one socket, answers decisions, knows nothing.

The order of its start is the point of it:

1. trusted code only: moves the channel to its place, reads the Q-tables, imports Numba where the strategy names it
2. installs the second filter, which cannot be undone
3. only then imports the strategy, compiles it by calling it on scratch arrays, and says that it is ready; machine code
   that a judge's box made of this very strategy is loaded in place of compiling

From 3 on this process is the strategy's: nothing that it says is more than data, and no check made here protects
anybody. What protects is outside (the mounts, the filters, and the trader that reads the answers).

The first message is `{"nonce": hex, "symbols": [name of each pair], "qtables": [file name or null for each pair],
"compiled": bytes}`; the messages after it hold that many bytes of compiled code, none when the number is 0 or missing.
A Q-table is an .npz file in /qtables (`core.qtables`), of the strategy's TABLE_SHAPE; without one the table is zero. A
pair that has values of its own in the strategy is decided by the same code compiled with these.
"""

from __future__ import annotations

import os
import sys

sys.path[:] = os.environ["SORTE_PATH"].split(":")

# ruff: noqa: E402 - the path of the box has to be set before anything is imported
import gc
import importlib
import json
import re
import resource
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from core.compiled import Carried
from core.compiled.callees import only_way_in
from core.kernel import BAR, DECISION, EVENT, QUOTE, STOP_WORD, TARGET_WORD, TRADE, Table
from core.qtables import read_table
from core.strategy import Strategy, load, memories
from sandbox.lock import install_filter
from sandbox.protocol import BATCH, encode_control, one_line

STRATEGY: Final = Path("/strategy")
COMPILES: Final = re.compile(rb"(?<![\w.])kernel\b|\bkernel\.kernel\b|\bnumba\b")
"""What stands in a strategy that is more than plain Python."""
CHANNEL_FD: Final = 3
MESSAGE_BYTES: Final = 65536
"""Room for the first message; about a thousand pairs with Q-tables."""

DONE, FAILED, FAULT, CONFUSED = 0, 10, 11, 12
"""Exit codes: the trader hung up; no strategy could be made ready; the kernel raised; the trader broke the protocol."""

Decide = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], None]


def main() -> int:
    channel = take_channel()
    message = channel.recv(MESSAGE_BYTES)
    if not message:
        return DONE
    start = json.loads(message)
    try:
        tables = [named_table(name) for name in start["qtables"]]
        compiled = receive_code(channel, start.get("compiled", 0))
        import_compiler(STRATEGY)
        install_filter(bytes.fromhex(os.environ["SORTE_FILTER"]))
        host, compile_seconds = Host.prepared(load(STRATEGY), start["symbols"], tables, compiled)
    except BaseException as error:  # noqa: BLE001 - also SystemExit: whatever the strategy does, the trader is told
        channel.send(encode_control(failed=start["nonce"], error=one_line(error)))
        return FAILED
    channel.send(
        encode_control(
            ready=start["nonce"],
            tree=host.strategy.tree_hash,
            compile_seconds=round(compile_seconds, 3),
            rss_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        )
    )
    return host.serve(channel)


def take_channel() -> socket.socket:
    """The channel, moved from where the box was given it to where the second filter permits it; 0 becomes /dev/null."""
    os.dup2(0, CHANNEL_FD, inheritable=False)
    os.dup2(1, 0, inheritable=False)
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=CHANNEL_FD)


def import_compiler(strategy: Path) -> None:
    """Import Numba where a file names it: `core.kernel` would do so late, which is after the second filter.

    A strategy of plain Python starts in less than half the time without. One that hides the name gains nothing: what it
    imports then is imported behind that filter.
    """
    if any(COMPILES.search(file.read_bytes()) for file in strategy.glob("*.py")):
        importlib.import_module("numba")


def receive_code(channel: socket.socket, count: int) -> bytes:
    """So many bytes in as many messages as it takes; fewer when the trader hung up."""
    gathered = bytearray()
    while len(gathered) < count and (chunk := channel.recv(MESSAGE_BYTES)):
        gathered += chunk
    return bytes(gathered)


def named_table(name: str | None) -> Table | None:
    """The Q-table in a file of /qtables, None for no name; ValueError when the name leads elsewhere."""
    if name is None:
        return None
    if Path(name).name != name:
        raise ValueError(f"{name!r} is no plain file name")
    return read_table(Path("/qtables", name))


class Host:
    """One strategy with the state and Q-table of each pair, and every view that the loop needs, made beforehand."""

    def __init__(self, strategy: Strategy, symbols: Sequence[str], tables: list[Table | None]) -> None:
        if len(tables) != len(symbols):
            raise ValueError(f"{len(symbols)} pairs but {len(tables)} Q-tables")
        self.strategy = strategy
        of_pairs = [strategy.of(symbol) for symbol in symbols]
        self.kernels = {id(each): each for each in of_pairs or [strategy]}  # each once; the common one may be unused
        self.states = memories(of_pairs)
        self.tables = [self._table(table) for table in tables]
        # What decides for a pair, with what it remembers: one look-up an event.
        self.seats: list[tuple[Decide, np.ndarray, Table]] = [
            (each.decide, state, table) for each, state, table in zip(of_pairs, self.states, self.tables, strict=True)
        ]
        self.message = bytearray(BATCH * EVENT.itemsize + 1)  # one byte more: a message that is too long shows
        self.answer = bytearray(BATCH * DECISION.itemsize)
        events = np.frombuffer(self.message, EVENT, BATCH)
        decisions = np.frombuffer(self.answer, DECISION, BATCH)
        self.events = [events[i : i + 1] for i in range(BATCH)]
        self.decisions = [decisions[i : i + 1] for i in range(BATCH)]
        answer = memoryview(self.answer)
        self.answers = [answer[: count * DECISION.itemsize] for count in range(BATCH + 1)]
        # Sequence and pair of event i as Python integers: 30 ns, where a field of a structured array costs 300.
        self.words = memoryview(self.message)[: BATCH * EVENT.itemsize].cast("q")
        self.answer_numbers = answer.cast("d")

    @classmethod
    def prepared(
        cls, strategy: Strategy, symbols: Sequence[str], tables: list[Table | None], compiled: bytes = b""
    ) -> tuple[Host, float]:
        """A host whose kernels are compiled, and the seconds that took. Nothing is collected as garbage after this."""
        host = cls(strategy, symbols, tables)
        started = time.perf_counter()
        carried = Carried(compiled)
        for each in host.kernels.values():
            carried.restore(each.decide)
            with only_way_in(each.decide):
                host.warm_up(each)
        seconds = time.perf_counter() - started
        gc.collect()
        gc.freeze()
        gc.disable()
        return host, seconds

    def _table(self, table: Table | None) -> Table:
        shape = self.strategy.table_shape
        if table is None:
            empty = np.empty(shape)
            empty.fill(0.0)
            return empty
        if table.shape != shape:
            raise ValueError(f"a Q-table of shape {table.shape} where the strategy has {shape}")
        return np.ascontiguousarray(table)

    def warm_up(self, strategy: Strategy) -> None:
        """Call a kernel with one likely event of each kind, on scratch state, by the views that the loop uses."""
        event, decision = self.events[0], self.decisions[0]
        state, table = np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape)
        for sequence, kind in enumerate((QUOTE, TRADE, BAR), start=1):
            event["sequence"], event["time_ns"], event["kind"] = sequence, 1_700_000_000_000_000_000 + sequence, kind
            for price in ("price", "bid", "ask", "open", "high", "low"):
                event[price] = 100.0
            for size in ("bid_size", "ask_size", "buy_volume", "sell_volume", "volume"):
                event[size] = 1.0
            event["advice"] = np.nan
            self.answer_numbers[STOP_WORD] = self.answer_numbers[TARGET_WORD] = np.nan
            strategy.decide(event, state, table, decision)
        self.message[:] = bytes(len(self.message))
        self.answer[:] = bytes(len(self.answer))

    def serve(self, channel: socket.socket) -> int:
        """Answer messages until the trader hangs up. Allocates nothing for an event but a few small integers."""
        events, decisions, seats = self.events, self.decisions, self.seats
        words, answers, message = self.words, self.answers, self.message
        receive, send, pairs, size = channel.recv_into, channel.send, len(seats), EVENT.itemsize
        stride, pair_word = size // 8, (EVENT.names or ()).index("pair")  # every field is one word
        numbers, width, nan = self.answer_numbers, DECISION.itemsize // 8, np.nan
        sequence = 0  # of the event that is answered: while it is, the event itself does not say (`core.masking`)
        try:
            while length := receive(message):
                count, rest = divmod(length, size)
                if rest:
                    return CONFUSED
                for index in range(count):
                    sequence, pair = words[index * stride], words[index * stride + pair_word]
                    if not 0 <= pair < pairs:
                        return CONFUSED
                    numbers[index * width + STOP_WORD] = numbers[index * width + TARGET_WORD] = nan
                    decide, state, table = seats[pair]
                    decide(events[index], state, table, decisions[index])
                send(answers[count])
        except (ConnectionError, BrokenPipeError):
            return DONE
        except BaseException as error:  # noqa: BLE001 - whatever the kernel raises, the trader is told
            channel.send(encode_control(fault=sequence, error=one_line(error)))
            return FAULT
        return DONE


if __name__ == "__main__":
    # Not sys.exit: what a strategy left for the interpreter's end (atexit, threads, destructors) is not run.
    os._exit(main())
