"""What an account earned, and when: functions over the records of its journal, for whoever shows or reports it."""

from services.trader.accounts.candles import Bars, Recorded
from services.trader.accounts.figures import ByRelease, Figures, PairFigures, by_release, figures
from services.trader.accounts.periods import PERIODS, Span, day_of, last_spans, span_of
from services.trader.accounts.reading import Journals
from services.trader.accounts.story import Gain, Mark, Story, told_by
from services.trader.accounts.tables import Row, Table, Worth
from services.trader.accounts.trips import Cause, Leg, Trip

__all__ = [
    "PERIODS",
    "Bars",
    "ByRelease",
    "Cause",
    "Figures",
    "Gain",
    "Journals",
    "Leg",
    "Mark",
    "PairFigures",
    "Recorded",
    "Row",
    "Span",
    "Story",
    "Table",
    "Trip",
    "Worth",
    "by_release",
    "day_of",
    "figures",
    "last_spans",
    "span_of",
    "told_by",
]
