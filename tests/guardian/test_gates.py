"""Each gate that looks at code and tests: what it alone refuses, and what it must let through."""

from __future__ import annotations

# ruff: noqa: E501 - tables of cases, a line each
from pathlib import Path

import pytest

from core.contracts import EditPlan, Outcome, Rename, SetParameter
from core.strategy import Source
from tests.sampling import few

from .conftest import OURS, SHIPPED, WIDENED_PLAN, Hold, appended, changed, widened

ONLY: dict[str, tuple[Source, EditPlan | None, str]] = {
    "scope": (widened(), EditPlan((SetParameter("stop_loss", 0.04, 0.02),)), "stop_loss is 0.03, the plan says 0.04"),
    "policy": (changed(signals=("TABLE_SHAPE: Final = (144, 3)", "TABLE_SHAPE: Final = (144, 9 // 2 ^ 7)")), None, "BitXor"),
    "bounds": (changed(decide=("    d.size = P.order_fraction\n", "    d.size = P.order_fraction if e.price < 1e9 else 0.0\n")), None, "a price is compared with the number 1e+09"),
    "lint": (changed(rules=("f.profit <= -P.stop_loss else ALLOW\n", "f.profit <= -P.stop_loss else ALLOW\n    return ALLOW\n")), None, "W0101"),
    "security": (changed(parameters=("    # How much of the equity one", '    # Nobody reads it.\n    spare: Annotated[float, Range(0, 1, "/tmp/entry")] = 0.5\n    # How much of the equity one')), None, "B108"),
    "tests": (changed({"tests/test_more.py": "def test_more():\n    assert 1 == 2\n"}), None, "test_more"),
}  # fmt: skip
"""By the gate that refuses it, and no other one does: candidate, plan, and what it says."""


@pytest.mark.parametrize("gate", OURS)
def test_a_good_edit_passes(hold: Hold, gate: str) -> None:
    report = hold(gate, widened(), WIDENED_PLAN)
    assert report.outcome is Outcome.PASSED, report.findings


MODULES = sum(name.endswith(".py") and "/" not in name for name in SHIPPED.files)
OLD_FAULT = changed(
    rules=("f.profit <= -P.stop_loss else ALLOW\n", "f.profit <= -P.stop_loss else ALLOW\n    return ALLOW\n"),
    parameters=('"of entry price")] = 0.02', '"/tmp/entry")] = 0.02'),
)


@pytest.mark.parametrize("gate", ["lint", "security"])
def test_what_the_parent_had_already_is_not_held_against_a_candidate(hold: Hold, gate: str) -> None:
    """Though it stands on another line now."""
    moved = {name: b"\n" + data if name == "parameters.py" else data for name, data in OLD_FAULT.files.items()}
    moved["rules.py"] = moved["rules.py"].replace(b'"""When', b'"""\n\nWhen')
    assert hold(gate, Source.of(moved), parent=OLD_FAULT).outcome is Outcome.PASSED
    doubled = appended(
        "rules.py", "\n\n@kernel\ndef more(f: Features) -> int:\n    return ALLOW\n    return ALLOW\n", OLD_FAULT
    )
    if gate == "lint":
        assert hold(gate, doubled, parent=OLD_FAULT).outcome is Outcome.FAILED


def test_what_a_clean_up_left_over_is_told_and_refuses_nothing(hold: Hold) -> None:
    left = changed(
        rules=("    return FORCE_EXIT if f.profit <= -", "    f_now = f\n    return FORCE_EXIT if f.profit <= -")
    )
    report = hold("lint", left)
    assert report.outcome is Outcome.PASSED
    assert "W0612 unused-variable" in " ".join(report.findings)


