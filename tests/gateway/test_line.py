"""The gateway's line over the real socket: asked, answered, listened to; and what works with the commander dead."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.contracts.answers import ChangeEnded, CloseSaid, HistoryShown, Panicked, Paused, Resumed, StatusShown
from core.contracts.asking import Confirmation, Question
from core.contracts.change import State
from core.contracts.events import Filled
from core.contracts.told import Received, Telling, kind_of
from core.errors import SorteError
from core.language import Language
from core.owner import OwnersWord
from core.settings import Settings
from services.commander.line.local_socket import listen
from services.gateway.line import Line
from services.gateway.listening import Deaf
from services.gateway.picture import Picture
from services.gateway.pictures import Pictures
from tests.commander.rig import Rig, rig
from tests.commander.test_closing import a_trader
from tests.commander.test_desk import STOP, listening
from tests.simulator.client import in_loop

MANY = 10.0


def line(folder: Path, language: Language | None = None) -> Line:
    return Line(Settings(data_dir=folder), "ana", "telegram", language, stop_seconds=0.2)


def line_to(it: Rig) -> Line:
    return line(it.context.settings.data_dir)


async def yes(_: Confirmation) -> bool:
    return True


@in_loop
async def test_a_sentence_goes_the_whole_road_and_says_who_said_it(tmp_path: Path) -> None:
    steps: list[Telling] = []
    with rig(tmp_path, trader=True) as it:
        async with listening(it):
            answer = await line_to(it).ask(Question(do="change", text=STOP), steps.append, yes)
            history = await line_to(it).ask(Question(do="history"), steps.append)
            declined = await line_to(it).ask(Question(do="change", text="stop_loss 0.025"), steps.append)
        assert isinstance(answer, ChangeEnded)
        assert answer.state is State.LIVE
        assert {"received", "plan", "diff", "gate", "commit", "switch"} <= {kind_of(step) for step in steps}
        assert isinstance(history, HistoryShown)
        assert history.changes[0].owner == "ana"
        change = it.context.changes.get(answer.id)
        assert change is not None
        assert change.utterance.message.startswith("telegram:")
        assert isinstance(declined, ChangeEnded)
        assert declined.state is State.REJECTED


@in_loop
async def test_what_the_other_side_calls_an_error_is_raised(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            with pytest.raises(SorteError, match="no change or order"):
                await line_to(it).ask(Question(do="show", id="nothing"), lambda _: None)


@in_loop
async def test_who_listens_hears_all_and_hears_that_nobody_tells_anything(tmp_path: Path) -> None:
    heard: list[Telling | Deaf] = []
    with rig(tmp_path, trader=True) as it:
        async with asyncio.timeout(MANY), hearing(line_to(it), heard):
            await until(lambda: heard)
            async with listening(it):
                await until(lambda: Deaf(False) in heard)
                await line_to(it).ask(Question(do="change", text=STOP), lambda _: None, yes)
                await until(lambda: any(isinstance(each, ChangeEnded) for each in heard))
            await until(lambda: heard[-1] == Deaf(True))
            async with listening(it):
                await until(lambda: heard[-1] == Deaf(False))
    kinds = [each.deaf if isinstance(each, Deaf) else kind_of(each) for each in heard]
    assert kinds[:2] == [True, False]
    assert {"received", "plan", "diff", "gate", "commit", "switch", "change"} <= set(kinds)


@in_loop
async def test_what_stops_is_done_with_nobody_there_and_with_a_commander_that_hangs(tmp_path: Path) -> None:
    for hangs in (False, True):
        folder = tmp_path / str(hangs)
        folder.mkdir()
        word = OwnersWord(folder)
        with contextlib.closing(listen(folder)) if hangs else contextlib.nullcontext(), a_trader(folder):
            said = line(folder, Language.PT)
            paused = await said.ask(Question(do="pause"), lambda _: None)
            assert isinstance(paused, Paused)
            assert (word.paused, paused.runs) == (True, True)
            assert isinstance(await said.ask(Question(do="resume"), lambda _: None), Resumed)
            assert not word.paused
            assert isinstance(await said.ask(Question(do="change", text="vende tudo agora"), lambda _: None), Panicked)
            assert (word.paused, word.closing) == (True, True)
            said.kill()
            assert word.killed
            assert isinstance(await said.ask(Question(do="panic"), lambda _: None), Panicked)


@in_loop
async def test_what_needs_a_commander_says_so_when_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(SorteError, match="Nobody trades here"):
        await line(tmp_path).ask(Question(do="history"), lambda _: None)
    with a_trader(tmp_path):
        with pytest.raises(SorteError, match="its commander is away"):
            await line(tmp_path).ask(Question(do="change", text="stop em 2%"), lambda _: None)
        closed = await line(tmp_path).ask(Question(do="close", pair="BTCUSDT"), lambda _: None, yes)
        assert isinstance(closed, CloseSaid)
        assert not closed.done


# The picture ----------------------------------------------------------------------------------------------------------


@in_loop
async def test_the_picture_follows_a_change_and_knows_how_old_it_is(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        pictures = Pictures(it.context.settings, line_to(it))
        seen: list[Picture] = []
        running = asyncio.ensure_future(pictures.run())
        following = asyncio.ensure_future(_see(pictures, seen))
        async with asyncio.timeout(MANY), listening(it):
            await until(lambda: pictures.current.status is not None and not pictures.current.deaf)
            await line_to(it).ask(Question(do="change", text=STOP), lambda _: None, yes)
            await until(lambda: pictures.current.underway is not None and pictures.current.underway.ended is not None)
            now = pictures.current
        async with asyncio.timeout(MANY):
            await until(lambda: pictures.current.deaf)
        after = pictures.current
        for task in (running, following):
            task.cancel()
        await asyncio.gather(running, following, return_exceptions=True)
    assert isinstance(now.status, StatusShown)
    assert now.underway is not None
    names = [stage.name for stage in now.underway.stages]
    assert names[:3] == ["received", "plan", "diff"]
    assert {"gate:policy", "commit", "switch"} & set(names) >= {"commit", "switch"}
    assert now.underway.gates
    assert "stop_loss" in now.underway.diff
    assert [each.number for each in seen] == sorted({each.number for each in seen})
    assert after.status == now.status  # the last that was answered, however old
    age = after.age_seconds(after.status_ns)
    assert age is not None
    assert age > 0.0
    assert {each.name: each.well for each in after.processes}["commander"] is False


def test_who_was_away_for_a_while_hears_what_he_missed(tmp_path: Path) -> None:
    pictures = Pictures(Settings(data_dir=tmp_path), line(tmp_path))
    first = pictures.tellings.add(Received(id="a"))
    for number in range(10):
        pictures.tellings.add(Received(id=f"b{number}"))
    missed = pictures.tellings.since(first.number)
    assert missed is not None
    assert [each.told for each in missed] == [Received(id=f"b{number}") for number in range(10)]
    assert pictures.tellings.since(pictures.tellings.newest) == []
    assert pictures.tellings.since(0) is None  # of another process, or long forgotten
    assert pictures.tellings.since(pictures.tellings.newest + 1) is None


def test_what_is_told_of_a_pair_says_when_it_was_heard(tmp_path: Path) -> None:
    now = 5

    def clock() -> int:
        return now

    pictures = Pictures(Settings(data_dir=tmp_path), line(tmp_path), clock)
    fill = {"side": "BUY", "quantity": 1, "price": 2, "fee": 0, "fee_asset": "USDT", "order": "s1"}
    pictures.told(Filled(pair="BTCUSDT", **fill))  # type: ignore[arg-type]
    now = 9
    assert pictures.current.heard_ns == {"BTCUSDT": 5}
    assert (pictures.current.time_ns, pictures.current.deaf) == (9, True)


# How ------------------------------------------------------------------------------------------------------------------


async def until(so: object) -> None:
    """Wait for it by turns of the loop; the caller's timeout ends it."""
    assert callable(so)
    while not so():
        await breathe()


async def breathe() -> None:
    await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def hearing(said: Line, heard: list[Telling | Deaf]) -> AsyncIterator[None]:
    async def hear() -> None:
        async for told in said.listen():
            heard.append(told)  # noqa: PERF401 - it is looked at meanwhile

    task = asyncio.ensure_future(hear())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _see(pictures: Pictures, seen: list[Picture]) -> None:
    async for picture in pictures.follow():
        seen.append(picture)  # noqa: PERF401
