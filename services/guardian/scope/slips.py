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
ROUNDING: Final = 1e-9


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
