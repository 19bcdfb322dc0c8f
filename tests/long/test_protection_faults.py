"""Seeded faults against a trader whose positions are protected: none doubled, none lost, none bare for long.

Each seed is a run of its own: purchases, sales, rising and falling prices, restarts, and beside each of them something
that goes wrong at the exchange or on the way there. What the exchange holds is looked at every few milliseconds.

    make test-long                 until `FAULTS` faults have struck; goes on where it was
    SEEDS=5 make test-long         so many seeds more

Every seed that has passed is a line in `.bench/protection-faults.jsonl`; remove the file to begin anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from services.simulator import Kind, Sim, serve
from services.simulator.orders import Report
from services.simulator.sources import Move
from tests.trader.harness import (
    BUY,
    DEEP,
    PAIRS,
    PRICES,
    SELL,
    Rig,
    in_loop,
    is_protective_order,
    quiet_market,
    strategy,
    trading,
    until,
)

FAULTS = 1000
STEPS = 24
ALLOWED_SECONDS = 2.0
RESULTS = Path(__file__).parents[2] / ".bench" / "protection-faults.jsonl"
TRAILING = strategy("d.stop = max(e.best_price, e.price) * 0.98 if e.position > 0.0 else math.nan")

pytestmark = [pytest.mark.long, pytest.mark.timeout(0)]


def results() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []


def test_no_fault_doubles_loses_or_bares_anything(tmp_path_factory: pytest.TempPathFactory) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    seeds = int(os.environ.get("SEEDS", "0"))
    first = 1 + max((result["seed"] for result in results()), default=0)
    seed = first
    while seed < first + seeds if seeds else sum(result["faults"] for result in results()) < FAULTS:
        result = one_seed(seed, tmp_path_factory.mktemp(f"seed{seed}"))
        print(result, flush=True)
        with RESULTS.open("a") as file:
            file.write(json.dumps(result) + "\n")
        seed += 1
    total = results()
    faults, longest = sum(result["faults"] for result in total), max(result["bare"] for result in total)
    print(f"{len(total)} seeds, {faults} faults, longest without protection {longest:.2f} s")


def one_seed(seed: int, folder: Path) -> dict[str, Any]:
    """Run it; what it counted."""
    found: dict[str, Any] = {}

    @in_loop
    async def run() -> None:
        scene = Scene(random.Random(seed), folder)  # noqa: S311 - a seeded course of events, no secret
        found.update({"seed": seed, **await scene.run()})

    run()
    return found


class Watch:
    """What the exchange holds, all the time: doubled stop orders, and positions that nothing covers."""

    def __init__(self, sim: Sim, excused: Callable[[], bool]) -> None:
        self.doubled: list[str] = []
        self.longest = 0.0
        self.longest_of_all = 0.0  # those included that are excused
        self._sim, self._excused = sim, excused
        self._since = dict.fromkeys((pair.symbol for pair in PAIRS), 0.0)
        self._answering_since = dict(self._since)
        sim.exchange.reporters.append(self._reported)

    def _reported(self, report: Report) -> None:
        symbol = report.order.symbol
        resting = [order for order in self._sim.exchange.open_orders(symbol) if is_protective_order(order)]
        if len(resting) > 1:
            self.doubled.append(f"{symbol}: {[order.client_order_id for order in resting]}")

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            for pair, state in zip(PAIRS, self._sim.market.pairs, strict=True):
                self._look(pair, float(state.grid.price(state.last_ticks())))
            await asyncio.sleep(0.005)

    def _look(self, pair: Any, price: float) -> None:
        now = time.monotonic()
        held = self._sim.exchange.balances[pair.base].total
        lots = held // pair.lot * pair.lot
        sales = [order for order in self._sim.exchange.open_orders(pair.symbol) if not order.is_buy]
        covered = sum(order.quantity - order.filled for order in sales)
        if float(lots) * price < float(pair.min_notional) * 1.1 or covered >= lots - pair.lot:
            self._since[pair.symbol] = self._answering_since[pair.symbol] = 0.0
            return
        self._since[pair.symbol] = self._since[pair.symbol] or now
        self.longest_of_all = max(self.longest_of_all, now - self._since[pair.symbol])
        if self._excused():
            self._answering_since[pair.symbol] = 0.0
            return
        self._answering_since[pair.symbol] = self._answering_since[pair.symbol] or now
        self.longest = max(self.longest, now - self._answering_since[pair.symbol])


class Scene:
    """One exchange, one account, and one trader after the other."""

    def __init__(self, chance: random.Random, folder: Path) -> None:
        self.chance, self.folder = chance, folder
        self.struck: Counter[str] = Counter()
        self.prices = list(PRICES)
        self.course: list[str] = []

    async def run(self) -> dict[str, Any]:
        """Play it."""
        async with serve(quiet_market(latency_ms=self.chance.choice([0, 0, 5, 20, 60]))) as self.sim:
            watch = Watch(self.sim, lambda: not self._answers())
            looking = asyncio.gather(watch.run(), self._goes_on())
            try:
                async with AsyncExitStack() as self.stack:
                    await self._start()
                    for _ in range(STEPS):
                        await self._step()
                        assert not watch.doubled, (watch.doubled, self.course)
                        assert watch.longest <= ALLOWED_SECONDS, (watch.longest, self.course[-4:], self.it.told[-20:])
                    await self._calm()
            finally:
                looking.cancel()
        self._nothing_doubled_or_lost()
        return {
            "faults": sum(self.struck.values()),
            "struck": dict(self.struck),
            "bare": round(watch.longest, 3),
            "bare_in_silence": round(watch.longest_of_all, 3),
        }

    def _answers(self) -> bool:
        """Whether a trader runs and the exchange lets it send orders."""
        execution = self.it.trader.execution
        return (
            not execution.stopped
            and execution.connected.is_set()
            and not execution.unreconciled
            and self.it.trader.exchange.ban.orders_left() <= 0
            and self.it.trader.cycle.open
        )

    async def _goes_on(self) -> None:
        """Somebody trades all the time, as in any market: what is watched at each event is watched."""
        while True:
            await asyncio.sleep(0.1)
            for pair in range(len(PAIRS)):
                ticks = round(self.prices[pair] / float(PAIRS[pair].price_tick))
                self.sim.market.play(
                    Move(self.sim.market.clock.now_ms(), pair, ticks - 1, ticks + 1, DEEP, DEEP, ticks, 1)
                )

    # What happens -----------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self.it: Rig
        made = trading(self.sim, self.folder, TRAILING, protect_paper=True, recv_window_ms=800)
        self.it = await self.stack.enter_async_context(made)
        self.it.prices = self.prices
        for pair in range(len(PAIRS)):
            self.it.trade(1, pair=pair)

    async def _restart(self) -> None:
        self.struck["restart"] += 1
        await self.stack.aclose()
        if self.chance.random() < 0.4:
            self._move(self.chance.randrange(len(PAIRS)), -0.03)  # while nobody runs, a stop may be reached
        await self._start()

    async def _step(self) -> None:
        """Something goes wrong, something happens, and then everything comes to rest."""
        pair = self.chance.randrange(len(PAIRS))
        fault = self.chance.choice(sorted(FAULTS_BY_NAME))
        held = self.it.holding(pair).size > 0.0
        action = self.chance.choice(["sell", "sell", "up", "up", "down", "fall", "thin"] if held else ["buy"])
        self.course.append(f"{fault}, {action} {PAIRS[pair].symbol}")
        before = self.sim.faults.counts.total()
        if fault == "restart":
            await self._restart()
        else:
            FAULTS_BY_NAME[fault](self, pair)
        for _ in range(self.chance.choice([1, 1, 2])):
            self._act(action, pair)
            await asyncio.sleep(self.chance.choice([0, 0.01, 0.1]))
        await self._calm()
        if fault not in ("restart", "by_hand") and self.sim.faults.counts.total() > before:
            self.struck[fault] += 1

    def _act(self, action: str, pair: int) -> None:
        match action:
            case "buy" | "sell":
                self.it.trade(BUY if action == "buy" else SELL, pair=pair)
            case "up":
                self._move(pair, 0.004)
            case "down":
                self._move(pair, -0.004)
            case "fall":
                self._move(pair, -0.03)
            case "thin":
                book = self.sim.market.pairs[pair].book
                usual, book.bids.typical_lots = book.bids.typical_lots, 1
                self.it.trade(SELL, pair=pair)
                book.bids.typical_lots = usual

    def _move(self, pair: int, change: float) -> None:
        tick = float(PAIRS[pair].price_tick)
        self.prices[pair] = round(self.prices[pair] * (1 + change) / tick) * tick
        self.it.trade(1, pair=pair, price=self.prices[pair])

    async def _calm(self) -> None:
        """The exchange answers again, and all that was begun comes to its end."""
        faults = self.sim.faults
        await asyncio.sleep(self.chance.choice([0.03, 0.03, 0.1, 0.5]))
        faults.clear()
        trader = self.it.trader
        await until(trader.execution.connected.is_set, "the order connection", 30)
        await until(lambda: not trader.portfolio.open_orders, f"no order under way: {self.course[-3:]}", 30)
        await until(lambda: not trader.execution.protecting.bare(), "protected", 30)
        await until(lambda: not trader.execution.protecting.under_way, f"settled: {self._told()}", 30)
        await until(lambda: all(self._agrees(pair) for pair in PAIRS), f"books agree: {self._told()}", 30)
        assert not trader.failed.done(), trader.failed

    def _agrees(self, pair: Any) -> bool:
        """Whether our books are the exchange's, and the whole of a position is covered."""
        holding = self.it.trader.portfolio.holdings[pair.symbol]
        resting = [order for order in self.sim.exchange.open_orders(pair.symbol) if is_protective_order(order)]
        covered = sum(order.quantity - order.filled for order in resting)
        whole = covered == (holding.sellable if holding.size > 0.0 else 0)
        return whole and holding.quantity == self.sim.exchange.balances[pair.base].total

    def _told(self) -> Any:
        return self.course[-3:], self.it.told[-12:]

    def _nothing_doubled_or_lost(self) -> None:
        orders = list(self.sim.exchange.orders.values())
        assert len({order.client_order_id for order in orders}) == len(orders)
        portfolio = self.it.trader.portfolio
        for order in orders:
            if order.client_order_id != BY_HAND:
                assert order.client_order_id in portfolio.statuses
                filled = portfolio.filled.get(order.client_order_id, 0)
                assert filled == order.filled, (order.client_order_id, filled, order.filled)
        assert portfolio.fills == len(self.sim.exchange.trades)


