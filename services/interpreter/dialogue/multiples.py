"""A value said as a multiple of the one spoken of before: `agora o take no dobro disso`, `the target at twice that`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from core.contracts import SetParameter
from services.interpreter.dialogue import sentences
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar.normalise import fold

THAT: Final = r"(?:disso|disto|dele|dela|desse|deste|desse valor|that|it|this|that value|that one)"
MULTIPLE: Final = re.compile(
    r"\b(?:(?P<two>dobro|double|twice)|(?P<three>triplo|triple|three times)|(?P<half>metade|half))"
    rf" (?:of )?{THAT}\b"
)
FACTORS: Final = {"two": Decimal(2), "three": Decimal(3), "half": Decimal("0.5")}


def of_that(turn: Turn) -> Taken | None:
    """Another parameter set to a multiple of the value that was set before."""
    found = MULTIPLE.search(fold(turn.said.lower))
    plan = turn.state.spoken_of
    if found is None or plan is None or "?" in turn.text:
        return None
    before, called = plan.operations[-1], sentences.one_name(turn.text, turn.language, turn.symbols)
    if not isinstance(before, SetParameter) or called in (None, before.name) or called is None:
        return None
    unit = turn.symbols.parameters[called].range.unit
    value = Decimal(repr(before.value)) * FACTORS[next(name for name, said in found.groupdict().items() if said)]
    shown = f"{value * 100:f}%" if unit.startswith("of ") else f"{value:f}{' s' if unit == 'seconds' else ''}"
    meant = turn.understand(sentences.setting(called, shown, turn.language))
    waiting = turn.state.waiting
    if meant.plan is None:
        return None
    return (
        turn.now_waits(meant.plan, turn.spelled(meant.plan)) if waiting is None else turn.both(waiting.plan, meant.plan)
    )
