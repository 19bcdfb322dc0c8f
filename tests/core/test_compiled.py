"""A strategy is compiled once; what is kept is loaded only as it was written, and only for what it was made from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core import event as event_log

from core.compiled import Carried
from core.compiled.callees import only_way_in
from core.compiled.fingerprint import UnknownValueError, fingerprint
from core.compiled.kept import made_from_of
from core.compiled.own import OwnCode
from core.compiled.store import MAGIC, MOST_ENTRIES, Store, cache_folder
from core.kernel import DECISION, EVENT, kernel
from core.strategy import Source, Strategy, load

ROOT = Path(__file__).parents[2]
SMALL = {
    "__init__.py": "",
    "parameters.py": """
from typing import Annotated, NamedTuple
from core.strategy import Range
class Parameters(NamedTuple):
    part: Annotated[float, Range(0.0, 1.0, "of equity")] = 0.5
P = Parameters()
""",
    "state.py": """
from typing import NamedTuple
from core.kernel import record_dtype
STATE = record_dtype([("events", "i8")])
class Features(NamedTuple):
    price: float
""",
    "signals.py": "TABLE_SHAPE = (2, 3)",
    "rules.py": "def verdicts(f):\n    return ()",
    "decide.py": """
from core.kernel import kernel
from .parameters import P
@kernel
def decide(event, state, table, decision):
    s, d = state[0], decision[0]
    s.events += 1
    d.rule, d.size, d.score = -1, P.part, 0.5
    d.action = 1 if s.events % 8 == 2 else 2 if s.events % 8 == 6 else 0
