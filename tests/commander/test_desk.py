"""What can be asked of a commander and what it answers, over the real socket and without one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sqlite3
import string
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.contracts import Change, Language, State, Utterance
from core.contracts.answers import ChangeEnded, DiffShown, OrderShown, Said, Shown
from core.contracts.asking import Confirmation, Question, encode_last
from core.contracts.told import Telling, encode_line, kind_of
from core.errors import ConfigurationError, SorteError
from core.owner import CLOSE_FILE, KILL_FILE, PAUSE_FILE, OwnersWord
from core.settings import Settings
from core.workspace import Workspace, create, sole_commander
from services.commander import texts
from services.commander.desk import orders
from services.commander.desk.desk import Desk
from services.commander.desk.showing import outcome
from services.commander.line.alone import ask_here
from services.commander.line.client import ask_over
from services.commander.line.local_socket import NAME, connect
from services.commander.line.server import QUESTION_SECONDS, Server
from services.commander.line.words import readable
from services.gateway.console.shown import printer
from services.trader.journal import Journal
from services.trader.orders import Order, Protection, Side
from tests.commander.rig import Rig, rig
from tests.lines import line_of
from tests.simulator.client import in_loop

STOP = "stop_loss 0.03"
SAID = Utterance(STOP, "ana", "m", 0)


@asynccontextmanager
async def listening(it: Rig, *, question_seconds: float = QUESTION_SECONDS) -> AsyncIterator[Desk]:
    desk = Desk(it.deployment)
    server = Server(desk, it.context.settings.data_dir, question_seconds=question_seconds)
    await server.start()
    try:
        yield desk
    finally:
        await desk.watcher.close()
        await server.close()


async def ask(it: Rig, question: Question, *, confirm: bool = True) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The last line and those before it, asked from another thread as another process would."""
    steps: list[dict[str, Any]] = []
    connection = connect(it.context.settings.data_dir)
    assert connection is not None
    with connection:
        final = await asyncio.to_thread(
            ask_over, connection, question, lambda step: steps.append(line_of(step)), lambda _: confirm
        )
    return line_of(final), steps


@in_loop
async def test_each_step_is_heard_when_it_is_told_and_not_with_the_next_one(tmp_path: Path) -> None:
    """A judgement that takes its time must not keep back what was told before it."""
    go_on = threading.Event()
    heard: list[str] = []

    def hear(step: Telling) -> None:
        heard.append(kind_of(step))
        if isinstance(step, DiffShown):
            go_on.set()

    with rig(tmp_path, judging=lambda: None if go_on.wait(10) else pytest.fail("the diff was kept back")) as it:
        async with listening(it):
            connection = connect(it.context.settings.data_dir)
            assert connection is not None
            with connection:
                asked = Question(do="change", text=STOP, yes=True)
                final = await asyncio.to_thread(ask_over, connection, asked, hear, lambda _: True)
    assert isinstance(final, ChangeEnded)
    assert (final.state, heard[:3]) == ("accepted", ["received", "plan", "diff"])
    assert "last" not in line_of(final)


