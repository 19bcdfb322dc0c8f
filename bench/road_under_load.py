"""Many changes in a row, each on the whole road with its gates held, while 2,000 events a second come in."""

from __future__ import annotations

from typing import Final

from bench.figure import Effort, Figure, Measured, at_least, at_most
from bench.road import trading

EVENTS_PER_SECOND: Final = 2_000
SENTENCE: Final = "set the oversold level to {}"
LOWEST: Final = 31
LEVELS: Final = 10


def measure(effort: Effort) -> Measured:
    """Change it so many times; what was lost or doubled is the trader's count over the whole run."""
    wanted = effort.of(50, 2)
    with trading(EVENTS_PER_SECOND) as place:
        changes = []
        for number in range(wanted):
            effort.say(f"change {number + 1} of {wanted}")
            changes.append(place.changed(SENTENCE.format(LOWEST + number % LEVELS)))
        summary = place.end()
    lost = sum(change["events_lost"] for change in changes) + summary["events_lost"]
    doubled = sum(change["events_doubled"] for change in changes) + summary["events_doubled"]
    note = f"in {summary['events']:,} events at {EVENTS_PER_SECOND:,} events/s"
    unanswered = f"{summary['events_unanswered']} turns fell to hold: their host was late while others were compiled"
    return Measured(
        (
            Figure("Changes in a row, live under load", len(changes), "", at_least(wanted), note),
            Figure("... events lost", lost, "", at_most(0), unanswered),
            Figure("... events doubled", doubled, "", at_most(0)),
        )
    )
