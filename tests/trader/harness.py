"""A trader with everything real around it: the simulated exchange, boxed hosts, a journal on disk.

The market stands still until a test plays a move, and a strategy does what a trade's volume tells it to: a trade of
`BUY` lots says buy, one of `SELL` lots says sell, any other volume is what the test's strategy makes of it. So a test
knows which event does what, and waits for nothing but what it caused.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
import select
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from decimal import Decimal
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
import uvloop
from pydantic import SecretStr

from core.contracts.events import HostReady
from core.contracts.told import Telling
from core.releases import Release, lay_out
from core.settings import ExchangeSettings, Settings, TraderSettings
from core.strategy import Source
from services.simulator import DEFAULT_PAIRS, Sim, SimSettings, serve
from services.simulator.orders import Order
from services.simulator.sources import Move
from services.trader.assembling import assemble
from services.trader.exchanges.binance import Binance
from services.trader.follower import Follower
from services.trader.host import Host
from services.trader.limits import PAPER_LIMITS, Limits, load_limits
from services.trader.orders import Status
from services.trader.protecting import is_protective
from services.trader.timing import USUAL as USUAL_TIMING
from services.trader.timing import Timing
from services.trader.trader import Trader
from tests.lines import said

DEADLINE_SECONDS = 20.0
USUAL: dict[str, Any] = {}
"""Settings of the trader that the tests of a module are all run with."""
MINUTE_NS = 60_000_000_000
PAIRS = DEFAULT_PAIRS[:2]
PRICES = (65_000.0, 3_300.0)
BUY, SELL, BAD = 1001, 1002, 1003
"""Lots of a trade that tell the strategy to buy, to sell, and to do what the test says."""
DEEP = 10**7
"""Lots at the best price: more than any order of a test takes."""

DECIDE = """
import math

from core.kernel import TRADE

BUY, SELL, BAD = 1001, 1002, 1003
LOTS = (100_000, 10_000)


def decide(event, state, table, decision):
    e, s, d = event[0], state[0], decision[0]
    s.seen = s.seen + 1
    d.sequence, d.pair, d.action, d.rule = e.sequence, e.pair, 0, -1
    d.score, d.confidence, d.size, d.min_hold_seconds = 0.0, 0.0, 0.1, 5.0
    d.technical = d.orderbook = d.flow = d.qlearning = d.advice = math.nan
    lots = round((e.buy_volume + e.sell_volume) * LOTS[0 if e.price > 10_000.0 else 1]) if e.kind == TRADE else 0
    if lots == BUY:
        d.action, d.score, d.confidence = 1, 1.0, 1.0
    elif lots == SELL:
        d.action, d.score, d.confidence = 2, -1.0, 1.0
    act(e, s, d, lots)


def act(e, s, d, lots):
"""
"""Plain Python, not a kernel: it starts fast, and what the box must stop may do anything."""

STATE = """
from core.kernel import record_dtype

STATE = record_dtype([("seen", "i8")])


class Features:
    _fields = ()
