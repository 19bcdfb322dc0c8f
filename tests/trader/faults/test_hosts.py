"""A strategy host dies, hangs, lies or attacks: the previous one answers, or nobody; no order that nobody meant.

`check` at each test's end: no order outside the limits, none twice, the position is the exchange's, the trader lives,
and each fault was told once.
"""

from __future__ import annotations

import asyncio
import select
import shutil
import time
from pathlib import Path

import msgspec
import pytest

from core.errors import SandboxError
from core.kernel import EVENT_WIRE, TRADE
from core.releases import Release
from core.strategy import Source
from services.trader.host import Host
from services.trader.ticks import Tick
from services.trader.timing import Timing
from tests.trader.harness import (
    BAD,
    BUY,
    OBEDIENT,
    PRICES,
    SELL,
    Rig,
    in_loop,
    kill_hard,
    rig,
    runs,
    strategy,
    until,
)

COUNTS = strategy("if lots == BUY: d.score = s.seen / 1e4")
"""Says with a buy how many events of the pair it has seen."""


def feed_now(it: Rig, events: int = 1) -> None:
    """Events that reach the hosts within this turn of the loop, so that none can notice a death before."""
    for _ in range(events):
        it.trader.cycle.on_tick(Tick(0, TRADE, time.time_ns(), PRICES[0], buy_volume=1e-5), time.monotonic_ns(), True)


async def one_buy_and_one_sale(it: Rig) -> None:
    """The trader still trades: once each."""
    before = len(it.orders)
    await it.buys()
    await it.sells()
    assert len(it.orders) == before + 2


# Death ----------------------------------------------------------------------------------------------------------------


