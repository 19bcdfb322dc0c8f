"""What a commander may do with the green slot: start a host there, watch it beside blue, and end it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from core.contracts.control import Program, Shadow, Stage
from core.contracts.figures import ShadowRun, Staged
from core.errors import ExchangeError
from core.releases import Release
from services.trader.host import Decision, Host
from services.trader.hosts import Events
from services.trader.slots import RETIRED
from services.trader.trader import Trader


class RefusedError(Exception):
    """A request that cannot be carried out; its text is the answer."""


def release_of(program: Program) -> Release:
    """What a host runs, from what the commander calls it."""
    origin = program.release
    return Release(origin.tree, Path(program.folder), program.rule_names, origin.commit, origin.change, origin.message)


class Staging:
    """The green slot in one commander's hand."""

    def __init__(self, trader: Trader) -> None:
        self._trader = trader
        self._staged: Host | None = None  # the last green host, to say why it is not there any more

    async def stage(self, request: Stage) -> Staged:
        """Start a green host; returns when it is warm and its warm-up is written. Raises RefusedError."""
        warm_up: Events = []
        release = release_of(request.program)
        try:
            await self._trader.deepen(release)
            host = self._trader.stage(release, on_warm=warm_up.extend)
        except ExchangeError as error:
            raise RefusedError(f"the bars that it warms up with could not be had: {error}") from error
        except OSError as error:  # its recording cannot be begun; what trades has begun its own
            raise RefusedError(str(error)) from error
        self._staged = host
        if not await asyncio.shield(host.settled):
            raise RefusedError(f"{host.cause}: {host.detail}")
        try:
            await asyncio.to_thread(_write, Path(request.warm_file), warm_up)
        except OSError as error:
            host.end(RETIRED, "what it was warmed up with could not be written")
            raise RefusedError(str(error)) from error
        last = warm_up[-1][0] if warm_up else 0
        warm_up.clear()  # the host remembers this list; its events are 10 MB that the tape has long let go
        return Staged(ready_seconds=host.ready_seconds, compile_seconds=host.compile_seconds, warmed_until=last)

    async def shadow(self, request: Shadow) -> ShadowRun:
        """Watch green decide beside blue, as long as was asked for. Raises RefusedError when it cannot, or dies."""
        slots = self._trader.slots
        green = slots.green
        if green is None or not green.heard:
            dead = self._staged if self._staged is not None and self._staged.over.done() else None
            raise RefusedError(f"{dead.cause}: {dead.detail}" if dead else "there is no warm green host")
        counted = asyncio.get_running_loop().create_future()
        first = last = count = 0

        def count_decision(host: Host, decision: Decision) -> None:
            nonlocal first, last, count
            if host is green and not counted.done():
                first, last, count = first or decision.sequence, decision.sequence, count + 1
                if count >= request.events:
                    counted.set_result(None)

        slots.on_shadow, before = count_decision, slots.on_shadow
        started = time.monotonic()
        try:
            await asyncio.wait({counted, green.over}, timeout=request.timeout, return_when=asyncio.FIRST_COMPLETED)
            if counted.done():
                left = request.seconds - (time.monotonic() - started)
                await asyncio.wait({green.over}, timeout=max(left, 0.0))
        finally:
            slots.on_shadow = before
        if green.over.done():
            raise RefusedError(f"{green.cause}: {green.detail}")
        if not counted.done():
            raise RefusedError(f"only {count} of {request.events} events came within {request.timeout:.0f} s")
        files = self._trader.hosts.recorded(green, slots.blue)
        return ShadowRun(first=first, last=last, events=files.events, green=files.green, blue=files.blue)

    def unstage(self, why: str) -> None:
        """End the green host, if there is one."""
        if (green := self._trader.slots.green) is not None:
            green.end(RETIRED, why)


def _write(file: Path, events: Events) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(event for _, event in events))
