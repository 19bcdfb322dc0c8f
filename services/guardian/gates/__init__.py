"""Every gate that a candidate has to pass, in the order in which they are held: the cheapest and deadliest first."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from services.guardian.case import Gates
from services.guardian.gates import (
    backtest,
    behaviour,
    causality,
    compile,  # noqa: A004 - it is the name of the gate
    latency,
    lint,
    policy,
    scope,
    security,
    tests,
    twin,
)

ORDER: Final = (
    *("scope", "policy", "lint", "security", "compile", "tests"),
    *("twin", "causality", "behaviour", "backtest", "latency"),
)

GATES: Final[Gates] = MappingProxyType(
    {
        "scope": scope.gate,
        "policy": policy.gate,
        "lint": lint.gate,
        "security": security.gate,
        "compile": compile.gate,
        "tests": tests.gate,
        "twin": twin.gate,
        "causality": causality.gate,
        "behaviour": behaviour.gate,
        "backtest": backtest.gate,
        "latency": latency.gate,
    }
)
