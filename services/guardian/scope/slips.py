"""The slip of a unit: a number that is ten times what it was, as a per cent for a fraction is, or milliseconds for
seconds. By hand nobody says that so large a step is meant; a sentence does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from core.symbols import Parameter

STEP: Final = 10.0
"""Times, up or down, from which on a number is refused by hand."""
STEP_OF_TIME: Final = 100.0
"""The same of seconds: ten minutes in place of one is an ordinary change, a thousand seconds for one is not."""
TIME: Final = "seconds"
ORDER: Final = (("ema_fast", "ema_slow"), ("rsi_oversold", "rsi_overbought"), ("min_hold_seconds", "max_hold_seconds"))
"""Of these the first is the smaller one, or what they are for is gone; a 0 turns the second off."""
ROUNDING: Final = 1e-9


def check_order(before: Mapping[str, Parameter], after: Mapping[str, Parameter]) -> Iterator[str]:
    """Pairs of numbers that change places, where they were in order."""
    for low, high in ORDER:
        if (
            {low, high} <= before.keys() & after.keys()
            and in_order(before, low, high)
            and not in_order(after, low, high)
        ):
            yield (
                f"parameters.py:{after[low].line}: {low} is {after[low].value:g} and {high} is {after[high].value:g}:"
                " the first has to be the smaller one"
            )


def in_order(parameters: Mapping[str, Parameter], low: str, high: str) -> bool:
    """Whether the first is below the second, or the second is off."""
    return parameters[high].value == 0 or parameters[low].value < parameters[high].value


def check_slips(before: Mapping[str, Parameter], after: Mapping[str, Parameter]) -> Iterator[str]:
    """Every parameter of both whose value went so far; from and to zero is no step."""
    for name in sorted(before.keys() & after.keys()):
        was, now, unit = float(before[name].value), float(after[name].value), after[name].range.unit
        if was == 0.0 or now == 0.0:
            continue
        times = max(abs(now / was), abs(was / now)) * (1.0 + ROUNDING)
        if times >= (STEP_OF_TIME if unit == TIME else STEP):
            yield (
                f"parameters.py:{after[name].line}: {name} was {was:g} and is now {now:g} {unit}, which is {times:.0f}"
                " times as far: by hand that is taken for the slip of a unit. Ask for it by a sentence, which says it"
            )
