"""Pairs that fall silent: told once, priced over REST meanwhile, and told when they are back.

A stream that says nothing for `stale_seconds` may be dead, the pair halted, or the market quiet. The exchange is asked:
what it says over REST of a quiet pair is what the stream said last, and then nobody is alarmed. Once it says something
else twice running and the stream still says nothing, the stream hides a market: that is a fault. So is a status other
than TRADING, whether the pair is silent or not. A pair that is asked about is priced by the answers: its value, its
stops and its loss limits go on; entries stay denied, since their price is not fresh enough to buy at.
"""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.contracts.events import Event, HeardAgain
from core.errors import ExchangeError
from core.kernel import NANOSECONDS
from core.tasks import start_task
from services.trader.books import Holding
from services.trader.exchanges.protocol import TRADING, UNKNOWN_SYMBOL, Exchange, Quote
from services.trader.feed import Feed
from services.trader.pair_feed import PairFeed
from services.trader.timing import USUAL, SilenceTiming

UNANSWERED: Final = 3  # questions in a row without an answer: nobody knows the price
HIDDEN_ANSWERS: Final = 2  # so many answers that the stream said nothing of: one alone may have overtaken it
HALTED: Final = "pair_halted"
SILENT: Final = "pair_silent"
STUCK: Final = "cannot_close"
GONE: Final = "unknown to the exchange"
"""The status of a pair that was taken off the list."""


@dataclass(slots=True)
class Watched:
    """What is known of one pair that may be silent."""

    feed: PairFeed
    status: str = TRADING
    told: str = ""  # the cause of the fault that was told of it; empty when it is well
    since_ns: int = 0  # monotonic: since when it had been silent then
    silent: bool = False  # when last looked at
    hidden: int = 0  # answers in a row that differ from the stream's last word, which said nothing since
    first: tuple[float, ...] | None = None  # the first answer about a pair of which the stream has never said a quote
    unanswered: int = 0  # questions in a row without an answer

    @property
    def symbol(self) -> str:
        """Its name."""
        return self.feed.symbol

    @property
    def unknown(self) -> bool:
        """Whether nobody can say what it costs."""
        return self.unanswered >= UNANSWERED

    def hear(self, answer: Quote) -> None:
        """The exchange's answer about it."""
        self.first = self.first or answer
        self.hidden = self.hidden + 1 if answer != (self.feed.quoted or self.first) else 0


def alarming(pair: Watched, *, silent_ns: int, stale_ns: int, quiet_ns: int) -> bool:
    """Whether a pair that has been silent for so long is to be told: it hides a market, or nobody can say whether."""
    return silent_ns > stale_ns and (pair.hidden >= HIDDEN_ANSWERS or pair.unknown or silent_ns > quiet_ns)