def test_what_pylint_said_of_a_parent_is_kept_and_serves_in_its_place(
    hold: Hold, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was said of a parent or of a candidate that was accepted then: the very same findings."""
    monkeypatch.setenv("SORTE_CACHE", str(tmp_path))
    moved = Source.of({**OLD_FAULT.files, "parameters.py": b"\n" + OLD_FAULT.files["parameters.py"]})
    first = hold("lint", moved, parent=OLD_FAULT)
    assert len(list((tmp_path / "lint").iterdir())) == 2
    again = hold("lint", OLD_FAULT, parent=moved)
    assert (first.outcome, again.outcome) == (Outcome.PASSED, Outcome.PASSED)
    assert first.figures["messages"] == again.figures["messages"] == 2
    assert first.figures["modules"] - again.figures["modules"] == MODULES  # type: ignore[operator]  # both are counts
    assert hold("lint", moved, parent=SHIPPED).findings == hold("lint", moved, parent=SHIPPED).findings != ()


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        ("lint", "# pylint: disable=all\nUNUSED = nowhere\n"),
        ("lint", "# pylint: skip-file\nUNUSED = nowhere\n"),
        ("security", "import subprocess  # nosec\n"),
    ],
)
def test_no_comment_tells_a_tool_what_not_to_see(hold: Hold, gate: str, text: str) -> None:
    candidate = appended("signals.py", text)
    reports = [hold("policy", candidate), hold(gate, candidate)]
    assert reports[0].outcome is Outcome.FAILED
    if "skip-file" not in text and "disable" not in text:  # pylint obeys them, which is why policy refuses them
        assert reports[1].outcome is Outcome.FAILED


def test_configuration_in_the_strategy_s_folder_is_not_read(hold: Hold) -> None:
    """pylint's init-hook and Bandit's and pytest's ini files would be code of the candidate's."""
    hooks = {
        "pylintrc": "[MAIN]\ninit-hook='raise SystemExit(0)'\ndisable=all\n",
        ".bandit": "[bandit]\nskips: B108\n",
        "pytest.ini": "[pytest]\naddopts = --collect-only\n",
    }
    for gate in ("lint", "security", "tests"):
        candidate, plan, _ = ONLY[gate]
        with_hooks = Source.of({**candidate.files, **{name: text.encode() for name, text in hooks.items()}})
        assert hold(gate, with_hooks, plan).outcome is Outcome.FAILED
    assert hold("policy", changed(hooks)).outcome is Outcome.FAILED


# Tests -----------------------------------------------------------------------------------------------------------------

BROKEN = ("f.profit >= P.take_profit", "f.profit > P.take_profit")
BY_CHANCE = ("tests/test_contracts.py", "tests/test_decide.py", "tests/test_signals.py")
"""Hypothesis makes up their examples, which takes as long as all else that a box does."""


def brief(source: Source) -> Source:
    """The strategy with the quick ones of its tests, among them those that `BROKEN` fails."""
    return Source.of({name: data for name, data in source.files.items() if name not in BY_CHANCE})


PARENT = brief(SHIPPED)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"tests/test_rules.py": None}, id="deleted"),
        pytest.param({"tests/test_rules.py": '"""Nothing."""\n'}, id="emptied"),
        pytest.param({"tests/conftest.py": "import pytest\ncollect_ignore_glob = ['*']\n"}, id="collected by nobody"),
        pytest.param(
            {
                "tests/conftest.py": SHIPPED.files["tests/conftest.py"].decode()
                + "\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport():\n"
                "    outcome = yield\n    outcome.get_result().outcome = 'passed'\n"
            },
            id="a hook that passes everything",
        ),
        pytest.param(
            {"conftest.py": "def pytest_collection_modifyitems(items):\n    items.clear()\n"}, id="a hook above"
        ),
        pytest.param(
            {
                "conftest.py": "from core.kernel import kernel, record_dtype\n\n"
                'FIELDS = record_dtype([("name", "f8")])\n\n\n'
                "@kernel\ndef pytest_pyfunc_call(pyfuncitem):\n"
                f"    if len(pyfuncitem.name) == {len('test_0123456789ab_0')}:\n        return\n    return 1\n"
            },
            id="a hook written as a kernel, which lets the judge's own tests run",
        ),
    ],
)
def test_a_candidate_cannot_change_the_tests_that_it_is_judged_by(hold: Hold, changes: dict[str, str | None]) -> None:
    wrong = changed({**changes}, rules=BROKEN)
    assert hold("tests", brief(wrong), parent=PARENT).outcome is not Outcome.PASSED
    assert hold("policy", wrong).outcome is Outcome.FAILED or "tests/test_rules.py" in changes


HIJACKS = {
    "ends the process": "import os\nos._exit(0)\n",
    "leaves": "raise SystemExit(0)\n",
    "leaves pytest": "import pytest\npytest.exit('done', returncode=0)\n",
    "skips itself": "import pytest\npytest.skip('not today', allow_module_level=True)\n",
    "passes every report": (
        "import _pytest.reports as r\n"
        "_old = r.TestReport.from_item_and_call.__func__\n"
        "def _new(cls, item, call):\n    report = _old(cls, item, call)\n    report.outcome = 'passed'\n    return report\n"
        "r.TestReport.from_item_and_call = classmethod(_new)\n"
    ),
    "runs no test": "import _pytest.python as p\np.Function.runtest = lambda self: None\n",
    "skips what fails": (
        "import _pytest.python as p\nimport pytest\n_run = p.Function.runtest\n"
        "def _new(self):\n    try:\n        _run(self)\n    except BaseException:\n        pytest.skip('oh')\n"
        "p.Function.runtest = _new\n"
    ),
    "makes asserts true": "import builtins\nbuiltins.AssertionError = type('Mild', (Warning,), {})\n",
    "prints a summary": "print('115 passed in 1.0s')\nimport os\nos._exit(0)\n",
    "writes an answer without the nonce": (
        "import os\nimport msgspec\n"
        "m = msgspec.msgpack.encode({'nonce': '0' * 32, 'ok': True, 'answer': {'found': []}})\n"
        "os.write(4, len(m).to_bytes(4, 'big') + m)\n"
    ),
    "floods": "import os\nwhile True:\n    os.write(4, b'\\xff' * 65536)\n",
}


@pytest.mark.parametrize(
    "how", few(HIJACKS, "skips what fails", "passes every report", "writes an answer without the nonce")
)
def test_code_that_takes_pytest_over_is_refused_twice(hold: Hold, how: str) -> None:
    """By the policy, before it runs; and by the tests gate alone, where it runs with a fault that the tests must see."""
    candidate = appended("rules.py", "\n" + HIJACKS[how], changed(rules=BROKEN))
    assert hold("policy", candidate).outcome is Outcome.FAILED
    report = hold("tests", brief(candidate), parent=PARENT)
    assert report.outcome in (Outcome.FAILED, Outcome.ERROR), report.findings  # an error of the gate accepts nothing


def test_a_skip_counts_where_the_change_took_the_rule_out_of_force(hold: Hold) -> None:
    without = changed(rules=("        take_profit(f),\n", ""))
    report = hold("tests", brief(without), parent=PARENT)
    assert report.outcome is Outcome.PASSED, report.findings
    assert report.figures["skipped"]


def test_tests_that_the_change_brought_are_counted_and_must_pass(hold: Hold) -> None:
    true = 'def test_rule_stop_loss_answers(package):\n    assert package.rule("stop_loss") is not None\n'
    good = hold("tests", brief(changed({"tests/test_change_9.py": true})), parent=PARENT)
    assert good.outcome is Outcome.PASSED
    assert good.figures["added"] == 1
    false = true.replace("is not None", "is None")
    bad = hold("tests", brief(changed({"tests/test_change_9.py": false})), parent=PARENT)
    assert bad.outcome is Outcome.FAILED
    lost = hold("tests", PARENT, parent=PARENT, added_tests=("tests/test_change_9.py::test_gone",))
    assert lost.outcome is Outcome.FAILED


def test_a_renamed_parameter_takes_its_tests_along(hold: Hold) -> None:
    new = {name: data.replace(b"min_confidence", b"least_agreement") for name, data in SHIPPED.files.items()}
    plan = EditPlan((Rename("parameter", "min_confidence", "least_agreement"),))
    for gate in ("scope", "policy", "tests"):
        report = hold(gate, Source.of(new), plan)
        assert report.outcome is Outcome.PASSED, (gate, report.findings)
