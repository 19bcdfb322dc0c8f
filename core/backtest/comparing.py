"""Two backtests side by side: what was run, each figure, and the fills in which they differ. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

Run = Mapping[str, Any]
"""A backtest as `--json` tells it."""
FIGURES: Final = (
    *("total_return", "cagr", "max_drawdown", "max_drawdown_days", "volatility", "sharpe", "sortino", "calmar"),
    *("trades", "win_rate", "profit_factor", "expectancy", "best_trade", "worst_trade", "average_hold_seconds"),
    *("exposure", "turnover", "fees"),
)
SETUP: Final = ("symbols", "timeframe", "from", "to", "time_zone", "strategy", "cash", "costs", "grid", "detail")


class Made(NamedTuple):
    """A fill, by what makes it the same as one of another run."""

    time_ns: int
    pair: str
    side: str
    quantity: float
    price: float
    reason: str

    @property
    def place(self) -> tuple[int, str, str]:
        """When, of what, which side."""
        return self.time_ns, self.pair, self.side


class Difference(NamedTuple):
    """The first moment at which one run did what the other did not; None for who did nothing then."""

    first: Made | None
    second: Made | None


class Fills(NamedTuple):
    """How the fills of two runs agree; None of `difference` when all do."""

    same: int
    resized: int  # at the same moment on the same side, at another price or in another quantity
    only_first: int
    only_second: int
    difference: Difference | None


class Compared(NamedTuple):
    """Two runs. `setup` and `parameters` hold only what differs."""

    setup: dict[str, tuple[Any, Any]]
    parameters: dict[str, tuple[Any, Any]]
    figures: dict[str, tuple[Any, Any]]
    fills: Fills | None  # None when a run does not tell its fills


def compare(first: Run, second: Run) -> Compared:
    """Side by side."""
    figures = {"equity": (first.get("equity"), second.get("equity"))}
    figures |= {"buy_and_hold": (first.get("buy_and_hold"), second.get("buy_and_hold"))}
    figures |= {name: (first["metrics"].get(name), second["metrics"].get(name)) for name in FIGURES}
    return Compared(
        setup=_differing({name: (first.get(name), second.get(name)) for name in SETUP}),
        parameters=_differing(_paired(first.get("parameters") or {}, second.get("parameters") or {})),
        figures=figures,
        fills=_fills(first, second),
    )


def _paired(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (first.get(name), second.get(name)) for name in {**first, **second}}


def _differing(pairs: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    return {name: both for name, both in pairs.items() if both[0] != both[1]}


def _fills(first: Run, second: Run) -> Fills | None:
    if first.get("traded") is None or second.get("traded") is None:
        return None
    made = [list(_made(run["traded"])) for run in (first, second)]
    exact, places = (
        [Counter(each[:5] for each in side) for side in made],
        [Counter(each.place for each in side) for side in made],
    )
    same = sum((exact[0] & exact[1]).values())
    met = sum((places[0] & places[1]).values())
    return Fills(
        same=same,
        resized=met - same,
        only_first=len(made[0]) - met,
        only_second=len(made[1]) - met,
        difference=_first_difference(*made),
    )


def _first_difference(first: list[Made], second: list[Made]) -> Difference | None:
    for place in range(max(len(first), len(second))):
        one = first[place] if place < len(first) else None
        other = second[place] if place < len(second) else None
        if one is not None and other is not None and one[:5] == other[:5]:
            continue
        if one is not None and other is not None and one.place != other.place:
            return Difference(one, None) if one.time_ns <= other.time_ns else Difference(None, other)
        return Difference(one, other)
    return None


def _made(traded: Mapping[str, Any]) -> Iterator[Made]:
    columns = (traded[name] for name in Made._fields)
    return (Made(*row) for row in zip(*columns, strict=True))


def as_object(compared: Compared, first: Run, second: Run) -> dict[str, Any]:
    """For a program."""
    fills = compared.fills
    told = None
    if fills is not None:
        told = {name: getattr(fills, name) for name in ("same", "resized", "only_first", "only_second")}
        ends = fills.difference or ()
        told["first_difference"] = [made._asdict() if made is not None else None for made in ends] or None
    return {
        "kind": "backtests_compared",
        "runs": [
            {name: run.get(name) for name in ("run", "tested", "symbols", "timeframe", "from", "to", "fingerprint")}
            for run in (first, second)
        ],
        "setup": compared.setup,
        "parameters": compared.parameters,
        "figures": compared.figures,
        "fills": told,
    }
