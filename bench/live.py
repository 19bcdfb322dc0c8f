"""The rig of the live figures: a trader with its two boxed hosts, on a simulated exchange in a process of its own.

The strategy is the shipped one with another last step: it goes in and out of every pair all the time, so that there are
orders to time. Everything before that step, and everything around it, is what trades live.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import uvloop

from core.contracts.events import Denied, FaultTold, Rejected
from core.contracts.told import Telling, fields_of, kind_of
from core.names import parse_timeframe
from core.priority import run_first
from core.releases import lay_out
from core.settings import load_settings
from core.strategy import Source
from services.simulator.settings import make_pairs
from services.trader.assembling import assemble
from services.trader.exchanges.binance import Binance
from services.trader.limits import Limits
from services.trader.simulated import simulated_exchange
from services.trader.trader import Trader

T = TypeVar("T")

RESTLESS: Final = """

@kernel
def decide(event, state, table, decision):
    decide_calmly(event, state, table, decision)
    e, d = event[0], decision[0]
    d.size = 0.01
    d.rule = -1
    d.action = HOLD
    pause_ns = 400_000_000 + 17_000_000 * e.pair  # pairs that do not march in step
    if e.position > 0.0 and e.time_ns - e.entry_ns > pause_ns:
        d.action = SELL
    elif e.position <= 0.0 and e.time_ns - e.exit_ns > pause_ns:
        d.action = BUY
"""

WIDE: Final = Limits(
    pairs=("*",),
    order_value=Decimal(10**6),
    position_value=Decimal(10**6),
    total_exposure=Decimal(10**6),
    open_positions=1000,
    loss_per_trade=Decimal(10**6),
    loss_per_day=Decimal(10**6),
    orders_per_minute=10**6,
    price_collar=Decimal("0.1"),
)


def restless() -> Source:
    """The shipped strategy, which then trades every pair about twice a second."""
    shipped = Source.shipped()
    decide = shipped.files["decide.py"].decode().replace("def decide(", "def decide_calmly(")
    return Source.of({**shipped.files, "decide.py": (decide + RESTLESS).encode()})


@contextlib.asynccontextmanager
async def live_trader(*, pairs: int, events_per_second: float, source: Source) -> AsyncIterator[Trader]:
    """A trader that is warm and trades, until the block ends. Raises RuntimeError when anything went wrong."""
    symbols = [pair.symbol for pair in make_pairs(pairs)]
    wrong: list[str] = []

    def tell(told: Telling) -> None:
        if isinstance(told, FaultTold | Rejected | Denied):
            wrong.append(f"{kind_of(told)} {fields_of(told)}")

    with tempfile.TemporaryDirectory() as name:
        async with simulated_exchange(
            symbols=[str(pairs)], seed=11, speed=1.0, events_per_second=events_per_second, replay=None
        ) as address:
            settings = load_settings(data_dir=Path(name)).model_copy(update={"exchange": address})
            exchange = Binance(address)
            rules = await exchange.pairs(symbols)
            release = lay_out(source, Path(name) / "releases")
            minute = parse_timeframe("1m")
            trader = assemble(settings, WIDE, exchange, rules, minute, release, tell=tell, folder=Path(name) / "trader")
            try:
                await trader.start()
                yield trader
            finally:
                await trader.close()
    if wrong:
        raise RuntimeError(f"{len(wrong)} things went wrong, the first: {wrong[0]}")


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run as the trader runs: on uvloop, and first."""
    run_first()
    return uvloop.run(work)


async def trade_for(seconds: float) -> None:
    """Let the events flow."""
    await asyncio.sleep(seconds)
