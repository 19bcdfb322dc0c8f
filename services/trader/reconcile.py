"""At the start: what the ledger believes against what the exchange says, and what follows from each difference.

Nothing is opened until they were compared. That ends after a deadline: the trader then starts with its positions on
hold, asks on beside its work, and trades when it knows. A difference never keeps what is ours and really there from
being closed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from core.contracts import Pair
from core.contracts.events import BooksCompared, BooksFollow, Event
from core.errors import ConfigurationError, ExchangeError
from core.kernel import NANOSECONDS
from core.tasks import start_task
from services.trader.books import ZERO, Holding
from services.trader.differences import Difference, Evidence, Kind, explain, plain
from services.trader.exchanges.protocol import AccountTrade, Balance, Exchange, Resting
from services.trader.execution import Execution
from services.trader.ledger import Ledger
from services.trader.orders import Fill, Reconciled, Side, has_epoch
from services.trader.portfolio import Portfolio
from services.trader.protecting import is_protective
from services.trader.timing import USUAL, ComparingTiming

OURS: Final = "s"
"""Every client id of ours begins so, followed by the epoch's digits and a hyphen."""
VISIBLE_SECONDS: Final = 5.0
"""So long the exchange may take until it lists a trade."""
MOST_ORDERS: Final = 200
"""By hand, that are asked for in one comparison; each costs request weight."""
KEY_REFUSED: Final = frozenset({-2014, -2015, -1022, -1002})
"""Bad key, one without the permission or from a wrong address, bad signature: asking again helps nobody."""


class Unsettled(Exception):  # noqa: N818 - it is a state, not a mistake
    """Something moved while it was asked; ask again."""


