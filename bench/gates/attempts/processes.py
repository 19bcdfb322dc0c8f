"""Processes: a second one by every way there is, another program, and a hand on those outside."""

from __future__ import annotations

import _posixsubprocess
import _thread
import asyncio
import concurrent.futures
import contextlib
import ctypes
import multiprocessing
import os
import pty
import resource
import signal
import struct
import subprocess
import sys
import time
from multiprocessing import resource_tracker

from .calls import LATER, VICTIM, call, done, expect, in_child, libc, mark, say_done

_CHILD_ENDED = int(signal.SIGCHLD)
_NICE, _BATCH = 0, 3


def _end_of(child: int) -> None:
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _in_pool(pool: concurrent.futures.Executor) -> None:
    with pool:
        expect(pool.submit(os.getpid).result())


# A second one


def fork_by_number() -> None:
    _end_of(call("fork"))


def clone_by_number() -> None:
    _end_of(call("clone", _CHILD_ENDED, 0, 0, 0, 0))


def fork_with_a_terminal() -> None:
    _end_of(pty.fork()[0])


def fork_and_execute() -> None:
    """What `subprocess` does, without its Python."""
    read, write = os.pipe()
    child = _posixsubprocess.fork_exec(
        [sys.executable, "-c", ""], [os.fsencode(sys.executable)], True, (), None, None, -1, -1, -1, -1, -1, -1,
        read, write, True, False, -1, None, None, None, -1, None, False,
    )  # fmt: skip
    os.waitpid(child, 0)


def subprocess_run() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def pipe_to_a_shell() -> None:
    with os.popen("echo done") as shell:
        expect(shell.read())


def asyncio_process() -> None:
    async def start() -> None:
        await (await asyncio.create_subprocess_exec(sys.executable, "-c", "")).wait()

    asyncio.run(start())


def multiprocessing_process() -> None:
    process = multiprocessing.get_context("fork").Process(target=int)
    process.start()
    process.join()


def pool_of_processes() -> None:
    _in_pool(concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("fork")))


def tracker_of_resources() -> None:
    """A process that Python starts by itself, and that outlives who started it."""
    resource_tracker.ensure_running()


def left_behind() -> str:
    """Its parents are gone, it has a session of its own, and it writes when nobody looks any more."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open(mark(), "wb") as made:
                made.write(b"still here")
            time.sleep(1.0)
        os._exit(0)
    os.wait()
    time.sleep(0.3)
    return LATER


def never_waited_for() -> None:
    if os.fork() == 0:
        os._exit(0)


def thread_by_its_call() -> None:
    lock = _thread.allocate_lock()
    lock.acquire()
    _thread.start_new_thread(lock.release, ())
    lock.acquire()


def pool_of_threads() -> None:
    _in_pool(concurrent.futures.ThreadPoolExecutor(2))


def many_forks() -> None:
    """A few are enough to see whether anybody counts."""
    for _ in range(8):
        _end_of(os.fork())


# Another program in its place


def shell() -> None:
    os.execv("/bin/sh", ["sh", "-c", "echo done"])


def loader() -> None:
    """The one program that is in view in a box: it would run any file that can be read."""
    os.execv("/lib64/ld-linux-x86-64.so.2", ["ld.so", *say_done()])


def own_interpreter_by_its_link() -> None:
    os.execv("/proc/self/exe", say_done())


def program_by_its_descriptor() -> None:
    program = os.open(sys.executable, os.O_RDONLY)
    words = (ctypes.c_char_p * 4)(*(word.encode() for word in say_done()), None)
    done(libc.fexecve(program, words, (ctypes.c_char_p * 1)(None)))


def program_by_execveat() -> None:
    program = os.open(sys.executable, os.O_RDONLY)
    words = (ctypes.c_char_p * 4)(*(word.encode() for word in say_done()), None)
    none = (ctypes.c_char_p * 1)(None)
    call("execveat", program, b"", ctypes.addressof(words), ctypes.addressof(none), 0x1000)


def program_out_of_memory() -> None:
    """One that never was a file."""
    made = os.memfd_create("x", 0)
    with open("/bin/echo", "rb") as program:
        os.write(made, program.read())
    os.execve(made, ["echo", "done"], {})


# Those outside


def following_another() -> None:
    """PTRACE_SEIZE, which does not stop it; at the end of this process it is let go."""
    call("ptrace", 0x4206, VICTIM, 0, 0)


def writing_memory() -> None:
    """Into memory of its own, by the call that reaches others'."""
    source, target = (ctypes.create_string_buffer(8) for _ in range(2))
    to, of = (ctypes.create_string_buffer(struct.pack("QQ", ctypes.addressof(b), 8), 16) for b in (target, source))
    call("process_vm_writev", os.getpid(), of, 1, to, 1, 0)


