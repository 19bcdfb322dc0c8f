"""`NUMBA_DISABLE_JIT=1` runs the same tests on the same code as ordinary Python."""

from __future__ import annotations

import re

import pytest

from tests.nested import ROOT, run_pytest


@pytest.mark.parametrize(
    "tests",
    ["tests/core/test_indicators.py", "tests/core/test_kernel.py", "tests/core/test_features.py", "strategy/tests"],
)
def test_passes_without_compilation(tests, tmp_path):
    done = run_pytest(ROOT, tests, scratch=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None, done.stdout
    assert int(passed[1]) >= 10
