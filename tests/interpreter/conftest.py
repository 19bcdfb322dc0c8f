"""The shipped strategy's symbols, and a strategy as later changes may have left it."""

from __future__ import annotations

import pytest

from core.strategy import Source
from core.symbols import Symbols

ADDED_RULE = b'''

@kernel
def buy_only_if_volume_above_average(f: Features) -> int:
    """Buy only when more is traded than usual."""
    return ALLOW if f.volume > f.volume_average else FORBID_ENTRY


@kernel
def no_buy_if_rsi_above_70(f: Features) -> int:
    """Do not buy what has run."""
    return FORBID_ENTRY if f.rsi > 70.0 else ALLOW
'''


@pytest.fixture(scope="session")
def symbols() -> Symbols:
    """Of the strategy that ships with Sorte."""
    return Symbols.of(Source.shipped().files)


@pytest.fixture(scope="session")
def grown() -> Symbols:
    """Of a strategy with a parameter, a feature and two rules more; one of the rules is disabled, cooldown too."""
    files = dict(Source.shipped().files)
    files["parameters.py"] = files["parameters.py"].replace(
        b"\n\nP = Parameters()",
        b'    # How steep.\n    slope_limit: Annotated[float, Range(0, 10, "degrees")] = 4.0\n\n\nP = Parameters()',
    )
    files["state.py"] = files["state.py"].replace(b"    atr: float\n", b"    atr: float\n    ema_200: float\n")
    rules = files["rules.py"].replace(b"        cooldown(f),\n", b"        buy_only_if_volume_above_average(f),\n")
    files["rules.py"] = rules + ADDED_RULE
    return Symbols.of(files)
