"""Builds the box: bubblewrap, the first seccomp filter, the limits, and a program with one socket and nothing else.

    process, channel = spawn_runner(Path("strategy"))

What is inside has user, process, network, mount, IPC, host name and cgroup namespaces of its own, no capability, an
empty read-only root with the binds of `sandbox.mounts`, and three descriptors: 0 the channel, 1 /dev/null, 2 a pipe.
It is process 1 of its namespace: it sees nobody, and with it dies everything.

Bubblewrap is started with an empty environment. What it is started with could otherwise be read inside, from
/proc/1/environ, in spite of `--clearenv` (seen). Here the program also takes bubblewrap's place (`--as-pid-1`) and
there is no /proc: three reasons, because one of them may be gone with a later version.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from core.errors import SandboxError
from core.priority import give_way
from sandbox.limits import Jail
from sandbox.mounts import PLATFORM, PYTHON, QTABLES, STRATEGY, Bind, Link, base_mounts, python_command, python_path
from sandbox.process import JailedProcess, last_line, readable
from sandbox.profile import LOCKED, START, compile_profile

START_TIMEOUT_SECS: Final = 10.0
"""Bubblewrap makes its namespaces in a few milliseconds; a machine this busy is no place to trade from."""

POLL_SECS: Final = 0.0005

USER_NAMESPACES_HINT: Final = (
    "User namespaces may be forbidden here: look at sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces "
    "and kernel.apparmor_restrict_unprivileged_userns; in a container its seccomp profile must permit them."
)

ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "LC_ALL": "C.UTF-8",
        "LD_LIBRARY_PATH": f"{PYTHON}/lib",  # the executable names its own library by the host's path
        "NUMBA_BOUNDSCHECK": "1",
        "NUMBA_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",  # it would start threads at import, which the filter refuses
        "PYTHONHASHSEED": "0",  # sets have the same order at every start
    }
)

WALLS: Final = (
    "--unshare-user",  # by name: --unshare-all only tries it
    "--unshare-all",
    "--as-pid-1",
    "--die-with-parent",
    "--new-session",
    *("--cap-drop", "ALL"),
    *("--uid", "65534", "--gid", "65534"),
    *("--hostname", "box"),
    "--clearenv",
)


def spawn_runner(
    strategy: Path, *, qtables: Path | None = None, jail: Jail | None = None
) -> tuple[JailedProcess, socket.socket]:
    """Start a strategy host: `sandbox.runner` over the package in the folder `strategy`.

    Returns it and our end of its channel. `qtables` is a folder of .npz files. The rest is said over the channel:
    see `sandbox.protocol` and `sandbox.runner`.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    binds = [Bind(strategy, STRATEGY), *([Bind(qtables, QTABLES)] if qtables else [])]
    try:
        return spawn(python_command(f"{PLATFORM}/sandbox/runner.py"), channel=theirs, binds=binds, jail=jail), ours
    except BaseException:
        ours.close()
        raise


def spawn(
    argv: Sequence[str], *, channel: socket.socket, binds: Sequence[Bind] = (), jail: Jail | None = None
) -> JailedProcess:
    """Run `argv`, whose paths are those inside, in a box of its own with `channel` as descriptor 0.

    The box takes `channel` over: our copy is closed, so that the other end sees the end of file when the box ends.
    Call it from a thread that outlives the box: the kernel's parent-death signal, by which no box is left when the
    trader dies, follows the thread that started the box and not the process.

    Whatever runs inside must wait for a first message before it touches a strategy (see `_await_inside`).

    Raises SandboxError when the box cannot be built: a program or a bind is missing, namespaces are forbidden.
    """
    jail = jail or Jail()
    with channel, contextlib.ExitStack() as cleanup:
        stderr_fd, stderr_end = _pipe(cleanup)
        status_fd, status_end = _pipe(cleanup)
        filter_fd = _start_filter(cleanup)
        command = [
            *(_tool("prlimit", "util-linux"), *jail.prlimit_arguments(), "--"),
            *(_tool("bwrap", "bubblewrap"), *WALLS),
            *("--json-status-fd", str(status_end), "--seccomp", str(filter_fd)),
            *_environment(jail.variables),
            *_mounts([*base_mounts(jail.packages, jail.files), *binds]),
            *("--", *argv),
        ]
        child = subprocess.Popen(  # noqa: S603 - a list of our own words, two programs found on our own PATH
            command,
            stdin=channel.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=stderr_end,
            env={},
            cwd="/",
            pass_fds=(status_end, filter_fd),
            start_new_session=True,
        )
        process = JailedProcess(
            pid=child.pid,
            inside_pid=0,
            jail=jail,
            exit_fd=os.pidfd_open(child.pid),
            inside_fd=None,
            status_fd=os.dup(status_fd),
            stderr_fd=os.dup(stderr_fd),
        )
        child.returncode = 0  # from here on JailedProcess reaps it, by wait4, which also tells what was used
    _await_inside(process)
    if jail.background:
        yield_to_others(process.inside_pid)
    return process


