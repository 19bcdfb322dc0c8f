"""The kernel, by calls that nobody makes by accident. Where they could do harm they are made with nonsense.

Those end in an error in any case, and what counts is whether anybody looked at what they said (`calls.reach`).
"""

from __future__ import annotations

import ctypes
import os
import struct

from .calls import call, done, expect, in_child, libc, reach, run_code

_NOWHERE = b"/sorte-nowhere"
_NEW_NET, _NEW_MOUNTS, _NEW_PIDS, _NEW_NAME, _NEW_IPC, _NEW_TIME, _NEW_GROUP, _NEW_USERS = (
    0x40000000, 0x00020000, 0x20000000, 0x04000000, 0x08000000, 0x00000080, 0x02000000, 0x10000000,
)  # fmt: skip


def _room(size: int = 128) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(size)


# Mounts and roots


def mount_moved() -> None:
    reach("move_mount", -1, b"", -1, b"", 0)


def unmount() -> None:
    reach("umount2", _NOWHERE, 0)


def another_root() -> None:
    reach("pivot_root", _NOWHERE, _NOWHERE)


def root_of_this_process() -> None:
    in_child(lambda: os.chroot("/"))


def file_system_of_its_own() -> None:
    os.close(call("fsopen", b"tmpfs", 0))


def tree_of_files_taken_along() -> None:
    os.close(call("open_tree", -100, b"/", 1))


def file_system_looked_into() -> None:
    os.close(call("fspick", -100, b"/", 0))


def mount_changed() -> None:
    reach("mount_setattr", -100, _NOWHERE, 0, _room(32), 32)


def list_of_mounts() -> None:
    request = ctypes.create_string_buffer(struct.pack("IIQQQ", 32, 0, 0xFFFFFFFFFFFFFFFF, 0, 0), 32)
    expect(call("listmount", request, _room(), 16, 0))


def quotas() -> None:
    reach("quotactl", -1, 0, 0, 0)


def swap_on() -> None:
    reach("swapon", _NOWHERE, 0)


def swap_off() -> None:
    reach("swapoff", _NOWHERE)


def books_of_processes() -> None:
    reach("acct", _NOWHERE)


def kinds_of_file_systems() -> None:
    expect(call("sysfs", 3))


def what_a_disk_has_left() -> None:
    reach("ustat", os.stat("/").st_dev, _room())


# Worlds of its own


def world_with_a_network() -> None:
    in_child(lambda: call("unshare", _NEW_USERS | _NEW_NET))


def world_with_mounts() -> None:
    in_child(lambda: call("unshare", _NEW_USERS | _NEW_MOUNTS))


def world_with_processes() -> None:
    in_child(lambda: call("unshare", _NEW_USERS | _NEW_PIDS))


def world_with_a_name() -> None:
    in_child(lambda: call("unshare", _NEW_USERS | _NEW_NAME | _NEW_IPC | _NEW_GROUP))


def world_with_a_clock() -> None:
    in_child(lambda: call("unshare", _NEW_USERS | _NEW_TIME))


def clone_into_a_new_world() -> None:
    child = call("clone", _NEW_USERS | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def world_of_another() -> None:
    in_child(lambda: call("setns", os.open("/proc/1/ns/uts", os.O_RDONLY), 0))


# Modules, programs and watchers of the kernel


def module_out_of_memory() -> None:
    reach("init_module", _room(), 0, b"")


def module_out_of_a_file() -> None:
    reach("finit_module", -1, b"", 0)


def module_taken_out() -> None:
    reach("delete_module", b"sorte_nowhere", os.O_NONBLOCK)


def another_kernel() -> None:
    reach("kexec_load", 0, 0, 0, 0xFFFF)


def another_kernel_out_of_a_file() -> None:
    reach("kexec_file_load", -1, -1, 0, 0, 0xFFFF)


def restart() -> None:
    reach("reboot", 1, 2, 3, 0)


def program_in_the_kernel() -> None:
    """BPF_PROG_LOAD of two instructions: return 0."""
    code = ctypes.create_string_buffer(struct.pack("QQ", 0xB7, 0x95), 16)
    license_ = ctypes.create_string_buffer(b"GPL")
    about = struct.pack("IIQQ", 1, 2, ctypes.addressof(code), ctypes.addressof(license_))
    os.close(call("bpf", 5, ctypes.create_string_buffer(about, 128), 128))


def list_of_programs_in_the_kernel() -> None:
    reach("bpf", 11, ctypes.create_string_buffer(128), 128)


def clock_of_this_process_as_an_event() -> None:
    about = struct.pack("IIQ", 1, 64, 1).ljust(128, b"\0")
    os.close(call("perf_event_open", ctypes.create_string_buffer(about, 128), 0, -1, -1, 0))


def where_calls_may_be_judged() -> None:
    """Whether it may put a filter of its own in force: SECCOMP_GET_ACTION_AVAIL."""
    call("seccomp", 2, 0, ctypes.create_string_buffer(struct.pack("I", 0x7FFF0000), 4))


def filter_that_asks_outside() -> None:
    """A filter whose calls another process answers."""
    code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000), 8)
    about = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 1, ctypes.addressof(code)), 16)
    in_child(lambda: (done(libc.prctl(38, 1, 0, 0, 0)), call("seccomp", 1, 8, about)))


