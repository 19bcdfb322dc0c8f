"""One process's log: begun at its entry point, handed down to the processes that it starts, closed at its end."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from core.telemetry.figures import Processes
from core.telemetry.files import PERFORMANCE, Keep
from core.telemetry.lines import LEVELS, Line
from core.telemetry.logger import FromLibraries, outlet, told
from core.telemetry.redaction import Redactor
from core.telemetry.showing import shown
from core.telemetry.writer import Logs, Record, Writer, nothing

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.settings import Settings

FOLDER: Final = "logs"
MINUTE_SECONDS: Final = 60.0


class Handed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a process of ours is told of the log, by who starts it. No secret is part of it."""

    folder: str
    level: str
    keep_days: int
    keep_trades_days: int
    most_mb: int
    zone: str = "UTC"  # the owner's
    traced: bool = False  # its lines go to standard error too

    @property
    def keep(self) -> Keep:
        """How much stays."""
        return Keep(self.keep_days, self.keep_trades_days, self.most_mb << 20)


def folder_of(data_dir: Path) -> Path:
    """Where the logs of a data folder lie."""
    return data_dir / FOLDER


def secrets_of(settings: BaseModel) -> set[str]:
    """Every secret among the settings, and the password within an address that is one."""
    from pydantic import BaseModel, SecretStr

    found: set[str] = set()
    for value in dict(settings).values():
        if isinstance(value, SecretStr):
            secret = value.get_secret_value()
            found |= {secret, *password_in(secret)} - {""}
        elif isinstance(value, BaseModel):
            found |= secrets_of(value)
    return found


def password_in(address: str) -> list[str]:
    """The password of a URL, as it is written there; none when it has none."""
    _, scheme, rest = address.partition("://")
    user, at, _ = rest.rpartition("@")
    return [user.partition(":")[2]] if scheme and at and ":" in user else []


@contextlib.contextmanager
def logging_as(
    component: str,
    settings: Settings,
    *,
    debug: bool = False,
    begin: Callable[[], None] = nothing,
    echoes: bool = False,
) -> Iterator[None]:
    """Log to the data folder of `settings` while the block runs; a log that was begun before ends.

    With `debug` every line is written, and a short one for people goes to standard error; a process that does that
    already goes on with it. `begin` is done in the thread that writes. With `echoes` libraries go on telling their
    warnings on standard error.
    """
    logs, debug = settings.logs, debug or debugging()
    level = "debug" if debug else logs.level
    folder = str(folder_of(settings.data_dir).resolve())
    keep = (logs.keep_days, logs.keep_trades_days, logs.most_mb)
    handed = Handed(folder, level, *keep, settings.time_zone, traced=debug)
    _begin(component, handed, secrets_of(settings), begin, echoes=echoes)
    with _until_its_end(component):
        yield


def debugging() -> bool:
    """Whether the lines of this process are shown on standard error too."""
    return _running.handed is not None and _running.handed.traced


@contextlib.contextmanager
def logging_as_told(component: str, words: str, secrets: Iterable[str] = ()) -> Iterator[Handed | None]:
    """The same for a process that was told of the log by `hand_down`; no log, and None, for no words."""
    if not words:
        yield None
        return
    handed = msgspec.json.decode(words, type=Handed)
    _begin(component, handed, secrets, nothing, echoes=True)
    with _until_its_end(component):
        yield handed


@contextlib.contextmanager
def _until_its_end(component: str) -> Iterator[None]:
    """Close the log at the end of the block, and let it say which exception that was."""
    try:
        yield
    except Exception as error:
        if outlet.writer is not None and outlet.writer.logs.folder.parent.is_dir():  # nothing is made for a refusal
            told("error", f"{component}.failed", {"exc_info": error})
        raise
    finally:
        close()


def hand_down() -> list[str]:
    """The argument that tells a process that we start of the log; none when we write none."""
    if _running.handed is None:
        return []
    quiet = msgspec.structs.replace(_running.handed, traced=False)  # nobody reads its standard error meanwhile
    return [msgspec.json.encode(quiet).decode()]


def log_at(level: str) -> None:
    """From here on write what is of that level or worse; with `debug` everything goes on being written."""
    if outlet.writer is not None and _running.handed is not None and not _running.handed.traced:
        outlet.writer.threshold = LEVELS[level]
        _running.handed = msgspec.structs.replace(_running.handed, level=level)


def measure(event: str, **figures: Any) -> None:
    """A line of figures, for the stream of those. Nothing, in a process without a log."""
    if outlet.writer is not None:
        outlet.writer.put(Record(time.time_ns(), "info", event, figures, PERFORMANCE))


def each_minute(work: Callable[[], None], *, at_end: bool = True) -> None:
    """Do `work` in the thread that writes the log, once a minute, and once more at the end unless that is too much."""
    if outlet.writer is not None:
        outlet.writer.every(MINUTE_SECONDS, work, at_end=at_end)


def watch_process(name: str, pid: int) -> None:
    """Measure a process of ours that writes no log itself, until it has gone."""
    _running.processes.add(name, pid)


def close() -> None:
    """Write what is left, and end the log. `os._exit` asks nobody: who uses it calls this before."""
    writer = outlet.writer
    if _running.handler is not None:
        logging.getLogger().removeHandler(_running.handler)
        _running.handler = None
    if writer is not None:
        writer.close()
    outlet.writer = _running.handed = None


class _Running:
    handed: Handed | None = None
    handler: FromLibraries | None = None
    processes = Processes()


_running: Final = _Running()


def _begin(component: str, handed: Handed, secrets: Iterable[str], begin: Callable[[], None], *, echoes: bool) -> None:
    close()

    def trace(line: Line) -> None:
        """A short line for people, wherever standard error goes at the moment."""
        sys.stderr.write(f"{shown(line, handed.zone, dated=False)}\n")
        sys.stderr.flush()

    heard = trace if handed.traced else None
    logs = Logs(Path(handed.folder), component, handed.level, handed.keep, Redactor(secrets), heard, begin)
    outlet.writer, _running.handed = Writer(logs), handed
    _running.handler = FromLibraries(echoes=echoes)
    logging.getLogger().addHandler(_running.handler)
    _running.processes = Processes()
    _running.processes.add(component, os.getpid())
    each_minute(measure_processes)
    atexit.register(close)


def measure_processes() -> None:
    """One line for each process that is ours to measure."""
    for figures in _running.processes.read():
        measure("process", **figures)
