"""A running trader as the commander sees it, and the line to it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from core.contracts.answers import ChangeEnded
from core.contracts.control import (
    Close,
    Health,
    Heard,
    Live,
    Panic,
    PassOn,
    Pause,
    Program,
    Reply,
    Report,
    Request,
    Shadow,
    Stage,
    Status,
    Switch,
    SwitchBack,
    Unstage,
    decode_report,
)
from core.contracts.events import Event
from core.contracts.figures import Done, PairClosing, ShadowRun, Staged, SwitchDone, TraderStatus
from core.contracts.told import Telling, encode_line
from core.errors import SorteError


class TraderRefused(SorteError):  # noqa: N818 - it is what happened, not a mistake
    """The trader did not do what was asked; trading goes on as it was."""


class TraderGone(SorteError):  # noqa: N818 - it is what happened, not a mistake
    """The trader ended, or does not answer."""


Hear = Callable[[Health | Event], None]
"""Hears how the trader does each second, and what it tells."""
Told = TypeVar("Told", bound=msgspec.Struct)


class TraderPort(Protocol):
    """What a commander may ask of a trader. Each raises TraderRefused or TraderGone, and nothing has changed then."""

    async def stage(self, program: Program, warm_file: str) -> Staged:
        """Start a green host and wait until it is warm."""

    async def shadow(self, events: int, seconds: float, patience: float) -> ShadowRun:
        """Wait until green has decided on so many live events."""

    async def unstage(self) -> None:
        """End the green host."""

    async def switch(self) -> SwitchDone:
        """Make green blue."""

    async def switch_back(self, tree: str) -> SwitchDone:
        """Make the warm previous host blue; refused when it is not of that tree."""

    async def pause(self, *, on: bool) -> None:
        """Only close positions, or trade again."""

    async def panic(self) -> None:
        """Open no position any more, and close all that are open."""

    async def close_pair(self, pair: str) -> PairClosing:
        """Close the open position of one pair."""

    async def status(self) -> TraderStatus:
        """The trader's figures."""

    def listen(self, hear: Hear) -> Callable[[], None]:
        """Hear health and events from now on; returns what ends it."""


class LinkedTrader:
    """The trader at the other end of a socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._listeners: list[Hear] = []
        self._gone = False

    async def follow(self) -> None:
        """Read what the trader says until it hangs up; whoever waits for an answer then gets TraderGone."""
        try:
            while line := await self._reader.readline():
                self._take(decode_report(line))
        except (ConnectionError, msgspec.MsgspecError):
            pass
        finally:
            self._gone = True
            for waiting in self._asked.values():
                if not waiting.done():
                    waiting.set_exception(TraderGone("The trader ended."))

    def _take(self, report: Report) -> None:
        if isinstance(report, Reply):
            waiting = self._asked.pop(report.number, None)
            if waiting is None or waiting.done():
                return
            if report.error:
                waiting.set_exception(TraderRefused(report.error))
            else:
                waiting.set_result(report.result)
            return
        said = report.told() if isinstance(report, Heard) else report
        for hear in list(self._listeners):
            hear(said)

    def announce(self, program: Program, recovered: Sequence[ChangeEnded]) -> None:
        """Say what trades; the first line."""
        self._writer.write(encode_line(Live(program, tuple(recovered))) + b"\n")

    def tell(self, told: Telling) -> None:
        """Let who looks at the run know of something."""
        if not self._writer.is_closing():
            self._writer.write(encode_line(PassOn.of(told)) + b"\n")

    async def _ask(self, make: Callable[[int], Request], reply: type[Told]) -> Told:
        if self._gone or self._writer.is_closing():
            raise TraderGone("The trader ended.")
        number = next(self._numbers)
        waiting: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._asked[number] = waiting
        self._writer.write(encode_line(make(number)) + b"\n")
        try:
            return msgspec.json.decode(await waiting, type=reply)
        finally:
            self._asked.pop(number, None)

    async def stage(self, program: Program, warm_file: str) -> Staged:
        return await self._ask(lambda number: Stage(number, program, warm_file), Staged)

    async def shadow(self, events: int, seconds: float, patience: float) -> ShadowRun:
        return await self._ask(lambda number: Shadow(number, events, seconds, patience), ShadowRun)

    async def unstage(self) -> None:
        await self._ask(Unstage, Done)

    async def switch(self) -> SwitchDone:
        return await self._ask(Switch, SwitchDone)

    async def switch_back(self, tree: str) -> SwitchDone:
        return await self._ask(lambda number: SwitchBack(number, tree), SwitchDone)

    async def pause(self, *, on: bool) -> None:
        await self._ask(lambda number: Pause(number, on), Done)

    async def panic(self) -> None:
        await self._ask(Panic, Done)

    async def close_pair(self, pair: str) -> PairClosing:
        return await self._ask(lambda number: Close(number, pair), PairClosing)

    async def status(self) -> TraderStatus:
        return await self._ask(Status, TraderStatus)

    def listen(self, hear: Hear) -> Callable[[], None]:
        self._listeners.append(hear)
        return lambda: self._listeners.remove(hear) if hear in self._listeners else None
