"""Every gate that a candidate has to pass, in the order in which they are held: the cheapest and deadliest first.

A new gate is a module here with a function `gate`, and a line in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from services.guardian.case import Case, Gate
from services.guardian.gates import (
    backtest,
    behaviour,
    bounds,
    branches,
    causality,
    compile,  # noqa: A004 - it is the name of the gate
    formulas,
    latency,
    lint,
    policy,
    relations,
    scope,
    security,
    tests,
    twin,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A gate, and what the judge has to know of it to hold it at its time."""

    gate: Gate
    needs_history: bool = True  # without any it is not held, which is no pass
    clears: bool = (
        False  # what passes it and all before it is harmless to open boxes with: from then on they may be opened ahead
    )
    beside: bool = False  # has boxes of its own and needs no other gate: held while the trial's strategies compile
    on_trial: bool = False  # asks the boxes that all such gates share (`trial_of`)
    compiled: bool = True  # among them those of compiled strategies: one such gate after the other
    plain: bool = False  # that of the candidate in plain Python: likewise
    first: Callable[[Case], Any] | None = None
    """What it asks of the compiled candidate, in its turn. It finds that in `case.bench.asked`, and asks only the plain
    one from then on, while the gates behind it have the other."""


Gates = Mapping[str, Entry]

GATES: Final[Gates] = MappingProxyType(
    {
        "scope": Entry(scope.gate, needs_history=False),
        "policy": Entry(policy.gate, needs_history=False),
        "bounds": Entry(bounds.gate, needs_history=False, clears=True),
        "lint": Entry(lint.gate, needs_history=False, beside=True),
        "security": Entry(security.gate, needs_history=False, beside=True),
        "compile": Entry(compile.gate, on_trial=True),
        "tests": Entry(tests.gate, beside=True),
        "formulas": Entry(formulas.gate, on_trial=True, beside=True, compiled=False, plain=True),
        "twin": Entry(twin.gate, on_trial=True, compiled=False, plain=True, first=twin.ask_compiled),
        "branches": Entry(branches.gate, on_trial=True, compiled=False, plain=True),
        "relations": Entry(relations.gate, on_trial=True),
        "causality": Entry(causality.gate, on_trial=True),
        "behaviour": Entry(behaviour.gate, on_trial=True),
        "backtest": Entry(backtest.gate, on_trial=True),
        "latency": Entry(latency.gate, on_trial=True, plain=True),
    }
)
