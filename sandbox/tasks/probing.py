"""What a strategy would try that wants out: each attempt is what it says, and nobody is hurt where it succeeds.

Inside a box each has to fail. `python -m sandbox.tasks.probing NAME` makes the same attempt outside, to show that it is
one. No attempt reaches anything but this machine.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

DONE: Final = "done"
NEW_USER_NAMESPACE: Final = 0x10000000
TRACE_ME: Final = 0
MOST_BYTES: Final = 1 << 40


def read_accounts() -> None:
    """Who has an account on the machine."""
    Path("/etc/passwd").read_bytes()


def list_homes() -> None:
    """Whose files there are."""
    os.listdir("/home")  # noqa: PTH208 - what a stranger would write


def list_processes() -> None:
    """What else runs."""
    Path("/proc/1/status").read_bytes()


def write_file() -> None:
    """A file that stays."""
    with tempfile.NamedTemporaryFile(dir="/tmp") as made:
        made.write(b"probe")


def change_itself() -> None:
    """Its own code, for the next time."""
    place = Path("/strategy") if Path("/strategy").is_dir() else Path(tempfile.gettempdir())
    made = place / f"sorte-probe-{os.getpid()}"
    made.write_bytes(b"probe")
    made.unlink()


def open_socket() -> None:
    """A way to the network."""
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def start_process() -> None:
    """A second process."""
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)


def start_thread() -> None:
    """A second thread. By its own call, as Python says no more than that it cannot."""
    libc, thread = _libc(), ctypes.c_ulong()
    if refusal := libc.pthread_create(ctypes.byref(thread), None, libc.getpid, None):
        raise OSError(refusal, os.strerror(refusal))
    libc.pthread_join(thread, None)


def run_program() -> None:
    """Another program in its own place."""
    os.execv(sys.executable, [sys.executable, "-c", f"print({DONE!r})"])  # noqa: S606 - that is the attempt


def signal_others() -> None:
    """A signal to who started it; 0 asks whether it may."""
    os.kill(os.getppid(), 0)


def trace() -> None:
    """The memory of another process."""
    _called(_libc().ptrace(TRACE_ME, 0, 0, 0))


def enter_namespace() -> None:
    """A machine of its own within the machine."""
    _called(_libc().unshare(NEW_USER_NAMESPACE))


def take_memory() -> None:
    """More memory than there is; touched it never is."""
    bytearray(MOST_BYTES)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _called(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


ATTEMPTS: Final[dict[str, Callable[[], None]]] = {
    attempt.__name__: attempt
    for attempt in (
        *(read_accounts, list_homes, list_processes, write_file, change_itself, open_socket, start_process),
        *(start_thread, run_program, signal_others, trace, enter_namespace, take_memory),
    )
}


def probe(name: str) -> str:
    """Make an attempt: `done` when it went through, else what the kernel answered (EPERM), or what was raised."""
    try:
        ATTEMPTS[name]()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    except Exception as error:  # noqa: BLE001 - whatever stops it
        return type(error).__name__
    return DONE


TASKS = (probe,)

if __name__ == "__main__":
    print(probe(sys.argv[1]))