def yield_to_others(pid: int) -> None:
    """Let the process `pid` give way to others, and where there are cores to spare keep it off the first.

    From outside and after the start: the few milliseconds before that are bubblewrap's, and a program inside cannot
    undo it, because neither call is in its filters.
    """
    with contextlib.suppress(ProcessLookupError):
        give_way(pid)
        os.sched_setaffinity(pid, background_cores())


def background_cores() -> list[int]:
    """Where boxes of the background run: beside the live loop's core when there are more than two.

    With two, one core for all boxes made a judgement half as fast, and the loop's p99 no better than `core.priority`.
    """
    cores = sorted(os.sched_getaffinity(0))
    return cores[1:] if len(cores) > 2 else cores


def _await_inside(process: JailedProcess) -> None:
    """Return when the program is being executed, behind its filter; SandboxError when it does not come to that.

    Only then is the parent-death signal in force (bubblewrap asks for it before the filter, and does not check whether
    its parent is still there). Until then nobody has told the box to begin, so that a trader killed in these
    milliseconds leaves a program that waits on its channel, reads the end of file and goes.
    """
    deadline = time.monotonic() + START_TIMEOUT_SECS
    told = ""
    while not (found := re.search(r'"child-pid": (\d+)', told)):
        if not readable(process.status_fd, deadline - time.monotonic()):
            break
        if not (chunk := os.read(process.status_fd, 4096)):
            break
        told += chunk.decode("ascii", "replace")
    if found:
        process.inside_pid = int(found[1])
        with contextlib.suppress(ProcessLookupError):
            process.inside_fd = os.pidfd_open(process.inside_pid)
        while time.monotonic() < deadline and not _is_filtered(process.inside_pid):
            if readable(process.exit_fd, POLL_SECS):
                break
        else:
            return
    process.kill()
    if not process.executed:
        raise SandboxError(f"The box could not be built: {last_line(process.stderr_tail())}.", USER_NAMESPACES_HINT)


def _is_filtered(pid: int) -> bool:
    """Whether a seccomp filter is in force for `pid`."""
    try:
        return "\nSeccomp:\t2" in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _pipe(cleanup: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe that blocks neither end; the mode is the pipe's own, so it holds for whoever inherits an end."""
    ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    for end in ends:
        cleanup.callback(os.close, end)
    return ends


def _start_filter(cleanup: contextlib.ExitStack) -> int:
    """A descriptor to read the first filter from; one for each box, because reading moves its offset."""
    descriptor = os.memfd_create("start-filter")
    cleanup.callback(os.close, descriptor)
    os.write(descriptor, compile_profile(START))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _environment(more: Mapping[str, str]) -> list[str]:
    variables = {**environment(), **more}
    return [word for name, value in variables.items() for word in ("--setenv", name, value)]


def environment() -> dict[str, str]:
    """The environment inside. The second filter travels in it: no file can be made for it where file size is 0."""
    return {
        **ENVIRONMENT,
        "SORTE_FILTER": compile_profile(LOCKED).hex(),
        "SORTE_PATH": ":".join(python_path()),
    }


def _mounts(mounts: Sequence[Bind | Link]) -> list[str]:
    words = []
    for mount in mounts:
        match mount:
            case Bind(source, target):
                words += ["--ro-bind", str(source.absolute()), target]
            case Link(to, path):
                words += ["--symlink", to, path]
    return [*words, "--remount-ro", "/", "--chdir", "/"]


def _tool(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SandboxError(f"The program {name} is missing.", f"Install the system package {package}.")
    return found
