"""A running simulated exchange: wires market, engine, streams and faults, and serves them on one loopback port."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from aiohttp import web

from core.tasks import start_task
from services.simulator import kept
from services.simulator.clock import MarketClock, wall_ms
from services.simulator.faults import Faults
from services.simulator.feed import MarketFeed
from services.simulator.generator import Generator
from services.simulator.keeper import Keeper
from services.simulator.kept import Kept, KeptMarket
from services.simulator.limits import WeightLimit
from services.simulator.market import Market
from services.simulator.matching import Exchange
from services.simulator.replay import Replay
from services.simulator.rest import MAX_BODY, rest_handlers
from services.simulator.resuming import opened, restore_account
from services.simulator.settings import SimSettings
from services.simulator.sources import PriceSource
from services.simulator.streams import Connection, Hub, stream_handlers
from services.simulator.users import Users
from services.simulator.venue import Venue
from services.simulator.ws_api import ws_api_handlers

SHUTDOWN_SECONDS: Final = 0.2
"""What open requests get to finish; streams never finish by themselves."""


class Sim:
    """What `serve` hands out: the addresses, and the parts that a test looks into."""

    def __init__(self, settings: SimSettings) -> None:
        self._lock = -1 if settings.keep is None else kept.lock(settings.keep, settings.keep_waits_seconds)
        self.kept: Kept | None = None
        """What was kept when this exchange was started; None for one that keeps nothing."""
        if settings.keep is not None:
            settings, self.kept = opened(settings, settings.keep)
        resumed = self.kept.markets if self.kept is not None else []
        source = price_source(settings, resumed)
        self.settings = settings
        self.market = Market(settings, source, MarketClock(source.start_ms, settings.speed), resumed)
        self.exchange = Exchange(settings, self.market, _later)
        self.keeper: Keeper | None = None
        if self.kept is not None and settings.keep is not None and isinstance(source, Generator):
            restore_account(self.exchange, self.market, self.kept)
            self.keeper = Keeper(
                *(settings.keep, self.kept, self.market, source, self.exchange),
                kept_closed=settings.kept_closed,
                log_bytes=settings.log_bytes,
            )
        self.faults = Faults()
        self.faults.halt = self.market.halt
        self.hub = Hub(self.faults, settings.backlog_bytes)
        self.users = Users(self.exchange, self.hub, self.faults)
        self.limit = WeightLimit(settings.weight_per_minute)
        self.port = 0
        MarketFeed(self.market, self.hub)
        if settings.start_on_client:
            self.hub.on_first = self.market.begun.set
        else:
            self.market.begun.set()

    def close(self) -> None:
        """Write what is kept for the last time, and give the folder back."""
        if self.keeper is not None:
            self.keeper.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def rest_url(self) -> str:
        return f"http://{self.settings.host}:{self.port}"

    @property
    def stream_url(self) -> str:
        return f"ws://{self.settings.host}:{self.port}"

    @property
    def ws_api_url(self) -> str:
        return f"{self.stream_url}/ws-api/v3"

    @property
    def finished(self) -> Awaitable[bool]:
        """Done once a replay is over; await it as often as you like."""
        return self.market.finished.wait()


def price_source(settings: SimSettings, resumed: Sequence[KeptMarket] = ()) -> PriceSource:
    if settings.bars is not None:
        return Replay(settings, dict(settings.bars), dict(settings.past_bars or {}))
    return Generator(settings, wall_ms() if settings.start_ms is None else settings.start_ms, resumed)


@asynccontextmanager
async def serve(settings: SimSettings) -> AsyncIterator[Sim]:
    """Serve in the running loop until the block is left; the market starts when the port is open."""
    sim = Sim(settings)
    closing = asyncio.Event()
    runner = web.AppRunner(
        _application(sim, closing), access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        sim.port = runner.addresses[0][1]
        async with _running(sim.market, sim.keeper):
            yield sim
    finally:
        closing.set()
        sim.hub.close_all()
        await runner.cleanup()
        sim.close()


def _application(sim: Sim, closing: asyncio.Event) -> web.Application:
    venue = Venue(sim.settings, sim.market, sim.exchange, sim.users, sim.faults, sim.limit)
    application = web.Application(client_max_size=MAX_BODY)
    api_connections: set[Connection] = set()
    application.add_routes(ws_api_handlers(venue, api_connections))
    application.add_routes(stream_handlers(sim.hub))
    application.add_routes(rest_handlers(venue, closing))

    def close_every_stream() -> int:
        for connection in api_connections:
            connection.transport.abort()
        return sim.hub.close_all() + len(api_connections)

    sim.faults.close_streams = close_every_stream
    return application


@asynccontextmanager
async def _running(market: Market, keeper: Keeper | None) -> AsyncIterator[None]:
    """The market plays while the block runs; its failure is the block's."""
    work = [market.run(), market.update_bars(), *([keeper.run()] if keeper is not None else [])]
    tasks = [start_task(each, "the simulated market failed") for each in work]  # said at once that it stands still
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


def _later(seconds: float, act: Callable[[], None]) -> None:
    """Matching after the latency; without one, at once."""
    if seconds > 0:
        asyncio.get_running_loop().call_later(seconds, act)
    else:
        act()
