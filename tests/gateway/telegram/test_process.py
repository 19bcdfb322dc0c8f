"""The real gateway process, with its bot, before a simulated Telegram and a real commander over a real workspace."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from core.contracts import State
from core.language import Language
from core.settings import Settings, WebSettings
from core.settings.gateway import TelegramSettings
from services.gateway.child import GatewayProcess
from services.simulator.telegram.messages import Sent
from services.simulator.telegram.server import BotApi, serve
from tests.commander.rig import rig
from tests.commander.test_desk import listening
from tests.gateway.telegram.rig import OWNER, TOKEN
from tests.simulator.client import in_loop

SECONDS = 60.0


async def until(done: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.02)


def count(api: BotApi) -> int:
    return sum(name == "getUpdates" for name, _ in api.calls)


def settings_of(api: BotApi, data_dir: Path) -> Settings:
    chosen = TelegramSettings(token=SecretStr(TOKEN), users=(OWNER,), base_url=api.base_url)
    return Settings(data_dir=data_dir, telegram=chosen, web=WebSettings(enabled=False), language=Language.EN)


@in_loop
async def test_from_a_sentence_in_the_chat_to_live_with_the_gateway_killed_in_between(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with listening(it), serve(TOKEN, time.time) as api:
            folder = it.context.settings.data_dir

            def sent() -> list[Sent]:
                return api.chats.in_chat(OWNER)

            gateway = GatewayProcess(
                settings_of(api, folder), tmp_path, lambda _: None, shows_link=False, pause=lambda _, __: None
            )
            gateway.start()
            try:
                await until(lambda: api.polling)
                api.chats.says(OWNER, OWNER, "stop_loss 0.01")
                await until(lambda: sent() and sent()[-1].buttons)
                asked = sent()[-1]
                assert "stop_loss: 2% → 1%" in asked.text
                assert it.workspace.main == it.first
                pid = gateway.pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
                polls = count(api)
                await until(lambda: count(api) >= polls + 2)  # one for what is behind, one that is held
                began = time.monotonic()
                api.chats.press(asked, asked.buttons["Apply"], OWNER)
                await until(lambda: any("live" in each.text for each in sent()[1:]))
                assert time.monotonic() - began < SECONDS / 2
                assert it.context.changes.latest(1)[0].state is State.LIVE
                assert it.workspace.main != it.first
                api.chats.press(asked, asked.buttons.get("Apply", "g:used"), OWNER)
                api.chats.says(OWNER, OWNER, "/history")
                await until(lambda: "stop_loss 0.01" in sent()[-1].text)
                assert len(it.context.changes.latest(10)) == 1
            finally:
                await asyncio.to_thread(gateway.close)


@in_loop
async def test_the_token_is_in_no_log_and_a_refused_token_is_told_and_ends_nothing(tmp_path: Path) -> None:
    async with serve(TOKEN.replace("123", "other"), time.time) as api:
        settings = settings_of(api, tmp_path / "data")
        said: list[str] = []
        gateway = GatewayProcess(settings, tmp_path, said.append, shows_link=False, pause=lambda _, __: None)
        gateway.start()
        try:
            await until(lambda: any("refused" in line for line in said))
            assert gateway.pid is not None
        finally:
            await asyncio.to_thread(gateway.close)
        written = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
        assert b"telegram" in written
        assert TOKEN.partition(":")[2].encode() not in written
        assert not any(TOKEN in line for line in said)