@in_loop
async def test_a_killed_blue_host_is_followed_by_the_previous_one_and_no_event_is_lost(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        slots = it.trader.slots
        blue, previous = slots.blue, slots.previous
        assert blue is not None
        for number in range(300):
            it.trade()
            if number == 150:
                kill_hard(blue.pid)
            if number % 10 == 0:
                await asyncio.sleep(0)
        await it.events_settled()
        assert slots.blue is previous
        assert slots.unanswered == 0
        await it.two_warm_hosts()
        assert slots.previous not in (None, previous)
        await one_buy_and_one_sale(it)
        await it.check("host_died")


@in_loop
async def test_a_death_noticed_while_an_event_is_sent_still_brings_it_to_the_heir(tmp_path: Path) -> None:
    async with rig(tmp_path, COUNTS) as it:
        slots = it.trader.slots
        assert slots.blue is not None
        kill_hard(slots.blue.pid)
        assert select.select([slots.blue._channel], [], [], 5)[0]  # the box is gone too: the next send fails
        feed_now(it)
        await it.events_settled()
        assert slots.unanswered == 0
        await it.buys()
        assert seen(it) == events_of_the_pair(it)
        await it.check("host_died")


@in_loop
async def test_with_both_hosts_dead_nothing_is_ordered_until_one_has_replayed_the_tape(tmp_path: Path) -> None:
    async with rig(tmp_path, COUNTS) as it:
        slots = it.trader.slots
        for host in slots.hosts:
            kill_hard(host.pid)
        feed_now(it)
        await until(lambda: slots.blue is None or not slots.blue.heard, "nobody to decide")
        it.trade(BUY)
        await it.events_settled()
        await it.two_warm_hosts()
        assert it.orders == []
        await it.buys()
        assert seen(it) == events_of_the_pair(it)
        await it.check("host_died", "host_died")


def seen(it: Rig) -> int:
    """How many events the strategy had seen of the pair when it bought."""
    return round(it.heard("decision")[-1]["score"] * 1e4)


def events_of_the_pair(it: Rig) -> int:
    """How many there were, up to that decision; sequences count the events of both pairs."""
    until_sequence = it.heard("decision")[-1]["sequence"]
    events = [EVENT_WIRE.unpack(event) for _, event in it.trader.tape.warm_up()]
    return sum(sequence <= until_sequence and pair == 0 for sequence, _, pair, *_ in events)


@in_loop
async def test_a_killed_previous_host_is_replaced_and_the_turns_go_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        slots = it.trader.slots
        blue, previous = slots.blue, slots.previous
        assert previous is not None
        kill_hard(previous.pid)
        for _ in range(50):
            it.trade()
        await it.events_settled()
        assert slots.blue is blue
        assert slots.unanswered == 0
        await it.two_warm_hosts()
        await one_buy_and_one_sale(it)
        await it.check("host_died")


@in_loop
async def test_a_box_that_cannot_be_built_is_told_and_tried_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        previous = it.trader.slots.previous
        assert previous is not None
        shutil.rmtree(previous.release.folder)
        kill_hard(previous.pid)
        await it.hears("fault", cause="host_not_started")
        it.release(OBEDIENT)
        await it.two_warm_hosts()
        await one_buy_and_one_sale(it)
        await it.check("host_died", "host_not_started")


@in_loop
async def test_when_restarts_are_used_up_the_trader_holds_and_keeps_its_position(tmp_path: Path) -> None:
    """Both hosts are of one release, so both raise at the event, and so does whoever replays it."""
    async with rig(tmp_path, strategy("if lots == BAD: 1 / 0"), host_restarts=1) as it:
        await it.buys()
        it.trade(BAD)
        await it.hears("fault", cause="host_raised", times=3)
        await until(lambda: it.trader.slots.hosts == [], "no host left")
        for lots in (SELL, BUY, 1):
            it.trade(lots)
        await it.events_settled()
        assert len(it.orders) == 1
        assert it.holding().size > 0.0
        await it.check("host_raised", "host_raised", "host_given_up", "host_raised")


@in_loop
async def test_the_budget_of_restarts_is_one_of_an_hour_and_then_hosts_come_again(tmp_path: Path) -> None:
    async with rig(tmp_path, timing=Timing(restarts_seconds=3.0), host_restarts=1) as it:
        killed = [host.pid for host in it.trader.slots.hosts]
        for pid in killed:
            kill_hard(pid)
        it.trade()
        given_up = await it.hears("fault", cause="host_given_up")
        assert "for 0 min" in given_up["detail"]
        await it.two_warm_hosts()
        assert not {host.pid for host in it.trader.slots.hosts} & set(killed)
        await it.buys()
        assert it.faults.count("host_died") == 2


# Lateness -------------------------------------------------------------------------------------------------------------


@in_loop
async def test_a_hung_host_loses_its_turns_to_the_previous_one_and_is_retired(tmp_path: Path) -> None:
    async with rig(tmp_path, host_deadline_ms=400) as it:
        hung = await it.goes_live(strategy("while lots == BAD: pass"))
        it.trade(BAD)
        it.trade(BUY)
        it.trade()
        await it.hears("fault", cause="host_hung")
        await it.events_settled()
        await it.orders_settled()
        slots = it.trader.slots
        assert not runs(hung.pid)
        assert slots.unanswered == 0
        assert slots.blue is not None
        assert slots.blue.release.tree_hash == OBEDIENT.tree_hash
        assert [order.client_order_id.split("-")[1] for order in it.orders] == [OBEDIENT.tree_hash[:8]]
        assert it.heard("epoch")[-1]["release"] == OBEDIENT.tree_hash
        await it.two_warm_hosts()
        assert slots.previous is not None
        assert slots.previous.release.tree_hash == OBEDIENT.tree_hash  # what hung is not started again
        await it.sells()
        await it.check("host_late", "host_hung")


@in_loop
async def test_one_late_answer_is_told_and_forgiven(tmp_path: Path) -> None:
    async with rig(tmp_path, host_deadline_ms=400) as it:
        blue = await it.goes_live(strategy("for _ in range(6 * 10**7 if lots == BAD else 0): pass"))
        await it.round_trip(BAD)
        await it.hears("fault", cause="host_late")
        await until(lambda: blue.answered == it.trader.tally.sequence, "the late answer")
        await it.round_trip()
        assert it.trader.slots.blue is blue
        assert blue.late_turns == 0
        await it.check("host_late")


@in_loop
async def test_a_machine_that_stood_still_makes_no_host_late(tmp_path: Path) -> None:
    async with rig(tmp_path, strategy("for _ in range(20_000): pass"), host_deadline_ms=400) as it:
        feed_now(it, events=60)  # about a millisecond each, and an answer each
        time.sleep(1.0)  # noqa: ASYNC251 - the standstill
        await it.events_settled()
        await one_buy_and_one_sale(it)
        await it.check()


# Nonsense -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "says",
    [
        "d.score = math.nan",
        "d.score, d.action = 1.5, 1",
        "d.confidence, d.action = math.inf, 1",
        "d.action = 7",
        "d.action = -1",
        "d.size, d.action = 5.0, 1",
        "d.size, d.action = math.nan, 1",
        "d.min_hold_seconds, d.action = 0.0, 1",
        "d.stop, d.action = 0.0, 1",
        "d.stop, d.action = -3.0, 1",
        "d.target, d.action = math.inf, 1",
    ],
)
@in_loop
async def test_nonsense_is_not_heard(tmp_path: Path, says: str) -> None:
    async with rig(tmp_path) as it:
        await it.goes_live(strategy(f"if lots == BAD: {says}"))
        await it.round_trip(BAD)
        await it.hears("fault", cause="host_nonsense")
        assert it.orders == []
        assert it.trader.slots.unanswered == 0
        await one_buy_and_one_sale(it)
        await it.check("host_nonsense")