"""
REST_OF_A_STRATEGY = {
    "__init__.py": b"",
    "parameters.py": b'from typing import NamedTuple\n\nParameters = NamedTuple("Parameters", [])\nP = Parameters()\n',
    "signals.py": b"TABLE_SHAPE = (1, 1)\n",
    "rules.py": b"def verdicts(f):\n    return (first_rule(f),)\n",
    "state.py": STATE.encode(),
}


def strategy(act: str = "pass", *, top: str = "") -> Source:
    """A strategy that obeys trades; `act` is Python run at every event after that, `top` is run at import."""
    decide = f"{dedent(top)}\n{DECIDE}{indent(dedent(act).strip(), '    ')}\n"
    return Source.of({**REST_OF_A_STRATEGY, "decide.py": decide.encode()})


OBEDIENT = strategy()


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test in the loop that `sorte run` uses, with a deadline for the whole."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        uvloop.run(asyncio.wait_for(test(*args, **kwargs), 120))

    return run


async def until(happened: Callable[[], Any], what: str = "", seconds: float = DEADLINE_SECONDS) -> None:
    """Let the loop turn until it happened; AssertionError that says what did not, after the deadline."""
    try:
        async with asyncio.timeout(seconds):
            while not happened():  # noqa: ASYNC110 - what is waited for has no event to set
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"in vain for {seconds} s: {what or happened}") from None


class NobodyFollows(Follower):
    """No database follows the journal, which no test of a rig reads one of: its process would cost more than the rest.

    It runs in the tests of it, and wherever a whole run is started as a process.
    """

    async def start(self) -> None:
        """Start nothing; what is said to it then is lost, as to one that died."""


class Rig:
    """One trader, its exchange, and everything it told."""

    def __init__(self, sim: Sim, trader: Trader, releases: Path) -> None:
        self.sim, self.trader = sim, trader
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.prices = list(PRICES)
        self._releases = releases
        self._pids: set[int] = set()

    # What it told -----------------------------------------------------------------------------------------------------

    def tell(self, told: Telling) -> None:
        """What the trader calls."""
        self.told.append(said(told))
        if isinstance(told, HostReady):
            self._pids.add(told.pid)

    def heard(self, kind: str, **wanted: Any) -> list[dict[str, Any]]:
        """What was told of this kind, with these fields."""
        return [fields for told, fields in self.told if told == kind and wanted.items() <= fields.items()]

    @property
    def faults(self) -> list[str]:
        """The causes of all faults, as told."""
        return [fields["cause"] for fields in self.heard("fault")]

    async def hears(self, kind: str, *, times: int = 1, **wanted: Any) -> dict[str, Any]:
        """Wait until it was told so often; the last one."""
        await until(lambda: len(self.heard(kind, **wanted)) >= times, f"{kind} {wanted}; told: {self.told[-12:]}")
        return self.heard(kind, **wanted)[-1]

    # The market -------------------------------------------------------------------------------------------------------

    def trade(self, lots: int = 1, *, pair: int = 0, price: float | None = None) -> None:
        """One trade at the pair's price, and the quotes around it when the price is a new one."""
        if price is not None:
            self.prices[pair] = price
        ticks = round(self.prices[pair] / float(PAIRS[pair].price_tick))
        self.play(Move(self.sim.market.clock.now_ms(), pair, ticks - 1, ticks + 1, DEEP, DEEP, ticks, lots))

    def play(self, move: Move) -> None:
        """One move of the market, now."""
        self.sim.market.play(move)

    async def events_settled(self) -> None:
        """Wait until every event that was played is told, fed, and answered or given up."""
        last = [state.tape.trades[-1].trade_id if state.tape.trades else 0 for state in self.sim.market.pairs]
        feeds = self.trader.feed.pairs
        await until(
            lambda: (
                all(feed.held is None and feed.last_trade >= sent for feed, sent in zip(feeds, last, strict=True))
                and not self.trader.slots.turns
            ),
            f"{[feed.last_trade for feed in feeds]} of {last}, turns {list(self.trader.slots.turns)[:5]}",
        )

    async def round_trip(self, lots: int = 1, *, pair: int = 0, price: float | None = None) -> None:
        """Play one trade and wait until it is settled."""
        self.trade(lots, pair=pair, price=price)
        await self.events_settled()

    async def buys(self, pair: int = 0) -> None:
        """Tell the strategy to buy, and wait until it holds."""
        self.trade(BUY, pair=pair)
        await until(lambda: self.holding(pair).size > 0.0, f"a position; told {self.told[-5:]}")
        await self.orders_settled()

    async def sells(self, pair: int = 0) -> None:
        """Tell the strategy to sell, and wait until it is flat."""
        self.trade(SELL, pair=pair)
        await until(lambda: self.holding(pair).size == 0.0, f"no position; told {self.told[-5:]}")
        await self.orders_settled()

    async def orders_settled(self) -> None:
        """Wait until no order is under way, and what rests for positions is known to rest."""
        await until(lambda: not self.trader.portfolio.open_orders, f"open: {self.trader.portfolio.open_orders}")
        await until(
            lambda: not self.trader.execution.protecting.under_way,
            f"{self.trader.portfolio.protections}; {self.told[-5:]}",
        )

    async def protected(self, pair: int = 0, *, stop: Decimal | None = None) -> Order:
        """Wait until the whole position is protected, at `stop` where it is given; the order that does it."""

        def found() -> Order | None:
            resting = self.resting(pair)
            known = self.trader.execution.protecting.standing.stop_price(PAIRS[pair].symbol)
            whole = len(resting) == 1 and resting[0].quantity - resting[0].filled == self.holding(pair).sellable
            right = whole and known == resting[0].stop_price and stop in (None, known)
            return resting[0] if right else None

        await until(found, f"protection at {stop}: {self.resting(pair)}; told {self.told[-8:]}")
        return found() or pytest.fail("it has gone again")

    async def answered(self) -> None:
        """Wait until every request for an order is answered: the account's stream may be quicker."""
        account = self.trader.exchange._account  # type: ignore[attr-defined]
        await until(lambda: not account._sent, "every answer")

    def resting(self, pair: int = 0) -> list[Order]:
        """The stop orders that are open at the exchange."""
        return [order for order in self.sim.exchange.open_orders(PAIRS[pair].symbol) if is_protective_order(order)]

    def holding(self, pair: int = 0) -> Any:
        """The trader's position of a pair."""
        return self.trader.portfolio.holdings[PAIRS[pair].symbol]

    @property
    def orders(self) -> list[Order]:
        """Every order that the exchange accepted and a decision led to: protection is not among them."""
        return [order for order in self.every_order if not is_protective_order(order)]

    @property
    def every_order(self) -> list[Order]:
        """Every order that the exchange accepted."""
        return list(self.sim.exchange.orders.values())

    # Hosts ------------------------------------------------------------------------------------------------------------

    def release(self, source: Source) -> Release:
        """A release of `source`."""
        return lay_out(source, self._releases)

    async def stage(self, source: Source) -> Host:
        """Start a host of `source` in the green slot, and wait until it is warm."""
        host = self.trader.stage(self.release(source))
        await until(lambda: host.heard or host.cause, "a warm green host")
        return host

    async def goes_live(self, source: Source) -> Host:
        """Switch to `source`; who was live becomes previous."""
        host = await self.stage(source)
        assert host.heard, (host.cause, host.detail)
        self.trader.switch()
        return host

    async def two_warm_hosts(self) -> None:
        """Wait until blue and previous are warm again."""
        slots = self.trader.slots
        await until(
            lambda: slots.blue is not None and slots.blue.heard and slots.previous is not None and slots.previous.heard,
            f"two warm hosts; told {self.told[-5:]}",
        )

    # The end ----------------------------------------------------------------------------------------------------------

    async def check(self, *faults: str, never_arrived: int = 0) -> None:
        """What must hold after every test; `faults` are the causes that may have been told, in order."""
        await self.orders_settled()
        await until(lambda: not self.trader.slots.turns, "every turn settled")
        protecting = self.trader.execution.protecting
        await until(lambda: not protecting.bare(), f"everything protected: {protecting.bare()}")
        assert self.faults == list(faults), self.heard("fault")
        assert not self.trader.failed.done(), self.trader.failed
        slots, portfolio = self.trader.slots, self.trader.portfolio
        assert slots.opened == slots.settled
        check_orders(self.sim, self.trader.limits)
        assert len(self.orders) + never_arrived == portfolio.orders
        assert len(self.sim.exchange.trades) == portfolio.fills == len(portfolio.trades_seen)
        for order in self.every_order:
            ended = (Status.FILLED, Status.CANCELED)
            rests = (Status.OPEN,) if order.client_order_id in portfolio.protections else ended
            assert portfolio.statuses[order.client_order_id] in rests
            assert order.is_open is (rests != ended)
        check_position(self.sim, self.trader)