class SilenceWatch:
    """Watches every pair of `feed` from `start` to `close`. `not_trading` is the status of each pair that is halted."""

    def __init__(
        self,
        exchange: Exchange,
        feed: Feed,
        holdings: Sequence[Holding],
        *,
        stale_seconds: float,
        tell: Callable[[Event], None],
        on_fault: Callable[[str, str, str], None],
        not_trading: dict[str, str],
        timing: SilenceTiming = USUAL.silence,
    ) -> None:
        self.pairs = [Watched(pair) for pair in feed.pairs]
        self._exchange, self._feed, self._holdings = exchange, feed, holdings
        self._tell, self._on_fault = tell, on_fault
        self._not_trading, self._timing = not_trading, timing
        self._stale_ns = int(stale_seconds * NANOSECONDS)
        self._quiet_ns = timing.quiet_periods * self._stale_ns
        self._ask_seconds = max(min(timing.ask_seconds, stale_seconds / 4), timing.least_ask_seconds)
        self._renewed_ns = 0  # monotonic: when the streams were last renewed for one that is dead
        self._renewals = 0  # since all pairs were well
        self._status_asked_ns = self._status_due_ns = 0
        self._stuck: set[str] = set()  # symbols whose position cannot be closed, as was told
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Watch from now on; every pair's status was TRADING a moment ago."""
        self._status_asked_ns = time.monotonic_ns()
        self._status_due_ns = self._status_asked_ns + int(self._timing.status_seconds * NANOSECONDS)
        self._task = start_task(self._watch())

    def look_soon(self) -> None:
        """Something hints at a pair that is halted: the statuses are asked for next."""
        hinted_ns = int(self._timing.hinted_status_seconds * NANOSECONDS)
        earliest = self._status_asked_ns + min(hinted_ns, self._stale_ns // 2)
        self._status_due_ns = min(self._status_due_ns, earliest)

    async def close(self) -> None:
        """Watch no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._ask_seconds)
            silent = self._silent(time.monotonic_ns())
            listed = [pair for pair in silent if pair.status != GONE]
            if listed:
                await self._try(self._ask_prices(listed), listed)
            if time.monotonic_ns() >= self._status_due_ns:
                await self._try(self._ask_statuses(), ())
            self._judge()
            if self._stays_dead(time.monotonic_ns()):
                await self._exchange.renew_market("a pair stays silent though its market goes on")

    def _stays_dead(self, now: int) -> bool:
        """Whether a stream that hides a market is to be opened anew: all are, so seldom, and ever more seldom."""
        dead = [pair for pair in self.pairs if pair.told == SILENT and pair.hidden and pair.status == TRADING]
        if not dead:
            self._renewals = 0
            return False
        patience = self._quiet_ns << min(self._renewals, 6)
        if now - max(self._renewed_ns, min(pair.feed.spoke_ns for pair in dead)) < patience:
            return False
        self._renewed_ns, self._renewals = now, self._renewals + 1
        return True

    async def _try(self, question: Coroutine[Any, Any, None], about: Sequence[Watched]) -> None:
        try:
            await question
        except ExchangeError as error:
            if error.code == UNKNOWN_SYMBOL:
                self.look_soon()
            for pair in about:
                pair.unanswered += 1

    def _silent(self, now: int) -> list[Watched]:
        """Who says nothing now."""
        for pair in self.pairs:
            was, pair.silent = pair.silent, now - pair.feed.spoke_ns > self._stale_ns
            if pair.silent and not was:
                self.look_soon()
        return [pair for pair in self.pairs if pair.silent]

    # Questions --------------------------------------------------------------------------------------------------------

    async def _ask_prices(self, silent: Sequence[Watched]) -> None:
        before = {pair.symbol: pair.feed.spoke_ns for pair in silent}
        quotes = await self._exchange.quotes(list(before))
        bare = [symbol for symbol, quote in quotes.items() if not quote.is_market]
        prices = await self._exchange.last_prices(bare) if bare else {}
        for pair in silent:
            if pair.symbol not in quotes or pair.feed.spoke_ns != before[pair.symbol]:
                continue  # it spoke meanwhile: what it said is newer
            pair.unanswered = 0
            pair.hear(quotes[pair.symbol])
            self._price(pair, quotes[pair.symbol], prices.get(pair.symbol, 0.0))

    def _price(self, pair: Watched, quote: Quote, last: float) -> None:
        """Tell a price on when it is another one, and each time while there is a position to watch."""
        price = quote.middle if quote.is_market else last
        holding = self._holdings[pair.feed.number]
        if price > 0.0 and (price != holding.price or holding.size > 0.0):
            self._feed.on_asked(pair.feed.number, quote, price)

    async def _ask_statuses(self) -> None:
        self._status_asked_ns = time.monotonic_ns()
        statuses = await self._statuses([pair.symbol for pair in self.pairs])
        for pair in self.pairs:
            pair.status = statuses.get(pair.symbol, pair.status)
            if pair.status == TRADING:
                self._not_trading.pop(pair.symbol, None)
            else:
                self._not_trading[pair.symbol] = pair.status
        uneasy = any(pair.told or pair.status != TRADING for pair in self.pairs)
        seconds = self._timing.silent_status_seconds if uneasy else self._timing.status_seconds
        self._status_due_ns = time.monotonic_ns() + int(seconds * NANOSECONDS)

    async def _statuses(self, symbols: Sequence[str]) -> Mapping[str, str]:
        """Of each; one that the exchange has taken off its list makes it refuse a question about all."""
        try:
            return await self._exchange.symbol_statuses(symbols)
        except ExchangeError as error:
            if error.code != UNKNOWN_SYMBOL:
                raise
        if len(symbols) == 1:
            return {symbols[0]: GONE}
        found: dict[str, str] = {}
        for symbol in symbols:
            found |= await self._statuses([symbol])
        return found

    # What is told -----------------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        now = time.monotonic_ns()
        self._tell_back([pair for pair in self.pairs if now - pair.feed.spoke_ns <= self._stale_ns], now)
        for pair in self.pairs:
            if pair.status != TRADING and pair.told != HALTED:
                self._say(HALTED, [pair], f"its status at the exchange is {pair.status}: no order is taken")
        self._judge_silent(now)
        for pair in self.pairs:
            self._judge_stuck(pair)

    def _tell_back(self, heard: Sequence[Watched], now: int) -> None:
        for pair in heard:
            pair.hidden = pair.unanswered = 0
            if pair.told and pair.status != TRADING:
                self.look_soon()  # it speaks: it may well trade again
        back = [pair for pair in heard if pair.told and pair.status == TRADING]
        if back:
            seconds = (now - min(pair.since_ns for pair in back)) / NANOSECONDS
            named = ", ".join(pair.symbol for pair in back)
            self._tell(HeardAgain(pair=named, detail=f"heard again after {seconds:.0f} s"))
        for pair in back:
            pair.told = ""

    def _judge_silent(self, now: int) -> None:
        def for_ns(pair: Watched) -> int:
            return now - pair.feed.heard_ns

        silent = [pair for pair in self.pairs if for_ns(pair) > self._stale_ns]
        since = {"stale_ns": self._stale_ns, "quiet_ns": self._quiet_ns}
        alarmed = [pair for pair in silent if not pair.told and alarming(pair, silent_ns=for_ns(pair), **since)]
        if any(self._status_asked_ns < pair.feed.spoke_ns + self._stale_ns for pair in alarmed):
            self.look_soon()  # a halted pair is told as such, not as silent first
            alarmed = [pair for pair in alarmed if pair.unknown]
        if alarmed and len(silent) == len(self.pairs):  # the whole market: one fault for all
            self._say_silent([pair for pair in silent if not pair.told])
            return
        for pair in alarmed:
            self._say_silent([pair])

    def _say_silent(self, pairs: Sequence[Watched]) -> None:
        if any(pair.unknown for pair in pairs):
            self._say(SILENT, pairs, "the exchange does not answer what it costs either, so nobody watches it")
        else:
            self._say(SILENT, pairs, "its price is asked for over REST meanwhile, and nothing is bought")

    def _say(self, cause: str, pairs: Sequence[Watched], what: str) -> None:
        now = time.monotonic_ns()
        for pair in pairs:
            pair.told, pair.since_ns = cause, min(pair.feed.spoke_ns, now)
        since = min(pair.feed.spoke_ns for pair in pairs)
        held = [pair.symbol for pair in pairs if self._holdings[pair.feed.number].size > 0.0]
        position = f"; a position is open: {', '.join(held)}" if held else ""
        heard = f"nothing heard since {self._at(since, now)} UTC ({(now - since) / NANOSECONDS:.0f} s); "
        heard = heard if now - since > self._stale_ns else ""
        self._on_fault(cause, ", ".join(pair.symbol for pair in pairs), f"{heard}{what}{position}")

    def _at(self, then_ns: int, now_ns: int) -> str:
        seconds = (self._exchange.clock.now_ns() - (now_ns - then_ns)) // NANOSECONDS
        return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%H:%M:%S}"

    def _judge_stuck(self, pair: Watched) -> None:
        held = self._holdings[pair.feed.number].size > 0.0
        if pair.status == TRADING or not held:
            self._stuck.discard(pair.symbol)
        elif pair.symbol not in self._stuck:
            self._stuck.add(pair.symbol)
            size = self._holdings[pair.feed.number].size
            told = f"the position of {size:.8g} cannot be closed while the exchange's status is {pair.status}"
            self._on_fault(STUCK, pair.symbol, told)
