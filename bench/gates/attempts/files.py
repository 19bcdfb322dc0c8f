"""Files: what was planted, what others have, what devices and the kernel show, what would stay."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import py_compile
import site
import stat
import struct
from pathlib import Path

import numpy as np

from .calls import MARKS, OWN, SECRETS, VICTIM, call, done, expect, libc, mark, show

_SECRET = f"{SECRETS}/secret"
_OWN = f"{OWN}/files.py"


def _read(path: str, folder: int | None = None) -> bytes:
    found = os.open(path, os.O_RDONLY, dir_fd=folder)
    return os.read(found, 64)


# What was planted, by every way to it


def by_its_name() -> None:
    show(_read(_SECRET))


def by_a_way_up() -> None:
    show(_read(f"{Path(_OWN).parent}/../../../../../../..{_SECRET}"))


def from_a_folder() -> None:
    show(_read(_SECRET.lstrip("/"), os.open("/", os.O_RDONLY | os.O_DIRECTORY)))


def by_openat2() -> None:
    found = call("openat2", -100, _SECRET.encode(), struct.pack("QQQ", os.O_RDONLY, 0, 0), 24)
    show(os.read(found, 64))


def by_the_root_of_this_process() -> None:
    show(_read(f"/proc/self/root{_SECRET}"))


def by_the_root_of_another_process() -> None:
    show(_read(f"/proc/{VICTIM}/root{_SECRET}"))


def by_a_handle() -> None:
    """The number of a file and not its name: namespaces of mounts know nothing of it."""
    buffer = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
    mount = ctypes.create_string_buffer(4)
    call("name_to_handle_at", -100, _SECRET.encode(), buffer, mount, 0)
    show(os.read(call("open_by_handle_at", os.open(SECRETS, os.O_RDONLY), buffer, os.O_RDONLY), 64))


def by_a_link() -> None:
    os.symlink(_SECRET, mark())
    show(_read(mark()))


def by_a_second_name() -> None:
    os.link(_SECRET, mark())


def copied() -> None:
    with open(_SECRET, "rb") as secret, open(mark(), "wb") as copy:
        expect(os.copy_file_range(secret.fileno(), copy.fileno(), 7))


def sent_to_a_file() -> None:
    with open(_SECRET, "rb") as secret, open(mark(), "wb") as copy:
        expect(os.sendfile(copy.fileno(), secret.fileno(), 0, 7))


def that_it_is_there() -> None:
    os.stat(_SECRET)


def that_it_may_be_read() -> None:
    expect(os.access(_SECRET, os.R_OK))


def who_else_is_there() -> None:
    expect(os.listdir(Path(SECRETS).parent))


def going_there() -> None:
    os.chdir(SECRETS)
    show(_read("secret"))


def watching_it() -> None:
    done(libc.inotify_add_watch(done(libc.inotify_init1(0)), _SECRET.encode(), 0xFFF))


def watching_everything() -> None:
    call("fanotify_init", 0, 0)


def locking_it() -> None:
    with open(_SECRET, "rb") as secret:
        fcntl.flock(secret, fcntl.LOCK_EX | fcntl.LOCK_NB)


def how_full_the_disk_is() -> None:
    os.statvfs(SECRETS)


# Other people's


def password_hashes() -> None:
    _read("/etc/shadow")


def the_resolver() -> None:
    _read("/etc/resolv.conf")


def the_machines_identity() -> None:
    _read("/etc/hostname")


def home_of_the_user() -> None:
    import pwd

    os.listdir(pwd.getpwuid(os.getuid()).pw_dir)


def environment_of_another() -> None:
    expect(_read(f"/proc/{VICTIM}/environ"))


def folder_of_another() -> None:
    os.listdir(f"/proc/{VICTIM}/cwd")


def files_of_another() -> None:
    expect(os.listdir(f"/proc/{VICTIM}/fd"))


def words_of_everyone() -> None:
    others = (path for path in Path("/proc").iterdir() if path.name.isdigit() and path.name != str(os.getpid()))
    expect([path for path in others if (path / "cmdline").read_bytes()])


def own_map() -> None:
    """Where everything of this process lies, with the names that the files have on the machine."""
    expect(_read("/proc/self/maps"))


def own_memory() -> None:
    """Even what is mapped read-only can be written through it."""
    os.close(os.open("/proc/self/mem", os.O_RDWR))


def mounts() -> None:
    expect(_read("/proc/self/mountinfo"))


# Devices and the kernel's files


def terminal() -> None:
    os.openpty()


def kernel_log() -> None:
    os.close(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK))


def memory_of_the_machine() -> None:
    os.close(os.open("/dev/mem", os.O_RDONLY))


def chance() -> None:
    """A device that can be read may be any device."""
    expect(_read("/dev/urandom"))


def nothing() -> None:
    os.close(os.open("/dev/null", os.O_WRONLY))


def shared_memory_file() -> None:
    os.close(os.open(name := f"/dev/shm/sorte-probe-{os.getpid()}", os.O_CREAT | os.O_RDWR))
    os.unlink(name)


def disks() -> None:
    expect(os.listdir("/sys/class/block"))


def processors() -> None:
    expect(_read("/sys/devices/system/cpu/online"))


def control_group() -> None:
    os.mkdir(made := f"/sys/fs/cgroup/sorte-probe-{os.getpid()}")
    os.rmdir(made)


def program_that_takes_cores() -> None:
    """Opened and not written to: who writes there runs what he likes, as root, at the next crash."""
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))


def program_that_loads_modules() -> None:
    os.close(os.open("/proc/sys/kernel/modprobe", os.O_WRONLY))


def magic_keys() -> None:
    os.close(os.open("/proc/sysrq-trigger", os.O_WRONLY))


def kernel_symbols() -> None:
    expect(_read("/proc/kallsyms"))


def kernel_memory() -> None:
    os.close(os.open("/proc/kcore", os.O_RDONLY))


def command_line_of_the_kernel() -> None:
    expect(_read("/proc/cmdline"))


def load_of_the_machine() -> None:
    expect(_read("/proc/loadavg"))


# What would stay


def folder() -> None:
    os.mkdir(mark())


def named_pipe() -> None:
    os.mkfifo(mark())


def device() -> None:
    os.mknod(mark(), stat.S_IFCHR | 0o600, os.makedev(1, 3))


def link_to_nowhere() -> None:
    os.symlink("nowhere", mark())


def file_without_a_name() -> None:
    made = os.open(MARKS, os.O_TMPFILE | os.O_RDWR)
    os.link(f"/proc/self/fd/{made}", mark(), src_dir_fd=made)


def appended() -> None:
    os.close(os.open(mark(), os.O_APPEND | os.O_CREAT | os.O_WRONLY))


def mapped() -> None:
    made = os.open(mark(), os.O_RDWR | os.O_CREAT)
    os.ftruncate(made, mmap.PAGESIZE)
    mmap.mmap(made, mmap.PAGESIZE)[:4] = b"mark"


def compiled() -> None:
    py_compile.compile(_OWN, mark("x.pyc"), doraise=True)


def path_of_packages() -> None:
    """What stands in a .pth file is run at the next start of any interpreter."""
    Path(mark("x.pth")).write_text("import sys; sys.planted = True\n", encoding="utf-8")
    site.addsitedir(MARKS)


def package_opened() -> None:
    """NumPy's own file, which trader and judge import too; it is not written to."""
    os.close(os.open(str(np.__file__), os.O_RDWR))


