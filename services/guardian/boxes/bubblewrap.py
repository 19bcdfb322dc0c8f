"""Boxes made by bubblewrap: the walls of a strategy host, around the judge's program."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Final

from core.contracts import Box
from core.errors import SandboxError
from core.strategy import Source
from sandbox.jail import spawn
from sandbox.limits import Jail
from sandbox.mounts import JUDGE_FILES, JUDGE_PACKAGES, PLATFORM, STRATEGY, Bind, python_command
from sandbox.process import JailedProcess
from sandbox.profile import LOCKED, START, compile_profile
from services.guardian.boxes.layout import fill, laid_out
from services.guardian.boxes.reading import be_patient, read_exactly
from services.guardian.boxes.session import BoxSession

CPU_SECONDS: Final = 600
"""Of one box; the wall deadlines of the gates are shorter. It ends what outlives a judge that was killed."""


class Bubblewrap:
    """Makes judge boxes. Open one from a thread that outlives it (see `sandbox.jail.spawn`)."""

    def __init__(self, memory_mb: int) -> None:
        """Raises SandboxError when bubblewrap is not installed."""
        self.memory_mb = memory_mb
        self.box = Box(kind="bubblewrap", image=_version(), profile=filters_hash())

    def open(self, source: Source, *, jit: bool = True, room: str = "") -> BoxSession:  # noqa: ARG002 - as in Boxes
        """A box with `source` in it, and with Numba's compiler or without."""
        jail = Jail(
            memory_mb=self.memory_mb,
            cpu_seconds=CPU_SECONDS,
            open_files=256,
            packages=JUDGE_PACKAGES,
            files=JUDGE_FILES,
            variables=variables(jit=jit),
            background=True,
        )
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(laid_out(source.files))
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            stack.enter_context(ours)
            argv = python_command(f"{PLATFORM}/sandbox/judge.py", "socket")
            process = spawn(argv, channel=theirs, binds=[Bind(folder, STRATEGY)], jail=jail)
            stack.callback(process.kill)
            return BoxSession(_SocketLine(process, ours, stack.pop_all()), functools.partial(fill, folder))

    def sweep(self) -> None:
        """Nothing to do: the kernel ends a box with who started it."""

    def close(self) -> None:
        """Nothing is held."""


class _SocketLine:
    def __init__(self, process: JailedProcess, channel: socket.socket, held: contextlib.ExitStack) -> None:
        self.process = process
        self.channel = channel
        self.held = held
        self.cause = ""

    def send(self, data: bytes, deadline: float) -> None:
        be_patient(self.channel, deadline)
        self.channel.sendall(data)

    def receive(self, count: int, deadline: float) -> bytes:
        return read_exactly(self.channel, count, deadline)

    def close(self) -> str:
        if not self.cause:
            with contextlib.suppress(TimeoutError):  # who has hung up is about to end, and why is worth knowing
                self.process.wait(0.2 if self._hung_up() else 0)
            self.process.kill()
            self.cause = self.process.cause()
            self.held.close()
        return self.cause

    @property
    def pid(self) -> int:
        return self.process.inside_pid

    def cpu_ns(self) -> int | None:
        return used_ns(self.pid)

    def _hung_up(self) -> bool:
        self.channel.setblocking(False)
        try:
            return not self.channel.recv(1, socket.MSG_PEEK)
        except OSError:
            return False


def used_ns(pid: int) -> int | None:
    """Processor time of a process of one thread, exact while it waits; None when the kernel does not say."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def variables(*, jit: bool) -> dict[str, str]:
    """What a judge's box has in its environment beside what every box has."""
    home = {"HOME": "/nowhere"}  # pylint wants to know where it may not write
    return home if jit else {**home, "NUMBA_DISABLE_JIT": "1"}


def filters_hash() -> str:
    """What both system call filters are, in one hash."""
    return hashlib.sha256(compile_profile(START) + compile_profile(LOCKED)).hexdigest()


@functools.cache
def _version() -> str:
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError("The program bwrap is missing.", "Install the system package bubblewrap.")
    command = [program, "--version"]
    try:
        told = subprocess.run(command, capture_output=True, check=True, env={}, timeout=10)  # noqa: S603 - our own words
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(
            f"The program bwrap does not run: {error}.", "Install the package bubblewrap again."
        ) from None
    return told.stdout.decode(errors="replace").strip()