FLOODS = {
    "decisions": "os.write(3, bytes(120))",
    "bytes": "os.write(3, b'x' * 50)",
    "control": """os.write(3, b'{"ready": 1, "tree": 2, "compile_seconds": 3, "rss_mb": 4}')""",
}


@pytest.mark.parametrize("what", FLOODS)
@in_loop
async def test_a_flood_of_what_nobody_asked_for_ends_the_host(tmp_path: Path, what: str) -> None:
    async with rig(tmp_path) as it:
        await it.goes_live(strategy(f"while lots == BAD: {FLOODS[what]}", top="import os"))
        await it.round_trip(BAD)
        await it.hears("fault", cause="host_nonsense")
        await one_buy_and_one_sale(it)
        await it.check("host_nonsense")


# What is hostile ------------------------------------------------------------------------------------------------------

ATTACKS = {
    "raises": "1 / 0",
    "leaves": "raise SystemExit(0)",
    "takes every byte": "kept = [bytearray(1 << 24) for _ in range(10**6)]",
    "recurses": "act(e, s, d, lots)",
    "opens a socket": "socket.create_connection(('127.0.0.1', 80))",
    "reads a file": "raise OSError(open('/etc/passwd').read())",
    "reads the environment": "raise OSError(repr(dict(os.environ)))",
    "reads the parent's memory": "raise OSError(open(f'/proc/{os.getppid()}/mem', 'rb').read(10))",
    "forks": "os.fork()",
    "kills": "os.kill(-1, 9)",
    "crashes": "ctypes.string_at(0)",
}


@pytest.mark.parametrize("attack", ATTACKS)
@in_loop
async def test_an_attack_costs_the_attacker_its_life_and_nobody_else_anything(tmp_path: Path, attack: str) -> None:
    hostile = strategy(f"if lots == BAD: {ATTACKS[attack]}", top="import ctypes\nimport os\nimport socket")
    async with rig(tmp_path, host_memory_mb=512, host_deadline_ms=5000) as it:
        await it.buys()
        host = await it.goes_live(hostile)
        await it.round_trip(BAD)
        await until(lambda: it.faults, "a fault")
        assert host.cause in ("host_raised", "host_died")
        assert not runs(host.pid)
        assert it.sim.settings.api_secret not in msgspec.json.encode(it.told).decode()
        assert it.trader.slots.unanswered == 0
        await it.sells()
        assert len(it.orders) == 2
        await it.check(host.cause)


