"""A candidate never has fewer checks run over it than its parent: counted where they ran."""

from __future__ import annotations

from services.guardian.answers import Prepared
from services.guardian.boxes import Boxes
from services.guardian.gates import compile as compile_gate
from services.guardian.gates.tests import PASSED, Answer, Expected, Ran, find_fewer, find_idle, of_parent, shrunk
from tests.each import each

from .conftest import SHIPPED, case_of, changed

IDS = ["tests/test_a.py::test_one", "tests/test_a.py::test_many", "tests/test_a.py::test_gone"]
BEFORE = Ran(IDS, {IDS[0]: 3, IDS[1]: 100, IDS[2]: 2})


def told(counts: dict[str, int], *, less: bool = False, names: dict[str, str] | None = None) -> list[str]:
    outcomes = dict.fromkeys(IDS[:2], PASSED) | {IDS[2]: ["passed", "skipped", "passed"]}
    answer = Answer(IDS, outcomes, {}, 0, "", counts)
    expected = Expected(set(IDS), set(), 0, set(), set(), names or {})
    return list(find_fewer(answer, BEFORE, expected, shrunk=less))


def test_a_test_that_asserts_less_than_it_did_is_refused() -> None:
    assert told({IDS[0]: 3, IDS[1]: 100}) == []
    assert told({IDS[0]: 4, IDS[1]: 95}) == [], "Hypothesis may need an example less"
    assert told({IDS[0]: 2, IDS[1]: 100}) == [f"{IDS[0]}: 2 assertions held in it, 3 in the parent"]
    assert told({IDS[1]: 80, IDS[0]: 3}) == [f"{IDS[1]}: 80 assertions held in it, 100 in the parent"]
    assert len(told({})) == 2, "tests that were turned into nothing"
    assert told({IDS[0]: 1, IDS[1]: 1}, less=True) == []
    assert len(told({IDS[1]: 1}, less=True)) == 1
    assert shrunk(SHIPPED, changed(rules=("        cooldown(f),\n", "")))
    assert not shrunk(SHIPPED, SHIPPED)


WORTH: dict[str, tuple[str, int, bool]] = {
    "no assertion": ("desk.bar(1.0)", 0, True),
    "by a helper": ("holds(desk)", 3, False),
    "an error is waited for": ("with pytest.raises(ValueError):\n        desk.bar(1.0)", 0, False),
    "numpy's own": ("np.testing.assert_allclose(desk.bar(1.0), 2.0)", 0, False),
    "a plain one": ("assert desk.bar(1.0) is not None", 1, False),
    "true": ("assert True", 1, True),
    "a tuple": ('assert (desk, "is there")', 1, True),
    "or true": ("assert desk is None or True", 1, True),
    "one of two says something": ("assert True\n    assert desk", 2, False),
}


def test_a_new_test_that_could_not_fail_is_refused() -> None:
    def is_told(name: str) -> None:
        body, held, idle = WORTH[name]
        test = "tests/test_more.py::test_more"
        answer = Answer([test], {test: PASSED}, {}, 0, "", {test: held} if held else {})
        new = {"tests/test_more.py": f"def test_more(desk):\n    {body}\n".encode()}
        assert list(find_idle(answer, new)) == [f"{test}: it asserts nothing that could be otherwise"] * idle
        answer.outcomes[test] = ["passed", "skipped", "passed"]
        assert not list(find_idle(answer, new)), "what was skipped asked nothing, and said so"

    each(WORTH, is_told)


def test_the_parent_s_assertions_are_counted_in_its_box(boxes: Boxes) -> None:
    ran = of_parent(case_of(SHIPPED, boxes=boxes))
    assert len(ran.found) > 100
    without = {test for test in ran.found if not ran.asserted.get(test)}
    assert not without, "every shipped test asserts something"
    assert sum(ran.asserted.values()) > 400


def test_a_q_table_that_the_gates_cannot_fill_is_refused() -> None:
    proper = {"nopython": 1, "signatures": 1, "boundscheck": True, "fastmath": False}
    for rows, columns, fits in ((144, 3, True), (100_001, 3, False), (144, 101, False), (0, 3, False)):
        prepared = Prepared("t", "", proper, rows, columns)
        assert (compile_gate.grade(prepared, "t", 1.0).refusals == ()) == fits
