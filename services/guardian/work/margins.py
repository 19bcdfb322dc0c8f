"""How much more than before is too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_TIMES: Final = 2.5


@dataclass(frozen=True, slots=True)
class Margins:
    """Parts of the work there was that may come on top of what a change explains; see `guardian.work_margin`."""

    mean: float = 0.04
    anchor: float = 0.25

    @property
    def most(self) -> float:
        """For the most that one event takes: a rare path may cost more than the mean of a common one."""
        return MOST_TIMES * self.mean