@in_loop
async def test_a_sentence_may_ask_for_what_is_a_step_elsewhere(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            change, _ = await ask(it, Question(do="change", text=STOP, yes=True))
            shown, _ = await ask(it, Question(do="change", text=f"diff {change['id']}"))
    assert (shown["kind"], shown["id"]) == ("diff", change["id"])
    assert "= 0.03" in shown["diff"]


@in_loop
async def test_a_change_is_told_step_by_step_and_ends_with_the_object_of_the_design(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with listening(it):
            final, steps = await ask(it, Question(do="change", text=STOP))
        kinds = [step["kind"] for step in steps]
        assert kinds == ["received", "plan", "diff", "gate", "commit", "staged", "shadow", "switch"]
        assert (final["kind"], final["state"], final["events_lost"], final["events_doubled"]) == (
            "change",
            "live",
            0,
            0,
        )
        assert final["plan"]["operations"][0]["operation"] == "set_parameter"
        gate = final["verdict"]["gates"][0]
        assert gate.keys() == {"name", "outcome", "seconds", "findings", "figures"}
        assert {"interpret", "edit", "judge", "commit", "stage", "shadow", "switch", "total"} <= final["seconds"].keys()
        assert final["commit"] == it.workspace.live
        assert final["reason"].startswith("It trades now")


@in_loop
async def test_the_owners_no_over_the_socket_changes_nothing(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        before = it.workspace.main
        async with listening(it):
            final, _ = await ask(it, Question(do="change", text=STOP), confirm=False)
        assert final["state"] == "rejected"
        assert it.workspace.main == before


@in_loop
async def test_who_listens_hears_each_step_of_what_another_asked(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with listening(it):
            connection = connect(it.context.settings.data_dir)
            assert connection is not None
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b'{"do":"listen"}\n{"do":"history"}\n')
                await ask(it, Question(do="history"))  # answered after the first line was read
                _, steps = await ask(it, Question(do="change", text=STOP))
                heard = [json.loads(await asyncio.to_thread(lines.readline)) for _ in steps]
        assert heard == steps


@in_loop
async def test_history_show_diff_and_status_tell_of_it(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with listening(it):
            change, _ = await ask(it, Question(do="change", text=STOP))
            history, _ = await ask(it, Question(do="history"))
            shown, _ = await ask(it, Question(do="show", id=change["id"]))
            by_commit, _ = await ask(it, Question(do="show", id=change["commit"][:12]))
            diff, _ = await ask(it, Question(do="diff", id=change["id"]))
            status, _ = await ask(it, Question(do="status"))
        assert [entry["id"] for entry in history["changes"]] == [change["id"]]
        assert history["changes"][0]["summary"] == "Set stop_loss to 0.03 (was 0.02)"
        assert (shown["text"], shown["owner"], shown["steps"][-1]["state"]) == (STOP, shown["owner"], "live")
        assert by_commit["id"] == change["id"]
        assert "+    stop_loss" in diff["diff"]
        assert (status["live"], status["change"]["id"]) == (change["commit"], change["id"])
        assert status["trader"]["slots"]["blue"] == it.workspace.tree(change["commit"])


@pytest.mark.parametrize(
    "question", [Question(do="show", id="nope"), Question(do="diff", id="nope"), Question(do="show")]
)
def test_what_is_not_there_is_an_error_that_says_where_to_look(question: Question, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            async with listening(it):
                with pytest.raises(SorteError, match="sorte history"):
                    await ask(it, question)

    scene()


@in_loop
async def test_pause_and_panic_are_files_that_a_trader_looks_at(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        data = it.context.settings.data_dir
        async with listening(it):
            await ask(it, Question(do="pause"))
            assert (data / PAUSE_FILE).exists()
            await ask(it, Question(do="resume"))
            assert not (data / PAUSE_FILE).exists()
            await ask(it, Question(do="panic"))
            assert (data / PAUSE_FILE).exists()
            assert (data / CLOSE_FILE).exists()
            await ask(it, Question(do="resume"))
            assert not (data / CLOSE_FILE).exists()
            (data / KILL_FILE).touch()
            panicked, _ = await ask(it, Question(do="panic"))
            assert (panicked["halted"], "sorte unkill" in panicked["text"]) == (True, True)
            resumed, _ = await ask(it, Question(do="resume"))
            assert (resumed["halted"], "sorte unkill" in resumed["text"]) == (True, True)
            await ask(it, Question(do="unkill"))
            assert not (data / KILL_FILE).exists()


@in_loop
async def test_with_a_trader_a_pause_goes_to_it(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        async with listening(it):
            await ask(it, Question(do="pause"))
            await ask(it, Question(do="resume"))
            await ask(it, Question(do="panic"))
        assert it.trader.asked == ["pause True", "pause False", "panic"]


@in_loop
async def test_the_socket_is_for_its_owner_only_and_its_folder_may_lie_deep(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    with rig(deep) as it:
        async with listening(it):
            assert (it.context.settings.data_dir / NAME).stat().st_mode & 0o177 == 0
            final, _ = await ask(it, Question(do="history"))
        assert final["changes"] == []


def test_an_order_leads_to_its_sentence(tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            change = await it.say(STOP)
            order = Order(
                "s12-abcdef12-7", "BTCUSDT", Side.BUY, Decimal("0.5"), Decimal(100), 1, 12, "a" * 40, 7, "score",
                change.commit, change.id, change.utterance.message,
            )  # fmt: skip
            journal = Journal(it.context.settings.data_dir / "runs" / "20260101T000000-1" / "journal")
            journal.append(order)
            journal.append(
                Protection(
                    "p12-1",
                    "BTCUSDT",
                    Decimal("0.5"),
                    Decimal(98),
                    Decimal(97),
                    2,
                    12,
                    "a" * 40,
                    change.commit,
                    change.id,
                    change.utterance.message,
                )
            )
            journal.close()
            async with listening(it):
                shown, _ = await ask(it, Question(do="show", id=order.client_id))
                stop, _ = await ask(it, Question(do="show", id="p12-1"))
            assert (shown["order"]["client_id"], shown["text"]) == (order.client_id, STOP)
            assert (stop["order"]["reason"], stop["text"]) == ("protection", STOP)
            assert orders.find(it.context.settings.data_dir, "s12-abcdef12-8") is None

    scene()


def test_every_sentence_is_there_in_both_languages_with_the_same_values() -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for name, by_language in texts.WORDING.texts.items():
        assert set(by_language) == set(Language), name
        assert values(by_language[Language.PT]) == values(by_language[Language.EN]), name


def test_records_are_found_by_id_and_by_the_beginning_of_a_commit(tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            change = await it.say(STOP)
            changes = it.context.changes
            assert changes.get(change.id) == changes.get(change.commit) == changes.get(change.commit[:7]) == change
            assert changes.get(change.commit[:6]) is None
            assert changes.get("%") is None
            assert changes.get("_" * 8) is None

    scene()


def test_two_threads_may_write_records_at_once(tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            said = (await it.say("?")).utterance

            def write(name: str) -> None:
                for number in range(20):
                    it.context.changes.save(Change(f"{name}{number}", said))

            threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
            for thread in threads:
                thread.start()
            for thread in threads:
                await asyncio.to_thread(thread.join)
            assert len(it.context.changes.latest(100)) == 41

    scene()


@pytest.mark.parametrize(
    "question",
    [
        Question(do="rollback", steps=0),
        Question(do="rollback", steps=-1),
        Question(do="rollback", steps=10**9),
        Question(do="history", limit=-1),
    ],
)
def test_a_number_out_of_its_range_is_no_question(question: Question, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            await it.say(STOP)
            before = it.context.changes.latest(9)
            async with listening(it):
                with pytest.raises(SorteError, match="This is no question"):
                    await ask(it, question)
            assert it.context.changes.latest(9) == before

    scene()


def test_a_beginning_that_two_commits_share_is_asked_back(tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            said = (await it.say("?")).utterance
            for name in "ab":
                it.context.changes.save(Change(f"change{name}", said, commit="1234567" + name * 33))
            async with listening(it):
                for question in (Question(do="show", id="1234567"), Question(do="diff", id="1234567")):
                    with pytest.raises(SorteError, match="one of several"):
                        await ask(it, question)
                named, _ = await ask(it, Question(do="rollback", to="1234567"))
                assert (named["state"], "one of several" in named["reason"]) == ("failed", True)
            known = it.context.changes.get("1234567a")
            assert known is not None
            assert known.id == "changea"

    scene()


def test_words_that_are_no_text_are_understood_as_well_as_they_can_be_and_a_book_is_refused() -> None:
    assert readable(Question(do="change", text="stop \udcff 3%")) == Question(do="change", text="stop ? 3%")
    assert readable(Question(do="rollback", to="\udcff")).to == "?"
    with pytest.raises(ConfigurationError, match="fewer words"):
        readable(Question(do="change", text="x" * 10_001))


@pytest.mark.parametrize("last", [b"", b'{"kind": "received", "id": "x"}\n', b'{"kind": "change", "sta'])
def test_an_instance_that_dies_in_the_middle_of_a_word_is_told_so(last: bytes) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(last)
    theirs.close()
    with ours, pytest.raises(SorteError, match="went away"):
        ask_over(ours, Question(do="change", text=STOP), lambda _: None, lambda _: True)


def test_who_answers_too_late_reads_what_became_of_it() -> None:
    ours, theirs = socket.socketpair()
    ended = outcome(Change("x", SAID, state=State.REJECTED, reason="nobody"))
    told = [encode_line(Confirmation(id="x", question="Apply?")), encode_last(ended)]

    def think(_: str) -> bool:
        theirs.close()
        return True

    theirs.sendall(b"".join(line + b"\n" for line in told))
    with ours:
        assert ask_over(ours, Question(do="change", text=STOP), lambda _: None, think) == ended


@pytest.mark.parametrize("line", ['{"kind":"told","text":7,"last":true}', '{"kind":"what is this"}', '{"kind":"note"}'])
def test_an_instance_of_another_version_is_named_and_not_misread(line: str) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(line.encode() + b"\n")
    with ours, theirs, pytest.raises(SorteError, match="of another version"):
        ask_over(ours, Question(do="change", text=STOP), lambda _: None, lambda _: True)


def test_a_key_that_a_later_version_adds_is_passed_over() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b'{"kind":"told","mood":"good","text":"Help.","last":true}\n')
    with ours, theirs:
        assert ask_over(ours, Question(do="status"), lambda _: None, lambda _: True) == Said(text="Help.")


def alone(folder: Path, **given: Any) -> Settings:
    return Settings(workspace=folder / "w", **given)


def answered(question: Question, settings: Settings) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    steps: list[dict[str, Any]] = []
    final = ask_here(question, settings, lambda step: steps.append(line_of(step)), lambda _: True)
    return line_of(final), steps


def test_without_an_instance_every_command_of_a_workspace_works_on_the_same_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            await it.say(STOP)

    scene()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    history, _ = answered(Question(do="history"), alone(tmp_path))
    assert [change["text"] for change in history["changes"]] == [STOP]
    answered(Question(do="panic"), alone(tmp_path))
    assert OwnersWord(tmp_path / "data").closing
    assert not list(Path().iterdir())
    other, _ = answered(Question(do="history"), alone(tmp_path, data_dir=tmp_path / "other"))  # as the settings say
    assert other["changes"] == []


def test_panic_waits_for_nobody_and_needs_no_records(tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path):  # another one holds the workspace
            pass

    scene()
    (tmp_path / "data" / "sorte.sqlite").write_bytes(b"no database at all" * 100)
    settings = alone(tmp_path, data_dir=tmp_path / "data")
    with Workspace(tmp_path / "w") as workspace, sole_commander(workspace):
        assert answered(Question(do="panic"), settings)[0]["kind"] == "panic"
        assert OwnersWord(tmp_path / "data").closing
        assert answered(Question(do="resume"), settings)[0]["kind"] == "resumed"
        assert answered(Question(do="pause"), settings)[0]["kind"] == "paused"
        with pytest.raises(ConfigurationError, match="Another Sorte works"):
            answered(Question(do="history"), settings)
    with pytest.raises(ConfigurationError, match="not a database"):
        answered(Question(do="history"), settings)


def test_a_database_that_another_program_holds_is_told_in_one_line(tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            async with listening(it):
                with contextlib.closing(sqlite3.connect(tmp_path / "data" / "sorte.sqlite")) as other:
                    other.execute("begin immediate")
                    with pytest.raises(SorteError, match="cannot be used: database is locked"):
                        await ask(it, Question(do="history"))
                final, _ = await ask(it, Question(do="history"))
            assert final["changes"] == []

    scene()


def test_two_workspaces_do_not_mix_their_records_in_one_folder(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    create(tmp_path / "second" / "w").close()
    with rig(tmp_path), pytest.raises(ConfigurationError, match="keeps its records"):
        answered(Question(do="history"), alone(tmp_path / "second", data_dir=tmp_path / "data"))


def test_what_was_cut_short_is_told_by_whoever_finds_it(tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            said = (await it.say("?")).utterance
            it.context.changes.save(Change("cut", said, state=State.JUDGING))

    scene()
    final, steps = answered(Question(do="history"), alone(tmp_path))
    assert [(line["kind"], line["id"], line["state"]) for line in steps] == [("recovered", "cut", "failed")]
    assert final["changes"][0]["reason"] == steps[0]["reason"]
    assert answered(Question(do="history"), alone(tmp_path))[1] == []


def test_an_order_whose_change_is_in_other_records_says_which_one_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    made = Order("s1-a-1", "X", Side.BUY, Decimal(1), Decimal(1), 0, 1, "tree", 1, "score", "c" * 40, "deadbeef")
    order = msgspec.convert(msgspec.to_builtins(made), OrderShown)
    show = printer(as_json=False)
    show(Shown(id="", interpretation=None, order=order))
    assert "deadbeef" in capsys.readouterr().out
    show(Shown(id="", interpretation=None, order=msgspec.structs.replace(order, change="")))
    assert "no sentence led to it" in capsys.readouterr().out


@in_loop
async def test_who_connects_and_says_nothing_is_hung_up_on(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it, question_seconds=0.1):
            connection = connect(it.context.settings.data_dir)
            assert connection is not None
            with connection, connection.makefile("rb") as lines:
                said = await asyncio.wait_for(asyncio.to_thread(lines.readlines), 10)
            final, _ = await ask(it, Question(do="history"))
    assert ["No question came" in json.loads(line)["message"] for line in said] == [True]
    assert final["changes"] == []
