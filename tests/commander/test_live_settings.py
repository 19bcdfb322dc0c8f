"""An edit of `sorte.toml` is taken in while Sorte runs, told with the value before, and undone by editing back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.contracts import Language
from core.contracts.told import SettingChanged, Tell
from core.settings import SETTINGS_FILE, CommanderSettings, Settings
from core.settings.changes import changes, is_live, with_changes
from core.settings.facts import facts_of
from core.telemetry.lines import LEVELS
from core.telemetry.logger import outlet
from core.telemetry.process import logging_as
from core.wording import owners_language, speak
from services.commander.line.child import CommanderProcess
from services.commander.live_settings import LiveSettings, edits_of
from services.commander.process import Hello
from tests.lines import said

SECRET = "hunter2hunter2"  # noqa: S105 - what must never be shown


@dataclass
class Holder:
    """Who works by settings; remembers what was told."""

    settings: Settings = field(default_factory=Settings)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tell: Tell = lambda step: self.told.append(said(step))

    @property
    def keys(self) -> list[str]:
        return [fields["key"] for kind, fields in self.told if kind == "setting"]

    @property
    def sentences(self) -> list[str]:
        return [fields["reason"] for _, fields in self.told]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def toml(text: str) -> None:
    SETTINGS_FILE.write_text(text, encoding="utf-8")


def test_a_live_key_changes_at_once_and_is_told_old_and_new_and_can_be_undone() -> None:
    toml("[commander]\nwatch_seconds = 90\n")
    holder = Holder(Settings())
    live = LiveSettings(holder)
    assert holder.told == []
    toml("[commander]\nwatch_seconds = 30\n")
    live.look()
    assert holder.settings.commander.watch_seconds == 30
    assert holder.sentences == [
        "commander.watch_seconds: 90 -> 30, from now on. To undo it, write 90 into sorte.toml again."
    ]
    toml("[commander]\nwatch_seconds = 90\n")
    live.look()
    assert holder.settings.commander.watch_seconds == 90
    assert len(holder.told) == 2


def test_a_key_that_is_taken_away_goes_back_to_its_default() -> None:
    toml("[commander]\nwatch_seconds = 90\n")
    holder = Holder()
    live = LiveSettings(holder)
    SETTINGS_FILE.unlink()
    live.look()
    assert holder.settings.commander.watch_seconds == CommanderSettings().watch_seconds


def test_a_key_that_is_not_live_waits_for_a_restart_and_is_told_so() -> None:
    holder = Holder()
    before = holder.settings
    live = LiveSettings(holder)
    toml('[trader]\nmode = "live"\nwarm_bars = 5\n[exchange]\nrest_url = "https://127.0.0.1"\n')
    live.look()
    assert holder.settings == before
    assert holder.keys == ["exchange.rest_url", "trader.mode", "trader.warm_bars"]
    assert all("takes hold after a restart only" in said for said in holder.sentences)


def test_a_file_with_a_fault_changes_nothing_and_is_told_once_with_the_reason() -> None:
    holder = Holder()
    before = holder.settings
    live = LiveSettings(holder)
    toml("[commander]\nconfirm_seconds = 10\nwatch_secnds = 3\n")
    live.look()
    live.look()
    assert holder.settings == before
    assert holder.sentences == [
        "sorte.toml has faults, and nothing changed: sorte.toml:3: commander.watch_secnds: Extra inputs are not"
        " permitted (did you mean commander.watch_seconds?)."
    ]
    toml("[commander]\nconfirm_seconds = 10\n")
    live.look()
    assert holder.settings.commander.confirm_seconds == 10


def test_a_fault_is_told_in_the_owners_language() -> None:
    before = owners_language()
    live = LiveSettings(holder := Holder())
    toml("[commander]\nwatch_secnds = 3\nconfirm_seconds = 0\n")
    try:
        speak(Language.PT)
        live.look()
    finally:
        speak(before)
    assert holder.sentences == [
        "sorte.toml tem erros e nada mudou: sorte.toml:2: commander.watch_secnds: chave desconhecida"
        " (quis dizer commander.watch_seconds?);"
        " sorte.toml:3: commander.confirm_seconds: o valor tem de ser maior que 0."
    ]


def test_what_the_environment_sets_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_COMMANDER__WATCH_SECONDS", "45")
    holder = Holder(Settings())
    live = LiveSettings(holder)
    toml("[commander]\nwatch_seconds = 30\nconfirm_seconds = 10\n")
    live.look()
    assert holder.settings.commander.watch_seconds == 45
    assert holder.keys == ["commander.confirm_seconds"]


def test_what_was_edited_while_nobody_listened_is_taken_in_at_the_start() -> None:
    toml("[commander]\nwatch_seconds = 30\n")
    holder = Holder(Settings(commander=CommanderSettings(watch_seconds=60, confirm_seconds=7)))
    LiveSettings(holder)
    assert holder.settings.commander.watch_seconds == 30
    assert holder.settings.commander.confirm_seconds == 7
    assert holder.keys == ["commander.watch_seconds"]


def test_a_secret_is_told_as_stars() -> None:
    holder = Holder()
    live = LiveSettings(holder)
    toml(f'[exchange]\napi_key = "{SECRET}"\n')
    live.look()
    assert holder.keys == ["exchange.api_key"]
    assert SECRET not in str(holder.told)
    assert holder.settings.exchange.api_key is None


def test_the_keys_that_change_are_those_that_are_documented_as_live() -> None:
    facts = facts_of(Settings)
    assert [key for key in facts if is_live(key)] == [key for key, fact in facts.items() if fact.live]


def test_nothing_but_what_is_live_is_ever_taken_in() -> None:
    found = changes(Settings(), Settings(trader={"mode": "live"}, commander={"watch_seconds": 1}))
    taken = with_changes(Settings(), found)
    assert (taken.trader.mode, taken.commander.watch_seconds) == ("paper", 1)


def test_the_level_of_the_log_changes_in_the_processes_that_hear_of_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with logging_as("commander", settings):
        assert outlet.writer is not None
        live = LiveSettings(Holder(settings))
        toml('[logs]\nlevel = "warning"\n')
        live.look()
        assert outlet.writer.threshold == LEVELS["warning"]
        process = CommanderProcess(tmp_path, settings, lambda *_, **__: None)
        process.hear(SettingChanged(key="logs.level", old="info", new="error", live=True, reason=""))
        assert outlet.writer.threshold == LEVELS["error"]
        assert process._hello()["logs"]["level"] == "error"


def test_a_commander_that_is_started_again_begins_with_what_was_changed(tmp_path: Path) -> None:
    process = CommanderProcess(tmp_path, Settings(data_dir=tmp_path), lambda _: None)
    process.hear(SettingChanged(key="commander.watch_seconds", old=60, new=30, live=True, reason=""))
    assert process._hello()["commander"]["watch_seconds"] == 30


def replaced(text: str) -> None:
    Path("other").write_text(text, encoding="utf-8")
    Path("other").replace(SETTINGS_FILE)


@pytest.mark.parametrize("edit", [toml, replaced], ids=["written", "replaced"])
def test_an_edit_is_heard(edit: Callable[[str], None]) -> None:
    async def heard() -> Holder:
        holder = Holder()
        live = LiveSettings(holder)
        told = asyncio.Event()
        tell = holder.tell
        holder.tell = lambda step: (tell(step), told.set())[0]
        following = asyncio.create_task(live.follow())
        async with asyncio.timeout(20):
            for seconds in (20, 30):  # the first may come before the watch over the file, and is seen all the same
                edit(f"[commander]\nwatch_seconds = {seconds}\n")
                await told.wait()
                told.clear()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        return holder

    assert asyncio.run(heard()).settings.commander.watch_seconds == 30


def test_the_file_that_a_link_leads_to_is_heard(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.toml").write_text("", encoding="utf-8")
    SETTINGS_FILE.symlink_to(elsewhere / "mine.toml")

    async def heard() -> None:
        edits = edits_of(SETTINGS_FILE)
        waiting = asyncio.ensure_future(anext(edits))
        await asyncio.sleep(0)  # from here on it is watched
        (elsewhere / "mine.toml").write_text("# edited", encoding="utf-8")
        async with asyncio.timeout(20):
            await waiting
        await edits.aclose()

    asyncio.run(heard())


def test_the_commander_speaks_the_owners_language(tmp_path: Path) -> None:
    process = CommanderProcess(tmp_path, Settings(data_dir=tmp_path, language=Language.PT), lambda _: None)
    hello = msgspec.json.decode(msgspec.json.encode(process._hello()), type=Hello)
    assert hello.settings().language is Language.PT