def rules_for_files() -> None:
    expect(call("landlock_create_ruleset", 0, 0, 1))


def label_of_this_process() -> None:
    reach("lsm_get_self_attr", 100, 0, _room(8), 0)


def ring() -> None:
    os.close(call("io_uring_setup", 4, _room()))


# Keys


def key_of_its_own() -> None:
    call("add_key", b"user", b"sorte-probe", b"x", 1, -1)


def key_of_somebody() -> None:
    reach("request_key", b"user", b"sorte-nowhere", 0, 0)


def ring_of_keys() -> None:
    in_child(lambda: call("keyctl", 1, 0))


# The machine's clock, name and words


def clock_set() -> None:
    reach("clock_settime", 99, _room(16))


def time_of_day_set() -> None:
    reach("settimeofday", ctypes.create_string_buffer(struct.pack("qq", -1, -1), 16), 0)


def clock_adjusted() -> None:
    """With nothing to adjust; who may that may also do the other."""
    expect(call("adjtimex", ctypes.create_string_buffer(256)) >= 0)


def any_clock_adjusted() -> None:
    expect(call("clock_adjtime", 0, ctypes.create_string_buffer(256)) >= 0)


def name_set() -> None:
    reach("sethostname", b"x", -1)


def domain_set() -> None:
    reach("setdomainname", b"x", -1)


def words_of_the_kernel() -> None:
    expect(call("syslog", 10, 0, 0))


# The processor


def segments() -> None:
    """The table of x86 that old programs make for themselves."""
    expect(call("modify_ldt", 0, _room(4096), 4096) >= 0)


def level_of_devices() -> None:
    call("iopl", 0)


def port_of_a_device() -> None:
    in_child(lambda: call("ioperm", 0x80, 1, 1))


def keys_of_memory() -> None:
    reach("pkey_alloc", 1, 0)


def barrier_for_all() -> None:
    expect(call("membarrier", 0, 0, 0))


def which_pages_somebody_read() -> None:
    """Of a file that others use too; here of memory of its own."""
    reach("mincore", 0, 0, _room(8))


def pages_in_another_order() -> None:
    reach("remap_file_pages", 0, 0, 0, 0, 0)


def memory_of_one_node() -> None:
    call("set_mempolicy", 0, 0, 0)


def which_node_memory_is_of() -> None:
    call("get_mempolicy", 0, 0, 0, 0, 0)


def everything_stays_in_place() -> None:
    in_child(lambda: call("mlockall", 1))


def waiting_on_many_locks() -> None:
    reach("futex_waitv", 0, 0, 1, 0, 0)


def memory_that_nobody_sees() -> None:
    os.close(call("memfd_secret", 0))


def memory_as_a_file() -> None:
    made = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.close(os.open(f"/proc/self/fd/{made}", os.O_RDWR))


# Who it is


def user_for_files() -> None:
    expect(call("setfsuid", -1) >= 0)


def what_it_may() -> None:
    call("capget", ctypes.create_string_buffer(struct.pack("II", 0x20080522, 0), 8), _room(24))


def groups() -> None:
    os.setgroups(os.getgroups())


def all_its_users() -> None:
    os.setresuid(*os.getresuid())


# Foreign entrances


def old_entrance() -> None:
    """push rbx; mov eax, 20; int 0x80; pop rbx; ret: getpid of i386, which is writev here."""
    expect(run_code(b"\x53\xb8\x14\0\0\0\xcd\x80\x5b\xc3") > 0)


def old_entrance_to_files() -> None:
    """The same with fork, which is open there: number 2."""
    child = run_code(b"\x53\xb8\x02\0\0\0\xcd\x80\x5b\xc3")
    if child == 0:
        os._exit(0)
    expect(child > 0)
    os.waitpid(child, 0)


def number_with_a_high_half() -> None:
    """The kernel looks at 32 bits of a number: fork with another one above."""
    child = run_code(b"\x48\xb8\x39\0\0\0\x01\0\0\0\x0f\x05\xc3")
    if child == 0:
        os._exit(0)
    expect(child > 0)
    os.waitpid(child, 0)
