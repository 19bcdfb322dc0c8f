"""How a module logs: `log = get_logger()`, then `log.info("gate.finished", gate="lint")`, and `with bound(change=ID)`.

structlog binds and merges; what comes of it goes to this process's writer (see `core.telemetry.process`). It is loaded
by the first line that is logged: a command that has nothing to log does not pay for it. A process that writes no log
tells its warnings and errors on standard error.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, cast

from core.telemetry.lines import EXCEPTION, LEVELS
from core.telemetry.writer import WARNING, Record, Writer

if TYPE_CHECKING:
    from collections.abc import MutableMapping

LONGEST_TRACEBACK: Final = 60
"""Frames of it, those nearest to what was raised."""


class Logger(Protocol):
    """What a module logs with: an event in a few words with dots between them, and values by name."""

    def debug(self, event: str, **values: Any) -> Any:
        """What helps whoever looks for a fault; written when debugging was asked for."""

    def info(self, event: str, **values: Any) -> Any:
        """What happened as it should."""

    def warning(self, event: str, **values: Any) -> Any:
        """What went wrong and was survived."""

    def error(self, event: str, **values: Any) -> Any:
        """What somebody should look into; `exc_info=error` adds its traceback."""

    def exception(self, event: str, **values: Any) -> Any:
        """The same, within `except`: with the traceback of what is handled."""


class Outlet:
    """Where this process's records go. `writer` is None in a process that writes no log."""

    writer: Writer | None = None


outlet: Final = Outlet()


def get_logger() -> Logger:
    """A logger; all of them are the same, since a line is found by its component and its event."""
    return cast("Logger", _Lazy())


class _Lazy:
    """Loads structlog when something is logged."""

    def __getattr__(self, name: str) -> Any:
        import structlog

        made = structlog.wrap_logger(
            None,
            processors=[structlog.contextvars.merge_contextvars, _hand_over],
            wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        ).bind()
        for level in ("exception", *LEVELS):
            setattr(self, level, getattr(made, level))  # found without us from now on
        return getattr(made, name)


@contextlib.contextmanager
def bound(**values: Any) -> Iterator[None]:
    """Let every line that is logged within say so, in tasks and threads too that are begun in there."""
    import structlog

    with structlog.contextvars.bound_contextvars(**values):
        yield


def _hand_over(_logger: Any, method: str, values: MutableMapping[str, Any]) -> NoReturn:
    """The last processor: to the writer, or nowhere."""
    import structlog

    level = "error" if method in ("exception", "critical") else method
    told(level, str(values.pop("event", "")), dict(values))
    raise structlog.DropEvent


def told(level: str, event: str, fields: dict[str, Any]) -> None:
    """Take one event. `exc_info` among the fields is an exception, or true for the one that is handled."""
    writer = outlet.writer
    if LEVELS[level] < (WARNING if writer is None else writer.threshold):
        return
    error = fields.pop("exc_info", None)
    if error:
        fields[EXCEPTION] = traceback_of(error if isinstance(error, BaseException) else sys.exc_info()[1])
    if writer is None:
        _say(event, fields)
    else:
        writer.put(Record(time.time_ns(), level, event, fields))


def traceback_of(error: BaseException | None) -> str:
    """As Python tells it, without values of variables."""
    if error is None:
        return ""
    return "".join(traceback.format_exception(error, limit=-LONGEST_TRACEBACK)).rstrip()


def _say(event: str, fields: dict[str, Any]) -> None:
    from core.telemetry.redaction import Redactor

    clean: Callable[[Any, str], Any] = Redactor().clean
    said = [f"{name}={clean(value, name)}" for name, value in fields.items() if name != EXCEPTION]
    print(event, *said, file=sys.stderr)
    if EXCEPTION in fields:
        print(Redactor().text(fields[EXCEPTION]), file=sys.stderr)


class FromLibraries(logging.Handler):
    """What libraries log with the standard library's `logging`, warnings and worse."""

    def __init__(self, *, echoes: bool) -> None:
        """With `echoes` it is also said on standard error, as it is in a process without a log."""
        super().__init__(logging.WARNING)
        self._echoes = echoes

    def emit(self, record: logging.LogRecord) -> None:
        """Take one."""
        level = "error" if record.levelno >= logging.ERROR else "warning"
        fields: dict[str, Any] = {"logger": record.name}
        with contextlib.suppress(Exception):  # its text and its values do not fit each other
            fields["text"] = record.getMessage()
        told(level, "library", fields | ({"exc_info": record.exc_info[1]} if record.exc_info else {}))
        if self._echoes and logging.lastResort is not None:
            logging.lastResort.handle(record)