class Reconciler:
    """Compares one ledger with its exchange: at the start, and again while they differ."""

    def __init__(
        self,
        exchange: Exchange,
        ledger: Ledger,
        execution: Execution,
        *,
        tell: Callable[[Event], None],
        on_fault: Callable[[str, str, str], None],
        on_compared: Callable[[bool], None] = lambda _: None,
        may_cancel: bool,
        timing: ComparingTiming = USUAL.comparing,
    ) -> None:
        """Without `may_cancel` open orders that the ledger does not know are left alone: they may be another trader's.

        `on_compared(first)` is called after each comparison: cash and holdings may have changed.
        """
        self._exchange, self._ledger, self._execution = exchange, ledger, execution
        self._tell, self._on_fault, self._on_compared = tell, on_fault, on_compared
        self._may_cancel, self._timing = may_cancel, timing
        self._told: dict[str, Difference] = {}  # by asset, as it was told last
        self._known = asyncio.Event()  # the first comparison was made
        self._late = False  # the deadline of the first comparison has passed
        self._look = asyncio.Event()
        self._why = "the exchange does not answer"
        self._refused: ExchangeError | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, patience_seconds: float) -> None:
        """Compare; returns after the first comparison, or after so long without one, with positions on hold.

        Raises ExchangeError when the exchange refuses the key.
        """
        self._execution.unreconciled = True
        self._task = start_task(self._run())
        known = asyncio.ensure_future(self._known.wait())
        await asyncio.wait({known, self._task}, timeout=patience_seconds, return_when=asyncio.FIRST_COMPLETED)
        known.cancel()
        if self._refused is not None:
            raise self._refused
        if self._task.done():
            await self._task
        if not self._known.is_set():
            self._late = True
            told = f"not compared within {patience_seconds:g} s: {self._why}; positions are only closed until they are"
            self._on_fault("not_reconciled", "account", told)

    def look(self) -> None:
        """Compare again soon: something shows that they may differ."""
        self._look.set()

    async def close(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        await self._until_compared()
        while True:
            unsettled = any(line.missing > 0 or line.locked > 0 for line in self._told.values())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.look_again_seconds if unsettled else None):
                    await self._look.wait()
            self._look.clear()
            await self._until_compared()
            await asyncio.sleep(self._timing.rest_seconds)

    async def _until_compared(self) -> None:
        pauses = self._timing.asking
        pause = pauses.first_seconds
        while True:
            try:
                await self._settle()
                await self._compare()
            except ExchangeError as error:
                self._why = error.message
                if error.code in KEY_REFUSED and not self._known.is_set():
                    if not self._late:
                        self._refused = error
                        self._known.set()
                        return
                    self._tell_refused(error)
                pause = max(pause, min(error.retry_after_seconds, pauses.longest_seconds))
            except Unsettled:
                self._why = "orders are under way"
            else:
                return
            await asyncio.sleep(pause)
            pause = pauses.after(pause)

    def _tell_refused(self, error: ExchangeError) -> None:
        """The start has gone on without a comparison: it cannot end now, and positions stay on hold."""
        if self._refused is None:
            self._refused = error
            self._on_fault("key_refused", "account", f"{error.message} Positions are only closed; mend the key")

    # The first time ---------------------------------------------------------------------------------------------------

    async def _settle(self) -> None:
        """Bring the orders that were open when we ended to their end; later ones are followed where they are sent."""
        if self._known.is_set():
            return
        portfolio = self._ledger.portfolio
        for order in list(portfolio.open_orders.values()):
            if self._why != order.client_id:
                self._on_fault("order_open_at_start", order.client_id, f"{order.side} {order.quantity} {order.symbol}")
            self._why = f"order {order.client_id} has no end yet"
            await self._execution.settling.settle(order)
        for each in await self._exchange.resting() if self._may_cancel else ():
            if is_ours(each.client_id) and each.client_id not in portfolio.statuses:
                await self._end(each, "order_not_in_ledger")
        await self._execution.protecting.recognise()

    async def _end(self, stray: Resting, cause: str) -> None:
        """Cancel an order of our kind that the ledger does not know as open, and tell it."""
        if stray.symbol in self._ledger.portfolio.holdings:
            self._on_fault(cause, stray.client_id, f"{stray.symbol}: cancelled")
            await self._exchange.cancel(stray.symbol, stray.client_id)

    # Every time -------------------------------------------------------------------------------------------------------

    async def _compare(self) -> None:
        portfolio = self._ledger.portfolio
        before = _moves(portfolio)
        if portfolio.open_orders:
            raise Unsettled
        protections = set(portfolio.protections)
        balances, resting = await self._exchange.account(), await self._exchange.resting()
        await self._end_strays(resting, protections)
        evidence = await look_at(self._exchange, portfolio, balances, resting, self._execution.on_fill)
        if portfolio.open_orders or _moves(portfolio) != before:
            raise Unsettled
        lines = [explain(holding, of_it, self._exchange.clock.now_ns()) for holding, of_it in evidence]
        for line in lines:
            self._take(line)
        first = not self._known.is_set()
        if first or any(line.booked for line in lines):
            portfolio.cash = balances.get(quote_asset(portfolio), NOTHING).total
        self._ledger.record(Reconciled(self._exchange.clock.now_ns()))
        self._execution.unreconciled = False
        self._known.set()
        self._on_compared(first)
        if self._late:
            self._late = False
            self._tell(BooksCompared(cash=portfolio.cash, positions=len(portfolio.held)))

    async def _end_strays(self, resting: Sequence[Resting], protections: Container[str]) -> None:
        """End protective orders that had ended by our books, of which these were open: each keeps a part of a position
        from being sold."""
        known = self._ledger.portfolio.protections
        for each in resting if self._may_cancel else ():
            if is_protective(each.client_id) and each.client_id not in known and each.client_id not in protections:
                await self._end(each, "protection_not_in_ledger")

    def _take(self, line: Difference) -> None:
        """Book what is proven, keep in mind what is missing, and tell what is new."""
        portfolio = self._ledger.portfolio
        holding = portfolio.holdings[line.symbol]
        for adjustment in line.booked:
            self._ledger.record(adjustment)
        portfolio.miss(holding, line.missing, line.locked, self._exchange.clock.now_ns())
        if line.kind is Kind.MISSING:
            self._execution.held_back[line.symbol] = (
                f"{plain(line.missing)} {line.asset} of our books are not at the exchange; `sorte reconcile` shows it"
            )
        elif line.locked > 0 and holding.size == 0.0:
            told = f"{plain(line.locked)} {line.asset} of our books are set aside by an open order that is not ours"
            self._execution.held_back[line.symbol] = told
        else:
            self._execution.held_back.pop(line.symbol, None)
        known = self._told.get(line.asset)
        same = known is not None and (known.kind, known.missing, known.locked) == (line.kind, line.missing, line.locked)
        if same and not line.booked:
            return
        if line.kind is Kind.MISSING:
            figures = f"{plain(line.ours)} in our books, {plain(line.theirs)} at the exchange"
            told = f"{figures}; {line.cause}; only what is there can be closed"
            self._on_fault("position_missing", line.asset, told)
        elif line.worth_telling or known is not None:
            self._tell(BooksFollow(asset=line.asset, ours=line.ours, theirs=line.theirs, cause=line.cause))
        self._told[line.asset] = line


NOTHING: Final = Balance(ZERO, ZERO)
DAY_NS: Final = 86_400 * NANOSECONDS


