"""A box that runs: is it alive, why did it end, what did it say, and one way to end it that leaves nothing behind.

No thread drains its output. Standard error is a pipe that never blocks its writer: a flood fills it once, the rest is
refused to the writer, and the trader spends nothing on it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from sandbox.limits import Jail

STDERR_TAIL_BYTES: Final = 16 * 1024
KILL_TIMEOUT_SECS: Final = 2.0
"""SIGKILL is acted upon in about a millisecond; later than this, bubblewrap itself is stuck and is killed too."""

SPENT: Final = 0.75
"""Of its processor time, by exact count: who was killed after so much has used it up."""
MEMORY_WORDS: Final = (b"MemoryError", b"bad_alloc", b"out of memory", b"Unable to allocate", b"cannot allocate")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a box that has ended used."""

    cpu_seconds: float
    peak_rss_mb: float  # at most: Linux carries the peak of who started it over into the box


@dataclass(slots=True)
class JailedProcess:
    """One box. For one thread at a time; `with` kills it at the end."""

    pid: int
    """Of bubblewrap, which waits for the program inside."""
    inside_pid: int
    """Of the program inside, as the host sees it; inside it is 1."""
    jail: Jail
    exit_fd: int
    """Becomes readable when the box has ended, for an event loop. Closed by the call that returns the exit code."""
    inside_fd: int | None
    """Names the program inside even when its pid is used again; None when it had ended before it could be asked."""
    status_fd: int
    stderr_fd: int
    code: int | None = None
    killed: bool = False
    usage: Usage | None = None
    """None until the box has ended."""
    executed: bool = False
    """Whether bubblewrap got as far as the program; known when the box has ended."""
    stderr: bytes = b""

    def __enter__(self) -> JailedProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()

    def poll(self) -> int | None:
        """The exit code, or None while it runs; 128 + the signal's number when a signal ended it. Never blocks."""
        if self.code is None:
            self._drain()
            pid, status, used = os.wait4(self.pid, os.WNOHANG)
            if pid:
                usage = Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
                self._close(os.waitstatus_to_exitcode(status), usage)
        return self.code

    def wait(self, timeout_secs: float | None = None) -> int:
        """The exit code as soon as there is one. TimeoutError when there is none in time; the box then goes on."""
        while (code := self.poll()) is None:
            if not readable(self.exit_fd, timeout_secs):
                raise TimeoutError(f"the box still runs after {timeout_secs} s")
        return code

    def kill(self) -> None:
        """End everything inside now, and reap it. Does nothing to a box that has ended.

        The program inside is killed first: bubblewrap then reaps it and ends. Killed first itself, it would leave the
        dead program to the machine's process 1, which in a container often reaps nobody.
        """
        if self.poll() is not None:
            return
        self.killed = True
        if self.inside_fd is not None:
            _kill(self.inside_fd)
        if self.inside_fd is None or not readable(self.exit_fd, KILL_TIMEOUT_SECS):
            _kill(self.exit_fd)
        self.wait()

    def stderr_tail(self) -> str:
        """The last 16 KiB drained from standard error, here and by `poll`. Never blocks.

        Between two drains the pipe holds 64 KiB and refuses the rest. A stranger's text: escape it before it goes to a
        terminal or into a message.
        """
        if self.code is None:
            self._drain()
        return self.stderr.decode("utf-8", "backslashreplace")

    def cause(self) -> str:
        """Why it ended, in words."""
        code = self.poll()
        if code is None:
            return "it still runs"
        if not self.executed and not self.killed:
            return f"the box could not be built: {last_line(self.stderr_tail())}"
        if code == 0:
            return "ended by itself"
        if code == 128 + signal.SIGSYS:
            return "made a forbidden system call and was killed by seccomp"
        if code == 128 + signal.SIGKILL:
            return self._cause_of_kill()
        hungry = any(word in self.stderr for word in MEMORY_WORDS)
        memory = f", out of its {self.jail.memory_mb} MB of memory" if hungry else ""
        if code - 128 in set(signal.Signals):
            return f"crashed with {signal.Signals(code - 128).name}{memory}"
        return f"ended with exit code {code}{memory}"

    def _cause_of_kill(self) -> str:
        if self.killed:
            return "killed by us"
        limit = self.jail.cpu_seconds
        # The kernel counts ticks where usage counts exactly: on a busy machine the sum falls short by several.
        if limit is not None and self.usage is not None and self.usage.cpu_seconds >= SPENT * limit:
            return f"used up its {limit} s of processor time"
        return "killed from outside: by the kernel, for want of memory or for not pausing, or by an operator"

    def _drain(self) -> None:
        """Move what the pipe holds to the tail: no more than it can hold, however fast the other side writes."""
        for _ in range(4):
            try:
                chunk = os.read(self.stderr_fd, STDERR_TAIL_BYTES)
            except BlockingIOError:
                return
            if not chunk:
                return
            self.stderr = (self.stderr + chunk)[-STDERR_TAIL_BYTES:]

    def _close(self, code: int, usage: Usage) -> None:
        self._drain()
        with contextlib.suppress(BlockingIOError):
            self.executed = b'"exit-code"' in os.read(self.status_fd, 4096)
        # Negative: a signal ended bubblewrap itself, and the parent-death signal ended what was inside.
        self.code, self.usage = (code if code >= 0 else 128 - code), usage
        for descriptor in (self.stderr_fd, self.status_fd, self.exit_fd, self.inside_fd):
            if descriptor is not None:
                os.close(descriptor)


def readable(descriptor: int, timeout_secs: float | None) -> bool:
    """Whether `descriptor` has something to say within the time; None waits for ever."""
    poller = select.poll()  # select() cannot name descriptors above 1023
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(None if timeout_secs is None else max(0.0, timeout_secs * 1000)))


def last_line(text: str) -> str:
    """The last line that is not empty; a sentence that says so when there is none."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "it said nothing")


def _kill(process_fd: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(process_fd, signal.SIGKILL)
