"""A place where a strategy is not what is known of it, with an example; and how near two numbers have to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

NEAR: Final = 1e-9
"""Relative: what another order of the same sums may come to, by far."""
PLACES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("update", "update_bar", "update_book", "update_flow", "features", "features_at"), "indicators"),
    **dict.fromkeys(("technical", "stretched_rsi", "stretched_band", "chart_cell"), "signals"),
    **dict.fromkeys(("orderbook", "flow", "qlearning"), "signals"),
    **dict.fromkeys(("decide", "ensemble", "choose"), "decide"),
    **dict.fromkeys(("stop_loss", "take_profit", "trailing_stop", "max_hold", "min_hold", "cooldown"), "rules"),
    "levels": "levels",
    "verdicts": "rules",
}
"""Where each known function is."""


class Difference(NamedTuple):
    """`function` is one of `PLACES`; `said` what it gives where, and what is known."""

    function: str
    said: str

    @property
    def sentence(self) -> str:
        """For a report."""
        return f"{PLACES[self.function]}.py, {self.function}: {self.said}"


def apart(given: Any, known: Any, scale: Any = 0.0) -> Any:
    """Where numbers are not near each other; a NaN is near a NaN only."""
    given, known = np.asarray(given, np.float64), np.asarray(known, np.float64)
    bound = NEAR * np.maximum(np.maximum(np.abs(given), np.abs(known)), scale)
    return ~((np.abs(given - known) <= bound) | (given == known) | (np.isnan(given) & np.isnan(known)))


def first_apart(
    function: str, answers: Sequence[Any], known: Sequence[Any], about: Callable[[int], str]
) -> Iterator[Difference]:
    """The first answer of a function that is not one of those that are known for its row.

    `known` has for each row the tuples that are right; `about` says in words what was asked.
    """
    for place, (answer, right) in enumerate(zip(answers, known, strict=True)):
        if isinstance(answer, str):
            yield Difference(function, f"it raises {answer} {about(place)}; known is {shown(right[0])}.")
            return
        if not any(len(answer) == len(one) and not apart(answer, one, 1e-3).any() for one in right):
            yield Difference(function, f"{shown(answer)} {about(place)}; known is {shown(right[0])}.")
            return


def shown(numbers: Sequence[float]) -> str:
    return " and ".join(f"{number:.10g}" for number in numbers)


def told(numbers: Mapping[str, Any]) -> str:
    """What was asked, in words."""
    return "at " + ", ".join(f"{name} {value:.10g}" for name, value in numbers.items())
