"""What an account earned, and when: pure functions over the records of its journal, for whoever shows or reports it."""

from services.trader.accounts.figures import ByRelease, Figures, PairFigures, by_release, figures
from services.trader.accounts.periods import PERIODS, Span, day_of, span_of
from services.trader.accounts.story import Gain, Mark, Story, told_by

__all__ = [
    "PERIODS",
    "ByRelease",
    "Figures",
    "Gain",
    "Mark",
    "PairFigures",
    "Span",
    "Story",
    "by_release",
    "day_of",
    "figures",
    "span_of",
    "told_by",
]
