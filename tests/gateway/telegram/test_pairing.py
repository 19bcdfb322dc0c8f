"""`sorte telegram pair`, the real command before a simulated Telegram: who types its code, and who does not get in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sqlite3
import sys
import time
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli import telegram as command
from core.errors import ConfigurationError
from core.settings import Settings
from core.settings.gateway import TelegramSettings
from services.gateway.store import opened
from services.gateway.store.pairing import Paired
from services.gateway.telegram.bot import access_of
from services.simulator.telegram.server import BotApi, serve
from tests.gateway.telegram.rig import OWNER, STRANGER, TOKEN
from tests.gateway.telegram.test_process import count, until
from tests.simulator.client import in_loop, within

GROUP = -1001
TYPE = re.compile(r"type: ([A-Z0-9]{8})\n")


class Pair:
    """One command that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def code(self) -> str:
        """The one that it shows."""
        assert self._process.stdout is not None
        line = (await within(self._process.stdout.readline(), 60.0)).decode()
        found = TYPE.search(line)
        assert found is not None, line
        return found[1]

    async def ended(self) -> tuple[int, str]:
        """How, and what it said after its code."""
        said, wrong = await within(self._process.communicate(), 60.0)
        return self._process.returncode or 0, (said + wrong).decode()


@contextlib.asynccontextmanager
async def pairing(folder: Path, api: BotApi, token: str = TOKEN) -> AsyncIterator[Pair]:
    """The command, in `folder`, which has its settings and its data."""
    told = {
        "LANGUAGE": "en",
        "DATA_DIR": str(folder / "data"),
        "TELEGRAM__TOKEN": token,
        "TELEGRAM__BASE_URL": api.base_url,
    }
    root = str(Path(__file__).parents[3])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "telegram", "pair", "--yes"),
        cwd=folder,
        env=os.environ | {f"SORTE_{name}": value for name, value in told.items()} | {"PYTHONPATH": root},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Pair(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def paired_here(
    folder: Path, api: BotApi, monkeypatch: pytest.MonkeyPatch, token: str = TOKEN
) -> tuple[list[str], asyncio.Future[Paired | None]]:
    """What the command does, in a loop of ours: what it tells, and who was paired."""
    told = list[str]()
    monkeypatch.setattr(command, "tell", told.append)
    chosen = TelegramSettings(token=SecretStr(token), base_url=api.base_url)
    settings = Settings(data_dir=folder / "data", telegram=chosen)
    return told, asyncio.ensure_future(command._paired(settings))


async def heard(api: BotApi) -> None:
    """All that was said so far was taken."""
    polls = count(api)
    await until(lambda: count(api) > polls and not api.chats.updates)


@in_loop
async def test_who_types_the_code_is_paired_and_nobody_else_with_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sorte.toml").write_text(f"# mine\n[telegram]\nchats = [{GROUP}]\n", encoding="utf-8")
    async with serve(TOKEN, time.time) as api:
        async with pairing(tmp_path, api) as typed:
            code = await typed.code()
            await until(lambda: api.polling)
            wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
            api.chats.says(STRANGER, STRANGER, wrong)
            api.chats.says(STRANGER, STRANGER, "/status")
            api.chats.says(STRANGER, STRANGER, code, forward_date=1)  # he was shown it by somebody
            api.chats.says(GROUP, STRANGER, code)
            api.chats.says(STRANGER, STRANGER, code, date=int(time.time()) - 3600)
            await heard(api)
            assert api.chats.in_chat(STRANGER) == api.chats.in_chat(GROUP) == []
            api.chats.says(OWNER, OWNER, code.lower())
            status, said = await typed.ended()
        assert status == 0, said
        assert f"Your id is {OWNER} (Ana)." in said
        assert [sent.text for sent in api.chats.in_chat(OWNER)], "he is told in the chat as well"
        written = (tmp_path / "sorte.toml").read_text(encoding="utf-8")
        assert written.startswith("# mine\n")
        told = TelegramSettings.model_validate(tomllib.loads(written)["telegram"])
        assert (told.users, told.chats) == ((OWNER,), (GROUP, OWNER))
        assert access_of(told).chats == {GROUP, OWNER}
        assert access_of(told).users == {OWNER}

        told_here, again = paired_here(tmp_path, api, monkeypatch)
        await until(lambda: told_here)
        second = told_here[0][-8:]
        try:
            await until(lambda: api.polling)
            api.chats.says(STRANGER, STRANGER, code)  # it was typed once already
            await heard(api)
            with opened(tmp_path / "data") as store:
                paired = store.pairing.paired(code)
                assert paired is not None
                assert paired.user == OWNER
            with contextlib.closing(sqlite3.connect(tmp_path / "data" / "gateway.sqlite")) as file, file:
                file.execute("UPDATE pairing SET expires_ns = 1 WHERE code = ?", (second,))
            api.chats.says(STRANGER, STRANGER, second)
            assert await within(again, 60.0) is None  # which the command tells as that nobody typed it in time
        finally:
            again.cancel()
        assert api.chats.in_chat(STRANGER) == []
        assert (tmp_path / "sorte.toml").read_text(encoding="utf-8") == written


@in_loop
async def test_a_token_that_telegram_refuses_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(TOKEN, time.time) as api:
        told, asked = paired_here(tmp_path, api, monkeypatch, TOKEN.replace("123", "other"))
        with pytest.raises(ConfigurationError, match=r"Telegram refuses the bot's token\.") as refused:
            await within(asked, 60.0)
    assert TOKEN.partition(":")[2] not in f"{refused.value}{told}"