def is_protective_order(order: Order) -> bool:
    """Whether it is one that rests for a position."""
    return is_protective(order.client_order_id)


def check_orders(sim: Sim, limits: Limits) -> None:
    """Every order of the exchange is within the limits, has an id of its own, and met no other one of its pair."""
    orders = list(sim.exchange.orders.values())
    assert len({order.client_order_id for order in orders}) == len(orders)
    for symbol in {order.symbol for order in orders}:
        for one, next_one in itertools.pairwise(order for order in orders if order.symbol == symbol):
            assert one.updated_ms <= next_one.created_ms
    for order in orders:
        assert limits.admits(order.symbol)
        assert not order.is_buy or order.price * order.quantity <= limits.order_value


def check_position(sim: Sim, trader: Trader) -> None:
    """What the trader believes to own is what the exchange says."""
    balances = sim.exchange.balances
    for holding in trader.portfolio.holdings.values():
        assert holding.quantity == balances[holding.pair.base].total
    assert trader.portfolio.cash == balances["USDT"].total


def limits_with(**changes: Any) -> Limits:
    """The limits of paper mode, some of them replaced."""
    return Limits.model_validate({**load_limits(PAPER_LIMITS)[0].model_dump(), **changes})


def quiet_market(**changes: Any) -> SimSettings:
    """Two pairs, an hour of history, and no move that a test does not play."""
    usual: dict[str, Any] = {"pairs": PAIRS, "history_bars": 20, "events_per_second": 0.001}
    return SimSettings(**{**usual, **changes})


