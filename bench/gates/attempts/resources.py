"""Resources: more than its share, and what would stay behind when it has ended."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import select
import signal
import threading
from multiprocessing import shared_memory

from .calls import OWN, call, done, expect, libc, mark

_GB = 1 << 30
_REMOVE = 0
_LOCKED, _PRIVATE, _ANONYMOUS, _NO_RESERVE, _POPULATE = 0x2000, 0x02, 0x20, 0x4000, 0x8000
_READ_WRITE = 3
_SHAREABLE = 12
_SET_PIPE_SIZE = 1031

libc.mmap.restype = ctypes.c_long
libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def _mapped(size: int, flags: int) -> int:
    return done(libc.mmap(None, size, _READ_WRITE, _PRIVATE | _ANONYMOUS | flags, -1, 0))


# Memory


def much_memory() -> None:
    """Four times what a box may have; nothing of it is touched."""
    _mapped(8 * _GB, _NO_RESERVE)


def much_memory_in_pieces() -> None:
    held: list[int] = []
    try:
        for _ in range(512):
            held.append(_mapped(_GB // 64, _NO_RESERVE))  # noqa: PERF401 - what is held so far is given back
    finally:
        for each in held:
            libc.munmap(each, _GB // 64)


def much_shared_memory() -> None:
    mmap.mmap(-1, 8 * _GB)


def memory_that_stays_in_place() -> None:
    _mapped(mmap.PAGESIZE, _LOCKED)


def page_that_stays_in_place() -> None:
    done(libc.mlock(ctypes.create_string_buffer(1), 1))


def memory_shared_with_equals() -> None:
    """The kernel looks for pages of others that hold the same; how long a write takes then tells what they hold."""
    done(libc.madvise(_mapped(mmap.PAGESIZE, _POPULATE), mmap.PAGESIZE, _SHAREABLE))


def much_stack() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))


# Files, descriptors, threads


def many_files() -> None:
    """Without a limit, the table of the machine is what ends."""
    held: list[int] = []
    try:
        for _ in range(300):
            held.append(os.open(f"{OWN}/resources.py", os.O_RDONLY))  # noqa: PERF401 - likewise
    finally:
        for each in held:
            os.close(each)


def higher_limit_of_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def long_file() -> None:
    """A thousand GB, of which none takes room."""
    with open(mark(), "wb") as made:
        made.truncate(1 << 40)


def room_on_the_disk() -> None:
    made = os.open(mark(), os.O_CREAT | os.O_WRONLY)
    os.posix_fallocate(made, 0, 1 << 20)


def many_folders() -> None:
    for number in range(100):
        os.mkdir(mark(str(number)))


def many_threads() -> None:
    threads = [threading.Thread(target=int) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def many_terminals() -> None:
    for _ in range(10):
        for end in os.openpty():
            os.close(end)


def large_pipe() -> None:
    """Standard error is a pipe that the trader holds: a larger one is more of the kernel's memory."""
    expect(fcntl.fcntl(2, _SET_PIPE_SIZE, 1 << 20))


def pipe_that_signals() -> None:
    """Who writes into it then signals whom we like."""
    fcntl.fcntl(2, fcntl.F_SETOWN, os.getpid())


def pipes_of_its_own() -> None:
    for end in os.pipe():
        os.close(end)


# Left behind


def shared_memory_under_a_name() -> None:
    """Until somebody removes it."""
    made = shared_memory.SharedMemory(create=True, size=mmap.PAGESIZE)
    made.close()
    made.unlink()


def old_shared_memory() -> None:
    call("shmctl", call("shmget", 0, mmap.PAGESIZE, 0o600), _REMOVE, 0)


def old_semaphores() -> None:
    call("semctl", call("semget", 0, 1, 0o600), 0, _REMOVE, 0)


def old_messages() -> None:
    call("msgctl", call("msgget", 0, 0o600), _REMOVE, 0)


def messages_under_a_name() -> None:
    name = f"sorte-probe-{os.getpid()}".encode()
    os.close(call("mq_open", name, os.O_CREAT | os.O_RDWR, 0o600, 0))
    call("mq_unlink", name)


# Time


def alarm() -> None:
    signal.setitimer(signal.ITIMER_REAL, 100.0)


def timer() -> None:
    call("timer_create", 1, 0, ctypes.create_string_buffer(8))


def timer_as_a_file() -> None:
    os.close(call("timerfd_create", 1, 0))


def signals_as_a_file() -> None:
    os.close(call("signalfd4", -1, ctypes.create_string_buffer(8), 8, 0))


def waiting_for_many() -> None:
    with select.epoll():
        pass


def reading_without_waiting() -> None:
    context = ctypes.create_string_buffer(8)
    call("io_setup", 1, context)
    call("io_destroy", int.from_bytes(context.raw, "little"))
