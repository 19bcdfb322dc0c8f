"""The ways into the grader, each as an edit that takes it and as one beside it that may pass."""

from __future__ import annotations

# ruff: noqa: E501 - tables of cases, a line each
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import EditPlan, Rename
from core.strategy import Source
from services.guardian.gates import policy, scope
from services.guardian.policy.foreign import FOREIGN
from services.guardian.policy.tests import ATTRIBUTES, PYTHON_S_OWN

from .conftest import SHIPPED, appended, case_of, changed, report_on

LOAD = "from core.strategy import load\nfrom .conftest import SOURCE\n"
MADE = ("P = Parameters()", "P = Parameters({})")
STOP = 'Range(0.001, 0.5, "of entry price")] = 0.02'
OWN_TEST = "def test_parameter_stop_loss_is_as_set(package):\n    assert package.strategy.ranges\n    assert package\n"


def refused(candidate: Source, parent: Source = SHIPPED) -> list[str]:
    """By hand: what scope and policy say."""
    found = [*report_on(scope.gate, case_of(candidate, parent=parent)).findings]
    return found + list(policy.findings(candidate.files, parent.files))


def test_of(text: str, **more: tuple[str, str]) -> Source:
    return changed({"tests/test_change_1.py": text}, **more)


test_of.__test__ = False  # type: ignore[attr-defined]  # a helper

DOORS: dict[str, Source] = {
    "a Source of its own": test_of("from core.strategy import Source\n"),
    "a Strategy of its own": test_of("from core.strategy import Strategy\n"),
    "load of a text": test_of(LOAD + "def test_a():\n    assert load('x')\n"),
    "load of a mapping": test_of(LOAD + "def test_a():\n    assert load({**SOURCE.files})\n"),
    "load of what is starred": test_of(LOAD + "def test_a():\n    assert load(*[SOURCE])\n"),
    "load under a loop's name": test_of(LOAD + "def test_a():\n    assert [f(SOURCE) for f in (load,)]\n"),
    "load by partial": test_of(LOAD + "from functools import partial\nx = partial(load, SOURCE)\n"),
    "load by map": test_of(LOAD + "def test_a():\n    assert list(map(load, [SOURCE]))\n"),
    "load of what SOURCE holds": test_of(LOAD + "def test_a():\n    assert load(SOURCE.files)\n"),
    "an attribute of a test": test_of("def test_a():\n    assert True\nx = test_a.count\n"),
    "a handle by a field's name": Source.of({**appended("state.py", '\nMORE = record_dtype([("hypothesis", "f8")])\n').files, "tests/test_change_1.py": b"from hypothesis import given\nfrom hypothesis import strategies as st\nx = [given(st.integers())(lambda y: y)]\nz = x[0].hypothesis\n"}),
    "a session by a field's name": Source.of({**appended("state.py", '\nMORE = record_dtype([("session", "f8"), ("node", "f8")])\n').files, "tests/test_change_1.py": b"def test_a(desk):\n    assert desk.node.session\n"}),
    "an inner test by a function's name": Source.of({**appended("rules.py", "\n\n@kernel\ndef inner_test(f: Features) -> int:\n    return ALLOW\n").files, "tests/test_change_1.py": b"def test_a(desk):\n    assert desk.inner_test\n"}),
    "NumPy's file by a feature's name": Source.of({**appended("rules.py", "\n\n@kernel\ndef tofile(f: Features) -> int:\n    return ALLOW\n").files, "tests/test_change_1.py": b"import numpy as np\ndef test_a():\n    assert np.zeros(1).tofile\n"}),
    "a shipped test without a line": changed({"tests/test_rules.py": SHIPPED.files["tests/test_rules.py"].decode().replace("    assert verdict(package.world(**{feature: at})) == answer\n", "")}),
    "a shipped test with a comment": changed({"tests/test_clock.py": SHIPPED.files["tests/test_clock.py"].decode() + "# more\n"}),
    "a shipped test emptied": changed({"tests/test_levels.py": ""}),
    "a shipped test gone": changed({"tests/test_decide.py": None}),
    "conftest gone": changed({"tests/conftest.py": None}),
    "a range widened upwards": changed(parameters=(STOP, STOP.replace("0.5,", "0.6,"))),
    "a range widened downwards": changed(parameters=(STOP, STOP.replace("0.001", "0.0"))),
    "a range in another unit": changed(parameters=(STOP, STOP.replace("of entry price", "percent"))),
    "a range without an end": changed(parameters=(STOP, STOP.replace("0.5,", "1e999,"))),
    "a range turned": changed(parameters=(STOP, STOP.replace("0.001, 0.5", "0.5, 0.001"))),
    "a value outside of its range": changed(parameters=(STOP, STOP.replace("= 0.02", "= 0.51"))),
    "a wide parameter in place of a narrow one": Source.of({name: data.replace(b"order_fraction", b"order_part").replace(b"0.25, \"of equity\"", b"1.0, \"of equity\"") for name, data in SHIPPED.files.items() if not name.startswith("tests/")} | {name: data for name, data in SHIPPED.files.items() if name.startswith("tests/")}),
    "P with a value": changed(parameters=(MADE[0], MADE[1].format("stop_loss=0.5"))),
    "P with a place": changed(parameters=(MADE[0], MADE[1].format("12"))),
    "P twice": appended("parameters.py", "\nP = Parameters()\n"),
    "P of another class": changed(parameters=(MADE[0], "class Mine(NamedTuple):\n    stop_loss: float = 0.5\n\n\nP = Mine()")),
    "P made again in another file": changed(rules=("from .parameters import P\n", "from .parameters import Parameters\n\nP = Parameters(stop_loss=0.5)\n")),
    "P from another file": changed({"heap.py": '"""A heap."""\n\nfrom __future__ import annotations\n\nfrom typing import NamedTuple\n\n\nclass Heap(NamedTuple):\n    """One."""\n\n    stop_loss: float = 0.5\n\n\nP = Heap()\n'}, rules=("from .parameters import P\n", "from .heap import P\n")),
    "P as an argument": appended("rules.py", "\n\n@kernel\ndef mine(f: Features, P: Features) -> int:\n    return ALLOW\n"),
    "other Parameters beside": changed(parameters=(MADE[0], f"{MADE[0]}\nQ = Parameters(stop_loss=0.5)")),
    "a fraction ten times as far": changed(parameters=(STOP, STOP.replace("= 0.02", "= 0.2"))),
    "a fraction a tenth as far": changed(parameters=(STOP, STOP.replace("= 0.02", "= 0.002"))),
    "seconds as milliseconds": changed(parameters=('Range(0, 86400, "seconds")] = 60', 'Range(0, 86400, "seconds")] = 60000')),
    "an own value outside of its range": appended("parameters.py", '\nOVERRIDES = {\n    "BTCUSDT": Parameters(order_fraction=0.9),\n}\n'),
}  # fmt: skip
BESIDE: dict[str, Source] = {
    "load of SOURCE": test_of(LOAD + 'def test_a():\n    assert load(SOURCE, {"stop_loss": 0.03}).parameters.stop_loss == 0.03\n'),
    "a field's name": Source.of({**appended("state.py", '\nMORE = record_dtype([("slope", "f8")])\n').files, "tests/test_change_1.py": b"def test_a(desk):\n    assert desk.state.slope\n"}),
    "a range made narrower": changed(parameters=(STOP, STOP.replace("0.5,", "0.4,"))),
    "a value in its range": changed(parameters=(STOP, STOP.replace("= 0.02", "= 0.03"))),
    "ten minutes for one": changed(parameters=('Range(0, 86400, "seconds")] = 60', 'Range(0, 86400, "seconds")] = 600')),
    "a number that was off": changed(parameters=('Range(0, 604800, "seconds")] = 0', 'Range(0, 604800, "seconds")] = 3600')),
    "a new parameter": changed(decide=("d.size = P.order_fraction", "d.size = min(P.order_fraction, P.mine)"), parameters=('    # How long a pair rests', '    # Mine.\n    mine: Annotated[float, Range(0, 1e6, "seconds")] = 5\n    # How long a pair rests')),
    "an own value": appended("parameters.py", '\nOVERRIDES = {\n    "BTCUSDT": Parameters(order_fraction=0.2),\n}\n'),
    "a new test file": changed({"tests/test_more.py": "def test_a(desk):\n    assert desk\n"}),
}  # fmt: skip


