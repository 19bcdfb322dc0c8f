"""What hostile strategy code would try. Each probe returns what it got; raising OSError means that it was refused.

The same functions run in the box and, as positive controls, outside of it. They go through ctypes where Python's own
function would do more than the one call, and they never do lasting harm where nothing stops them.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import resource
import signal
import socket
import struct
import sys
import threading
from pathlib import Path
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)

NUMBERS = {
    "x86_64": {
        "ptrace": 101, "setuid": 105, "personality": 135, "chroot": 161, "mount": 165, "unshare": 272, "keyctl": 250,
        "perf_event_open": 298, "setns": 308, "process_vm_readv": 310, "memfd_create": 319, "bpf": 321,
        "userfaultfd": 323, "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435,
    },
    "aarch64": {
        "ptrace": 117, "setuid": 146, "personality": 92, "chroot": 51, "mount": 40, "unshare": 97, "keyctl": 219,
        "perf_event_open": 241, "setns": 268, "process_vm_readv": 270, "memfd_create": 279, "bpf": 280,
        "userfaultfd": 282, "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435,
    },
}[os.uname().machine]  # fmt: skip
"""Linux' call numbers, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h."""


def attempt(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The outcome of one probe: `{"got": ...}`, or `{"refused": ...}` when it raised."""
    try:
        return {"got": globals()[name](**arguments)}
    except (OSError, RuntimeError, ValueError, MemoryError) as error:
        return {"refused": f"{type(error).__name__}: {error}"[:300]}


def system_call(name: str, *arguments: Any) -> int:
    result: int = libc.syscall(
        ctypes.c_long(NUMBERS[name]), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)
    )
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def in_child(act: Any) -> int:
    """Run `act` in a child where nothing stops it, so that a control harms nobody; without a fork, run it here."""
    if "SORTE_PATH" in os.environ:
        return int(act() or 0)
    child = os.fork()
    if child == 0:
        try:
            act()
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status:
        raise OSError(os.waitstatus_to_exitcode(status), "in the child")
    return 0


# Files


def read(path: str) -> int:
    with open(path, "rb") as file:  # noqa: PTH123 - the plainest way in
        return len(file.read(64))


def list_folder(path: str) -> list[str]:
    return sorted(os.listdir(path))  # noqa: PTH208 - likewise


def read_memory_of(pid: int) -> int:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:  # noqa: PTH123
        file.seek(0x1000)
        return file.fileno()


WRITES = (
    lambda path: path.open("ab").close(),
    lambda path: path.with_suffix(".link").symlink_to("/"),
    lambda path: path.chmod(0o777),
)


def write_anywhere(start: str) -> list[str]:
    """Every folder below `start` where a file can be made, opened for appending, linked or renamed."""
    written = []
    for folder, _, files in os.walk(start):
        targets = [Path(folder, "planted"), *(Path(folder, name) for name in files[:2])]
        for target in targets:
            for act in WRITES:
                with contextlib.suppress(OSError):
                    act(target)
                    written.append(str(target))
    return written


def make_file_with_libc(path: str) -> int:
    descriptor: int = libc.open(path.encode(), os.O_CREAT | os.O_RDWR, 0o600)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), path)
    return descriptor


# Secrets


def descriptors() -> list[int]:
    return [number for number in range(1024) if libc.fcntl(number, 1) >= 0]


def hunt(half: str, other_half: str, start: str) -> list[str]:
    """Every place where a secret can be seen: variables, arguments, descriptors, C's environment, files, processes.

    It comes in two halves, so that the order to look for it is not itself found.
    """
    canary = half + other_half
    found = [name for name, value in os.environ.items() if canary in value]
    found += [word for word in sys.orig_argv if canary in word]
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
    index = 0
    while environ[index]:
        found += ["libc environ"] if canary.encode() in environ[index] else []
        index += 1
    for number in range(64):
        with contextlib.suppress(OSError):
            found += [f"descriptor {number}"] if canary.encode() in os.pread(number, 65536, 0) else []
    files = [Path(folder, name) for folder, _, names in os.walk(start) for name in names]
    files += [Path(f"/proc/{p}/{what}") for p in (1, os.getpid(), os.getppid()) for what in ("environ", "cmdline")]
    for path in files:
        with contextlib.suppress(OSError):
            found += [str(path)] if path.is_file() and canary.encode() in path.read_bytes() else []
    return found


# Network


def open_socket(family: int, kind: int) -> int:
    return socket.socket(family, kind).fileno()


def connect_abstract(address: str) -> int:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.connect(f"\0{address}")
    return made.fileno()


def make_socketpair() -> int:
    return len(socket.socketpair())


def pass_descriptor() -> int:
    """Send standard error along with a message."""
    return socket.send_fds(socket.socket(fileno=os.dup(3)), [b" "], [2])


# Processes


def fork() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


def vfork() -> int:
    return os.waitpid(os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {}), 0)[1]


def clone3() -> int:
    """fork by the newest call; struct clone_args with only exit_signal set."""
    child = system_call("clone3", struct.pack("11Q", 0, 0, 0, 0, int(signal.SIGCHLD), 0, 0, 0, 0, 0, 0), 88)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


def thread() -> bool:
    started = threading.Event()
    threading.Thread(target=started.set).start()
    return started.wait(5)


def execute() -> int:
    return in_child(lambda: os.execv(sys.executable, [sys.executable, "-c", ""]))  # noqa: S606 - what is tried


def shell() -> int:
    status: int = libc.system(b"true")
    if status:
        raise OSError(status, "system")
    return status


def send_signal(pid: int, number: int) -> bool:
    os.kill(pid, number)
    return True


def outlive_parent() -> int:
    if libc.prctl(1, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_PDEATHSIG")
    return 0


def raise_limit() -> bool:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return True


def block_stderr() -> bool:
    os.set_blocking(2, True)
    return True


# Direct calls


def trace_me() -> int:
    return in_child(lambda: system_call("ptrace", 0, 0, 0, 0))


def read_process(pid: int) -> int:
    """process_vm_readv of no bytes: asks only for permission."""
    return system_call("process_vm_readv", pid, 0, 0, 0, 0, 0)


def open_process(pid: int) -> int:
    return system_call("pidfd_open", pid, 0)


def mount_tmpfs() -> int:
    return in_child(lambda: (system_call("unshare", 0x00020000), system_call("mount", b"x", b"/", b"tmpfs", 0, 0))[1])


def unshare_user() -> int:
    return in_child(lambda: system_call("unshare", 0x10000000))


def enter_namespace() -> int:
    return in_child(lambda: system_call("setns", 0, 0))


def change_root() -> int:
    return in_child(lambda: system_call("chroot", b"/"))


def become_root() -> int:
    return in_child(lambda: system_call("setuid", 0))


def change_personality() -> int:
    return in_child(lambda: system_call("personality", 0))


def make_ring() -> int:
    return system_call("io_uring_setup", 4, ctypes.create_string_buffer(120))


def make_memory_file() -> int:
    return system_call("memfd_create", b"x", 0)


def read_keyring() -> int:
    return system_call("keyctl", 0, -3, 1)


def make_bpf_map() -> int:
    return system_call("bpf", 0, struct.pack("5I", 2, 4, 4, 1, 0).ljust(128, b"\0"), 128)


def count_cycles() -> int:
    return system_call("perf_event_open", struct.pack("IIQ", 1, 64, 0).ljust(128, b"\0"), 0, -1, -1, 0)


def fault_handler() -> int:
    return system_call("userfaultfd", 1)


def foreign_call() -> int:
    """getpid by the 32-bit entrance of x86: mov eax, 20; int 0x80; ret."""
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())


# Bombs


def loop_forever() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass


def allocate(limit_mb: int) -> int:
    """Touched memory in MB; past the limit a MemoryError, which is the refusal."""
    held = []
    for _ in range(limit_mb // 16):
        held.append(bytearray(16 * 1024 * 1024))  # noqa: PERF401 - it must be held one by one
    return len(held) * 16


def allocate_and_die(limit_mb: int) -> int:
    """The same through libc, which answers NULL: the first touch of it is the end."""
    for _ in range(limit_mb // 16):
        libc.memset.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
        libc.malloc.restype = ctypes.c_void_p
        libc.memset(libc.malloc(16 * 1024 * 1024), 1, 16 * 1024 * 1024)
    return limit_mb


def flood_stderr(megabytes: int) -> int:
    """Bytes that were accepted of a flood; a full pipe refuses and does not block."""
    accepted = 0
    for _ in range(megabytes * 16):
        with contextlib.suppress(BlockingIOError):
            accepted += os.write(2, b"x" * 65536)
    return accepted


def open_many(path: str, count: int) -> int:
    held = []
    for _ in range(count):
        held.append(os.open(path, os.O_RDONLY))  # noqa: PERF401 - it must be held one by one
    return len(held)


def recurse() -> int:
    sys.setrecursionlimit(10**9)

    class Deep:
        def __repr__(self) -> str:
            return repr(self)  # through C, so that it is the stack that overflows

    return len(repr(Deep()))


def flood_channel() -> None:
    while True:
        os.write(3, b"{" * 65536)
