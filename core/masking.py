"""What a strategy may not depend on is not shown to it: which event of the stream it is, which pair, and which date.

History cannot show what a strategy does from a certain day, event or pair on, so a test for it is a test by luck. The
host puts its own frame around `decide` instead: the numbers read 0, and time counts from a week that is the same for
every memory. Hours, days of the week and all times between two events stay what they are, to the nanosecond.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from core.errors import StrategyError
from core.kernel import NANOSECONDS, Records, Table, kernel, record_dtype

FIRST_SEEN: Final = "first_week"
"""Field behind those of a strategy's STATE, which is the host's: so it is kept, carried and restored with them."""
WEEK_NS: Final = 7 * 86_400 * NANOSECONDS
FIRST_WEEK: Final = 1_000
"""The week since 1970 in which every memory begins. What was before (an entry, an exit) has room below it."""
NEVER_ZERO: Final = 1_000_000  # a week of the field that is 0 was not seen yet

Decide = Callable[[Records, Records, Table, Records], None]


def with_host_field(state: np.dtype[Any]) -> np.dtype[Any]:
    """A STATE with the host's field behind the strategy's. Raises StrategyError when it has one of that name."""
    if FIRST_SEEN in (state.names or ()):
        raise StrategyError(f"STATE has a field {FIRST_SEEN}, which is the host's.", "Give it another name.")
    fields = [(name, code.lstrip("<"), *shape) for name, code, *shape in state.descr]
    return record_dtype([*fields, (FIRST_SEEN, "i8")])


def masked(decide: Decide) -> Decide:
    """`decide` in the host's frame, for states of `with_host_field`. It answers with the event's own numbers.

    The event is changed while it is answered, and put back: a copy of it would cost more than the decision.
    """

    def answer(event: Records, state: Records, table: Table, decision: Records) -> None:
        e = event[0]
        s = state[0]
        d = decision[0]
        sequence, pair = e.sequence, e.pair
        time_ns, entry_ns, exit_ns = e.time_ns, e.entry_ns, e.exit_ns
        if s.first_week == 0:
            s.first_week = time_ns // WEEK_NS + NEVER_ZERO
        earlier_ns = (s.first_week - NEVER_ZERO - FIRST_WEEK) * WEEK_NS
        e.sequence = 0
        e.pair = 0
        e.time_ns = time_ns - earlier_ns
        if entry_ns > 0:
            e.entry_ns = max(entry_ns - earlier_ns, 1)
        if exit_ns > 0:
            e.exit_ns = max(exit_ns - earlier_ns, 1)
        decide(event, state, table, decision)
        e.sequence = sequence
        e.pair = pair
        e.time_ns = time_ns
        e.entry_ns = entry_ns
        e.exit_ns = exit_ns
        d.sequence = sequence
        d.pair = pair

    answer.__module__ = decide.__module__  # what is loaded is looked up by it
    return kernel(answer) if hasattr(decide, "py_func") else answer  # plain Python stays plain: no kernel can call it