def test_every_door_is_shut_and_what_stands_beside_it_is_open() -> None:
    assert [name for name, source in DOORS.items() if not refused(source)] == []
    assert {name: found for name, source in BESIDE.items() if (found := refused(source))} == {}


def test_a_test_that_a_change_wrote_stays_as_long_as_what_it_is_about() -> None:
    parent = test_of(OWN_TEST)
    emptied = test_of(OWN_TEST.replace("    assert package\n", ""), parameters=(STOP, STOP.replace("= 0.02", "= 0.03")))
    assert refused(emptied, parent) == [
        "tests/test_change_1.py: test_parameter_stop_loss_is_as_set asserts less than before, or is gone"
    ]
    about_rule = OWN_TEST.replace("parameter_stop_loss_is_as_set", "rule_calm_answers")
    assert refused(changed(parameters=(STOP, STOP.replace("= 0.02", "= 0.03"))), test_of(about_rule)) == []


def test_a_plan_that_renames_may_change_the_name_in_shipped_tests() -> None:
    plan = EditPlan((Rename("parameter", "stop_loss", "widest_loss"),))
    renamed = Source.of({name: data.replace(b"stop_loss", b"widest_loss") for name, data in SHIPPED.files.items()})
    found = report_on(scope.gate, case_of(renamed, plan)).findings
    assert not [finding for finding in found if "shipped test" in finding]


@given(st.integers())
def handled(x: int) -> None:
    """A test as Hypothesis holds it."""


def test_no_name_of_what_a_test_has_in_its_hands_is_lent() -> None:
    held = [handled, handled.hypothesis, pytest.mark.parametrize("a", [1]), pytest.approx(1.0), st.integers()]  # type: ignore[attr-defined]
    held += [
        pytest.Session,
        pytest.Config,
        pytest.Item,
        pytest.FixtureRequest,
        np.zeros(1),
        np.dtype("f8"),
        types.FrameType,
    ]
    names = {name for each in held for name in dir(each) if name.islower() and not name.startswith("_")}
    lent = names - FOREIGN - ATTRIBUTES - PYTHON_S_OWN
    shipped = {name for data in SHIPPED.files.values() for name in data.decode().replace("(", " ").split()}
    assert lent <= shipped | {"choose", "clip", "hour", "kind", "reason", "stop", "weekday"}, (
        "Another version has more names: add them to services/guardian/policy/foreign.py."
    )
