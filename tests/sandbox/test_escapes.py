"""What hostile strategy code gets, with no syntax-tree gate before it: nothing. And the same outside: everything.

Each probe (`inside/probes.py`) runs in the real box behind both filters, and again without a box as a control that it
would have worked. A probe that cannot be tried is a failure, not a skip.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.limits import MB
from sandbox.mounts import Bind
from sandbox.process import JailedProcess

from .conftest import INSIDE, Outcome

Probe = Callable[..., Outcome]
Start = Callable[..., tuple[JailedProcess, socket.socket]]

REPOSITORY = Path(__file__).resolve().parents[2]
KILLED = {"ended": "made a forbidden system call and was killed by seccomp"}

PROBES: list[tuple[str, dict[str, Any]]] = [
    # files of the host
    ("read", {"path": "/etc/passwd"}),
    ("read", {"path": "/proc/self/environ"}),
    ("read", {"path": f"/proc/{os.getpid()}/environ"}),
    ("read", {"path": str(REPOSITORY / "pyproject.toml")}),
    ("read", {"path": sysconfig.get_path("purelib") + "/pyseccomp.py"}),
    ("read", {"path": "/usr/lib/../../etc/passwd"}),
    ("list_folder", {"path": str(Path.home())}),
    ("list_folder", {"path": "/home"}),
    ("list_folder", {"path": "/proc"}),
    ("list_folder", {"path": "/sys"}),
    ("list_folder", {"path": "/dev"}),
    ("list_folder", {"path": "/etc"}),
    ("list_folder", {"path": "/tmp"}),  # noqa: S108 - that there is none is what is tested
    ("list_folder", {"path": "/var"}),
    ("list_folder", {"path": "/usr/bin"}),
    ("list_folder", {"path": str(Path(sys.base_prefix))}),
    ("list_folder", {"path": str(REPOSITORY.parent)}),
    ("read_memory_of", {"pid": os.getpid()}),
    # network
    ("open_socket", {"family": socket.AF_INET, "kind": socket.SOCK_STREAM}),
    ("open_socket", {"family": socket.AF_INET, "kind": socket.SOCK_DGRAM}),
    ("open_socket", {"family": socket.AF_INET6, "kind": socket.SOCK_STREAM}),
    ("open_socket", {"family": socket.AF_UNIX, "kind": socket.SOCK_STREAM}),
    ("open_socket", {"family": socket.AF_NETLINK, "kind": socket.SOCK_RAW}),
    ("make_socketpair", {}),
    ("pass_descriptor", {}),
    # processes
    ("fork", {}),
    ("vfork", {}),
    ("clone3", {}),
    ("thread", {}),
    ("execute", {}),
    ("shell", {}),
    ("send_signal", {"pid": os.getpid(), "number": 0}),
    ("send_signal", {"pid": -1, "number": 0}),
    ("outlive_parent", {}),
    ("raise_limit", {}),
    ("block_stderr", {}),
    # the kernel, by its numbers
    ("trace_me", {}),
    ("read_process", {"pid": os.getpid()}),
    ("open_process", {"pid": os.getpid()}),
    ("mount_tmpfs", {}),
    ("unshare_user", {}),
    ("change_personality", {}),
    ("make_ring", {}),
    ("make_memory_file", {}),
    ("read_keyring", {}),
]
"""Reached by any user outside of the box."""

NEED_PRIVILEGE = ["enter_namespace", "change_root", "become_root", "make_bpf_map", "count_cycles", "fault_handler"]
"""Outside, the kernel may refuse these to an ordinary user; what the control shows is that they do reach the kernel."""


@pytest.mark.parametrize(("name", "arguments"), PROBES, ids=[f"{i}-{name}" for i, (name, _) in enumerate(PROBES)])
def test_reaches_the_host_outside_and_not_inside(
    inside: Probe, outside: Probe, name: str, arguments: dict[str, Any]
) -> None:
    control = outside(name, **arguments)
    assert "got" in control, f"the control proves nothing: {control}"
    assert "got" not in (outcome := inside(name, **arguments)), outcome


@pytest.mark.parametrize("name", NEED_PRIVILEGE)
def test_is_killed_before_the_kernel_looks_at_it(inside: Probe, outside: Probe, name: str) -> None:
    assert "ended" not in outside(name)
    assert inside(name) == KILLED


def test_the_32_bit_entrance_is_closed(inside: Probe, outside: Probe) -> None:
    """Only x86 has one; elsewhere its machine code is no code."""
    assert inside("foreign_call") == KILLED if os.uname().machine == "x86_64" else "ended" in inside("foreign_call")
    assert outside("foreign_call") != {"ended": str(-signal.SIGSYS)}


def test_shadow_is_out_of_reach(inside: Probe) -> None:
    """Only root could read it outside, so the control is that the file is there."""
    assert Path("/etc/shadow").exists()
    assert "refused" in inside("read", path="/etc/shadow")


def test_the_environment_that_bubblewrap_was_started_with_is_out_of_reach(inside: Probe) -> None:
    """The control is the trap itself: as process 1, bubblewrap shows what it was started with, --clearenv or not."""
    naive = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--clearenv", "cat", "/proc/1/environ"]
    assert b"canary" in subprocess.run(naive, env={"PATH": os.environ["PATH"], "KEY": "canary"}, stdout=-1).stdout
    assert "refused" in inside("read", path="/proc/1/environ")


def test_an_abstract_socket_of_the_host_is_out_of_reach(inside: Probe, outside: Probe) -> None:
    name = f"sorte-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(f"\0{name}")
        server.listen()
        assert "got" in outside("connect_abstract", address=name)
        assert inside("connect_abstract", address=name) == KILLED


def test_even_before_the_second_filter_nothing_but_executing_a_program_is_left(inside: Probe) -> None:
    for name, arguments in [*PROBES, *((name, {}) for name in NEED_PRIVILEGE)]:
        if name != "execute":
            assert "refused" in inside(name, lock=False, **arguments), name


def test_each_layer_is_there_behind_the_others(start_probe: Start) -> None:
    """What the filters hide from the probes, read from outside: a layer that was lost would not show otherwise."""
    box, _ = start_probe("loop_forever")
    seen = Path(f"/proc/{box.inside_pid}")
    for namespace in ("user", "pid", "net", "mnt", "ipc", "uts", "cgroup"):
        ours, theirs = (os.readlink(f"/proc/{pid}/ns/{namespace}") for pid in ("self", box.inside_pid))  # noqa: PTH115
        assert ours != theirs, namespace
    status = dict(line.split(":\t") for line in (seen / "status").read_text(encoding="utf-8").splitlines())
    assert {status[f"Cap{name}"] for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"], status["Seccomp_filters"]) == ("1", "2", "2")
    assert status["NSpid"].split()[-1] == "1"
    assert status["Threads"] == "1"
    limits = {
        line[:25].strip(): line[25:].split()[:2] for line in (seen / "limits").read_text(encoding="utf-8").splitlines()
    }
    for name, value in {
        "Max address space": 1024 * MB, "Max stack size": 8 * MB, "Max open files": 64, "Max file size": 0,
        "Max core file size": 0, "Max locked memory": 0, "Max realtime priority": 0,
    }.items():  # fmt: skip
        assert limits[name] == [str(value)] * 2, name


def test_nothing_can_be_written_anywhere(inside: Probe, outside: Probe, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert outside("write_anywhere", start=str(tmp_path))["got"]
    for lock in (True, False):
        assert inside("write_anywhere", lock=lock, start="/strategy") == {"got": []}
        assert inside("write_anywhere", lock=lock, start="/platform") == {"got": []}
    assert "refused" in inside("make_file_with_libc", path="/planted")
    assert "got" in outside("make_file_with_libc", path=str(tmp_path / "planted"))


def test_the_whole_root_is_read_only_by_its_mount_and_not_only_by_the_filter(inside: Probe) -> None:
    assert inside("list_folder", path="/") == {
        "got": sorted(
            {"lib", "lib64", "packages", "platform", "python", "strategy", "usr"}
            & {*os.listdir("/"), "packages", "platform", "python", "strategy"}  # noqa: PTH208 - names are what we want
        )
    }


def test_parents_of_the_binds_hold_nothing_but_the_binds(inside: Probe) -> None:
    assert inside("list_folder", path="/platform") == {"got": ["core", "sandbox"]}
    assert inside("list_folder", path="/platform/core") == {
        "got": [
            "__init__.py",
            "apart.py",
            "compiled",
            "errors.py",
            "indicators.py",
            "kernel.py",
            "levels.py",
            "masking.py",
            "overrides.py",
            "qtables.py",
            "strategy.py",
            "syntax.py",
            "tunable.py",
        ]
    }
    assert inside("list_folder", path="/platform/core/compiled") == {
        "got": ["__init__.py", "callees.py", "carrying.py", "fingerprint.py", "kept.py", "numbers.py"]
    }
    assert inside("list_folder", path="/platform/sandbox") == {
        "got": ["__init__.py", "lock.py", "protocol.py", "runner.py"]
    }
    assert inside("list_folder", path="/python") == {"got": ["bin", "lib"]}
    assert set(inside("list_folder", path="/packages")["got"]) <= {
        "llvmlite", "llvmlite.libs", "numba", "numba.libs", "numpy", "numpy.libs",
    }  # fmt: skip


def test_a_link_in_the_strategy_leads_nowhere(inside: Probe, outside: Probe, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    strategy = tmp_path / "strategy"
    strategy.mkdir()
    for file in INSIDE.glob("*.py"):
        (strategy / file.name).write_bytes(file.read_bytes())
    (strategy / "link").symlink_to(secret)
    (strategy / "up").symlink_to("../secret")
    for name in ("link", "up"):
        assert "got" in outside("read", path=str(strategy / name))
        binds = (Bind(strategy, "/strategy"),)
        assert "refused" in inside("read", binds=binds, path=f"/strategy/{name}")


def test_only_four_descriptors_are_there(inside: Probe) -> None:
    """0 and 1 are /dev/null, 2 the pipe, 3 the channel; one more of ours, opened to be inherited, is not."""
    leak = os.open("/etc/passwd", os.O_RDONLY)
    try:
        os.set_inheritable(leak, True)
        assert inside("descriptors") == {"got": [0, 1, 2, 3]}
    finally:
        os.close(leak)


def test_a_secret_of_the_trader_is_nowhere_to_be_seen(tmp_path: Path) -> None:
    """Planted in the environment and command line of the process that starts the box, a descriptor and a file."""
    canary = f"canary-{os.urandom(8).hex()}"
    (tmp_path / "key").write_text(canary, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, Path(__file__).parent / "trader.py", canary, str(tmp_path / "key")],
        env={**os.environ, "EXCHANGE_KEY": canary, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found = json.loads(done.stdout)
    places = " ".join(found["outside"])
    for place in ("EXCHANGE_KEY", "libc environ", "descriptor", "/cmdline", "/environ", str(tmp_path / "key")):
        assert place in places, f"the control proves nothing about {place}"
    assert found["inside"] == [[]] * 6
