"""A commander that is away while its trader trades: nobody is told what is not so, and it comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path

from services.commander.line.patience import QUICK_SECONDS
from tests.road.world import Line, World, in_loop, world
from tests.trader.faults.test_process import Process
from tests.trader.harness import kill_hard, until

AWAY = ("status", "rollback", "history", "change")
WORDS = {"change": ("change", "size 0.15", "--yes"), "rollback": ("rollback",)}


async def sorte(it: World, *words: str) -> tuple[int, list[Line]]:
    """A command from another terminal: its exit code and lines."""
    command = await it.launch("cli.main", *words, "--json")
    return await ended(command), command.told


async def ended(command: Process) -> int:
    """Its exit code, however long the machine takes."""
    await until(lambda: command.process.returncode is not None, f"an end of {command.told}", 90)
    return await command.ended()


async def dies_again_and_again(it: World) -> None:
    """Until it is given up, and stays away then."""
    for death in range(len(QUICK_SECONDS) + 1):
        await it.serving()
        if death == len(QUICK_SECONDS):
            it.brake("away")
        commander = it.commander_pid()
        assert commander is not None
        kill_hard(commander)
        cause = "commander_given_up" if death == len(QUICK_SECONDS) else "commander_died"
        await until(lambda cause=cause, death=death: len(it.running.heard("fault", cause=cause)) > min(death, 0), cause)


@in_loop
async def test_while_it_is_given_up_all_commands_say_so_and_change_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        it.flow()
        assert (await it.change("size 0.2"))["state"] == "live"
        live, refs = it.live(), it.changes()
        await dies_again_and_again(it)
        answers = await asyncio.gather(*(sorte(it, *WORDS.get(do, (do,))) for do in AWAY))
        told = dict(zip(AWAY, answers, strict=True))
        assert it.running.process.returncode is None
        code, lines = told["status"]
        assert (code, lines[-1]["away"]["pid"]) == (1, it.trader_pid)
        assert lines[-1]["away"]["trades"] == it.tree(live)
        for word in ("pause", "panic", "kill"):
            assert word in lines[-1]["away"]["hint"]
        for do in ("rollback", "change"):
            code, lines = told[do]
            assert (code, lines[-1]["kind"]) == (2, "error"), lines
            assert "cannot be reached" in lines[-1]["message"]
            assert "Nothing was changed" in lines[-1]["message"]
            assert "pause" in lines[-1]["hint"]
        code, lines = told["history"]
        assert (code, [line["id"] for line in lines[-1]["changes"]]) == (0, list(refs))
        assert (it.live(), it.changes()) == (live, refs)
        await it.still()
        assert (await it.orders()).client_order_id.split("-")[1] == it.tree(live)[:8]
        it.release()  # the pause is over
        await it.trades_live()
        code, lines = await sorte(it, "rollback")
        assert (code, lines[-1]["state"]) == (0, "rolled_back")
        assert it.running.heard("epoch")[-1]["release"] == it.tree(it.live())
        await it.trades_live()
        it.check()


@in_loop
async def test_the_owner_s_words_reach_the_trader_meanwhile_and_a_command_waits_for_its_restart(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as it:
        it.brake("away")
        commander = it.commander_pid()
        assert commander is not None
        kill_hard(commander)
        await it.running.hears("fault", cause="commander_died")
        code, lines = await sorte(it, "pause")
        assert (code, lines[-1]["kind"], lines[-1]["runs"]) == (0, "paused", True)
        await it.running.hears("trading", state="reducing")
        code, lines = await sorte(it, "resume")
        assert (code, lines[-1]["runs"]) == (0, True)
        await it.running.hears("trading", state="active")
        it.release()
        await it.serving()
        it.flow()
        change = await it.change("size 0.2")
        it.brake("away")
        commander = it.commander_pid()
        assert commander is not None
        kill_hard(commander)
        await until(lambda: len(it.running.heard("fault", cause="commander_died")) == 2, "its second death")
        command = await it.launch("cli.main", "rollback", "--json")
        await command.hears("note")
        it.release()
        assert await ended(command) == 0, command.told
        assert command.told[-1]["state"] == "rolled_back"
        assert it.changes()[change["id"]].state == "rolled_back"
        await it.still()
        await it.trades_live()


@in_loop
async def test_without_a_trader_a_word_is_kept_and_told_as_kept(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        await it.orders()
        await it.stop()
        for word, kept in (("panic", "nothing is closed now"), ("resume", "No pause is kept"), ("panic", "is kept")):
            code, lines = await sorte(it, word)
            assert (code, lines[-1]["runs"]) == (0, False)
            assert kept in lines[-1]["text"]
            assert "No trader runs" in lines[-1]["text"]
        code, lines = await sorte(it, "status")
        assert (code, lines[-1]["trader"], lines[-1]["away"], lines[-1]["other_trader"]) == (0, None, None, None)
        assert it.holds()
        it.platform = await it.launch("tests.road.platform", "600")
        await it.platform.hears("ready")
        it.trade()
        await until(lambda: not it.holds(), "the kept word obeyed")