def settings_for(sim: Sim, folder: Path, *, recv_window_ms: int = 2000, **trader: Any) -> Settings:
    """Settings that point to `sim`."""
    usual: dict[str, Any] = {"warm_bars": 10, "host_start_seconds": 30, "order_timeout_ms": 300}
    usual["host_deadline_ms"] = 3000  # on a busy machine no host is late unless its test says so
    return Settings(
        data_dir=folder,
        exchange=ExchangeSettings(
            rest_url=sim.rest_url,
            stream_url=sim.stream_url,
            ws_api_url=sim.ws_api_url,
            api_key=SecretStr(sim.settings.api_key),
            api_secret=SecretStr(sim.settings.api_secret),
            recv_window_ms=recv_window_ms,
        ),
        trader=TraderSettings(**{**usual, **USUAL, **trader}),
    )


@contextlib.asynccontextmanager
async def rig(
    folder: Path,
    source: Source = OBEDIENT,
    *,
    market: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    starts: bool = True,
    before: Callable[[Sim], Awaitable[None] | None] | None = None,
    timing: Timing = USUAL_TIMING,
    opening: Callable[[ExchangeSettings], Binance] = Binance,
    **trader: Any,
) -> AsyncIterator[Rig]:
    """A warm trader on an exchange of its own; at the end no host of it runs. `trader` are settings of the trader."""
    async with serve(quiet_market(**(market or {}))) as sim:
        if before is not None and (done := before(sim)) is not None:
            await done
        parts: dict[str, Any] = {"limits": limits, "starts": starts, "timing": timing, "opening": opening}
        async with trading(sim, folder, source, **parts, **trader) as made:
            yield made


@contextlib.asynccontextmanager
async def trading(
    sim: Sim,
    folder: Path,
    source: Source = OBEDIENT,
    *,
    limits: Limits | None = None,
    starts: bool = True,
    timing: Timing = USUAL_TIMING,
    opening: Callable[[ExchangeSettings], Binance] = Binance,
    **trader: Any,
) -> AsyncIterator[Rig]:
    """A trader on `sim`, from its start to its close. `opening` makes what it reaches the exchange by."""
    settings = settings_for(sim, folder, **trader)
    exchange = opening(settings.exchange)
    told: list[Rig] = []
    released = lay_out(source, folder / "releases")
    try:
        pairs = await exchange.pairs([pair.symbol for pair in PAIRS])
        made = assemble(
            settings,
            limits or limits_with(),
            exchange,
            pairs,
            MINUTE_NS,
            released,
            tell=lambda event: told[0].tell(event),
            folder=folder / "trader",
            timing=timing,
        )
        made.follower = NobodyFollows(made.ledger.journal.path, "", lambda *_: None)
    except BaseException:
        await exchange.close()
        raise
    told.append(Rig(sim, made, folder / "releases"))
    try:
        if starts:
            try:
                await made.start()
            except Exception as error:
                error.add_note(f"told: {told[0].told}")
                raise
            for pair in range(len(PAIRS)):
                told[0].trade(1, pair=pair)
            await told[0].events_settled()
        yield told[0]
    finally:
        await made.close()
    await until(lambda: not any(map(runs, told[0]._pids)), "every host gone")


def runs(pid: int) -> bool:
    """Whether `pid` is a process that still runs: not gone, and not dead and waiting for its parent to look."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def kill_hard(pid: int) -> None:
    """`kill -9`, and wait until it is dead."""
    descriptor = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        assert select.select([descriptor], [], [], 5)[0]
    finally:
        os.close(descriptor)


def money(value: float) -> Decimal:
    """A figure as money."""
    return Decimal(repr(value))
