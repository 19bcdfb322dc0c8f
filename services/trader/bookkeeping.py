"""The owner's look at the books of his exchange account, and what he may say about a difference. No trader is needed.

To look takes nothing but the journal and the exchange, whether a trader runs or not. To take over what is beyond the
books, or to write off what is missing, writes the journal, and is refused while a trader holds it.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from core.contracts import Pair
from core.errors import ConfigurationError, ExchangeError
from core.kernel import NANOSECONDS
from core.settings import Settings
from services.trader.books import ZERO
from services.trader.differences import ADOPTED, WRITTEN_OFF, Difference, Kind, explain
from services.trader.exchanges.binance import Binance
from services.trader.exchanges.protocol import UNKNOWN_SYMBOL, AccountTrade, Exchange
from services.trader.journal import Journal, decode, lines
from services.trader.orders import Adjustment, Order, Record, Side
from services.trader.portfolio import Portfolio
from services.trader.reconcile import look_at, quote_asset, quote_of, set_aside

PURCHASES_NS: Final = 90 * 86_400 * NANOSECONDS
"""So far back it is looked for what the owner paid for what he lets us take over."""


@dataclass(frozen=True, slots=True)
class Table:
    """Every line of one account."""

    lines: tuple[Difference, ...]
    quote: str
    cash: Decimal
    others: dict[str, Decimal]  # assets of no pair of these books: the owner's
    unpriced: dict[str, Decimal]  # fees whose price is not known, by asset
    open_orders: tuple[str, ...]  # client ids of ours without a known end

    def line(self, asset: str) -> Difference:
        """The line of an asset; raises ConfigurationError when there is none."""
        for line in self.lines:
            if line.asset == asset:
                return line
        named = ", ".join(line.asset for line in self.lines)
        raise ConfigurationError(
            f"These books have no pair of {asset}; they have {named}.", f"Name its pair: --pairs {asset}{self.quote}."
        )


@dataclass(slots=True)
class Books:
    """One account's journal, folded, and its exchange."""

    exchange: Exchange
    portfolio: Portfolio
    journal: Journal | None  # None: only looked at

    async def table(self) -> Table:
        """Compare now."""
        portfolio = self.portfolio
        balances, resting = await self.exchange.account(), await self.exchange.resting()
        evidence = await look_at(self.exchange, portfolio, balances, resting, self.keep)
        now_ns = self.exchange.clock.now_ns()
        quote = quote_asset(portfolio)
        known = {quote, *(holding.pair.base for holding in portfolio.holdings.values())}
        return Table(
            lines=tuple(explain(holding, of_it, now_ns) for holding, of_it in evidence),
            quote=quote,
            cash=balances[quote].total if quote in balances else ZERO,
            others={asset: each.total for asset, each in balances.items() if asset not in known and each.total > 0},
            unpriced=portfolio.unpriced_fees(),
            open_orders=tuple(portfolio.open_orders),
        )

    def keep(self, record: Record) -> None:
        """Take a record in; it is written when the journal is ours."""
        if not self.portfolio.changes(record):
            return
        if self.journal is not None:
            self.journal.append(record)
        self.portfolio.take(record)

    async def adoption(self, table: Table, asset: str) -> Adjustment:
        """What taking over all that is beyond our books would write; ConfigurationError when nothing can be."""
        line = self._settled_line(table, asset)
        beyond = line.theirs - line.ours - await self._set_aside(asset)
        if line.kind is not Kind.BEYOND or beyond <= 0:
            raise ConfigurationError(
                f"There is nothing of {asset} to take over: {line.ours:f} in the books, {line.theirs:f} there.",
                "What an open order of yours has set aside is not taken over either; cancel it first.",
            )
        now_ns = self.exchange.clock.now_ns()
        trades = await self.exchange.account_trades(line.symbol, now_ns - PURCHASES_NS)
        paid = purchases(trades, beyond, self.portfolio.trades_seen | self.portfolio.hand_trades)
        if paid is not None:
            price, trade_ids = paid
            return Adjustment(asset, beyond, price, ADOPTED, now_ns, line.symbol, trade_ids)
        return Adjustment(asset, beyond, await self._price(line.symbol), ADOPTED, now_ns)

    async def writing_off(self, table: Table, asset: str) -> Adjustment:
        """What taking what is missing out of the books would write; ConfigurationError when nothing is missing."""
        line = self._settled_line(table, asset)
        if line.missing <= 0:
            raise ConfigurationError(f"Nothing of {asset} is missing.", "`sorte reconcile` shows every line.")
        now_ns = self.exchange.clock.now_ns()
        return Adjustment(asset, -line.missing, await self._price(line.symbol), WRITTEN_OFF, now_ns)

    def _settled_line(self, table: Table, asset: str) -> Difference:
        if table.open_orders:
            raise ConfigurationError(
                f"Order {table.open_orders[0]} has no known end yet.", "Start the trader once; it settles its orders."
            )
        line = table.line(asset)
        for adjustment in line.booked:  # what is proven is booked first, as a start would
            self.keep(adjustment)
        return line

    async def _set_aside(self, asset: str) -> Decimal:
        holding = self.portfolio.holding_of(asset)
        if holding is None:
            return ZERO
        balances, resting = await self.exchange.account(), await self.exchange.resting()
        return set_aside(holding.pair, self.portfolio, balances, resting)

    async def _price(self, symbol: str) -> Decimal:
        price = await self.exchange.price_at(symbol, self.exchange.clock.now_ns())
        if price is None or price <= 0:
            raise ExchangeError(f"The exchange says no price of {symbol} now.", "Try again in a minute.")
        return price


