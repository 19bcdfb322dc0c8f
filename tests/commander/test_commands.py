"""The command line of a change: what its last line holds in every end, and which exit code goes with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from services.commander.desk.desk import Desk
from services.commander.line.server import Server
from services.commander.rooms import real_rooms
from tests.commander.rig import Rig, rig
from tests.simulator.client import in_loop

CONTRACT = {"kind", "id", "state", "plan", "verdict", "commit", "seconds", "events_lost", "events_doubled", "reason"}
STOP = "stop_loss 0.03"
Line = dict[str, Any]
Sorte = Callable[..., tuple[int, list[Line]]]


@pytest.fixture
def sorte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sorte:
    """A command in the workspace of `rig`; its exit code and the lines of its answer."""
    monkeypatch.setenv("SORTE_WORKSPACE", str(tmp_path / "w"))
    monkeypatch.setenv("SORTE_DATA_DIR", str(tmp_path / "data"))

    def run(*words: str) -> tuple[int, list[Line]]:
        monkeypatch.setattr(sys, "argv", ["sorte", *words, "--json"])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@contextlib.contextmanager
def instance(it: Rig, sorte: Sorte) -> Iterator[Callable[..., Any]]:
    """The same commands, from another thread, while the commander of `it` listens."""

    async def run(*words: str) -> tuple[int, list[Line]]:
        desk = Desk(it.deployment)
        server = Server(desk, it.context.settings.data_dir)
        await server.start()
        try:
            return await asyncio.to_thread(sorte, *words)
        finally:
            await desk.watcher.close()
            await server.close()

    yield run


def check_change(code: int, lines: list[Line], state: str, wanted_code: int) -> Line:
    final = lines[-1]
    assert (final["kind"], final["state"], code) == ("change", state, wanted_code), final
    assert final.keys() >= CONTRACT
    assert all(isinstance(seconds, float) for seconds in final["seconds"].values())
    assert final["reason"] or state == "none"
    if final["verdict"] is not None:
        assert {"outcome", "tree", "gates"} <= final["verdict"].keys()
        for gate in final["verdict"]["gates"]:
            assert gate.keys() == {"name", "outcome", "seconds", "findings", "figures"}
    return final


ENDS: dict[str, tuple[str, dict[str, Any], dict[str, str], str, int]] = {
    "live": (STOP, {}, {}, "live", 0),
    "refused by a gate": (STOP, {"refused_by": "latency"}, {}, "rejected", 1),
    "refused in the shadow run": (STOP, {"predicts": 1}, {}, "rejected", 1),
    "asked back": ("?", {}, {}, "ask", 1),
    "no command": ("-", {}, {}, "none", 1),
    "nothing to go back to": ("back", {}, {}, "none", 1),
    "failed at the switch": (STOP, {}, {"switch": "the new host died"}, "failed", 1),
}


@pytest.mark.parametrize("end", ENDS)
def test_each_end_of_a_change_with_a_trader(end: str, tmp_path: Path, sorte: Sorte) -> None:
    text, given, refuses, state, code = ENDS[end]

    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=True, **given) as it, instance(it, sorte) as run:
            assert it.trader is not None
            it.trader.refuses |= refuses
            before = it.workspace.main
            final = check_change(*await run("change", text, "--yes"), state, code)
            assert final["plan"] is None or final["plan"]["operations"][0]["operation"] == "set_parameter"
            assert (it.workspace.main == before) == (state != "live")
            assert (final["commit"] == it.workspace.live) == (state == "live")

    scene()


@in_loop
async def test_going_back_by_a_sentence_by_a_command_and_by_name(tmp_path: Path, sorte: Sorte) -> None:
    """Each is a change of its own that ends as rolled back, which is what was asked for: exit code 0."""
    with rig(tmp_path, trader=True) as it, instance(it, sorte) as run:
        base = it.workspace.tree(it.workspace.live)
        for words in (
            ("change", "back", "--yes"),
            ("rollback",),
            ("rollback", "--steps", "1"),
            ("rollback", "--to", it.first[:12]),
        ):
            change = await it.say(STOP)
            final = check_change(*await run(*words), "rolled_back", 0)
            assert final["plan"] is None
            assert final["commit"] == it.workspace.live
            assert it.workspace.tree(it.workspace.live) == base
            known = it.context.changes.get(change.id)
            assert known is not None
            assert known.state == "rolled_back"


WITH_NONE = {name: end for name, end in ENDS.items() if end[3] in ("ask", "none") or end[1].get("refused_by")}


@pytest.mark.parametrize("end", [*WITH_NONE, "accepted", "failed", "rolled back"])
def test_each_end_of_a_change_with_no_trader(
    end: str, tmp_path: Path, sorte: Sorte, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, given, _, state, code = WITH_NONE.get(end, (STOP, {}, {}, "accepted", 0))

    def explode() -> None:
        raise ZeroDivisionError("judge")

    with rig(tmp_path, **given, **({"judging": explode} if end == "failed" else {})) as it:
        rooms, before = it.context.rooms, it.workspace.main
    monkeypatch.setattr("services.commander.opening.real_rooms", lambda: rooms)
    if end == "failed":
        state, code = "failed", 1
    final = check_change(*sorte("change", text, "--yes"), state, code)
    if end == "rolled back":
        final = check_change(*sorte("rollback"), "rolled_back", 0)
    _, (status,) = sorte("status")
    assert (status["main"] == before) == (state != "accepted")
    assert (status["main"] == final["commit"]) == (state == "accepted")
    assert status["trader"] is None


@pytest.mark.parametrize("runs", [True, False], ids=["with a trader", "with none"])
def test_what_makes_no_sense_is_refused_and_changes_nothing(runs: bool, tmp_path: Path, sorte: Sorte) -> None:
    """An unknown name is an error, what was never accepted is refused; typer itself refuses a number out of range."""
    refusals = {
        ("show", "nope"): 2,
        ("show", ""): 2,
        ("show", "s1-12345678-1"): 2,
        ("diff", "nope"): 2,
        ("diff", "%"): 2,
        ("rollback", "--to", "nonsense"): 1,
        ("rollback", "--to", ""): 1,
        ("rollback", "--to", "--all"): 1,
        ("rollback", "--steps", "0"): 2,
        ("rollback", "--steps", "-1"): 2,
        ("rollback", "--steps", "many"): 2,
        ("rollback", "--steps", "9" * 30): 2,
        ("rollback", "--steps", "1000"): 1,
        ("history", "--limit", "0"): 2,
        ("change", ""): 1,
        ("change", "x" * 20_000): 2,
        ("change", "take profit to 900%"): 1,
        ("change", "\udcff"): 1,
    }

    def check(words: tuple[str, ...], code: int, wanted: int, lines: list[Line]) -> None:
        assert code == wanted, (words, lines)
        assert not lines or lines[-1].get("message") or lines[-1]["reason"] or lines[-1]["state"] == "none", words

    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=runs) as it:
            it.context.rooms = real_rooms()
            before = it.workspace.refs("refs/")
            if runs:
                with instance(it, sorte) as run:
                    for words, wanted in refusals.items():
                        code, lines = await run(*words)
                        check(words, code, wanted, lines)
        if not runs:
            for words, wanted in refusals.items():
                code, lines = await asyncio.to_thread(sorte, *words)
                check(words, code, wanted, lines)
        with rig(tmp_path) as it:
            assert it.workspace.refs("refs/") == before
            assert it.recovered == []
            assert {change.state for change in it.context.changes.latest(99)} <= {"none", "ask"}

    scene()


KINDS = {"history": "history", "status": "status", "pause": "paused", "resume": "resumed", "panic": "panic"}


@pytest.mark.parametrize("runs", [True, False], ids=["with a trader", "with none"])
def test_each_question_is_answered_with_one_line_of_its_kind(runs: bool, tmp_path: Path, sorte: Sorte) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=runs) as it:
            change = await it.say(STOP)
            with instance(it, sorte) as run:
                for word, kind in KINDS.items() if runs else ():
                    code, lines = await run(word)
                    assert (code, [line["kind"] for line in lines]) == (0, [kind])
                for word in ("show", "diff") if runs else ():
                    code, (line,) = await run(word, change.id)
                    assert (code, line["kind"], line["id"]) == (0, word, change.id)
        if runs:
            return
        for word, kind in KINDS.items():
            code, lines = await asyncio.to_thread(sorte, word)
            assert (code, [line["kind"] for line in lines]) == (0, [kind])
        for word in ("show", "diff"):
            code, (line,) = await asyncio.to_thread(sorte, word, change.id)
            assert (code, line["kind"], line["id"]) == (0, word, change.id)

    scene()
