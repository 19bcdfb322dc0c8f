"""Every rule of both filters, made for real: what is named works, what is not named is refused, and by our filter.

That it is the filter that refuses, and not the kernel for a reason of its own, shows by compiling the same profile with
an error that the kernel never answers to these calls (EDOM), and by the same call without a filter.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyseccomp
import pytest

from sandbox.profile import (
    CHANNEL_FD,
    LOCKED,
    OPENS_FOR_WRITING,
    START,
    SYSTEM_CALLS_CHECKED,
    Allow,
    Profile,
    compile_profile,
)

BOTH = pytest.mark.parametrize("profile", [START, LOCKED], ids=lambda profile: profile.name)
NOTHING = -1
"""An argument with every bit set: no descriptor, no address, no flags that exist."""
Call = tuple[int, ...]


def make(calls: Sequence[Call], profile: Profile | None, refusal: int = errno.EDOM) -> list[int]:
    """How each call ended behind the profile's filter: errno, 0, or minus a signal."""
    program = compile_profile(profile, refusal).hex() if profile else None
    done = subprocess.run(
        [sys.executable, Path(__file__).parent / "inside" / "calls.py"],
        input=json.dumps([program, calls]),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    outcomes: list[int] = json.loads(done.stdout)
    assert len(outcomes) == len(calls)
    return outcomes


def number(name: str) -> int:
    return pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)


def call(name: str, **positions: int) -> Call:
    """The call with NOTHING for every argument but those named, `a0` to `a5`."""
    return (number(name), *(positions.get(f"a{i}", NOTHING) for i in range(6)))


def permitted(rule: Allow) -> Call:
    return call(rule.call, **{f"a{test.index}": test.value for test in rule.only})


def known(profile: Profile) -> list[Allow]:
    return [rule for rule in profile.allowed if number(rule.call) >= 0]


UPROBE_CALLS = {335, 336} if os.uname().machine == "x86_64" else set()
"""uretprobe and uprobe. Linux 6.14 and later let them past every filter (kernel/seccomp.c): they are the return of a
trampoline that the kernel itself has placed, and from anywhere else they end in SIGILL or ENXIO."""


@BOTH
def test_every_allowed_call_reaches_the_kernel(profile: Profile) -> None:
    rules = known(profile)
    outcomes = make([permitted(rule) for rule in rules], profile)
    assert [rule.call for rule, outcome in zip(rules, outcomes, strict=True) if outcome in (errno.EDOM, -31, -14)] == []


@BOTH
def test_every_other_call_of_this_kernel_is_refused_by_the_filter(profile: Profile) -> None:
    named = {number(rule.call) for rule in profile.allowed} | {number(name) for name in profile.killed}
    others = [n for n in range(SYSTEM_CALLS_CHECKED) if n not in named | UPROBE_CALLS]
    assert len(others) > SYSTEM_CALLS_CHECKED * 0.6
    others += [SYSTEM_CALLS_CHECKED, 547, 1 << 12, 1 << 20, (1 << 30) - 1, others[0] | 1 << 32]  # of no kernel so far
    calls = [(n, *[NOTHING] * 6) for n in others]
    assert set(make(calls, profile)) == {errno.EDOM}
    assert set(make(calls, profile, errno.EPERM)) == {errno.EPERM}, "and so does the filter that is used"
    harmless = {errno.EDOM, errno.ENXIO, -signal.SIGILL}
    assert set(make([(n, *[NOTHING] * 6) for n in UPROBE_CALLS], profile)) <= harmless


def test_what_is_never_done_by_accident_kills_and_without_the_filter_does_not() -> None:
    calls = [call(name) for name in LOCKED.killed if number(name) >= 0]
    assert len(calls) > 60
    assert set(make(calls, LOCKED)) == {-signal.SIGSYS}
    assert -signal.SIGSYS not in make(calls, None)


def test_names_are_names() -> None:
    """A misspelt call would be left out in silence. All are known here or are old ones that only x86 has."""
    only_x86 = {"open", "stat", "lstat", "access", "readlink", "time", "arch_prctl", "dup2"}
    names = {rule.call for profile in (START, LOCKED) for rule in profile.allowed} | set(LOCKED.killed)
    assert {name for name in names if number(name) == -1} - only_x86 <= {
        "process_madvise",
        "mount_setattr",
        "memfd_secret",
    }


WITH_OTHER_ARGUMENTS = [
    *[call("openat", a2=flag) for flag in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND, os.O_TMPFILE)],
    call("openat", a2=OPENS_FOR_WRITING),
    *[call("ioctl", a1=request) for request in (0x5412, 0x5421, 0x541B, 0x8933)],  # TIOCSTI, FIONBIO, FIONREAD, SIOC...
    *[
        call("fcntl", a1=command) for command in (4, 8, 15, 1024, 1026, 1033)
    ],  # F_SETFL, F_SETOWN(_EX), lease, notify, seals
    call("prlimit64", a2=1),
    *[
        call("madvise", a2=advice) for advice in (9, 12, 21, 25, 100)
    ],  # remove, share with equals, push out, merge, break
]
ONLY_LOCKED = [
    call("recvfrom", a0=0, a4=0),
    call("recvfrom", a0=CHANNEL_FD, a4=1),
    call("sendto", a0=2, a4=0),
    call("sendto", a0=CHANNEL_FD, a4=1),
]
OF_PRCTL = [call("prctl", a0=option) for option in (1, 4, 8, 15, 23, 24, 28, 35, 47)]
"""PR_SET_PDEATHSIG, dumpable, keep capabilities, name, bounding set, securebits, memory map, ambient capabilities."""


@pytest.mark.parametrize(
    ("profile", "calls"),
    [(START, WITH_OTHER_ARGUMENTS), (LOCKED, WITH_OTHER_ARGUMENTS), (LOCKED, ONLY_LOCKED), (START, OF_PRCTL)],
)
def test_an_allowed_call_with_other_arguments_is_refused(profile: Profile, calls: list[Call]) -> None:
    assert set(make(calls, profile)) == {errno.EDOM}
    assert errno.EDOM not in make(calls, None)


def test_bits_that_the_kernel_ignores_do_not_help() -> None:
    """fcntl's command is 32 bits wide: F_SETFL with a bit above is still F_SETFL, and still refused."""
    assert make([call("fcntl", a1=4 | 1 << 32), call("openat", a2=os.O_RDWR | 1 << 40)], LOCKED) == [errno.EDOM] * 2


@BOTH
def test_the_x32_entrance_is_closed(profile: Profile) -> None:
    """x32 is x86 again with a bit in the number, and calls of its own from 512 on; elsewhere a number of no call."""
    closed = -signal.SIGSYS if os.uname().machine == "x86_64" else errno.EDOM
    numbers = (*(number(rule.call) for rule in known(profile)[::8]), 39, 512, 520, 547, 1 << 20, (1 << 30) - 1)
    assert set(make([(n | 0x40000000, *[0] * 6) for n in numbers], profile)) == {closed}


def test_a_program_that_is_not_whole_is_not_installed() -> None:
    from sandbox.lock import install_filter

    for program in (b"", b"1234567"):
        with pytest.raises(ValueError, match="whole number"):
            install_filter(program)