BY_HAND = "by-hand"


def _cancelled_by_hand(scene: Scene, pair: int) -> None:
    for order in scene.sim.exchange.open_orders(PAIRS[pair].symbol):
        if is_protective_order(order):
            scene.sim.exchange.cancel(order, BY_HAND)
            scene.struck["by_hand"] += 1


def _disconnect(scene: Scene, _pair: int) -> None:
    scene.sim.faults.disconnect()


def _stall_and(name: str) -> Callable[[Scene, int], None]:
    def arm(scene: Scene, _pair: int) -> None:
        scene.sim.faults.stall("userData")
        getattr(scene.sim.faults, name)(1)

    return arm


def _arm(name: str, *arguments: Any, **how: Any) -> Callable[[Scene, int], None]:
    def arm(scene: Scene, _pair: int) -> None:
        getattr(scene.sim.faults, name)(*arguments, **how)

    return arm


FAULTS_BY_NAME: dict[str, Callable[[Scene, int], None]] = {
    "timeout_before": _arm("timeout_before", 1),
    "timeout_after": _arm("timeout_after", 1),
    "timeout_twice": _arm("timeout_after", 2),
    "error_before": _arm("error_before", 1),
    "error_after": _arm("error_after", 1),
    "silent_before": _stall_and("timeout_before"),
    "silent_after": _stall_and("timeout_after"),
    "silent_error": _stall_and("error_after"),
    "stall": _arm("stall", "userData"),
    "duplicate": _arm("duplicate", 8, "userData"),
    "gap": _arm("gap", 2, "userData"),
    "reject_order": _arm("reject_order", 1),
    "reject_two": _arm("reject_order", 2),
    "rate_limit": _arm("rate_limit", 1, retry_after=1, on=Kind.PLACE),
    "cancel_fails": _arm("error_before", 1, on=Kind.CANCEL),
    "questions_fail": _arm("error_before", 2, on=Kind.OTHER),
    "disconnect": _disconnect,
    "by_hand": _cancelled_by_hand,
    "restart": lambda _scene, _pair: None,
}
