"""`sorte run` as a process of its own, against the simulated exchange in this one: `kill -9`, full disks, a second one.

It runs in live mode with an armed limits file, which is how a trader meets an exchange that is not its own child. The
"real" exchange of the settings is the simulated one on loopback.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.simulator import Sim, serve
from services.simulator.orders import Order
from services.simulator.sources import Move
from services.trader import arming
from services.trader.journal import decode, lines
from services.trader.limits import PAPER_LIMITS, load_limits
from services.trader.portfolio import Portfolio
from tests.trader.harness import (
    BUY,
    DEEP,
    OBEDIENT,
    PAIRS,
    PRICES,
    check_orders,
    in_loop,
    is_protective_order,
    quiet_market,
    runs,
    settings_for,
    until,
)

ROOT = Path(__file__).parents[3]


class Process:
    """One `sorte run`, and the JSON lines that it printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told: list[dict[str, Any]] = []
        self.errors = b""
        self._reading = [asyncio.ensure_future(self._read()), asyncio.ensure_future(self._read_errors())]

    async def _read(self) -> None:
        while self.process.stdout is not None and (line := await self.process.stdout.readline()):
            self.told.append(json.loads(line))

    async def _read_errors(self) -> None:
        if self.process.stderr is not None:
            self.errors = await self.process.stderr.read()

    def heard(self, kind: str, **wanted: Any) -> list[dict[str, Any]]:
        """What was told of this kind, with these fields."""
        return [line for line in self.told if line["kind"] == kind and wanted.items() <= line.items()]

    async def hears(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """Wait until it is told; the last one."""
        await until(
            lambda: self.heard(kind, **wanted),
            f"{kind} {wanted}; told {self.told[-5:]} {self.errors[-500:]!r}",
            40,
        )
        return self.heard(kind, **wanted)[-1]

    async def killed(self) -> None:
        """`kill -9`, and wait until it, its hosts and every other child are gone."""
        children = descendants(self.process.pid)
        assert children
        self.process.kill()
        await self.ended()
        await until(lambda: not any(map(runs, children)), "nobody left behind")

    async def ended(self) -> int:
        """Its exit code."""
        async with asyncio.timeout(20):
            code = await self.process.wait()
            await asyncio.gather(*self._reading)
        return code


def descendants(pid: int) -> list[int]:
    """Every process below `pid`."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[1]
                )
            except OSError:
                continue
    below = [child for child, parent in parents.items() if parent == pid]
    return below + [grandchild for child in below for grandchild in descendants(child)]


async def sorte(*words: str, folder: Path, **environment: str) -> Process:
    """Start the command line."""
    return Process(
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", *words),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "SORTE_DATA_DIR": str(folder / "data"), **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    )


async def run(sim: Sim, folder: Path, *, protect: bool = True) -> Process:
    """`sorte run` on `sim`, armed."""
    strategy = folder / "strategy"
    strategy.mkdir(exist_ok=True)
    for name, data in OBEDIENT.files.items():
        (strategy / name).write_bytes(data)
    limits = folder / "limits.toml"
    limits.write_bytes(PAPER_LIMITS.read_bytes())
    settings = settings_for(sim, folder / "data").model_copy(update={"limits_file": limits})
    arming.arm(settings, load_limits(limits)[1])
    return await sorte(
        *("run", "--json", "--feed", "exchange", "--pairs", "BTCUSDT,ETHUSDT", "--strategy", str(strategy)),
        folder=folder,
        **environment(sim, limits),
        SORTE_TRADER__PROTECT=str(protect),
    )


def environment(sim: Sim, limits: Path) -> dict[str, str]:
    """The settings of a live account on `sim`."""
    return {
        "SORTE_LIMITS_FILE": str(limits),
        "SORTE_EXCHANGE__REST_URL": sim.rest_url,
        "SORTE_EXCHANGE__STREAM_URL": sim.stream_url,
        "SORTE_EXCHANGE__WS_API_URL": sim.ws_api_url,
        "SORTE_EXCHANGE__API_KEY": sim.settings.api_key,
        "SORTE_EXCHANGE__API_SECRET": sim.settings.api_secret,
        "SORTE_EXCHANGE__RECV_WINDOW_MS": "1500",
        "SORTE_TRADER__MODE": "live",
        "SORTE_TRADER__WARM_BARS": "10",
    }


@asynccontextmanager
async def running(sim: Sim, folder: Path, *, protect: bool = True) -> AsyncIterator[Process]:
    """A warm one; killed at the end if it still runs."""
    process = await run(sim, folder, protect=protect)
    try:
        await process.hears("ready")
        for pair in (0, 1):
            trade(sim, 1, pair)
        yield process
    finally:
        if process.process.returncode is None:
            await process.killed()


def trade(sim: Sim, lots: int, pair: int = 0, *, price: float | None = None) -> None:
    """One trade in the market, and the quotes around it."""
    ticks = round((price or PRICES[pair]) / float(PAIRS[pair].price_tick))
    sim.market.play(Move(sim.market.clock.now_ms(), pair, ticks - 1, ticks + 1, DEEP, DEEP, ticks, lots))


def journal(folder: Path) -> Path:
    return folder / "data" / "trader" / "journal"


def portfolio(folder: Path) -> Portfolio:
    """What the journal says now."""
    records = [decode(line) for line, _ in lines(journal(folder).read_bytes())]
    return Portfolio.of(PAIRS, [record for record in records if record is not None])


def decided(sim: Sim) -> list[Order]:
    """The orders that a decision led to: protection is not among them."""
    return [order for order in sim.exchange.orders.values() if not is_protective_order(order)]


def check(sim: Sim, folder: Path) -> None:
    """Within the limits, none twice, and the ledger's position is the exchange's; no pair has two stop orders."""
    for pair in PAIRS:
        assert sum(map(is_protective_order, sim.exchange.open_orders(pair.symbol))) <= 1
    check_orders(sim, load_limits(PAPER_LIMITS)[0])
    for holding in portfolio(folder).holdings.values():
        assert holding.quantity == sim.exchange.balances[holding.pair.base].total


@pytest.mark.parametrize("protect", [True, False])
@in_loop
async def test_kill_9_with_a_position_and_an_order_in_flight(tmp_path: Path, protect: bool) -> None:
    async with serve(quiet_market(latency_ms=200)) as sim:
        async with running(sim, tmp_path, protect=protect) as first:
            trade(sim, BUY)
            await first.hears("fill")
            trade(sim, BUY, pair=1)
            await until(lambda: len(decided(sim)) == 2, "the second order at the exchange")
            second_order = decided(sim)[1]
            assert second_order.is_open
            await first.killed()
            await until(lambda: not sim.hub._connections and not sim.users._subscriptions, "no socket left")
        await until(lambda: not second_order.is_open, "the order's end")
        async with running(sim, tmp_path, protect=protect) as second:
            assert second.heard("fault")[0]["cause"] == "order_open_at_start"
            check(sim, tmp_path)
            assert portfolio(tmp_path).holdings["ETHUSDT"].size > 0.0
            assert second.heard("epoch")[0]["epoch"] > first.heard("epoch")[0]["epoch"]
            trade(sim, BUY)
            trade(sim, BUY, pair=1)  # both are held: no third order
            second.process.terminate()
            assert await second.ended() == 0
        assert len(decided(sim)) == 2
        assert second.told[-1]["kind"] == "summary"
        check(sim, tmp_path)


@pytest.mark.parametrize("protect", [True, False])
@in_loop
async def test_kill_9_with_an_order_that_never_arrived(tmp_path: Path, protect: bool) -> None:
    async with serve(quiet_market()) as sim:
        async with running(sim, tmp_path, protect=protect) as first:
            sim.faults.timeout_before(1)
            trade(sim, BUY)
            await until(lambda: sim.faults.counts["timeout_before"], "the lost order")
            await first.killed()
        async with running(sim, tmp_path, protect=protect) as second:
            assert [fault["cause"] for fault in second.heard("fault")] == ["order_open_at_start"]
            assert decided(sim) == []
            assert portfolio(tmp_path).open_orders == {}
            await until(lambda: second.heard("fill") or trade(sim, BUY), "a purchase, after the pair's rest")
        assert len(decided(sim)) == 1
        check(sim, tmp_path)


@in_loop
async def test_kill_9_leaves_a_stop_that_sells_while_nobody_runs_and_the_next_start_books_it(tmp_path: Path) -> None:
    async with serve(quiet_market()) as sim:
        async with running(sim, tmp_path) as first:
            trade(sim, BUY)
            stop = Decimal((await first.hears("protection", state="rests"))["stop"])
            await first.killed()
        resting = sim.exchange.open_orders("BTCUSDT")
        assert [order.stop_price for order in resting] == [stop]
        trade(sim, 1, price=float(stop) - 10)
        assert not resting[0].is_open
        async with running(sim, tmp_path) as second:
            assert second.heard("fault") == []
            assert portfolio(tmp_path).holdings["BTCUSDT"].size == 0.0
            assert portfolio(tmp_path).protections == {}
            check(sim, tmp_path)
        assert len(decided(sim)) == 1


@in_loop
async def test_kill_9_and_a_restart_keep_one_stop_order(tmp_path: Path) -> None:
    async with serve(quiet_market()) as sim:
        async with running(sim, tmp_path) as first:
            trade(sim, BUY)
            await first.hears("protection", state="rests")
            await first.killed()
        resting = sim.exchange.open_orders("BTCUSDT")
        async with running(sim, tmp_path) as second:
            trade(sim, 1)
            second.process.terminate()
            assert await second.ended() == 0
            assert sim.exchange.open_orders("BTCUSDT") == resting  # over an orderly end too
            check(sim, tmp_path)


async def said(sim: Sim, folder: Path, *words: str, **more: str) -> tuple[int, str]:
    """What a command of the owner said beside the trader, and its exit code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", *words),
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SORTE_DATA_DIR": str(folder / "data"),
            **environment(sim, folder / "limits.toml"),
            **more,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


@in_loop
async def test_kill_leaves_the_stop_and_kill_all_takes_it_back_and_names_what_is_bare(tmp_path: Path) -> None:
    async with serve(quiet_market()) as sim:
        async with running(sim, tmp_path) as first:
            trade(sim, BUY)
            rests = await first.hears("protection", state="rests")
            code, told = await said(sim, tmp_path, "kill")
            assert code == 0
            assert f"BTCUSDT: the stop order at {rests['stop']} ({rests['order']}) stays" in told
            await first.hears("trading", state="halted")
            assert len(sim.exchange.open_orders("BTCUSDT")) == 1
            code, told = await said(sim, tmp_path, "kill", "--all")
            assert code == 0, told
            assert f"BTCUSDT is bare: {rests['quantity']} was protected at {rests['stop']}." in told
            assert sim.exchange.open_orders("BTCUSDT") == []
            fault = await first.hears("fault", cause="bare", subject="BTCUSDT")
            assert "kill --all" in fault["detail"]
        check(sim, tmp_path)


@in_loop
async def test_kill_all_takes_it_back_when_nobody_runs_and_says_when_it_could_not(tmp_path: Path) -> None:
    async with serve(quiet_market()) as sim:
        async with running(sim, tmp_path) as first:
            trade(sim, BUY)
            rests = await first.hears("protection", state="rests")
            await first.killed()
        code, told = await said(sim, tmp_path, "kill", "--all", SORTE_EXCHANGE__API_KEY="another")
        assert code == 1
        assert f"({rests['order']}) is STILL THERE" in told
        assert len(sim.exchange.open_orders("BTCUSDT")) == 1
        code, told = await said(sim, tmp_path, "kill", "--all")
        assert code == 0, told
        assert "BTCUSDT is bare" in told
        assert sim.exchange.open_orders("BTCUSDT") == []
        async with running(sim, tmp_path) as second:  # halted: it learns of the end, and places none
            await second.hears("fault", cause="bare", subject="BTCUSDT")
            assert sim.exchange.open_orders("BTCUSDT") == []
            assert portfolio(tmp_path).protections == {}


@in_loop
async def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    async with serve(quiet_market()) as sim:
        async with running(sim, tmp_path) as first:
            trade(sim, BUY)
            await first.hears("fill")
            await until(lambda: not portfolio(tmp_path).open_orders, "the order's end")
        whole = journal(tmp_path).read_bytes()
        journal(tmp_path).write_bytes(whole + b'89abcdef {"type":"order","client_id"')
        async with running(sim, tmp_path):
            assert journal(tmp_path).read_bytes().startswith(whole)
            assert b"89abcdef {" not in journal(tmp_path).read_bytes()
            check(sim, tmp_path)
        assert len(decided(sim)) == 1


@in_loop
async def test_a_second_trader_on_the_same_folder_refuses(tmp_path: Path) -> None:
    async with serve(quiet_market()) as sim, running(sim, tmp_path) as first:
        second = await run(sim, tmp_path)
        assert await second.ended() == 1
        assert "Another trader works with" in second.told[-1]["message"]
        trade(sim, BUY)
        await first.hears("fill")
        assert len(decided(sim)) == 1


@in_loop
async def test_a_disk_that_fills_up_stops_trading_with_a_reason_and_tears_nothing(tmp_path: Path) -> None:
    async with serve(quiet_market()) as sim:
        async with running(sim, tmp_path) as first:
            size = journal(tmp_path).stat().st_size + 20  # the next record is written in part
            resource.prlimit(first.process.pid, resource.RLIMIT_FSIZE, (size, size))
            trade(sim, BUY)
            assert await first.ended() == 1
            cause, *rest = [fault["cause"] for fault in first.heard("fault")]
            assert cause == "unexpected"
            assert set(rest) <= {"recording_lost"}
            assert first.told[-1]["kind"] == "error"
            assert "Trading was stopped" in first.told[-1]["message"]
        assert decided(sim) == []
        async with running(sim, tmp_path) as second:
            trade(sim, BUY)
            await second.hears("fill")
        assert len(decided(sim)) == 1


@pytest.mark.parametrize("how", ["kill", "terminate"])
@in_loop
async def test_a_paper_run_takes_its_exchange_and_hosts_with_it(tmp_path: Path, how: str) -> None:
    process = await sorte("run", "--json", "--pairs", "BTCUSDT", folder=tmp_path)
    try:
        await process.hears("ready")
        children = descendants(process.process.pid)
        assert len(children) >= 4  # the exchange, two hosts, the database's follower
        getattr(process.process, how)()
        assert await process.ended() == (0 if how == "terminate" else -9)
    finally:
        if process.process.returncode is None:
            await process.killed()
    await until(lambda: not any(map(runs, children)), "nobody left behind")
