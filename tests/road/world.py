"""A whole platform around a test: its processes are real and can be killed, the exchange they trade on is in the test.

The exchange lives in the test's own process, so a position outlives a killed platform, and a test knows each event that
was sent. The market stands still but for what a test plays.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from core.contracts import ENDED, Change, State
from core.contracts.asking import Question
from core.contracts.change import next_state
from core.settings import Settings
from core.workspace import CANDIDATES, Workspace, create
from services.commander.line.local_socket import connect
from services.commander.road import commits
from services.simulator import Sim, serve
from services.simulator.orders import Order
from services.simulator.sources import Move
from services.trader import arming
from services.trader.limits import PAPER_LIMITS, load_limits
from services.trader.protecting import is_protective
from tests.road.strategy import STRATEGY
from tests.trader.faults.test_process import Process, descendants
from tests.trader.harness import (
    BUY,
    DEEP,
    PAIRS,
    PRICES,
    SELL,
    check_orders,
    kill_hard,
    quiet_market,
    runs,
    settings_for,
    until,
)

ROOT = Path(__file__).parents[2]
PATIENCE = 40.0
WHOLE_TEST_SECONDS = 280.0
"""Many times what a test takes on two cores of its own."""
Line = dict[str, Any]


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test in the loop that `sorte run` uses, with a deadline for the whole."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        uvloop.run(asyncio.wait_for(test(*args, **kwargs), WHOLE_TEST_SECONDS))

    return run


class World:
    """One workspace, one exchange, and the platform that runs on them now, if any."""

    def __init__(self, folder: Path, sim: Sim, environment: Mapping[str, str]) -> None:
        self.folder, self.sim, self.environment = folder, sim, environment
        self.workspace = Path(environment["SORTE_WORKSPACE"])
        self.data, self.brakes, self.temporary = folder / "data", folder / "brakes", folder / "tmp"
        self.platform: Process | None = None
        self.played = 0  # trades of the test, over all platforms
        self.prices = list(PRICES)
        self._flowing: asyncio.Task[None] | None = None

    # The platform -----------------------------------------------------------------------------------------------------

    async def start(self, seconds: float = 600) -> Process:
        """Start the platform, and wait until it trades and its commander listens."""
        self.platform = await self.launch("tests.road.platform", str(seconds))
        await self.platform.hears("ready")
        await self.serving()
        return self.platform

    async def launch(self, module: str, *words: str) -> Process:
        """A process of ours, in a group of its own."""
        return Process(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", module, *words),
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        )

    async def serving(self) -> Line:
        """Wait until the commander answers, and until what trades is what the refs call live; its status."""
        status: Line = {}
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(OSError, EOFError):
                    status = (await self.ask(Question(do="status")))[-1]
                    if status["kind"] == "status" and status["trader"]["slots"]["blue"] == self.tree(status["live"]):
                        return status
                await asyncio.sleep(0.01)

    @property
    def running(self) -> Process:
        """The platform of now."""
        assert self.platform is not None
        return self.platform

    @property
    def trader_pid(self) -> int:
        return self.running.process.pid

    def commander_pid(self) -> int | None:
        """The commander's process; None while there is none."""
        return next((pid for pid in descendants(self.trader_pid) if "tests.road.commander" in command_line(pid)), None)

    async def kill(self, whom: str) -> None:
        """`kill -9` of the trader, the commander or everything; returns when all that should be gone is gone."""
        trader, commander = self.trader_pid, self.commander_pid()
        below = descendants(trader)
        if whom == "commander":
            assert commander is not None
            kill_hard(commander)
            return
        if whom == "everything":
            os.kill(trader, signal.SIGSTOP)  # or it would see its children die one by one
            for pid in below:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.running.process.kill()
        self.release()  # who stands at a brake could not hear that the trader has gone
        await self.running.ended()
        await until(lambda: not any(map(runs, below)), f"{whom} gone: {[command_line(pid) for pid in below]}")
        self.platform = None

    async def stop(self) -> Line:
        """End the platform as its owner does; its summary."""
        self.running.process.send_signal(signal.SIGTERM)
        assert await self.running.ended() == 0, self.running.errors[-2000:]
        last, self.platform = self.running.told[-1], None
        assert last["kind"] == "summary"
        return last

    # The owner --------------------------------------------------------------------------------------------------------

    async def talk(self) -> Talk:
        """A connection to the commander; ConnectionRefusedError when nobody listens."""
        connection = connect(self.data)
        if connection is None:
            raise ConnectionRefusedError
        return Talk(*await asyncio.open_connection(sock=connection, limit=1 << 22))

    async def ask(self, question: Question) -> list[Line]:
        """All lines of an answer; EOFError when the other side went away before the last."""
        talk = await self.talk()
        talk.say(question)
        return await talk.rest()

    async def change(self, text: str) -> Line:
        """The last line of a change that is confirmed beforehand."""
        return (await self.ask(Question(do="change", text=text, yes=True)))[-1]

    async def idle(self) -> None:
        """Wait until no change is under way: it is a moment longer than until its end is in the records."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if (await self.ask(Question(do="status")))[-1]["underway"] is None:
                    return
                await asyncio.sleep(0.01)

    async def ended(self, change: str, *states: State, watch: str | None = None) -> Change:
        """Wait until a change is in one of these states, by the records."""
        await until(
            lambda: (
                (known := self.changes().get(change))
                and known.state in states
                and (watch is None or known.watch == watch)
            ),
            f"{states} {watch}; records {[(c.id, c.state, c.watch, c.reason) for c in self.changes().values()]}",
            PATIENCE,
        )
        return self.changes()[change]

    # The market -------------------------------------------------------------------------------------------------------

    def trade(self, lots: int = 1, *, pair: int = 0, price: float | None = None) -> None:
        """One trade, and the quotes around it."""
        if price is not None:
            self.prices[pair] = price
        ticks = round(self.prices[pair] / float(PAIRS[pair].price_tick))
        self.sim.market.play(Move(self.sim.market.clock.now_ms(), pair, ticks - 1, ticks + 1, DEEP, DEEP, ticks, lots))
        self.played += 1

    def flow(self, per_second: int = 300) -> None:
        """Let trades come by themselves from now on."""
        self._flowing = asyncio.create_task(self._flow(per_second))

    async def _flow(self, per_second: int) -> None:
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0
        while True:
            due = int((loop.time() - began) * per_second)
            for _ in range(min(due - sent, 50)):
                self.trade(pair=sent % 2)
                sent += 1
            sent = max(sent, due - 50)  # a machine that stood still does not make up for it in a burst
            await asyncio.sleep(0.004)  # the rate is what a test asks for

    async def still(self) -> None:
        """Let the market stand still again."""
        if self._flowing is not None:
            self._flowing.cancel()
            await asyncio.gather(self._flowing, return_exceptions=True)
            self._flowing = None

    # Brakes -----------------------------------------------------------------------------------------------------------

    def brake(self, place: str) -> None:
        """The commander stands still at `place` from now on (see `tests.road.commander`)."""
        (self.brakes / "reached").unlink(missing_ok=True)
        (self.brakes / place).touch()

    async def reached(self) -> None:
        """Wait until it stands there."""
        await until((self.brakes / "reached").exists, f"a brake reached; {list(self.brakes.iterdir())}", PATIENCE)

    def release(self) -> None:
        """Take every brake away."""
        for brake in self.brakes.iterdir():
            brake.unlink()

    # What is on the disk ----------------------------------------------------------------------------------------------

    async def trades_live(self) -> Line:
        """Wait until what trades is what the refs call live; the next order is its, and nothing was lost or doubled."""
        status = await self.serving()
        assert status["trader"]["events_lost"] == status["trader"]["events_doubled"] == 0
        order = await self.orders()
        assert order.client_order_id.split("-")[1] == self.tree(self.live())[:8]
        return status

    async def orders(self) -> Order:
        """Tell the strategy to buy, or to sell what it holds; the order, once the trader knows of its fill."""
        orders, fills = len(self.strategy_orders()), len(self.running.heard("fill"))
        self.trade(SELL if self.holds() else BUY)
        await until(lambda: len(self.strategy_orders()) > orders, f"an order; told {self.running.told[-5:]}")
        await until(lambda: len(self.running.heard("fill")) > fills, f"its fill; told {self.running.told[-5:]}")
        await until(self.is_protected, f"what protects the position; told {self.running.told[-5:]}")
        return self.strategy_orders()[-1]

    def is_protected(self) -> bool:
        """Whether the trader knows that what protects its position rests, or holds nothing.

        The exchange runs in the loop of the test: what it has not answered yet, a test that holds the loop up delays.
        """
        resting = [order for order in self.sim.exchange.open_orders() if is_protective(order.client_order_id)]
        known = {line["order"] for line in self.running.heard("protection", state="rests")}
        return len(resting) == self.holds() and all(order.client_order_id in known for order in resting)

    def strategy_orders(self) -> list[Order]:
        """What the exchange took of the strategy; what protects its positions is not among them."""
        taken = self.sim.exchange.orders.values()
        return [order for order in taken if not is_protective(order.client_order_id)]

    def holds(self) -> bool:
        """Whether the account holds the first pair; what fees leave over is nothing."""
        return self.sim.exchange.balances[PAIRS[0].base].total > PAIRS[0].lot

    def tree(self, commit: str) -> str:
        return git(self.workspace, "rev-parse", f"{commit}:strategy").strip()

    def live(self) -> str:
        """The commit that the refs call live."""
        return git(self.workspace, "rev-parse", "refs/sorte/live").strip()

    def changes(self) -> dict[str, Change]:
        """The records, oldest first, read as a stranger to the process that writes them."""
        with contextlib.closing(sqlite3.connect(self.data / "sorte.sqlite", timeout=10)) as connection:
            rows = connection.execute("select document from changes order by number").fetchall()
        return {change.id: change for change in (msgspec.json.decode(row[0], type=Change) for row in rows)}

    def candidates(self) -> dict[str, str]:
        """What is being judged; the last thing that a change takes away is its own."""
        with Workspace(self.workspace) as workspace:
            return workspace.refs(CANDIDATES)

    def check(self) -> None:
        """What must hold whenever nothing is under way: refs, records and the disk tell one story, and none is torn."""
        with Workspace(self.workspace) as workspace:
            assert workspace.main == workspace.live
            assert not workspace.refs(CANDIDATES)
            workspace.verify(workspace.live)
            standing = releases(workspace)
            verdicts = {commit: commits.trailer(workspace, commit, commits.VERDICT) for commit in standing}
            check_clean(workspace)
        changes = self.changes()
        for change in changes.values():
            check_steps(change)
        live = {change.commit: change.verdict for change in changes.values() if change.state is State.LIVE}
        assert live.keys() == standing
        assert {commit: verdict.digest for commit, verdict in live.items() if verdict is not None} == verdicts
        assert not [path for path in self.data.rglob("*") if path.name.startswith(".") or path.suffix == ".lock"]
        assert not list((self.data / "shadow").glob("*")), "warm-up files"
        assert not list(self.temporary.iterdir())
        check_orders(self.sim, load_limits(self.folder / "limits.toml")[0])


class Talk:
    """One connection to the commander."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.lines: list[Line] = []

    def say(self, what: Any) -> None:
        """One line."""
        self.writer.write(msgspec.json.encode(what) + b"\n")

    async def line(self) -> Line | None:
        """The next line; None when there is no more."""
        try:
            line = await asyncio.wait_for(self.reader.readline(), PATIENCE)
        except ConnectionError:
            return None
        if not line.endswith(b"\n"):
            return None
        self.lines.append(json.loads(line))
        return self.lines[-1]

    async def until(self, kind: str) -> Line:
        """The next line of that kind."""
        while (line := await self.line()) is not None:
            if line["kind"] == kind:
                return line
        raise EOFError(f"no {kind}: {self.lines}")

    async def rest(self) -> list[Line]:
        """Every line to the end. EOFError when there is none at all."""
        while await self.line() is not None:
            pass
        self.hang_up()
        if not self.lines:
            raise EOFError
        return self.lines

    def hang_up(self) -> None:
        self.writer.close()