SAYS_AT_IMPORT = """
import json
import os
import sys

frame = sys._getframe()
while "start" not in frame.f_locals:
    frame = frame.f_back
nonce = frame.f_locals["start"]["nonce"]
os.write(3, {message})
"""
"""The nonce proves no honesty: strategy code finds it in the runner's frames."""
READY = "'ready': nonce, 'compile_seconds': 1, 'rss_mb': 1"
MESSAGES = {
    "a list": ("b'[1, 2]'", "host_nonsense"),
    "no JSON": ("b'{{{'", "host_nonsense"),
    "decisions": ("bytes(120)", "host_nonsense"),
    "a huge message": ("b'{' * 100_000", "host_nonsense"),
    "another tree": (f"json.dumps({{{READY}, 'tree': 'f' * 40}}).encode()", "host_tree"),
    "a list as tree": (f"json.dumps({{{READY}, 'tree': [[1]] * 100}}).encode()", "host_tree"),
    "a huge integer as tree": (f"json.dumps({{{READY}, 'tree': 10**3000}}).encode()", "host_tree"),
    "half a surrogate pair": ("json.dumps({'failed': nonce, 'error': '\\ud800 \\x1b[2J'}).encode()", "host_failed"),
    "a fault before its time": ("json.dumps({'fault': 10**3000, 'error': '\\ud800'}).encode()", "host_raised"),
}


@pytest.mark.parametrize("message", MESSAGES)
@in_loop
async def test_a_hostile_greeting_is_one_fault_in_plain_words(tmp_path: Path, message: str) -> None:
    said, cause = MESSAGES[message]
    async with rig(tmp_path) as it:
        host = await it.stage(strategy(top=SAYS_AT_IMPORT.replace("{message}", said)))
        assert host.cause == cause
        detail = it.heard("fault")[-1]["detail"]
        assert detail.isprintable()
        assert len(detail) < 1000
        msgspec.json.encode(it.told)
        await one_buy_and_one_sale(it)
        await it.check(cause)


@in_loop
async def test_a_fault_message_with_half_a_surrogate_pair_does_not_reach_the_journal(tmp_path: Path) -> None:
    hostile = strategy(
        """if lots == BAD: os.write(3, b'{"fault": [1, 2], "error": "\\\\ud800\\\\u001b[31m"}')""", top="import os"
    )
    async with rig(tmp_path) as it:
        await it.goes_live(hostile)
        await it.round_trip(BAD)
        assert (await it.hears("fault", cause="host_raised"))["detail"] == "at event [1, 2]: ??[31m"
        await one_buy_and_one_sale(it)
        await it.check("host_raised")


# A release that is not what it says -----------------------------------------------------------------------------------


@in_loop
async def test_a_tree_that_is_not_the_one_asked_for_is_not_heard(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        honest = it.release(strategy("d.size = 0.2"))
        (honest.folder / "decide.py").write_bytes((honest.folder / "decide.py").read_bytes() + b"# touched\n")
        host = await stage(it, honest)
        assert host.cause == "host_tree"
        with pytest.raises(RuntimeError, match="no warm host"):
            it.trader.switch()
        await it.check("host_tree")


@in_loop
async def test_a_strategy_that_does_not_compile_stays_out(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        host = await it.stage(strategy("return ]"))
        assert host.cause == "host_failed"
        assert "SyntaxError" in host.detail
        with pytest.raises(RuntimeError, match="no warm host"):
            it.trader.switch()
        await one_buy_and_one_sale(it)
        await it.check("host_failed")


@in_loop
async def test_a_kernel_that_does_not_compile_stays_out(tmp_path: Path) -> None:
    """Numba's refusal, after an import that went well."""
    kernel = "from core.kernel import kernel\n\n\n@kernel\ndef broken(x):\n    return [x] + nowhere\n"
    async with rig(tmp_path) as it:
        host = await it.stage(strategy("broken(1.0)", top=kernel))
        assert host.cause == "host_failed"
        assert host.detail.isprintable()
        await one_buy_and_one_sale(it)
        await it.check("host_failed")


@in_loop
async def test_a_start_without_any_host_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="No strategy host became ready"):
        async with rig(tmp_path, strategy("return ]"), host_restarts=1):
            pass


async def stage(it: Rig, release: Release) -> Host:
    """Put a release as it lies there into the green slot."""
    host = it.trader.hosts.start(release, it.trader.slots)
    it.trader.slots.stage(host)
    await until(lambda: host.heard or host.cause, "a verdict on the host")
    return host


def test_strategies_of_the_harness_are_different_releases() -> None:
    """Else the tests above would not show who decided."""
    assert isinstance(OBEDIENT, Source)
    assert len({OBEDIENT.tree_hash, COUNTS.tree_hash, strategy("if lots == BAD: pass").tree_hash}) == 3
