"""The strategies and moments that the held-out sentences are said to, and the interpreter asked there."""

from __future__ import annotations

import functools
from typing import Any, Final

import msgspec

from core.contracts import AddIndicator, AddRule, Condition, DisableRule, EditPlan, Language, Situation
from core.strategy import Source
from core.symbols import Symbols
from services.editor import edit
from services.interpreter import interpret, prepare

ZONE: Final = "America/Sao_Paulo"

VOLUME: Final = Condition(feature="volume", op=">", other="volume_average")
GROWN: Final = EditPlan(
    (
        AddIndicator("ema", "ema_200", {"period": 200}),
        AddRule("entry", "require", VOLUME, "buy_only_if_volume_above_average"),
        AddRule("entry", "forbid", Condition(feature="rsi", op=">", value=70), "no_buy_if_rsi_above_70"),
        DisableRule("no_buy_if_rsi_above_70"),
        DisableRule("cooldown"),
    )
)
ADDED_PARAMETER: Final = b"""    # How steep.
    slope_limit: Annotated[float, Range(0, 10, "degrees")] = 4.0


P = Parameters()"""


def grown() -> dict[str, bytes]:
    """The shipped strategy with a parameter, an indicator and two rules more; one of these and cooldown are off."""
    files = dict(Source.shipped().files)
    files["parameters.py"] = files["parameters.py"].replace(b"\n\nP = Parameters()", ADDED_PARAMETER)
    return dict(edit(files, GROWN, "grown").files)


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
