"""Judge boxes by bubblewrap: what they answer, what they are held back from, and how those that misbehave end."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import time
from pathlib import Path

import pytest

from core.errors import SandboxError
from core.priority import BACKGROUND_PRIORITY
from core.settings import GuardianSettings
from core.strategy import Source
from sandbox.jail import spawn
from sandbox.mounts import HOST_PACKAGES, PLATFORM_FILES, Bind, python_command
from services.guardian.boxes import Boxes, open_boxes
from services.guardian.gates.tests import PASSED, Answer
from tests.nested import run_pytest

from .conftest import SHIPPED, changed
from .probes import BREAKS, PROBES, SAYS_NOTHING


def children() -> set[str]:
    return {
        pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text(encoding="utf-8").split()
    }


def test_a_box_holds_exactly_the_files_of_the_source(boxes: Boxes) -> None:
    with boxes.open(SHIPPED) as session:
        told = session.ask("box.describe", dict, seconds=20)
    assert told["files"] == {name: len(data) for name, data in SHIPPED.files.items()}
    assert told["jit"]
    with boxes.open(SHIPPED, jit=False) as session:
        assert not session.ask("box.describe", dict, seconds=20)["jit"]


def test_a_task_that_fails_ends_nothing_and_its_words_are_one_printable_line(boxes: Boxes) -> None:
    with boxes.open(SHIPPED) as session:
        for task in ("box.nothing", "nowhere.run", "box", "os.system"):
            with pytest.raises(SandboxError, match="failed inside the box") as caught:
                session.ask(task, dict, seconds=20)
            assert str(caught.value).isprintable()
        with pytest.raises(SandboxError, match="unexpected keyword"):
            session.ask("box.describe", dict, seconds=20, strange=1)
        assert session.ask("box.describe", dict, seconds=20)


def test_an_answer_of_another_kind_ends_the_box(boxes: Boxes) -> None:
    with boxes.open(SHIPPED) as session:
        with pytest.raises(SandboxError, match="nonsense"):
            session.ask("box.describe", list[int], seconds=20)
        with pytest.raises(SandboxError, match="the box has ended"):
            session.ask("box.describe", dict, seconds=20)


@pytest.mark.parametrize("how", BREAKS)
def test_a_box_that_breaks_the_protocol_is_ended_and_leaves_nothing(boxes: Boxes, how: str) -> None:
    act, words = BREAKS[how]
    before = children()
    source = changed({"tests/test_x.py": SAYS_NOTHING.format(act)})
    with boxes.open(source, jit=False) as session:
        started = time.monotonic()
        with pytest.raises(SandboxError, match=words):
            session.ask("tests.collect", Answer, seconds=4 if "late" in how or "half" in how else 30)
        assert time.monotonic() - started < 60
        assert session.ended
    assert children() <= before
    assert not list(Path("/tmp").glob(f"sorte-judged-{os.getpid()}.*/tests/test_x.py"))  # noqa: S108 - where folders are laid out


def test_the_walls_hold_inside_and_the_same_probes_fail_outside(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SORTE_PLANTED", "secret")
    with boxes.open(changed({"tests/test_probes.py": PROBES}), jit=False) as session:
        answer = session.ask("tests.run", Answer, seconds=60)
    inside = {test: o for test, o in answer.outcomes.items() if test.startswith("tests/test_probes.py")}
    assert len(inside) == PROBES.count("def test_")
    assert {test: o for test, o in inside.items() if o != PASSED} == {}, answer.texts

    (tmp_path / "test_probes.py").write_text(PROBES, encoding="utf-8")
    outside = run_pytest(tmp_path, "--tb=no", "-rf", str(tmp_path), scratch=tmp_path, jit=True).stdout
    failed = {line.split("::")[1].split()[0] for line in outside.splitlines() if line.startswith("FAILED")}
    Path("/tmp/sorte-probe").unlink(missing_ok=True)  # noqa: S108 - what the control wrote
    assert {test.split("::")[1] for test in inside} - failed <= {"test_files_of_the_host"}, outside


def test_judge_boxes_yield_to_everything_else(boxes: Boxes) -> None:
    with boxes.open(SHIPPED) as session:
        pid = session.line.process.inside_pid  # type: ignore[attr-defined]  # of this kind of line
        assert os.getpriority(os.PRIO_PROCESS, pid) == BACKGROUND_PRIORITY
        cores = sorted(os.sched_getaffinity(0))
        assert sorted(os.sched_getaffinity(pid)) == (cores[1:] if len(cores) > 2 else cores)


def test_a_host_of_the_trader_sees_no_more_than_before(tmp_path: Path) -> None:
    (tmp_path / "look.py").write_text(
        "import json, os\n"
        "files = [os.path.join(d, n)[10:] for d, _, names in os.walk('/platform') for n in names]\n"
        "os.write(0, json.dumps([sorted(os.listdir('/packages')), sorted(files)]).encode())\n",
        encoding="utf-8",
    )
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, spawn(python_command("/strategy/look.py"), channel=theirs, binds=[Bind(tmp_path, "/strategy")]):
        packages, files = json.loads(ours.recv(65536))
    assert {name for name in packages if not name.endswith(".libs")} == set(HOST_PACKAGES)
    assert set(files) == set(PLATFORM_FILES)
    assert len(PLATFORM_FILES) == 22


@pytest.mark.parametrize("name", ["../escape.py", "/etc/x.py", "a//b.py", "./x.py"])
def test_a_file_is_laid_out_nowhere_but_in_its_folder(boxes: Boxes, name: str) -> None:
    with pytest.raises(SandboxError, match="has a file of the name"):
        boxes.open(Source.of({**SHIPPED.files, name: b""}))


def test_without_docker_and_bubblewrap_nothing_is_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from services.guardian.boxes.bubblewrap import _version

    _version.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    nowhere = f"unix://{tmp_path}/none.sock"
    for sandbox in ("auto", "docker", "bubblewrap"):
        settings = GuardianSettings(sandbox=sandbox, docker_url=nowhere)  # type: ignore[arg-type]  # one of the three
        with pytest.raises(SandboxError, match="no box to judge in") as caught, open_boxes(settings):
            pytest.fail("there is a box")
        assert "Install" in caught.value.hint


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 1\n", "", "#!/nowhere/sh\n"])
def test_a_bubblewrap_that_does_not_run_is_no_box(
    program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from services.guardian.boxes.bubblewrap import _version

    (tmp_path / "bwrap").write_text(program, encoding="utf-8")
    (tmp_path / "bwrap").chmod(0o755)
    _version.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    settings = GuardianSettings(docker_url=f"unix://{tmp_path}/none.sock")
    with pytest.raises(SandboxError, match="The program bwrap does not run"), open_boxes(settings):
        pytest.fail("there is a box")


def test_with_no_daemon_auto_is_bubblewrap(tmp_path: Path) -> None:
    with open_boxes(GuardianSettings(docker_url=f"unix://{tmp_path}/none.sock")) as boxes:
        assert boxes.box.kind == "bubblewrap"
        assert boxes.box.image.startswith("bubblewrap ")
        assert len(boxes.box.profile) == 64


def test_the_folder_of_a_judge_that_was_killed_goes_with_the_next_one(boxes: Boxes) -> None:
    left = Path(tempfile.mkdtemp(prefix="sorte-judged-999999999.1-"))
    with boxes.open(SHIPPED) as session:
        with open_boxes(GuardianSettings(sandbox="bubblewrap")):
            assert not left.exists()
        assert session.ask("box.describe", dict, seconds=20)["files"], "one in use stays"