def descriptor_of_another() -> None:
    os.close(call("pidfd_getfd", call("pidfd_open", VICTIM, 0), 2, 0))


def signal_by_a_descriptor() -> None:
    call("pidfd_send_signal", call("pidfd_open", VICTIM, 0), 0, 0, 0)


def signal_to_a_thread() -> None:
    call("tgkill", VICTIM, VICTIM, 0)


def signal_to_any_thread() -> None:
    call("tkill", VICTIM, 0)


def signal_with_words() -> None:
    call("rt_sigqueueinfo", VICTIM, 0, ctypes.create_string_buffer(struct.pack("iii", 0, 0, -1), 128))


def signal_to_its_group() -> None:
    os.killpg(os.getpgrp(), 0)


def signal_to_itself() -> None:
    os.kill(os.getpid(), signal.SIGCONT)


def sound_of_another() -> None:
    os.kill(VICTIM, 0)


def priority_of_another() -> None:
    os.setpriority(os.PRIO_PROCESS, VICTIM, os.getpriority(os.PRIO_PROCESS, VICTIM))


def time_of_another() -> None:
    """The clock of its processor time; the call itself is permitted in a box."""
    time.clock_gettime(~VICTIM << 3 | 2)


def cores_of_another() -> None:
    """As permitted."""
    expect(os.sched_getaffinity(VICTIM))


def limits_of_another() -> None:
    """As permitted as long as none is set."""
    expect(resource.prlimit(VICTIM, resource.RLIMIT_NOFILE))


def limits_set_for_another() -> None:
    resource.prlimit(VICTIM, resource.RLIMIT_NOFILE, resource.prlimit(VICTIM, resource.RLIMIT_NOFILE))


def schedule_of_another() -> None:
    call("sched_getattr", VICTIM, ctypes.create_string_buffer(56), 56, 0)


def locks_of_another() -> None:
    call("get_robust_list", VICTIM, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8))


def pages_of_another() -> None:
    call("move_pages", VICTIM, 0, 0, 0, 0, 0)


def memory_of_another_moved() -> None:
    call("migrate_pages", VICTIM, 0, 0, 0)


def compared_with_another() -> None:
    call("kcmp", os.getpid(), VICTIM, 1, 0, 0)


def hints_to_another() -> None:
    call("process_madvise", call("pidfd_open", VICTIM, 0), 0, 0, 21, 0)


def session_of_another() -> None:
    expect(os.getsid(VICTIM))


# Itself


def session_of_its_own() -> None:
    in_child(os.setsid)


def group_of_its_own() -> None:
    in_child(lambda: os.setpgid(0, 0))


def cores_of_its_own() -> None:
    os.sched_setaffinity(0, os.sched_getaffinity(0))


def scheduled_otherwise() -> None:
    os.sched_setscheduler(0, _BATCH, os.sched_param(0))


def real_time() -> None:
    in_child(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))


def disk_before_others() -> None:
    call("ioprio_set", 1, 0, 2 << 13 | 4)


def another_name() -> None:
    """In the list of processes it would look like any other."""
    done(libc.prctl(15, b"innocent", 0, 0, 0))


def memory_for_all_to_read() -> None:
    done(libc.prctl(4, 1, 0, 0, 0))


def orphans_come_here() -> None:
    done(libc.prctl(36, 1, 0, 0, 0))


def not_killed_for_memory() -> None:
    with contextlib.closing(os.fdopen(os.open("/proc/self/oom_score_adj", os.O_RDWR), "r+", encoding="ascii")) as score:
        value = score.read()
        score.seek(0)
        score.write(value)


def name_of_the_machine() -> None:
    expect(os.uname().nodename != "box")


def number_on_the_machine() -> None:
    expect(os.getpid() != 1)


def user_on_the_machine() -> None:
    expect(os.getuid() != 65534)