@contextlib.asynccontextmanager
async def open_books(settings: Settings, folder: Path, symbols: Sequence[str], *, writes: bool) -> AsyncIterator[Books]:
    """The books of `folder`, with the pairs that they have traded and `symbols`, for as long as the block runs.

    Raises ConfigurationError without a key, without a pair, and to write while a trader runs.
    """
    if settings.exchange.api_key is None or settings.exchange.api_secret is None:
        raise ConfigurationError(
            "The exchange's key and secret are missing; the books of paper money need no comparison.",
            "Set SORTE_EXCHANGE__API_KEY and __API_SECRET.",
        )
    journal = open_journal(folder) if writes else None
    try:
        records = journal.replay() if journal is not None else read_journal(folder / "journal")
        traded = dict.fromkeys([*(record.symbol for record in records if isinstance(record, Order)), *symbols])
        if not traded:
            raise ConfigurationError(
                f"Nothing was traded on an exchange from {folder.parent}.", "Name pairs to look at: --pairs BTCUSDT."
            )
        exchange = Binance(settings.exchange)
        try:
            with contextlib.suppress(ExchangeError):  # the machine's clock may do; if not, the next question says so
                await exchange.measure_clock()
            pairs = await _pairs(exchange, list(traded))
            quote_of(pair.quote for pair in pairs)
            yield Books(exchange, Portfolio.of(pairs, records), journal)
        finally:
            await exchange.close()
    finally:
        if journal is not None:
            journal.close()


async def _pairs(exchange: Exchange, symbols: list[str]) -> list[Pair]:
    try:
        return await exchange.pairs(symbols)
    except ExchangeError as error:
        if error.code != UNKNOWN_SYMBOL:
            raise
        named = ", ".join(symbols)
        raise ConfigurationError(f"The exchange does not know every pair of {named}.", "Check --pairs.") from None


def open_journal(folder: Path) -> Journal:
    """The journal to write in; ConfigurationError while a trader holds it."""
    try:
        return Journal(folder / "journal")
    except ConfigurationError:
        raise ConfigurationError(
            "A trader runs on these books, and only it may write them.",
            "Stop it, say it again, and start it; `sorte reconcile` alone can be asked meanwhile.",
        ) from None


def read_journal(path: Path) -> list[Record]:
    """What the journal says so far, to look at; another may be writing it."""
    if not path.exists():
        return []
    records = (decode(line) for line, _ in lines(path.read_bytes()))
    return [record for record in records if record is not None]


def purchases(
    trades: Iterable[AccountTrade], quantity: Decimal, known: set[tuple[str, int]]
) -> tuple[Decimal, tuple[int, ...]] | None:
    """What the owner's last purchases of so much cost, fees in quote currency left out: the price, and their trade ids.

    None when they do not make up that quantity: part of it came another way.
    """
    left, value, ids = quantity, ZERO, []
    for trade in sorted(trades, key=lambda each: each.time_ns, reverse=True):
        if trade.side is not Side.BUY or (trade.symbol, trade.trade_id) in known:
            continue
        part = min(left, trade.quantity)
        left, value = left - part, value + part * trade.price
        ids.append(trade.trade_id)
        if left <= 0:
            return value / quantity, tuple(ids)
    return None


def in_words(adjustment: Adjustment, quote: str) -> str:
    """What the owner is asked before an adjustment is written."""
    worth = abs(adjustment.quantity) * adjustment.price
    what = f"{abs(adjustment.quantity):f} {adjustment.asset} at {adjustment.price:.8g}, {worth:,.2f} {quote}"
    if adjustment.cause == ADOPTED:
        return f"Take {what}, into the books? The strategy and panic may sell it from then on. (yes/no)"
    return f"Write {what}, off the books, as a loss? (yes/no)"


Confirm = Callable[[str], bool]


async def settle(
    settings: Settings, folder: Path, symbols: Sequence[str], asset: str, how: str, confirm: Confirm
) -> bool:
    """Adopt or write off an asset (`how` is ADOPTED or WRITTEN_OFF) if the owner says yes; whether he did."""
    async with open_books(settings, folder, symbols, writes=True) as books:
        table = await books.table()
        wanted = await (books.adoption if how == ADOPTED else books.writing_off)(table, asset)
        if not confirm(in_words(wanted, table.quote)):
            return False
        books.keep(wanted)
        return True
