"""Starts strategy hosts: a box, its recording, the tape it is warmed up with, and the time it is given for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.contracts.events import HostReady
from core.kernel import DECISION
from core.recording import Recordings
from core.releases import Release
from core.settings import TraderSettings
from sandbox.compiled import JUDGED, BoxCode
from sandbox.limits import Jail
from services.trader.allowance import Allowance, checks_of
from services.trader.faults import Faults
from services.trader.host import Host, Phase
from services.trader.slots import Slots
from services.trader.tape import Tape

Events = list[tuple[int, bytes]]
"""Sequence and EVENT record of each."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The files of a shadow run, as `Recorder` names them; `blue` is empty while nobody decides."""

    events: str
    green: str
    blue: str


class Hosts:
    """Makes the hosts of one trader."""

    def __init__(
        self,
        settings: TraderSettings,
        symbols: Sequence[str],
        tape: Tape,
        recordings: Recordings,
        faults: Faults,
        *,
        qtables: Path | None,
        tell: Callable[[HostReady], None],
    ) -> None:
        self._settings, self._symbols, self._qtables = settings, symbols, qtables
        self._tape, self._recordings = tape, recordings
        self._faults, self._tell = faults, tell

    def start(self, release: Release, slots: Slots, on_warm: Callable[[Events], None] = lambda _: None) -> Host:
        """Start a host of `release`; it warms up from the tape when it is ready, and its decisions are recorded.

        `on_warm(events)` hears what it was warmed up with. Raises OSError when its recording cannot be begun, and
        SandboxError when its box cannot be built.
        """

        loop, allowance = asyncio.get_running_loop(), Allowance(len(self._symbols))
        reading = loop.run_in_executor(None, checks_of, release, self._symbols)

        def warm_up(host: Host) -> None:
            if reading.cancelled() or host.phase is Phase.DEAD:
                return
            allowance.checks = reading.result()
            events = self._tape.warm_up()
            host.warm_up(events)
            on_warm(events)

        def compiled(host: Host) -> None:
            if reading.done():
                warm_up(host)
            else:
                reading.add_done_callback(lambda _: warm_up(host))

        def ended(host: Host) -> None:
            try:
                self._recordings.end(host.recorder)
            except OSError as error:
                self._faults.hear("recording_lost", release.tree_hash, str(error))
            slots.ended(host)

        about = {"release": release.tree_hash, "symbols": self._symbols}
        host = Host(
            release,
            self._symbols,
            on_decision=slots.decided,
            on_compiled=compiled,
            on_ready=lambda host: self._on_ready(host, slots),
            on_end=ended,
            recorder=self._recordings.start("decisions", DECISION, about),
            allowance=allowance,
            jail=Jail(memory_mb=self._settings.host_memory_mb),
            qtables=self._qtables,
            compiled=BoxCode(JUDGED).find(release.tree_hash),
        )
        timeout = self._settings.host_start_seconds
        patience = asyncio.get_running_loop().call_later(timeout, give_up_unless_ready, host, timeout)
        host.settled.add_done_callback(lambda _: patience.cancel())  # or it would keep a host that has ended
        return host

    def recorded(self, green: Host, blue: Host | None) -> Recorded:
        """Where the events and the decisions of both lie, all that there are by now."""
        self._recordings.flush()
        decided = str(blue.recorder.path) if blue is not None else ""
        return Recorded(str(self._tape.recorder.path), str(green.recorder.path), decided)

    def _on_ready(self, host: Host, slots: Slots) -> None:
        told = HostReady(
            pid=host.pid,
            release=host.release.tree_hash,
            ready_seconds=round(host.ready_seconds, 3),
            compile_seconds=host.compile_seconds,
            rss_mb=host.rss_mb,
        )
        self._tell(told)
        warm = self._faults.warm
        if warm is not None and not warm.done() and all(each.heard for each in slots.hosts):
            warm.set_result(None)


def give_up_unless_ready(host: Host, timeout: float) -> None:
    """End a host that did not become ready in time."""
    if host.phase in (Phase.STARTING, Phase.WARMING):
        host.end("host_not_ready", f"not ready within {timeout:.0f} s")