def cache_beside_the_package() -> None:
    made = Path(np.__file__).parent / f"sorte_probe_{os.getpid()}"
    made.mkdir()
    made.rmdir()


def own_file_away() -> None:
    os.rename(_OWN, mark())


def own_file_gone() -> None:
    os.unlink(_OWN)


def own_file_cut() -> None:
    os.truncate(_OWN, os.stat(_OWN).st_size)


def own_file_for_everybody() -> None:
    os.chmod(_OWN, 0o777)


def own_file_given_away() -> None:
    os.chown(_OWN, os.getuid(), os.getgid())


def own_file_older() -> None:
    os.utime(_OWN, (1, 1))


def own_file_labelled() -> None:
    os.setxattr(_OWN, "user.sorte", b"probe")


def own_file_leased() -> None:
    """Who opens it then has to wait for us."""
    with open(_OWN, "rb") as own:
        fcntl.fcntl(own, fcntl.F_SETLEASE, fcntl.F_RDLCK)


def own_folder_replaced() -> None:
    """Between two looks at it another one stands there."""
    here = Path(_OWN).parent
    here.rename(other := here.with_name(f"{here.name}-other"))
    other.rename(here)


def own_folder_watched() -> None:
    watched = os.open(Path(_OWN).parent, os.O_RDONLY)
    fcntl.fcntl(watched, fcntl.F_NOTIFY, fcntl.DN_MODIFY)
