"""What a box compiled goes into boxes of the same tree and nowhere else; outside it is bytes that nobody looks into."""

from __future__ import annotations

import functools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.backtest import Costs
from core.compiled.store import Store
from core.settings import load_settings
from core.strategy import Source
from sandbox import compiled
from sandbox.compiled import JUDGED, PLAYED, BoxCode, surroundings
from sandbox.mounts import JUDGE_FILES, PLATFORM_FILES
from services.guardian.answers import Fed, Prepared
from services.guardian.boxed import Boxed, Played, boxed
from services.guardian.boxes import Boxes
from services.guardian.made import made_markets, rehearsal
from services.guardian.preparing import make_ready
from services.guardian.shape import shape_of
from services.guardian.side import Side

from .test_boxed import STRANGE

SMALL = Source.of(STRANGE)
OTHER = Source.of(STRANGE | {"decide.py": STRANGE["decide.py"].replace(b"% 40", b"% 30")})


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("SORTE_CACHE", str(folder))
    return folder


def prepared_and_fed(boxes: Boxes, source: Source, compiled: bytes) -> tuple[Prepared, bytes]:
    """What a fresh box says of `source`, and its decisions on some events."""
    with boxes.open(source) as box:
        told = box.ask("trading.prepare", Prepared, seconds=60, compiled=compiled)
        box.ask("trading.begin", type(None), seconds=60, pairs=3)
        fed = box.ask("trading.feed", Fed, seconds=60, events=rehearsal().events[:500].tobytes())
    return told, fed.decisions


def test_the_second_box_of_a_tree_compiles_nothing_and_decides_the_same(boxes: Boxes):
    first, decisions = prepared_and_fed(boxes, SMALL, b"")
    second, again = prepared_and_fed(boxes, SMALL, first.made)
    assert (first.fault, second.fault) == ("", "")
    assert len(first.made) > 1000
    assert second.made == b""
    assert first.compiled == second.compiled
    assert decisions == again


def test_code_of_another_tree_and_nonsense_are_refused_inside_too(boxes: Boxes):
    """Who hands in the wrong bytes makes the box compile, and nothing else."""
    foreign = prepared_and_fed(boxes, OTHER, b"")[0].made
    first, decisions = prepared_and_fed(boxes, SMALL, b"")
    for wrong in (foreign, first.made[:64] + b"nonsense", first.made[:2000], bytes(70)):
        told, again = prepared_and_fed(boxes, SMALL, wrong)
        assert (told.fault, again) == ("", decisions)
        assert told.made[:64] == first.made[:64]  # it was compiled, from the same


class Fake:
    """A box that says it compiled something, and remembers what it was given."""

    def __init__(self, tree: str, made: bytes = b"machine code", fault: str = "") -> None:
        self.told, self.given = Prepared(tree, fault, made=made), [b"nothing yet"]

    def ask(self, _task: str, _type: type, *, seconds: float = 0, compiled: bytes = b"") -> Prepared:  # noqa: ARG002
        self.given.append(compiled)
        return self.told

    def cpu_ns(self) -> None:
        """Nobody can tell how much of a processor it had."""

    def close(self) -> None:
        """It holds nothing."""


def prepare(tree: str, box: Fake, *, keeps: bool = True, shape: str = "") -> Prepared:
    return make_ready(tree, functools.partial(box.ask, "trading.prepare", Prepared), keeps=keeps, shape=shape)


def test_what_a_box_made_goes_into_the_next_box_of_its_tree_and_into_no_other():
    first, second, other = Fake("a"), Fake("a"), Fake("b", made=b"")
    assert prepare("a", first).made == b""
    prepare("a", second)
    prepare("b", other)
    assert [box.given[-1] for box in (first, second, other)] == [b"", b"machine code", b""]


def test_a_tree_of_the_same_shape_is_given_what_the_other_made_and_then_has_it_too():
    first, other, useless, wrong = Fake("a"), Fake("b", made=b""), Fake("c", made=b"its own"), Fake("d")
    prepare("a", first, shape="s")
    prepare("b", other, shape="s")
    prepare("c", useless, shape="s")
    prepare("d", wrong, shape="another")
    assert [box.given[-1] for box in (first, other, useless, wrong)] == [b"", b"machine code", b"machine code", b""]
    assert [BoxCode(JUDGED).find(tree) for tree in "abc"] == [b"machine code", b"machine code", b"its own"]


def test_a_tree_that_is_not_kept_leaves_nothing_to_others_of_its_shape():
    prepare("a", Fake("a"), keeps=False, shape="s")
    other = Fake("b")
    prepare("b", other, shape="s")
    assert other.given[-1] == b""