""",
}
OTHER = SMALL | {"decide.py": SMALL["decide.py"].replace("s.events % 8 == 6", "s.events % 8 == 5")}
FAILING = SMALL | {"decide.py": SMALL["decide.py"].replace("0.5\n", "1.0 / (s.events - 3)\n")}


def processes(cache: Path, *asked: tuple[dict[str, str], dict[str, float]]) -> list[list[Any]]:
    """What one process after another makes of the same strategies; each is [outcome ..., functions compiled]."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.compiling"],
        input=json.dumps(asked),
        env={**os.environ, "SORTE_CACHE": str(cache), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: list[list[Any]] = json.loads(done.stdout)
    return told


def test_the_second_process_compiles_nothing_and_trades_the_same(tmp_path):
    [(*first, compiled)] = processes(tmp_path, (SMALL, {}))
    [(*second, again)] = processes(tmp_path, (SMALL, {}))
    assert compiled > 0
    assert again == 0
    assert first == second


def test_two_strategies_in_one_process_are_not_mistaken_for_each_other(tmp_path):
    """Their loops have the same names in machine code, because each was the first of its own process."""
    alone = [processes(tmp_path, (files, {}))[0][:-1] for files in (SMALL, OTHER)]
    assert alone[0] != alone[1]
    both = processes(tmp_path, (SMALL, {}), (OTHER, {}))
    assert [told[:-1] for told in both] == alone
    assert [told[-1] for told in both] == [0, 0]
    asked = [(SMALL, {}), (OTHER, {"part": 0.25}), (SMALL, {"part": 0.25})]
    mixed, fresh = processes(tmp_path, *asked), processes(tmp_path / "empty", *asked)
    assert [told[-1] for told in mixed] == [0, 0, 0]  # numbers of parameters are no part of the code
    assert [told[:-1] for told in mixed] == [told[:-1] for told in fresh]


def test_a_strategy_that_fails_fails_the_same_way_when_it_was_not_compiled(tmp_path):
    first, second = (processes(tmp_path, (FAILING, {}))[0] for _ in range(2))
    assert first[0] == second[0] == "The strategy failed at event 3: ZeroDivisionError: division by zero"
    assert (first[1] > 0, second[1]) == (True, 0)


def test_another_value_of_a_parameter_is_the_same_kernel_and_another_kind_or_what_was_worked_out_of_it_is_not():
    texts = SMALL | {"decide.py": SMALL["decide.py"].replace("@kernel", "HALF = P.part / 2.0\n@kernel")}
    worked_out = texts | {"decide.py": texts["decide.py"].replace("P.part, 0.5", "HALF, 0.5")}
    for files, same in ((SMALL, True), (texts, True), (worked_out, False)):
        source = Source.of({name: text.encode() for name, text in files.items()})
        usual, other = load(source), load(source, {"part": 0.25})
        assert (fingerprint(usual.decide) == fingerprint(other.decide)) is same
    tuned = Source.of({name: text.encode() for name, text in TUNED.items()})
    few, many = load(tuned), load(tuned, {"bars": 4})
    assert fingerprint(few.decide) != fingerprint(many.decide)  # a whole number may be the length of a ring
    whole = SMALL | {"parameters.py": SMALL["parameters.py"].replace("float,", "int,").replace("= 0.5", "= 1")}
    fingerprints = [
        fingerprint(load(Source.of({name: text.encode() for name, text in files.items()})).decide)
        for files in (SMALL, whole)
    ]
    assert fingerprints[0] != fingerprints[1]


TUNED = SMALL | {
    "parameters.py": """
from typing import Annotated, NamedTuple
from core.strategy import Range
class Parameters(NamedTuple):
    part: Annotated[float, Range(0.0, 1.0, "of equity")] = 1
    bars: Annotated[int, Range(1, 1000000, "bars")] = 3
    stop_loss: Annotated[float, Range(0.001, 0.5, "of entry price")] = 0.02
P = Parameters()
""",
    "rules.py": """
from core.kernel import kernel
from .parameters import P
@kernel
def stop(f):
    return 1 if f.profit <= -P.stop_loss else 0
def verdicts(f):
    return (stop(f),)
""",
    "decide.py": """
from core.kernel import kernel
from core.levels import edges
from .parameters import P
from .rules import verdicts
EDGES = edges(verdicts)
@kernel
def decide(event, state, table, decision):
    s, d = state[0], decision[0]
    s.events += P.bars
    d.rule, d.size, d.score = -1, P.part, P.part / P.bars
    d.action = 0
    for of_entry, of_best, amount in EDGES:
        d.stop = of_entry if of_entry > 0.0 else d.stop
""",
}


def answered(strategy: Strategy) -> list[float]:
    event, state, decision = np.zeros(1, EVENT), np.zeros(1, strategy.state_dtype), np.zeros(1, DECISION)
    strategy.decide(event, state, np.zeros(strategy.table_shape), decision)
    return [float(decision[name][0]) for name in ("size", "score", "stop")] + [float(state["events"][0])]


@pytest.fixture(scope="module")
def tuned() -> tuple[Source, Made]:
    """A strategy, and its machine code as it was compiled with the numbers that it is written with."""
    source = Source.of({name: text.encode() for name, text in TUNED.items()})
    first, out = load(source), Carried()
    assert answered(first) == [1.0, 1.0 / 3, 0.98, 3.0]
    out.keep(first.decide)
    return source, Made(out.made)


class Made(bytes):
    """Machine code; of a failed example nobody wants to read it."""

    def __repr__(self) -> str:
        return f"{len(self)} bytes"


@settings(max_examples=25)
@given(part=st.floats(0.0, 1.0), stop_loss=st.floats(0.001, 0.5))
def test_code_that_was_compiled_with_other_numbers_answers_with_those_at_hand(tuned, part, stop_loss):
    source, made = tuned
    other = load(source, {"part": part, "stop_loss": stop_loss})
    with event_log.install_recorder("numba:compile") as compiled:
        assert Carried(made).restore(other.decide)
        assert answered(other) == [part, part / 3, 1.0 - stop_loss, 3.0]
    assert not compiled.buffer


def test_numbers_that_the_code_does_not_bring_along_are_compiled(tuned):
    """They may have been frozen into it; here the parameter is known and the code is another's."""
    source, made = tuned
    other = load(source, {"part": 0.25})
    renamed = made.replace(b"sorte.edges.", b"sorte_edges.")
    assert len(renamed) == len(made)
    assert not Carried(renamed).restore(other.decide)
    assert answered(other)[0] == 0.25


def test_numbers_of_two_strategies_in_one_process_stay_apart_in_whatever_order_they_are_called(tuned):
    source, made = tuned
    few = [load(source, {"part": part}) for part in (0.25, 0.5, 0.75)]
    assert all(Carried(made).restore(each.decide) for each in few[:2])  # the last is compiled in the common engine
    for number in (2, 0, 1, 0, 2):
        assert answered(few[number])[0] == few[number].parameters.part


def test_what_was_kept_a_moment_ago_serves_a_pair_with_numbers_of_its_own(tuned):
    source, _ = tuned
    first, own, out = load(source), load(source, {"part": 0.125}), Carried()
    answered(first)
    out.keep(first.decide)
    assert out.restore(own.decide)
    assert answered(own)[0] == 0.125


def test_an_edit_in_a_file_that_is_imported_is_another_kernel():
    files = {name: text.encode() for name, text in SMALL.items()}
    helped = files | {
        "decide.py": SMALL["decide.py"]
        .replace("P.part", "half(P.part)")
        .replace("from .p", "from .help import half\nfrom .p")
        .encode(),
        "help.py": b"from core.kernel import kernel\n@kernel\ndef half(x):\n    return x / 2.0\n",
    }
    edited = helped | {"help.py": helped["help.py"].replace(b"2.0", b"3.0")}
    assert fingerprint(load(Source.of(helped)).decide) != fingerprint(load(Source.of(edited)).decide)


def test_a_value_that_nobody_can_vouch_for_is_compiled_each_time():
    stranger = object()

    @kernel
    def speaks() -> Any:
        return stranger

    with pytest.raises(UnknownValueError):
        fingerprint(speaks)
    assert made_from_of(speaks) is None
    assert not OwnCode("tree", Store("own", None)).restore(speaks)


@kernel
def doubled(x: float) -> float:
    return 2.0 * x


@kernel
def tripled(x: float) -> float:
    return 3.0 * x


def test_code_of_another_kernel_and_what_is_no_code_at_all_are_refused():
    doubled(1.0)
    out = Carried()
    out.keep(doubled)
    assert len(out.made) > 1000
    assert not Carried(out.made).restore(tripled)
    made_from = made_from_of(tripled)
    assert made_from is not None
    digest = made_from.encode()
    for nonsense in (b"", digest, digest + b"nonsense", digest + out.made[72:900]):
        for foreign in (nonsense, len(nonsense).to_bytes(8, "big") + nonsense, b"\xff" * 8 + nonsense):
            assert not Carried(foreign).restore(tripled)
    assert tripled(2.0) == 6.0


def test_the_code_of_several_kernels_is_carried_together():
    out = Carried()
    for one in (doubled, tripled):
        one(1.0)
        out.keep(one)
    for at, one in enumerate((doubled, tripled)):
        half = Carried(out.made[: len(out.made) // 2])  # torn in the second
        assert [half.restore(one), Carried(out.made).restore(one)] == [at == 0, True], one
    assert (doubled(2.0), tripled(2.0)) == (4.0, 6.0)


def test_plain_python_has_no_code_to_keep():
    out = Carried(b"anything")
    assert not out.restore(len)
    out.keep(len)
    assert out.made == b""


# What is kept on disk ------------------------------------------------------------------------------------------------

KEY = "a" * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store("own", tmp_path / "cache")
    made.write(KEY, b"some code")
    assert made.read(KEY) == b"some code"
    return made


def entry(store: Store, key: str = KEY) -> Path:
    assert store.root is not None
    return store.root / store.purpose / key


def swap(store: Store) -> None:
    store.write("b" * 64, b"other code")
    entry(store, "b" * 64).replace(entry(store))


def move_from_another_purpose(store: Store) -> None:
    assert store.root is not None
    boxed = Store("boxes", store.root)
    boxed.write(KEY, b"code that a box wrote")
    entry(boxed).replace(entry(store))


def write_with_another_secret(store: Store) -> None:
    assert store.root is not None
    elsewhere = Store("own", store.root.parent / "elsewhere")
    elsewhere.write(KEY, b"code of somebody else")
    entry(elsewhere).replace(entry(store))


def flip_a_bit(store: Store) -> None:
    data = bytearray(entry(store).read_bytes())
    data[-1] ^= 1
    entry(store).write_bytes(data)


def make_a_link(store: Store) -> None:
    elsewhere = entry(store).with_name("c" * 64)
    entry(store).rename(elsewhere)
    entry(store).symlink_to(elsewhere)


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda store: os.truncate(entry(store), 40), id="truncated"),
        pytest.param(lambda store: os.truncate(entry(store), 0), id="empty"),
        pytest.param(flip_a_bit, id="one bit is another"),
        pytest.param(swap, id="of another key"),
        pytest.param(move_from_another_purpose, id="written by a box"),
        pytest.param(write_with_another_secret, id="of another cache"),
        pytest.param(lambda store: entry(store).write_bytes(b"\x80\x04."), id="a bare pickle"),
        pytest.param(lambda store: entry(store).chmod(0o644), id="others can read it"),
        pytest.param(lambda store: entry(store).parent.chmod(0o770), id="others can write beside it"),
        pytest.param(lambda store: (store.root / "secret").chmod(0o640), id="others know the secret"),  # type: ignore[operator]
        pytest.param(make_a_link, id="a link"),
        pytest.param(lambda store: (entry(store).unlink(), os.mkfifo(entry(store), 0o600)), id="a pipe"),
    ],
)
def test_what_is_not_just_what_was_written_is_refused(store: Store, harm: Callable[[Store], object]):
    harm(store)
    assert store.read(KEY) is None


