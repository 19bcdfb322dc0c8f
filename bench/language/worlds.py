"""The strategies and moments that the held-out sentences are said to, and the interpreter asked there."""

from __future__ import annotations

import functools
from typing import Any, Final

import msgspec

from core.contracts import Language, Situation
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import interpret, prepare

ZONE: Final = "America/Sao_Paulo"

ADDED_RULES: Final = b'''

@kernel
def buy_only_if_volume_above_average(f: Features) -> int:
    """Buy only when more is traded than usual."""
    return ALLOW if f.volume > f.volume_average else FORBID_ENTRY


@kernel
def no_buy_if_rsi_above_70(f: Features) -> int:
    """Do not buy what has run."""
    return FORBID_ENTRY if f.rsi > 70.0 else ALLOW
'''
ADDED_PARAMETER: Final = b"""    # How steep.
    slope_limit: Annotated[float, Range(0, 10, "degrees")] = 4.0


P = Parameters()"""


def grown() -> dict[str, bytes]:
    """The shipped strategy with a parameter, an indicator and two rules more; one of these and cooldown are off."""
    files = dict(Source.shipped().files)
    files["parameters.py"] = files["parameters.py"].replace(b"\n\nP = Parameters()", ADDED_PARAMETER)
    files["state.py"] = files["state.py"].replace(b"    atr: float\n", b"    atr: float\n    ema_200: float\n")
    rules = files["rules.py"].replace(b"        cooldown(f),\n", b"        buy_only_if_volume_above_average(f),\n")
    files["rules.py"] = rules + ADDED_RULES
    return files


@functools.cache
def symbols(world: str) -> Symbols:
    """What a world's strategy speaks of."""
    found = Symbols.of(grown() if world == "grown" else Source.shipped().files)
    prepare(found)
    return found


def asked(text: str, language: str, world: str = "shipped") -> dict[str, Any]:
    """What the interpreter answers to an owner of that language, as `--json` prints it."""
    now = Situation(paused=world == "paused", time_zone=ZONE, language=Language(language))
    found: dict[str, Any] = msgspec.to_builtins(interpret(text, symbols(world), situation=now))
    return found
