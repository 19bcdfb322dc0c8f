"""Judge boxes by a Docker daemon of this test's own. Skipped, and it says so, where none can be started."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.gates import escapes
from cli.checkup import walls
from cli.checkup.finding import State
from core.errors import SandboxError
from core.settings import GuardianSettings, Settings
from services.guardian.boxes import Boxes, open_boxes, warm
from services.guardian.boxes.docker import OWNER_LABEL, Docker
from services.guardian.boxes.owner import owner
from services.guardian.gates.tests import PASSED, Answer

from .conftest import SHIPPED, WIDENED_PLAN, case_of, changed, report_on, widened
from .probes import BREAKS, PROBES, SAYS_NOTHING

pytestmark = pytest.mark.skipif(
    shutil.which("dockerd") is None or os.geteuid() != 0,
    reason="needs dockerd and root: the boxes of a Docker daemon are NOT tested here",
)


class Daemon:
    """A Docker daemon with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/s"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # Where nobody reaps the dead, a killed daemon's containerd is a process for ever, which the next one waits for.
        (self.folder / "x" / "containerd" / "containerd.pid").unlink(missing_ok=True)
        own = [f"--data-root={self.folder}/data", f"--exec-root={self.folder}/x", f"--pidfile={self.folder}/pid"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(shutil.which("dockerd")), f"--host={self.url}", *own, "--bridge=none", "--iptables=false"],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(SandboxError):
                self.boxes().close()
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text(encoding="utf-8")[-2000:])

    def boxes(self) -> Docker:
        return Docker(2048, self.url, "sorte-sandbox", self.folder)

    def end(self, sign: int) -> None:
        assert self.process is not None
        self.process.send_signal(sign)
        self.process.wait(30)


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """A daemon for this module's tests."""
    folder = Path(tempfile.mkdtemp(prefix="sd-", dir="/tmp"))
    running = Daemon(folder)
    try:
        running.start()
        yield running
    finally:
        running.end(signal.SIGTERM)
        # A daemon that was killed leaves the mount that it makes of its folder; where there is none, this says so.
        subprocess.run([str(shutil.which("umount")), f"{folder}/data"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def boxes(daemon: Daemon) -> Iterator[Docker]:
    """Boxes by it, of which none may be left."""
    made = daemon.boxes()
    yield made
    assert made.client.containers(all=True) == []
    made.close()


def test_the_walls_hold(boxes: Boxes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same probes fail outside: `test_boxes`."""
    monkeypatch.setenv("SORTE_PLANTED", "secret")
    with boxes.open(changed({"tests/test_probes.py": PROBES}), jit=False) as session:
        answer = session.ask("tests.run", Answer, seconds=60)
    inside = {test: o for test, o in answer.outcomes.items() if test.startswith("tests/test_probes.py")}
    assert len(inside) == PROBES.count("def test_")
    assert {test for test, o in inside.items() if o != PASSED} == set(), answer.texts


def test_what_stopped_an_attempt_is_told_as_in_the_other_kind(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker puts more in view than was bound (/proc, /etc); what ends a box is its exit code and no more."""
    monkeypatch.setattr(walls, "_outside", lambda _: "untried")
    settings = Settings(guardian=GuardianSettings(sandbox="docker", docker_url=daemon.url), data_dir=daemon.folder)
    found = {each.name: each for each in walls.walls(settings)}
    assert {each.state for each in found.values()} == {State.OK}
    told = {name.removeprefix("wall_"): each.facts["wall"] for name, each in found.items()}
    assert (told["list_processes"], told["open_socket"], told["take_memory"]) == ("rights", "ended", "memory")


@pytest.mark.parametrize("how", BREAKS)
def test_a_box_that_breaks_the_protocol_is_ended_and_removed(boxes: Docker, how: str) -> None:
    act, words = BREAKS[how]
    with boxes.open(changed({"tests/test_x.py": SAYS_NOTHING.format(act)}), jit=False) as session:
        with pytest.raises(SandboxError, match=words):
            session.ask("tests.collect", Answer, seconds=4 if "late" in how or "half" in how else 30)
        assert boxes.client.containers(all=True) == []


def test_a_box_answers_as_the_other_kind_does_and_starts_within_half_a_second_of_it(boxes: Docker) -> None:
    from services.guardian.boxes.bubblewrap import Bubblewrap

    def opened(kind: Boxes) -> tuple[float, dict[str, Any]]:
        started = time.perf_counter()
        with kind.open(SHIPPED, jit=False) as session:
            told = session.ask("box.describe", dict, seconds=20)
        return time.perf_counter() - started, told

    later: list[float] = []
    while len(later) < 5 and min(later, default=9.0) > 2.0:  # a busy machine may need another try
        (plain, one), (seconds, other) = opened(Bubblewrap(2048)), opened(boxes)
        assert one == other
        later.append(seconds - plain)
    assert min(later) < 2.0, f"half a second on a quiet machine: {later}"


def test_what_a_container_is_given(boxes: Docker) -> None:
    with boxes.open(SHIPPED) as session:
        made = boxes.client.inspect_container(session.line.made)  # type: ignore[attr-defined]  # of this kind of line
    host = made["HostConfig"]
    assert made["Config"]["User"] == "65534:65534"
    assert made["Config"]["Labels"][OWNER_LABEL] == owner()
    assert (host["NetworkMode"], host["IpcMode"], host["ReadonlyRootfs"]) == ("none", "none", True)
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert host["Memory"] == host["MemorySwap"] == 2048 * 1024 * 1024
    assert host["PidsLimit"] == 64
    limits = {each["Name"]: each["Hard"] for each in host["Ulimits"]}
    assert limits["data"] == 2048 * 1024 * 1024
    assert {limits[name] for name in ("fsize", "core", "memlock", "msgqueue", "nice", "rtprio")} == {0}
    assert not host["Privileged"]
    assert host["LogConfig"]["Type"] == "none"
    assert all(bind.endswith(":ro") for bind in host["Binds"])
    assert not any("docker.sock" in bind or ":/:" in bind for bind in host["Binds"])


def test_a_judge_that_was_killed_leaves_a_box_that_the_next_sweep_removes(boxes: Docker) -> None:
    session = boxes.open(SHIPPED)
    boxes.sweep()
    assert len(boxes.client.containers(all=True)) == 1, "it is in use"
    session.close()
    left = boxes.client.create_container(
        boxes.image, entrypoint=["x"], labels={"sorte.box": boxes.label, OWNER_LABEL: "999999999.1"}
    )
    other = boxes.client.create_container(boxes.image, entrypoint=["x"], labels={"sorte.box": "of another workspace"})
    boxes.sweep()
    assert [found["Id"] for found in boxes.client.containers(all=True)] == [other["Id"]]
    assert left["Id"] != other["Id"]
    boxes.client.remove_container(other["Id"])


def test_a_box_that_is_kept_for_the_next_judgement_outlives_its_maker(daemon: Daemon, boxes: Docker) -> None:
    made = daemon.boxes()
    session = made.open(SHIPPED)
    made.close()
    boxes.sweep()
    assert session.ask("box.describe", dict, seconds=20)
    session.close()
    assert boxes.client.containers(all=True) == []


def test_what_is_reserved_and_not_touched_has_a_limit_too(boxes: Docker) -> None:
    """Docker itself knows none: the container's memory is what was touched."""
    found = next(one for _, one in escapes.of_attempts() if one.name == "resources: much_shared_memory")
    tried = escapes.attempted(found, functools.partial(escapes.asked, boxes))
    assert (tried.out, tried.reached) == (False, True), tried.told


def test_boxes_wait_by_a_daemon_too_for_the_one_strategy_that_is_laid_out_in_them(
    boxes: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "ROOMS", (("tests", False), ("lint", False)))
    waiting = warm.WarmBoxes()
    waiting.fill(boxes, "these")
    boxes.sweep()  # as the next judgement does before it takes one
    with warm.opener(boxes, waiting, "these")(SHIPPED, jit=False, room="tests") as session:
        told = session.ask("box.describe", dict, seconds=60)
        assert told["files"] == {name: len(data) for name, data in SHIPPED.files.items()}
    assert list(waiting._waiting) == [("lint", False)]
    assert len(boxes.client.containers()) == 1
    waiting.close()


def test_gates_hold_in_docker_as_in_bubblewrap(boxes: Boxes) -> None:
    from services.guardian.gates import GATES

    for gate in ("lint", "security", "tests"):
        report = report_on(GATES[gate].gate, case_of(widened(), WIDENED_PLAN, boxes=boxes))
        assert report.outcome == "passed", report.findings


def test_a_daemon_that_dies_in_a_judgement_is_an_error_and_no_box_is_left_when_it_is_back(daemon: Daemon) -> None:
    made = daemon.boxes()
    session = made.open(changed({"tests/test_x.py": SAYS_NOTHING.format("time.sleep(60)")}), jit=False)
    killer = threading.Timer(1.5, daemon.end, (signal.SIGKILL,))
    killer.start()
    with pytest.raises(SandboxError):
        session.ask("tests.collect", Answer, seconds=20)
    killer.join()
    session.close()
    with pytest.raises(SandboxError, match="could not be built"):
        made.open(SHIPPED)
    made.close()
    daemon.start()
    settings = GuardianSettings(sandbox="docker", docker_url=daemon.url)
    with open_boxes(settings, daemon.folder) as again:
        assert isinstance(again, Docker)
        assert again.client.containers(all=True) == []
        with again.open(SHIPPED) as fresh:
            assert fresh.ask("box.describe", dict, seconds=20)
