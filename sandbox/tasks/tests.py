"""pytest inside the box: which tests there are, and what came of each. Counts nothing, judges nothing."""

from __future__ import annotations

import contextlib
import io
import os
import sysconfig
from pathlib import Path
from typing import Any, Final

import numpy as np  # noqa: F401 - what tests import late is imported before the second filter
import pytest

_elsewhere = sysconfig.get_path
_packages = str(Path(pytest.__file__).parents[1])
sysconfig.get_path = lambda name, *more: _packages if name in ("purelib", "platlib") else _elsewhere(name, *more)

# ruff: noqa: E402 - Hypothesis looks for constants in all code that is not where packages are: 4 s
import hypothesis
import hypothesis.strategies

ROOT: Final = "/strategy"
CONFIGURATION: Final = Path(__file__).with_name("tests.toml")
TEXT: Final = 2000
"""Of what a failed test says, its end."""

PLUGINS_OUT: Final = (
    "cacheprovider",
    "faulthandler",
    "tmpdir",
    "junitxml",
    "pastebin",
    "stepwise",
    "legacypath",
    "logging",
)
"""They write files, duplicate descriptors or ask the network."""

hypothesis.settings.register_profile(
    "judge",
    database=None,
    deadline=None,  # time is judged elsewhere; here it would make verdicts a matter of luck
    derandomize=True,
    print_blob=False,
)
hypothesis.settings.load_profile("judge")


class _Notes:
    """A pytest plugin that remembers every test that was found, and every report."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.outcomes: dict[str, list[str]] = {}
        self.texts: dict[str, str] = {}
        self.asserted: dict[str, int] = {}

    def pytest_assertion_pass(self, item: pytest.Item) -> None:
        self.asserted[item.nodeid] = self.asserted.get(item.nodeid, 0) + 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.found = [item.nodeid for item in items]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome != "passed":
            self._take(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._take(report)

    def _take(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        self.outcomes.setdefault(report.nodeid, []).append(str(report.outcome))
        if report.outcome != "passed":
            self.texts[report.nodeid] = str(report.longrepr)[-TEXT:]


def collect() -> dict[str, Any]:
    """The ids of all tests, by running the tests' modules and no test."""
    return _run("--collect-only")


def run() -> dict[str, Any]:
    """Every test: `found` their ids, `outcomes` of the phases of each, `texts` of what did not pass.

    `asserted` is how many assertions held in each while it ran.
    """
    return _run()


def _run(*more: str) -> dict[str, Any]:
    notes = _Notes()
    out = [word for name in PLUGINS_OUT for word in ("-p", f"no:{name}")]
    os.chdir = _stay  # type: ignore[assignment]  # pytest goes back to where it was; the call is in neither filter
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main(
            ["-q", "-c", str(CONFIGURATION), f"--rootdir={ROOT}", "--capture=sys", "--tb=short", *out, *more, ROOT],
            plugins=[notes],
        )
    return {
        "found": notes.found,
        "outcomes": notes.outcomes,
        "texts": notes.texts,
        "asserted": notes.asserted,
        "code": int(code),
        "said": said.getvalue()[-TEXT:],
    }


def _stay(path: str) -> None:
    """What `os.chdir` does to a process that is there already."""
    if Path(path) != Path.cwd():
        raise PermissionError(f"the box stays in {Path.cwd()}")


TASKS = (collect, run)