def releases(workspace: Workspace) -> set[str]:
    """The release commits that what is live stands on; each one's trailers say which verdict accepted it."""
    standing: set[str] = set()
    commit: str | None = commits.effective(workspace, workspace.live)
    while commit is not None and (before := commits.before(workspace, commit)) is not None:
        assert commits.trailer(workspace, commit, commits.VERDICT), commit
        assert commits.trailer(workspace, commit, commits.CHANGE)
        standing.add(commit)
        commit = before
    return standing


def check_clean(workspace: Workspace) -> None:
    """Git's own data is whole, the owner's files are main's, and nobody's half work lies about."""
    said = git(workspace.path, "fsck", "--full", "--strict")
    assert [line for line in said.splitlines() if not line.startswith("dangling ")] == []
    assert git(workspace.path, "status", "--porcelain") == ""
    assert git(workspace.path, "worktree", "list", "--porcelain").count("worktree ") == 1
    left = [path for path in workspace.git_dir.rglob("*") if path.is_file()]
    strange = [path for path in left if path.suffix == ".lock" or path.name.startswith(("tmp_", "index-", "blob-"))]
    assert [path for path in strange if path.name != "sorte.lock"] == []
    assert not list(workspace.git_dir.glob("sorte/worktrees/*"))
    assert not list(workspace.git_dir.glob("worktrees/*"))


