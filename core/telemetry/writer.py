"""Takes records from whoever logs, and writes them from a thread of its own.

Who logs pays for putting a tuple into a queue: nothing is formatted, redacted or written there, and no disk is waited
for. The thread gathers for a tenth of a second, so that it does not wake beside the very decision that is logged; a
process that is killed loses what it logged in that time. An error that comes alone is written at once. What cannot be
written is counted, and told when it can.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.telemetry.files import ERRORS, MAIN, PERFORMANCE, Keep, LogFile, remove_expired
from core.telemetry.lines import EXCEPTION, LEVELS, Line, encode, stamp
from core.telemetry.redaction import Redactor

GATHER_SECONDS: Final = 0.1
MOST_WAITING: Final = 20_000
"""Records in the queue; more are dropped, and counted: nobody's memory is a mailbox."""
CLOSE_SECONDS: Final = 2.0
"""What a process that ends waits for its last lines."""
WARNING: Final = LEVELS["warning"]
ERROR: Final = LEVELS["error"]


class Record(NamedTuple):
    """What was logged. Its values must not be changed any more."""

    time_ns: int  # UTC
    level: str
    event: str
    fields: Mapping[str, Any]
    stream: str = MAIN


Trace = Callable[[Line], None]
Regular = Callable[[], None]


def nothing() -> None:
    """What is done at the beginning of the thread unless something else is."""


@dataclass(frozen=True, slots=True)
class Logs:
    """Where and how one process logs."""

    folder: Path
    component: str
    level: str = "info"
    keep: Keep = field(default_factory=Keep)
    redactor: Redactor = field(default_factory=Redactor)
    trace: Trace | None = None  # hears every line too, for a terminal
    begin: Callable[[], None] = nothing  # done in the thread before all else


class Writer:
    """Writes for one process. It begins with the first record: a process that has nothing to tell makes no file."""

    def __init__(self, logs: Logs) -> None:
        self.logs = logs
        self.threshold = LEVELS[logs.level]
        self.lost = 0  # records that were dropped or could not be written, since that was told last
        self._wrote = False
        self._pid = os.getpid()
        self._queue: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._files = {stream: LogFile(logs.folder, stream) for stream in (MAIN, ERRORS, PERFORMANCE)}
        self._regular: list[tuple[float, Regular, bool]] = []
        self._due: list[float] = []
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closing = threading.Event()

    def put(self, record: Record) -> None:
        """Take a record. Never raises, and never waits for a disk."""
        if self._queue.qsize() >= MOST_WAITING:
            self.lost += 1
            return
        self._queue.put(record)
        if self._thread is None:
            self._start()

    def every(self, seconds: float, work: Regular, *, at_end: bool) -> None:
        """Do `work` in the thread each so many seconds; `at_end` too, in a process that has logged anything."""
        self._regular.append((seconds, work, at_end))
        self._due.append(time.monotonic() + seconds)
        self._start()

    def close(self) -> None:
        """Write what was taken, and end; a disk that hangs is not waited for."""
        if self._thread is not None and self._thread.is_alive() and self._pid == os.getpid():
            self._closing.set()
            self._queue.put(None)
            self._thread.join(CLOSE_SECONDS)

    def _start(self) -> None:
        with self._starting, contextlib.suppress(RuntimeError):  # the interpreter ends, or no thread can be had
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="log", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            self.logs.begin()
        while True:
            try:
                record = self._queue.get(timeout=self._patience())
            except queue.Empty:
                self._do_what_is_due()
                continue
            if record is not None and LEVELS[record.level] < ERROR:
                self._closing.wait(GATHER_SECONDS)
            if record is None or not self._write_all(record):
                break
            self._do_what_is_due()
        self._end()

    def _end(self) -> None:
        if self._wrote:
            for _, work, at_end in self._regular:
                if at_end:
                    self._measure(work)
            while not self._queue.empty():
                self._write_all(self._queue.get_nowait())
        for file in self._files.values():
            file.close()

    def _patience(self) -> float | None:
        return max(min(self._due) - time.monotonic(), 0.0) if self._due else None

    def _write_all(self, record: Record | None) -> bool:
        """Write that one and all that wait behind it; False at the last of all."""
        while record is not None:
            self._write(record)
            try:
                record = self._queue.get_nowait()
            except queue.Empty:
                self._close_what_is_rare()
                return True
        return False

    def _close_what_is_rare(self) -> None:
        """Hold no file for what is written once a minute, or when something goes wrong."""
        for stream in (ERRORS, PERFORMANCE):
            self._files[stream].close()

    def _write(self, record: Record) -> None:
        if self.lost:
            lost, self.lost = self.lost, 0
            self._keep(Record(record.time_ns, "error", "log.lost", {"lines": lost}))
        self._keep(record)

    def _keep(self, record: Record) -> None:
        """Write a record to its stream, and to the errors when it is one. What fails is counted, and nothing else."""
        try:
            line = self.line(record)
            raw = encode(line)
            if self.logs.trace is not None:
                self.logs.trace(line)
            begun = self._files[record.stream].append(raw, record.time_ns)
            self._wrote = True
            if LEVELS[record.level] >= WARNING and record.stream == MAIN:
                self._files[ERRORS].append(raw, record.time_ns)
            if begun:
                remove_expired(self.logs.folder, self.logs.keep, datetime.now(UTC).date())
        except Exception:  # noqa: BLE001 - whatever it was: a log must not end what it tells of
            self.lost += 1

    def line(self, record: Record) -> Line:
        """The record as it is written: redacted, with the fields that every line has."""
        logs, clean = self.logs, self.logs.redactor.clean
        fields = dict(record.fields)
        line: Line = {
            "time": stamp(record.time_ns),
            "level": record.level,
            "component": str(fields.pop("component", logs.component)),
            "pid": self._pid,
            "event": logs.redactor.text(record.event),
        }
        told = {clean(name): clean(value, name) for name, value in fields.items() if name != EXCEPTION}
        line |= {f"{name}_" if name in line else name: value for name, value in told.items()}
        if EXCEPTION in fields:
            line[EXCEPTION] = logs.redactor.text(str(fields[EXCEPTION]))
        return line

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        for number, (seconds, work, _) in enumerate(self._regular):
            if self._due[number] <= now:
                self._due[number] = now + seconds
                self._measure(work)

    def _measure(self, work: Regular) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - of what is measured beside, nothing may end the log
            fields = {"error": f"{type(error).__name__}: {error}"}
            self._keep(Record(time.time_ns(), "warning", "log.measure_failed", fields))
