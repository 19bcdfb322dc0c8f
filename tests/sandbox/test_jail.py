"""How a box is started and what is said when it cannot be; the limits; and the words that cross the wall."""

from __future__ import annotations

import gc
import json
import socket
from pathlib import Path

import pytest

from core.errors import SandboxError
from core.kernel import DECISION, EVENT
from sandbox.jail import spawn
from sandbox.limits import Jail
from sandbox.mounts import Bind, python_command
from sandbox.process import JailedProcess
from sandbox.protocol import BATCH, CONTROL_BYTES, DECISION_BYTES, EVENT_BYTES, decode_control, encode_control
from tests.each import each


def start(*binds: Bind) -> tuple[JailedProcess, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return spawn(python_command("/strategy/nothing.py"), channel=theirs, binds=binds), ours


def fake_bubblewrap(folder: Path, script: str) -> None:
    (folder / "bwrap").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "bwrap").chmod(0o755)
    (folder / "prlimit").symlink_to("/usr/bin/prlimit")


def test_missing_bubblewrap_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_bubblewrap(tmp_path, "")
    (tmp_path / "bwrap").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="bwrap is missing") as caught:
        start()
    assert "bubblewrap" in caught.value.hint


def test_forbidden_user_namespaces_are_told_with_where_to_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_bubblewrap(tmp_path, 'echo "bwrap: No permissions to create new namespace" >&2; exit 1')
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="No permissions to create new namespace") as caught:
        start()
    assert "sysctl" in caught.value.hint


def test_a_missing_bind_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="not_there"):
        start(Bind(tmp_path / "not_there", "/strategy"))


def test_a_failed_start_leaves_no_descriptor_open(tmp_path: Path) -> None:
    gc.collect()  # what earlier tests have left open must not be closed meanwhile
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(SandboxError):
            start(Bind(tmp_path / "not_there", "/strategy"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_box_that_ran_leaves_no_descriptor_open(tmp_path: Path) -> None:
    gc.collect()  # what earlier tests have left open must not be closed meanwhile
    before = len(list(Path("/proc/self/fd").iterdir()))
    box, channel = start(Bind(tmp_path, "/strategy"))
    channel.close()
    assert box.wait(5.0) == 2  # Python's own code for a script that is not there
    assert box.cause() == "ended with exit code 2"
    assert "nothing.py" in box.stderr_tail()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("limits", [{"memory_mb": 0}, {"open_files": -1}, {"cpu_seconds": 0}])
def test_a_limit_that_lets_nothing_run_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(SandboxError, match="above zero"):
        Jail(**limits)  # type: ignore[arg-type]  # the three are integers


def test_the_environment_inside_is_ours_alone_and_the_same_at_every_start(tmp_path: Path) -> None:
    (tmp_path / "nothing.py").write_text(
        "import json, os\n"
        "os.write(0, json.dumps([hash('a'), os.getuid(), os.uname().nodename, *sorted(os.environ)]).encode())",
        encoding="utf-8",
    )
    said = []
    for _ in range(2):
        box, channel = start(Bind(tmp_path, "/strategy"))
        said.append(json.loads(channel.recv(4096)))
        channel.close()
        box.wait(5.0)
    assert said[0] == said[1], "the same hash, so sets have the same order"
    assert said[0][1:] == [
        65534, "box", "LC_ALL", "LD_LIBRARY_PATH", "NUMBA_BOUNDSCHECK", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS", "PWD", "PYTHONHASHSEED", "SORTE_FILTER", "SORTE_PATH",
    ]  # fmt: skip


def test_the_sizes_that_are_repeated_are_those_of_the_kernel() -> None:
    assert (EVENT.itemsize, DECISION.itemsize) == (EVENT_BYTES, DECISION_BYTES)


def test_a_control_message_of_any_length_is_never_taken_for_decisions() -> None:
    def is_told_apart(length: int) -> None:
        message = encode_control(fault=1, error="x" * length)
        assert len(message) % DECISION_BYTES
        assert decode_control(message) == {"fault": 1, "error": "x" * length}

    each(range(60, 60 + 3 * DECISION_BYTES), is_told_apart)


def test_decisions_that_begin_with_a_brace_are_decisions() -> None:
    for count in (1, BATCH):
        assert decode_control((b"{" + bytes(DECISION_BYTES - 1)) * count) is None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b"\xff{}",
        b"[" * 4000,
        b"{}" + b" " * CONTROL_BYTES,
        b'{"a": NaN}',
        bytes(range(99)),
    ],
)
def test_nonsense_from_the_box_is_no_message_and_raises_nothing(message: bytes) -> None:
    assert decode_control(message) is None
