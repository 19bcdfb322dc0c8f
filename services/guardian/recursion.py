"""How much a strategy's decisions depend on how many bars it has seen before them: those that it wants to warm up with
should be enough. What freqtrade calls recursive analysis."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.backtest.plain import Terms
from core.backtest.records import EVENTS_PER_BAR
from core.kernel import Records
from core.warming import wanted
from services.guardian.case import Case, trial_of
from services.guardian.grade import Grade, percent
from services.guardian.side import Side
from services.guardian.tape import Tape

COMPARED: Final = 2_000
"""Newest events, whose decisions are compared with those after the whole past."""
TIMES: Final = (1, 2, 4)
"""As many bars as the strategy wants, and more."""
FEWEST: Final = 10
"""Bars, for a strategy that says of none that it wants it."""


def gate(case: Case) -> Grade:
    """Nothing is refused: the figures say how many actions differ, and the notes what follows from it."""
    trial = trial_of(case)
    side, tape = trial.wait_for(trial.candidate), trial.history
    shown = side.trade(tape, Terms()).shown
    wants = max(wanted(case.candidate.files).bars(tape.timeframe_ns), FEWEST)
    whole = _last_actions(side, tape, shown)
    figures: dict[str, float | int | str | None] = {"bars_wanted": wants}
    notes = []
    for times in TIMES:
        past = wants * times * EVENTS_PER_BAR * len(tape.symbols)
        if past + COMPARED > len(shown):
            break
        actions = _last_actions(side, tape, shown[-past - COMPARED :])
        differ = float(np.mean(actions != whole))
        figures[f"differ_after_{wants * times}_bars"] = round(differ, 6)
        if times == 1 and differ > 0:
            notes.append(
                f"{percent(differ)} of the actions differ after no more than the {wants:,} bars that it wants."
            )
    if len(figures) == 1:
        return Grade(notes=(f"The history is too short to tell: it wants {wants:,} bars.",), figures=figures)
    return Grade(
        notes=tuple(notes) or (f"The {wants:,} bars that it wants are enough: no action differs.",), figures=figures
    )


def _last_actions(side: Side, tape: Tape, events: Records) -> Records:
    """What it does at the newest events, after those before them."""
    side.begin(tape)
    decisions, _ = side.feed(tape, events)
    actions: Records = decisions["action"][-COMPARED:]
    return actions