def test_a_shape_is_all_of_the_code_but_the_fractions_among_its_parameters():
    shipped = Source.shipped()

    def shape(file: str, old: bytes, new: bytes) -> str:
        assert old in shipped.files[file]
        return shape_of(Source.of({**shipped.files, file: shipped.files[file].replace(old, new, 1)}))

    usual = shape_of(shipped)
    for old, new in ((b"= -0.30", b"= -0.5"), (b"= 30\n", b"= 30.25\n"), (b"= 0.0\n", b"= 0.125\n")):
        assert shape("parameters.py", old, new) == usual
    for old, new in ((b"Range(2, 200", b"Range(2, 300"), (b"ema_fast", b"ema_fas"), (b"= 12\n", b"= 9\n")):
        assert shape("parameters.py", old, new) != usual
    assert shape("rules.py", b"FORCE_EXIT", b"FORCE_ENTRY") != usual


def test_a_box_of_the_same_shape_compiles_nothing_and_decides_as_if_it_had(boxes: Boxes):
    other = Source.of(STRANGE | {"parameters.py": STRANGE["parameters.py"].replace(b"= 0.2", b"= 0.3")})
    assert shape_of(other) == shape_of(SMALL)
    made = prepared_and_fed(boxes, SMALL, b"")[0].made
    (given, by_code), (fresh, compiled_here) = (prepared_and_fed(boxes, other, code) for code in (made, b""))
    assert (given.made, given.fault, given.compiled) == (b"", "", fresh.compiled)
    assert by_code == compiled_here != prepared_and_fed(boxes, SMALL, made)[1]


@pytest.mark.parametrize(
    "box", [Fake("another tree"), Fake("a", fault="it raised")], ids=["says another tree", "did not become ready"]
)
def test_a_box_that_says_anything_else_leaves_nothing(box: Fake):
    prepare("a", box)
    assert BoxCode(JUDGED).find("a") == BoxCode(JUDGED).find("another tree") == b""


def test_a_candidate_leaves_nothing_before_its_syntax_was_looked_at():
    side = Side("candidate", "a", Fake("a"), 60, blamed=True)
    assert not side.keeps
    side.prepare()
    assert BoxCode(JUDGED).find("a") == b""
    side.keeps = True
    side.prepare()
    assert BoxCode(JUDGED).find("a") == b"machine code"


def test_outside_nobody_unpickles_what_a_box_made(tmp_path: Path):
    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "sprung",)

    trap = pickle.dumps(Trap())
    BoxCode(JUDGED).keep("a", trap)
    assert BoxCode(JUDGED).find("a") == trap
    assert not (tmp_path / "sprung").exists()


def test_code_of_backtests_is_not_found_by_the_judge(empty_cache: Path):
    BoxCode(PLAYED).keep("a", b"from a box whose syntax nobody looked at")
    assert BoxCode(JUDGED).find("a") == b""
    [file] = (empty_cache / PLAYED).iterdir()
    Store(JUDGED).write("b" * 64, b"something")
    file.rename(empty_cache / JUDGED / file.name)
    assert BoxCode(JUDGED).find("a") == b""


def test_other_surroundings_are_another_key(monkeypatch: pytest.MonkeyPatch):
    BoxCode(JUDGED).keep("a", b"code")
    monkeypatch.setattr(compiled, "processor", lambda: iter(["flags : sse2"]))
    assert BoxCode(JUDGED).find("a") == b""


def test_every_file_of_the_platform_that_a_box_can_import_is_in_the_key():
    words = set(surroundings())
    listed = [file for file in {*PLATFORM_FILES, *JUDGE_FILES} if file.endswith(".py")]
    assert "core/kernel.py" in listed
    assert set(listed) <= words
    assert "core/compiled/carrying.py" in words
    assert Path("core/kernel.py").read_bytes() in words


def test_the_second_boxed_backtest_compiles_nothing_and_trades_the_same(monkeypatch: pytest.MonkeyPatch):
    made: list[int] = []
    keep = BoxCode.keep
    monkeypatch.setattr(
        BoxCode, "keep", lambda self, tree, data, given: (made.append(len(data)), keep(self, tree, data, given))
    )
    market = [made_markets()[0]]
    results = []
    for part in (0.2, 0.2, 0.3):
        with boxed(load_settings(), SMALL, {"part": part}) as venue:
            assert isinstance(venue, Boxed)
            results.append(venue.simulate(market, 1e4, Costs(), (), lambda *_: None, "UTC"))
    assert results[0].fingerprint == results[1].fingerprint != results[2].fingerprint
    assert [size > 0 for size in made] == [True, False, True]
    assert Played(fault="").made == b""
    assert np.isfinite(results[0].equity).all()