async def look_at(
    exchange: Exchange,
    portfolio: Portfolio,
    balances: Mapping[str, Balance],
    resting: Sequence[Resting],
    on_fill: Callable[[Fill], None],
) -> list[tuple[Holding, Evidence]]:
    """What there is to say of each position; trades by hand are looked for only where there is a difference.

    `on_fill` hears of fills of ours that nobody told us.
    """
    trades: list[AccountTrade] | None = None
    found = []
    for holding in portfolio.holdings.values():
        pair = holding.pair
        balance = balances.get(pair.base, NOTHING)
        locked = set_aside(pair, portfolio, balances, resting)
        if 0 <= balance.total - holding.quantity < pair.lot:
            found.append((holding, Evidence(balance, locked)))
            continue
        if trades is None:
            trades = await trades_by_hand(exchange, portfolio, on_fill)
        seen = Decimal(repr(holding.price)) if holding.price > 0.0 else None
        price = seen or await exchange.price_at(pair.symbol, exchange.clock.now_ns())
        found.append((holding, Evidence(balance, locked, trades, price or ZERO)))
    return found


def set_aside(pair: Pair, portfolio: Portfolio, assets: Container[str], resting: Iterable[Resting]) -> Decimal:
    """How much of a pair's base asset the owner's own open sales keep from being sold; `assets` as in `sells`."""
    sales = (each for each in resting if each.side is Side.SELL and each.client_id not in portfolio.statuses)
    return sum((sale.left for sale in sales if sells(sale.symbol, pair, assets)), ZERO)


def sells(symbol: str, pair: Pair, assets: Container[str]) -> bool:
    """Whether a sale in `symbol` sells the base asset of `pair`: the rest of the name is another asset (ETHBTC does
    sell ETH, ETHFIUSDT does not). `assets` are those that the account knows."""
    rest = symbol.removeprefix(pair.base)
    return rest != symbol and (rest == pair.quote or rest in assets)


async def trades_by_hand(
    exchange: Exchange, portfolio: Portfolio, on_fill: Callable[[Fill], None]
) -> list[AccountTrade]:
    """What was traded since the last comparison and is in no book; fills of ours that nobody told us go to `on_fill`.

    A trade is by hand when its order is none of ours: each such order is asked for by its number.
    """
    unknown: list[AccountTrade] = []
    begun = [holding.since_ns for holding in portfolio.holdings.values() if holding.since_ns]
    known_ns = portfolio.reconciled_ns or min(begun, default=exchange.clock.now_ns() - DAY_NS)
    since_ns = max(known_ns - int(VISIBLE_SECONDS * NANOSECONDS), 0)
    for holding in portfolio.holdings.values():
        unknown += await exchange.account_trades(holding.pair.symbol, since_ns)
    found = []
    names: dict[tuple[str, int], str] = {}
    for trade in sorted(unknown, key=lambda each: each.time_ns, reverse=True):
        if (trade.symbol, trade.trade_id) in portfolio.trades_seen | portfolio.hand_trades:
            continue
        order = (trade.symbol, trade.order_id)
        if order not in names:
            if len(names) == MOST_ORDERS:  # what nobody has looked at proves nothing
                break
            names[order] = await exchange.client_id_of(*order)
        if names[order] in portfolio.statuses:
            on_fill(fill_of(trade, names[order]))
        else:
            found.append(trade)
    return found


def fill_of(trade: AccountTrade, client_id: str) -> Fill:
    """A trade of the account as one of an order of ours."""
    return Fill(
        client_id=client_id,
        symbol=trade.symbol,
        side=trade.side,
        trade_id=trade.trade_id,
        quantity=trade.quantity,
        price=trade.price,
        fee=trade.fee,
        fee_asset=trade.fee_asset,
        time_ns=trade.time_ns,
    )


def _moves(portfolio: Portfolio) -> tuple[int, int]:
    return portfolio.orders, portfolio.fills


def quote_asset(portfolio: Portfolio) -> str:
    """The currency that everything is counted in. Raises ConfigurationError when the pairs have several."""
    return quote_of(holding.pair.quote for holding in portfolio.holdings.values())


def quote_of(assets: Iterable[str]) -> str:
    """The one quote currency among these; raises ConfigurationError when there are several."""
    quotes = sorted(set(assets))
    if len(quotes) != 1:
        raise ConfigurationError(f"The pairs are quoted in {', '.join(quotes)}.", "Trade pairs of one quote currency.")
    return quotes[0]


def is_ours(client_id: str) -> bool:
    """Whether an order was sent by a trader of ours."""
    return has_epoch(client_id, OURS)