def test_what_was_refused_is_written_anew(store: Store):
    flip_a_bit(store)
    assert store.read(KEY) is None
    store.write(KEY, b"new code")
    assert store.read(KEY) == b"new code"


def test_all_of_it_is_the_owners_alone(store: Store):
    assert store.root is not None
    modes = {path.relative_to(store.root).as_posix(): path.stat().st_mode & 0o777 for path in store.root.rglob("*")}
    assert modes == {"secret": 0o600, "own": 0o700, f"own/{KEY}": 0o600}


def test_a_disk_that_takes_nothing_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("no folder")
    for root in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        store = Store("own", root)
        store.write(KEY, b"some code")
        assert store.read(KEY) is None


def test_the_oldest_go_when_there_are_too_many(store: Store):
    os.utime(entry(store), (1, 1))
    for number in range(MOST_ENTRIES):
        store.write(f"{number:064}", b"code")
    left = [path.name for path in entry(store).parent.iterdir()]
    assert len(left) == MOST_ENTRIES
    assert KEY not in left
    assert f"{0:064}" in left


def test_what_is_read_is_young_again(store: Store):
    os.utime(entry(store), (1, 1))
    store.read(KEY)
    assert entry(store).stat().st_mtime > 1_000_000


def test_no_more_bytes_stay_than_may(store: Store):
    for number in range(10):
        store.write(f"{number:064}", bytes(7_900_000))
    assert sum(path.stat().st_size for path in entry(store).parent.iterdir()) <= 64 * 1024 * 1024
    store.write(KEY, bytes(9_000_000))
    assert store.read(KEY) is None or store.read(KEY) == b"some code"


def test_what_a_killed_writer_left_is_not_read(store: Store):
    (entry(store).parent / ".half").write_bytes(MAGIC)
    assert store.read(KEY) == b"some code"


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("SORTE_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("SORTE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "sorte"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert cache_folder() == Path("/home/somebody/.cache/sorte")


def test_what_a_kernel_calls_has_no_way_in_from_python_until_python_calls_it():
    @kernel
    def inner(x):
        return x + 1.0

    @kernel
    def outer(x):
        return 2.0 * inner(x)

    with only_way_in(outer):
        assert outer(1.0) == 4.0
        (made,) = inner.overloads.values()
        assert not made.library.get_pointer_to_function(made.fndesc.llvm_cpython_wrapper_name)
        (entered,) = outer.overloads.values()
        assert entered.library.get_pointer_to_function(entered.fndesc.llvm_cpython_wrapper_name)
    assert not inner.overloads
    assert (inner(1.0), outer(2.0)) == (2.0, 6.0)  # the first of them ends the process when there is no way in
