"""Some three hundred attempts of `bench.gates.attempts`, in one box, behind the first filter and before the second.

That each works where nothing holds it, and that every box holds it, takes minutes and is measured by
`python -m bench.gates.controls`; a few are tried here with their controls.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import tempfile
from pathlib import Path

import pytest

from bench.gates import escapes, talking
from bench.gates.attempts import ANSWERS, FAMILIES, attempts_of
from bench.gates.controls import escaped
from sandbox.jail import spawn
from sandbox.mounts import Bind, python_command

ATTEMPTS = Path(__file__).resolve().parents[2] / "bench" / "gates" / "attempts"
EXECUTES = {"shell", "loader", "own_interpreter_by_its_link", "program_by_its_descriptor", "program_by_execveat"}
"""The first filter lets one program be executed: that is how the interpreter starts."""
ENDS = {"by_the_other_entrance", "old_entrance", "old_entrance_to_files"}
"""Killed at once by either filter; `test_profile` and `test_escapes` hold that."""
DRIVER = """
import importlib, json, os, sys
sys.path[:] = [*os.environ["SORTE_PATH"].split(":"), "/"]
os.dup2(0, 3), os.dup2(1, 0)
calls = importlib.import_module("strategy.calls")
os.read(3, 1)
for line in sys.argv[1:]:
    family, _, names = line.partition(":")
    module = importlib.import_module("strategy." + family)
    for name in names.split(","):
        os.write(3, json.dumps([family + ": " + name, calls.tried(getattr(module, name))]).encode())
os._exit(0)
"""
"""The last argument of a strategy's process is its folder."""


def test_the_first_filter_alone_lets_none_through() -> None:
    families = {
        module.__name__.rpartition(".")[2]: [each.__name__ for each in attempts_of(module)]
        for module in FAMILIES.values()
    }
    expected = {f"{f}: {name}" for f, names in families.items() for name in names if name not in EXECUTES | ENDS}
    assert len(expected) > 280
    with tempfile.TemporaryDirectory(prefix="sorte-attempts-") as folder:
        for file in ATTEMPTS.glob("*.py"):
            code = file.read_bytes().replace(escapes.VICTIM, str(os.getpid()).encode())
            Path(folder, file.name).write_bytes(code if file.name != "__init__.py" else b"")
        Path(folder, "all.py").write_text(DRIVER, encoding="utf-8")
        words = [f"{f}:{','.join(n for n in names if n not in EXECUTES | ENDS)}" for f, names in families.items()]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        argv = python_command("/strategy/all.py", *words)
        with ours, spawn(argv, channel=theirs, binds=[Bind(Path(folder), "/strategy")]) as box:
            ours.settimeout(60.0)
            ours.send(b"x")
            told = dict(json.loads(message) for message in iter(lambda: ours.recv(4096), b""))
            box.wait(5.0)
            cause = box.cause()
    assert set(told) == expected, f"{cause}: {box.stderr_tail()}"
    assert [name for name, how in told.items() if how == "done"] == []


SOME = [("processes", "left_behind"), ("resources", "memory_shared_with_equals"), ("Python", "at_its_end")]


@pytest.mark.parametrize(("family", "name"), SOME)
def test_some_work_without_a_box_and_not_in_a_live_hosts(family: str, name: str) -> None:
    found = next(one for group, one in escapes.of_attempts() if one.name == f"{family}: {name}")
    end = escaped(family, found, escapes.outside, {"a live host's box": escapes.live_host})
    assert end.control
    assert end.loose == ()


def test_an_answer_that_lies_ready_is_none_to_the_next_question() -> None:
    name = "answers: to_a_question_that_was_not_asked_yet"
    found = next(one for _, one in escapes.of_attempts(ANSWERS) if one.name == name)
    with escapes.judges_boxes() as boxes:
        end = escaped("answers", found, talking.believer, {"judge": functools.partial(talking.judge, boxes)})
    assert end.control
    assert end.loose == ()