def check_steps(change: Change) -> None:
    """It walked by the table, nothing happened twice, and it has ended."""
    state = State.RECEIVED
    for step in change.steps:
        state = next_state(state, step.event)
        assert step.state is state, change
    assert change.state is state, change
    assert state in ENDED, change
    events = [step.event for step in change.steps]
    assert len(set(events)) == len(events), events


def git(folder: Path, *words: str) -> str:
    """What git says."""
    return subprocess.run(
        ["git", "-C", str(folder), *words],  # noqa: S607 - the git of this machine
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "GIT_OPTIONAL_LOCKS": "0", "GIT_CONFIG_NOSYSTEM": "1"},
    ).stdout


def command_line(pid: int) -> str:
    """The words that a process was started with."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def settings_of(sim: Sim, folder: Path, **commander: Any) -> dict[str, str]:
    """The environment of a platform on that exchange."""
    usual: dict[str, Any] = {"shadow_events": 20, "shadow_seconds": 0, "shadow_timeout": 20, "watch_seconds": 60}
    usual["watch_latency"] = 1000  # a busy machine takes nothing back unless a test is about that
    return {
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder / "tmp"),
        "ROAD_BRAKES": str(folder / "brakes"),
        "SORTE_DATA_DIR": str(folder / "data"),
        "SORTE_WORKSPACE": str(folder / "w"),
        "SORTE_LIMITS_FILE": str(folder / "limits.toml"),
        "SORTE_EXCHANGE__REST_URL": sim.rest_url,
        "SORTE_EXCHANGE__STREAM_URL": sim.stream_url,
        "SORTE_EXCHANGE__WS_API_URL": sim.ws_api_url,
        "SORTE_EXCHANGE__API_KEY": sim.settings.api_key,
        "SORTE_EXCHANGE__API_SECRET": sim.settings.api_secret,
        "SORTE_EXCHANGE__RECV_WINDOW_MS": "1500",
        "SORTE_TRADER__MODE": "live",
        "SORTE_TRADER__WARM_BARS": "10",
        "SORTE_TRADER__HOST_DEADLINE_MS": "3000",
        **{f"SORTE_COMMANDER__{name.upper()}": str(value) for name, value in {**usual, **commander}.items()},
    }


@contextlib.asynccontextmanager
async def world(
    folder: Path,
    *,
    limits: Callable[[str], str] = lambda text: text,
    trader: Mapping[str, Any] | None = None,
    starts: bool = True,
    workspace: Path | None = None,
    **commander: Any,
) -> AsyncIterator[World]:
    """A platform that trades, unless `starts` is False; at the end nothing of it runs.

    `workspace` is where another one than `w` is made, `limits` rewrites the limits file, `trader` and `commander` are
    settings.
    """
    for name in ("tmp", "brakes", "data"):
        (folder / name).mkdir()
    create(workspace or folder / "w", STRATEGY).close()
    (folder / "limits.toml").write_text(limits(PAPER_LIMITS.read_text(encoding="utf-8")), encoding="utf-8")
    async with serve(quiet_market()) as sim:
        environment = settings_of(sim, folder, **commander)
        environment |= {"SORTE_WORKSPACE": str(workspace)} if workspace is not None else {}
        environment |= {f"SORTE_TRADER__{name.upper()}": str(value) for name, value in (trader or {}).items()}
        armed: Settings = settings_for(sim, folder / "data").model_copy(update={"limits_file": folder / "limits.toml"})
        arming.arm(armed, load_limits(folder / "limits.toml")[1])
        made = World(folder, sim, environment)
        try:
            if starts:
                await made.start()
            yield made
        except BaseException as error:
            tell_all(made, error)
            raise
        finally:
            await made.still()
            if made.platform is not None and made.platform.process.returncode is None:
                await made.kill("everything")


def tell_all(made: World, error: BaseException) -> None:
    """What helps whoever reads a failed test."""
    if made.platform is not None:
        error.add_note(f"told: {made.platform.told[-15:]}\nerrors: {made.platform.errors[-2000:]!r}")
    for log in (made.data / "logs").glob("errors-*.jsonl"):
        error.add_note(f"{log.name}: {log.read_text(encoding='utf-8')[-4000:]}")
