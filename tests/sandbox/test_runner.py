"""The strategy host in its box: the protocol from first to last message, and the same answers as without a box."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.kernel import BAR, DECISION, EVENT, QUOTE
from core.strategy import Source, load
from sandbox.jail import spawn_runner
from sandbox.limits import Jail
from sandbox.process import JailedProcess
from sandbox.protocol import BATCH, decode_control
from services.guardian.answers import Prepared
from services.guardian.boxes.bubblewrap import Bubblewrap

from .conftest import INSIDE

StartHost = Callable[..., tuple[JailedProcess, socket.socket, dict[str, Any]]]
SHIPPED = Source.shipped().files
TABLE_SHAPE = load(Source.shipped()).table_shape


@pytest.fixture
def start_host(tmp_path: Path) -> Iterator[StartHost]:
    """A host over the shipped strategy with `changes` to its files; returns the first thing that it says."""
    with contextlib.ExitStack() as stack:

        def start(
            changes: dict[str, str] | None = None,
            *,
            pairs: int = 2,
            tables: dict[str, np.ndarray] | None = None,
            names: list[str | None] | None = None,
            jail: Jail | None = None,
            compiled: bytes = b"",
        ) -> tuple[JailedProcess, socket.socket, dict[str, Any]]:
            strategy, qtables = tmp_path / "strategy", tmp_path / "qtables"
            for name, data in {**SHIPPED, **{n: text.encode() for n, text in (changes or {}).items()}}.items():
                (strategy / name).parent.mkdir(parents=True, exist_ok=True)
                (strategy / name).write_bytes(data)
            qtables.mkdir(exist_ok=True)
            for name, table in (tables or {}).items():
                np.savez(qtables / name, table=table)
            box, channel = spawn_runner(strategy, qtables=qtables, jail=jail)
            stack.enter_context(box)
            stack.enter_context(channel)
            channel.settimeout(60.0)
            first: dict[str, Any] = {
                "nonce": "ab12",
                "symbols": [f"P{i}" for i in range(pairs)],
                "qtables": names or [None] * pairs,
            }
            channel.send(json.dumps(first | ({"compiled": len(compiled)} if compiled else {})).encode())
            for begin in range(0, len(compiled), 20_000):
                channel.send(compiled[begin : begin + 20_000])
            return box, channel, decode_control(channel.recv(65536)) or {}

        yield start


def quotes(count: int, pair: int = 0) -> np.ndarray:
    """Quotes of one pair that climb by a cent each, numbered from 1."""
    events = np.zeros(count, EVENT)
    events["sequence"] = np.arange(1, count + 1)
    events["time_ns"] = 1_700_000_000_000_000_000 + events["sequence"] * 1_000_000_000
    events["pair"], events["kind"], events["advice"] = pair, QUOTE, np.nan
    events["price"] = 100.0 + events["sequence"] * 0.01
    events["bid"], events["ask"] = events["price"] - 0.005, events["price"] + 0.005
    events["bid_size"] = events["ask_size"] = 1.0
    return events


def ask(channel: socket.socket, events: np.ndarray) -> bytes:
    channel.send(events.tobytes())
    return channel.recv(65536)


def test_a_pair_with_values_of_its_own_is_decided_with_them(start_host: StartHost) -> None:
    own = 'OVERRIDES = {"P1": Parameters(order_fraction=0.2, bollinger_period=30)}'
    parameters = f"{SHIPPED['parameters.py'].decode()}\n{own}\n"
    _, channel, _ = start_host({"parameters.py": parameters}, pairs=3)
    events = quotes(9)
    events["pair"] = np.arange(9) % 3
    decisions = np.frombuffer(ask(channel, events), DECISION)
    assert decisions["size"].tolist() == [0.1, 0.2, 0.1] * 3


def test_a_host_answers_the_very_bits_that_the_kernel_gives_without_a_box(start_host: StartHost) -> None:
    rng = np.random.default_rng(7)
    events = quotes(600)
    events["pair"] = rng.integers(0, 2, len(events))
    events["price"] *= np.exp(rng.normal(0, 0.001, len(events)).cumsum())
    for name in ("open", "high", "low"):
        events[name] = events["price"]
    events["volume"], events["kind"][::2] = 1.0, BAR
    table = rng.normal(size=TABLE_SHAPE)
    box, channel, ready = start_host(tables={"one": table}, names=["one.npz", None])
    assert ready["ready"] == "ab12"
    assert ready["tree"] == Source.shipped().tree_hash
    got = b"".join(ask(channel, events[i : i + 97]) for i in range(0, len(events), 97))

    strategy = load(Source.shipped())
    states, tables = np.zeros(2, strategy.state_dtype), [table, np.zeros(TABLE_SHAPE)]
    expected = np.zeros(len(events), DECISION)
    expected["stop"] = expected["target"] = np.nan
    for i in range(len(events)):
        pair = int(events["pair"][i])
        strategy.decide(events[i : i + 1], states[pair : pair + 1], tables[pair], expected[i : i + 1])
    assert got == expected.tobytes()

    assert len(ask(channel, quotes(BATCH))) == BATCH * DECISION.itemsize
    channel.close()
    assert box.wait(5.0) == 0
    assert box.cause() == "ended by itself"


def test_a_host_loads_the_code_that_a_judges_box_made_of_its_strategy(start_host: StartHost) -> None:
    """And answers the same bits as one that compiled; what is not just that code makes it compile."""
    with Bubblewrap(2048).open(Source.shipped()) as judged:
        made = judged.ask("trading.prepare", Prepared, seconds=60).made
    box, channel, ready = start_host(compiled=made)
    loaded = ask(channel, quotes(100))
    box.kill()
    _, channel, again = start_host(compiled=made[:30_000])
    assert ask(channel, quotes(100)) == loaded
    assert again["tree"] == ready["tree"]
    assert ready["compile_seconds"] < again["compile_seconds"] / 4


RAISE = "\n@kernel\ndef decide(event, state, table, decision):\n    decision[0].sequence = event[0].sequence\n"
FAULTS = {
    "IndexError": "    if event[0].price > 100.045:\n        table[10**9, 0] = 1.0\n",
    "ZeroDivisionError": "    if event[0].price > 100.045:\n        decision[0].score = 1.0 / (table[0, 0] * 0.0)\n",
}


@pytest.mark.parametrize("error", FAULTS)
def test_a_kernel_that_raises_says_at_which_event_and_ends(start_host: StartHost, error: str) -> None:
    box, channel, ready = start_host({"decide.py": "from core.kernel import kernel\n" + RAISE + FAULTS[error]})
    assert "ready" in ready
    assert len(ask(channel, quotes(4))) == 4 * DECISION.itemsize
    fault = decode_control(ask(channel, quotes(7)))
    assert fault is not None
    assert fault["fault"] == 5
    assert fault["error"].startswith(error)
    assert box.wait(5.0) == 11


def test_messages_that_break_the_protocol_end_the_box_and_answer_nothing(start_host: StartHost) -> None:
    beyond = quotes(1, pair=2)
    too_many = quotes(BATCH + 1)
    for message in (b"x" * 177, beyond.tobytes(), quotes(1, pair=-1).tobytes(), too_many.tobytes()):
        box, channel, ready = start_host({"decide.py": "from core.kernel import kernel\n" + RAISE})
        assert "ready" in ready
        channel.send(message)
        assert channel.recv(65536) == b""
        assert box.wait(5.0) == 12


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"decide.py": "import nothing_like_it"}, "No module named"),
        ({"decide.py": "raise SystemExit(0)"}, "SystemExit"),
        ({"decide.py": "from core.kernel import kernel\n" + RAISE + "    decision[0].nothing = 1.0\n"}, "nothing"),
        ({"rules.py": ""}, "StrategyError"),
    ],
)
def test_a_strategy_that_does_not_load_or_compile_fails_with_its_reason(
    start_host: StartHost, changes: dict[str, str], reason: str
) -> None:
    box, _, failed = start_host(changes)
    assert failed["failed"] == "ab12"
    assert reason in failed["error"]
    assert box.wait(5.0) == 10


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (np.full(TABLE_SHAPE, np.nan), "finite"),
        (np.zeros(TABLE_SHAPE, np.float32), "float64"),
        (np.zeros((1, 1)), "shape"),
        (np.array([{"a": 1}]), "allow_pickle"),
    ],
)
def test_a_q_table_is_checked_before_it_is_used(start_host: StartHost, table: np.ndarray, reason: str) -> None:
    _, _, failed = start_host(tables={"one": table}, names=["one.npz", None])
    assert reason in failed["error"]


def test_a_q_table_is_named_by_a_plain_file_name(start_host: StartHost) -> None:
    _, _, failed = start_host(names=["../strategy/decide.py", None])
    assert "plain file name" in failed["error"]


def test_numba_is_there_before_the_first_strategy_file_is_read(start_host: StartHost) -> None:
    """Its libraries are loaded by trusted code alone, before the second filter."""
    _, _, failed = start_host({"parameters.py": "import sys\nraise ValueError('numba.core.dispatcher' in sys.modules)"})
    assert failed["error"].endswith("True")


HOSTILE = """
import json, sys
sys.path.append("/strategy")
import probes
raise ValueError("|" + json.dumps({name: probes.attempt(name, arguments) for name, arguments in %r}) + "|")
"""


@pytest.mark.parametrize(
    "trials",
    [
        [("read", {"path": "/etc/passwd"}), ("list_folder", {"path": "/proc"}), ("fork", {}), ("thread", {})],
        [("descriptors", {}), ("write_anywhere", {"start": "/strategy"}), ("outlive_parent", {})],
    ],
)
def test_module_level_code_of_a_strategy_is_behind_the_same_wall(start_host: StartHost, trials: list[Any]) -> None:
    """The place that a real edit would attack from: the import of the package by the real runner."""
    _, _, failed = start_host(
        {"decide.py": HOSTILE % (trials,), "probes.py": (INSIDE / "probes.py").read_text(encoding="utf-8")}
    )
    outcomes = json.loads(failed["error"].split("|")[1])
    assert [name for name, _ in trials] == list(outcomes)
    allowed = {"descriptors": {"got": [0, 1, 2, 3]}, "write_anywhere": {"got": []}}
    for name, outcome in outcomes.items():
        assert outcome == allowed[name] if name in allowed else "refused" in outcome, name


@pytest.mark.parametrize("act", ["socket.socket()", "os.execv('/python/bin/python3.11', ['x'])"])
def test_a_strategy_that_opens_a_socket_or_a_program_is_killed_by_seccomp(start_host: StartHost, act: str) -> None:
    box, _, first = start_host({"decide.py": f"import os, socket\n{act}\n"})
    assert first == {}, "the channel only ended"
    assert box.wait(5.0)
    assert box.cause() == "made a forbidden system call and was killed by seccomp"


def test_a_kernel_that_never_returns_is_killed_within_the_trader_s_deadline(start_host: StartHost) -> None:
    loop = "    if event[0].price > 109.995:\n        while table[0, 0] == 0.0:\n            decision[0].score += 1.0\n"
    box, channel, ready = start_host({"decide.py": "from core.kernel import kernel\n" + RAISE + loop})
    assert "ready" in ready
    channel.send(quotes(1000)[-1:].tobytes())
    channel.settimeout(0.2)
    with pytest.raises(TimeoutError):
        channel.recv(65536)
    started = time.perf_counter()
    box.kill()
    assert time.perf_counter() - started < 10.0


def test_a_host_fits_in_less_memory_than_its_limit(start_host: StartHost) -> None:
    """The default leaves room: the shipped strategy compiles in 768 MB of address space."""
    _, _, ready = start_host(jail=Jail(memory_mb=768))
    assert ready["rss_mb"] < 300
