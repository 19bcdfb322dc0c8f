"""When the commander is asked how everything stands: as soon as it may stand otherwise, and no more often than helps.

The loop's clock runs on by itself, so that each second here is counted and none of them is waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

from msgspec.structs import replace

from core.contracts.answers import Answer, Paused, StatusShown
from core.contracts.asking import Question
from core.contracts.events import FaultTold, Filled
from core.contracts.told import Note, Received, Telling, TellStep
from core.settings import Settings
from services.gateway.line import Line
from services.gateway.listening import Deaf
from services.gateway.pictures import ALONE_SECONDS, LEAST_SECONDS, LOOKED_AT_SECONDS, Pictures
from tests.commander.rig import STATUS
from tests.gateway.warped import warped

FILL = Filled(pair="BTCUSDT", side="BUY", quantity=1, price=2, fee=0, fee_asset="USDT", order="s1")  # type: ignore[arg-type]
FIRST_TURNS = 0.05


class Counting:
    """A line on which it is written down when the status was asked for. It counts 100 events a second."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.telling: asyncio.Queue[Telling | Deaf] = asyncio.Queue()

    async def ask(self, _question: Question, _on_step: TellStep, _confirm: object = None) -> Answer:
        self.asked.append(now())
        trader = replace(STATUS, events=int(100 * now()), decisions=0)
        return StatusShown(
            main="", live="", trader=trader, away=None, subject="", underway=None, change=None, refused=None,
            other_trader=None, paused=False, closing=False, killed=False,
        )  # fmt: skip

    async def listen(self) -> AsyncIterator[Telling | Deaf]:
        while True:
            yield await self.telling.get()


def now() -> float:
    return asyncio.get_running_loop().time()


def pictured(folder: Path, body: Callable[[Pictures, Counting], Awaitable[None]]) -> None:
    """Run `body` once the first status was answered, and nobody looks."""

    async def run() -> None:
        line, loop = Counting(), asyncio.get_running_loop()
        pictures = Pictures(Settings(data_dir=folder), cast("Line", line), lambda: int(loop.time() * 1e9))
        running = asyncio.ensure_future(pictures.run())
        await asyncio.sleep(LEAST_SECONDS + FIRST_TURNS)
        line.asked.clear()
        try:
            await body(pictures, line)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    warped(run)


@contextlib.asynccontextmanager
async def looking(pictures: Pictures) -> AsyncIterator[None]:
    async def look() -> None:
        async for _ in pictures.follow():
            pass

    task = asyncio.ensure_future(look())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_who_begins_to_look_is_not_kept_waiting_for_the_pace_of_when_nobody_did(tmp_path: Path) -> None:
    async def body(pictures: Pictures, line: Counting) -> None:
        came = now()
        async with looking(pictures):
            await asyncio.sleep(3.5 * LOOKED_AT_SECONDS)
        assert line.asked, "he saw what was asked for before he came"
        assert line.asked[0] - came < FIRST_TURNS
        assert len(line.asked) == 4  # and then at the pace of who looks
        gone = len(line.asked)
        await asyncio.sleep(3 * ALONE_SECONDS)
        assert len(line.asked) - gone in (2, 3)

    pictured(tmp_path, body)


def test_what_changes_how_everything_stands_is_followed_by_a_question_at_once(tmp_path: Path) -> None:
    fault = FaultTold(cause="feed_lost", subject="BTCUSDT", detail="")
    paused = Paused(halted=False, runs=True, text="")

    async def body(_: Pictures, line: Counting) -> None:
        for told in (FILL, fault, paused, Received(id="a"), Deaf(False)):
            line.asked.clear()
            before = now()
            line.telling.put_nowait(told)
            await asyncio.sleep(2 * LEAST_SECONDS)
            assert line.asked, told
            assert line.asked[0] - before < LEAST_SECONDS, told

    pictured(tmp_path, body)


def test_a_storm_of_tellings_is_a_few_questions_and_a_note_is_none(tmp_path: Path) -> None:
    async def body(pictures: Pictures, line: Counting) -> None:
        began = now()
        for _ in range(1000):
            pictures.told(FILL)
            pictures.told(Note(text="x"))
            await asyncio.sleep(0.002)
        assert 5 <= len(line.asked) <= (now() - began) / LEAST_SECONDS + 1
        await asyncio.sleep(2 * LEAST_SECONDS)
        line.asked.clear()
        for _ in range(20):
            pictures.told(Note(text="x"))
            await asyncio.sleep(0.05)
        assert line.asked == []

    pictured(tmp_path, body)


def test_questions_that_follow_each_other_closely_neither_blank_nor_bend_the_rates(tmp_path: Path) -> None:
    async def body(pictures: Pictures, line: Counting) -> None:
        rates = []
        async with looking(pictures):
            await asyncio.sleep(1.5)
            for _ in range(100):
                pictures.told(FILL)
                await asyncio.sleep(0.03)
                rates.append(pictures.current.events_per_second)
        assert len(line.asked) >= 10
        assert all(rate is not None and 95 < rate < 105 for rate in rates), rates

    pictured(tmp_path, body)
