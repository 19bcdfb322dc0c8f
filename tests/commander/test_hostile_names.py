"""Whatever is given as the name of a change, a commit or an order ends in a sentence, and no record is left open."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.contracts import ENDED
from services.commander.desk.desk import Desk
from services.commander.line.local_socket import connect
from services.commander.line.server import Server
from tests.commander.rig import Rig, rig
from tests.road.world import ROOT
from tests.simulator.client import in_loop

HOSTILE = {
    "a nul": "a\0b",
    "only a nul": "\0",
    "50,000 digits": "f" * 50_000,
    "60,000 blanks": " " * 60_000,
    "any": "%",
    "seven of any": "%" * 7,
    "any letter": "_" * 8,
    "a wildcard behind digits": "abcdef1%",
    "a backslash": "\\" * 9,
    "an option": "--all",
    "another option": "-n1",
    "another file": "../../etc/passwd",
    "a blob": "main:strategy/rules.py",
    "a search": ":/Start",
    "a range": "main..main",
    "a pattern": "[a-f]*",
    "a quote": "';drop table changes;--",
    "lines": "main\nrefs/heads/main",
    "colours": "\x1b[31mred",
    "the wrong way": "\u202emain",
    "other digits": "\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
    "an order": "s" + "1" * 300 + "-x",
    "nothing": "",
}
QUESTIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "rollback": lambda name: {"do": "rollback", "to": name},
    "show": lambda name: {"do": "show", "id": name},
    "diff": lambda name: {"do": "diff", "id": name},
    "a rollback of somebody": lambda name: {
        "do": "rollback",
        "to": "nonsense",
        "owner": name[:9_000],
        "message": name[:9_000],
    },
}


async def says(it: Rig, question: dict[str, Any]) -> dict[str, Any]:
    """The last line of the socket's answer to a question that no command would send."""
    connection = connect(it.context.settings.data_dir)
    assert connection is not None
    reader, writer = await asyncio.open_connection(sock=connection, limit=1 << 22)
    writer.write(json.dumps(question).encode() + b"\n")
    *_, last = [json.loads(line) for line in (await reader.read()).splitlines()]
    writer.close()
    assert isinstance(last, dict)
    return last


@pytest.mark.parametrize("do", QUESTIONS)
@pytest.mark.parametrize("runs", [True, False], ids=["with a trader", "with none"])
def test_over_the_socket_it_is_a_short_sentence_that_says_what_is_wrong(do: str, runs: bool, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=runs) as it:
            await it.say("stop_loss 0.03")
            before = it.workspace.refs("refs/")
            server = Server(Desk(it.deployment), it.context.settings.data_dir)
            await server.start()
            for case, name in HOSTILE.items():
                final = await says(it, QUESTIONS[do](name))
                said = final.get("message") or final.get("reason") or ""
                assert said, (case, final)
                assert len(said) < 400, case
                assert said.isprintable(), (case, said)
                assert "too long" not in said, case
                for word in ("LIKE", "Unexpected", "Traceback", "database"):
                    assert word not in said, (case, said)
            assert it.workspace.refs("refs/") == before
            assert all(change.state in ENDED for change in it.context.changes.latest(999))
            await server.close()

    scene()


TYPED = ("f" * 60_000, "%" * 9, "a\udcffb", "s1-" + "9" * 5_000)


@pytest.mark.parametrize("words", [("show",), ("diff",), ("rollback", "--to")], ids=lambda words: words[0])
def test_on_the_command_line_it_is_one_sentence_and_no_traceback(words: tuple[str, ...], tmp_path: Path) -> None:
    with rig(tmp_path):
        pass
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "SORTE_DATA_DIR": str(tmp_path / "data")}
    for name in TYPED if words[0] == "rollback" else TYPED[::2]:  # all of them where something might change
        done = subprocess.run(
            [sys.executable, "-P", "-m", "cli.main", *words, name],
            cwd=tmp_path / "w",
            env=environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (1, 2), done
        said = done.stdout + done.stderr
        assert b"Traceback" not in said
        assert 0 < len(said) < 600, said
    with rig(tmp_path) as it:
        assert it.recovered == []
        assert all(change.state in ENDED for change in it.context.changes.latest(999))


@in_loop
async def test_a_rollback_that_breaks_in_a_way_that_nobody_planned_has_an_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError("find_way")

    with rig(tmp_path) as it:
        server = Server(Desk(it.deployment), it.context.settings.data_dir)
        await server.start()
        monkeypatch.setattr("services.commander.road.going_back.find_way", explode)
        final = await says(it, {"do": "rollback"})
        assert final["state"] == "failed", final
        assert "ZeroDivisionError" in final["reason"]
        assert all(change.state in ENDED for change in it.context.changes.latest(99))
        await server.close()
