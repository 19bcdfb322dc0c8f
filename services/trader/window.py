"""The one window through which a trader is looked at: by its console, its commander, and the last line of its run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from core.contracts.control import Health
from core.contracts.figures import Percentiles, Position, TraderStatus, Trees
from core.kernel import NANOSECONDS
from services.trader.books import Holding
from services.trader.execution import Execution
from services.trader.feed import Feed
from services.trader.figures import Figures, PairFigures
from services.trader.host import Host
from services.trader.inherited import Inherited
from services.trader.order_times import OrderTimes
from services.trader.orders import Side
from services.trader.portfolio import Portfolio
from services.trader.slots import Slots
from services.trader.tally import Tally
from services.trader.valuation import Valuation


class Counted(NamedTuple):
    """Events since the start."""

    events: int  # sent while somebody decided
    lost: int
    doubled: int


class Work(NamedTuple):
    """What was done since the start, and how things stand."""

    events: int
    decisions: int
    orders: int
    fills: int
    faults: int
    release: str  # tree that decides
    open_positions: int
    trading: str


class Window:
    """Reads what the loop has at hand, and changes nothing of it.

    To be called in the loop's thread, but for `work` and the histograms.
    """

    def __init__(
        self,
        mode: str,
        portfolio: Portfolio,
        valuation: Valuation,
        feed: Feed,
        execution: Execution,
        slots: Slots,
        tally: Tally,
        order_times: OrderTimes,
    ) -> None:
        self.latencies, self.order_latencies, self.order_times = tally.latencies, tally.order_latencies, order_times
        self._mode, self._portfolio, self._valuation = mode, portfolio, valuation
        self._feed, self._execution, self._slots, self._tally = feed, execution, slots, tally
        self._viewers: list[Callable[[Figures], None]] = []
        self._events = 0  # when the health was taken last

    @property
    def symbols(self) -> list[str]:
        """The pairs that are traded, in their order."""
        return [pair.symbol for pair in self._feed.pairs]

    @property
    def holdings(self) -> Mapping[str, Holding]:
        """What is held, by symbol."""
        return self._portfolio.holdings

    def counted(self) -> Counted:
        """How many events came, and what became of them."""
        slots = self._slots
        settled = slots.settled + len(slots.turns)
        lost = self._feed.counts.lost + max(slots.opened - settled, 0)
        return Counted(slots.opened, lost, max(settled - slots.opened, 0))

    def work(self) -> Work:
        """How much was done; each is a number of its own, so that another thread may ask."""
        portfolio, execution = self._portfolio, self._execution
        return Work(
            events=self._slots.opened,
            decisions=self._tally.decisions,
            orders=portfolio.orders,
            fills=portfolio.fills,
            faults=self._tally.faults,
            release=execution.release.tree_hash,
            open_positions=sum(holding.size > 0.0 for holding in list(portfolio.holdings.values())),
            trading=execution.trading,
        )

    # Figures ----------------------------------------------------------------------------------------------------------

    def figures(self) -> Figures:
        """How it does now."""
        portfolio, tally, counted = self._portfolio, self._tally, self.counted()
        return Figures(
            mode=self._mode,
            trading=self._execution.trading,
            events=counted.events,
            events_lost=counted.lost,
            events_doubled=counted.doubled,
            events_refilled=self._feed.counts.refilled,
            events_unanswered=self._slots.unanswered,
            decisions=tally.decisions,
            orders=portfolio.orders,
            fills=portfolio.fills,
            equity=round(self._valuation.equity, 2),
            fees=round(float(portfolio.fees), 2),
            unreconciled=self._execution.unreconciled,
            held_back=sorted(self._execution.held_back),
            fees_unpriced={asset: f"{fees:f}" for asset, fees in portfolio.unpriced_fees().items()},
            open_positions=sum(holding.size > 0.0 for holding in portfolio.holdings.values()),
            faults=tally.faults,
            latency_us=Percentiles(**tally.latencies.percentiles(50, 99)),
            order_latency_us=Percentiles(**tally.order_latencies.percentiles(50, 99)),
            protects=self._execution.protecting.on,
            pairs=tuple(map(self._pair, portfolio.holdings.values())),
        )

    def _pair(self, holding: Holding) -> PairFigures:
        symbol = holding.pair.symbol
        stop = self._execution.protecting.standing.stop_price(symbol)
        last = self._tally.last_decisions.get(symbol, "")
        return PairFigures(symbol, holding.price, holding.size, holding.entry_price, stop, last)

    def follow(self, view: Callable[[Figures], None]) -> None:
        """Show it now, and once a second from now on."""
        self._viewers.append(view)
        view(self.figures())

    def show(self) -> None:
        """A second has passed."""
        if self._viewers:
            figures = self.figures()
            for view in self._viewers:
                view(figures)

    # For the commander ------------------------------------------------------------------------------------------------

    def status(self) -> TraderStatus:
        """The reply to the commander's `Status`."""
        slots, figures = self._slots, self.figures()
        return TraderStatus(
            **msgspec.structs.asdict(figures.run()),
            pairs=self.symbols,
            latency_counts=self._tally.latencies.counts,
            paused=self._execution.paused,
            dust=self._portfolio.dust(),
            bare=self._execution.protecting.bare(),
            cash=float(self._portfolio.cash),
            positions=[_position(pair) for pair in figures.pairs if pair.size > 0.0 and pair.entry_price > 0.0],
            slots=Trees(blue=_tree(slots.blue), green=_tree(slots.green), previous=_tree(slots.previous)),
            drawdown=self._valuation.drawdown,
            feed_age_seconds=self._feed_ages(),
        )

    def _feed_ages(self) -> dict[str, float]:
        now_ns = time.monotonic_ns()
        return {
            pair.symbol: round((now_ns - pair.spoke_ns) / NANOSECONDS, 1) for pair in self._feed.pairs if pair.spoke_ns
        }

    def orders_within_a_minute(self, side: str) -> int:
        """Orders of one side, as the limit on their rate counts them."""
        return len(self._portfolio.entries if side == Side.BUY else self._portfolio.exits)

    def begin_health(self) -> None:
        """From now on events are counted for the next health."""
        self._events = self._slots.opened

    def take_health(self, inherited: Inherited) -> Health | None:
        """How it did since the last time; None while its equity is not known, and nobody shall judge by it."""
        slots, counted = self._slots, self.counted()
        recent = self._tally.take_recent()
        self._events, events = counted.events, counted.events - self._events
        if self._execution.unreconciled:
            return None
        return Health(
            blue=slots.blue.release.tree_hash if slots.blue is not None else "",
            events=events,
            p99_us=recent.percentiles(99)["p99"],
            equity=self._valuation.equity,
            trading=self._execution.trading,
            lost=counted.lost,
            doubled=counted.doubled,
            inherited=inherited.step(self._portfolio.holdings),
            previous_p99_us=slots.beside.take().percentiles(99)["p99"],
        )


def _position(pair: PairFigures) -> Position:
    return Position(
        pair=pair.symbol,
        quantity=pair.size,
        entry_price=pair.entry_price,
        price=pair.price,
        profit=pair.profit,
        protected=None if pair.stop_price is None else float(pair.stop_price),
    )


def _tree(host: Host | None) -> str:
    return host.release.tree_hash if host is not None and host.heard else ""
