"""`sorte telegram pair`: finds the owner's id by a code that he types into the chat with his bot."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.helping import SpokenCommand, SpokenGroup
from cli.reporting import confirmed, tell

if TYPE_CHECKING:
    from core.settings import Settings
    from services.gateway.store import Store
    from services.gateway.store.pairing import Paired

app = typer.Typer(cls=SpokenGroup, no_args_is_help=True)
LOOK_SECONDS: Final = 0.5


@app.callback()
def telegram() -> None:
    """The bot on Telegram."""


@app.command(cls=SpokenCommand)
def pair(yes: Annotated[bool, typer.Option("--yes")] = False) -> None:
    """Find your id: type the code that is shown into the chat with your bot."""
    from core.errors import ConfigurationError
    from core.settings import load_settings

    settings = load_settings()
    if settings.telegram.token is None:
        raise ConfigurationError(
            "There is no bot to pair with: it has no token.", "Ask @BotFather for one, and set SORTE_TELEGRAM__TOKEN."
        )
    paired = asyncio.run(_paired(settings))
    if paired is None:
        raise ConfigurationError("Nobody typed the code in time.", "Try again with `sorte telegram pair`.")
    tell(f"Your id is {paired.user} ({paired.name}).")
    users = (*settings.telegram.users, paired.user)
    if paired.user in settings.telegram.users:
        tell("It is in telegram.users already.")
    elif yes or (_asks() and confirmed("Write it to sorte.toml?")):
        _write(users)
        tell("It is written to sorte.toml. The bot obeys you from the next `sorte run` on.")
    else:
        tell("Set it in sorte.toml, and start again with `sorte run`:")
        typer.echo(f"[telegram]\nusers = {list(users)}")


async def _paired(settings: Settings) -> Paired | None:
    """Whoever types the code; None when its time is over. The bot of a gateway that runs hears it, else one of ours."""
    from core.presence import holder
    from services.gateway.passing import PID_FILE
    from services.gateway.serving import house_of
    from services.gateway.store import opened

    if holder(settings.data_dir / PID_FILE) is not None:
        with opened(settings.data_dir) as store:
            return await _typed(store)
    alone = settings.model_copy(update={"web": settings.web.model_copy(update={"enabled": False})})
    async with house_of(alone, "") as house:
        from services.gateway.telegram.bot import Bot

        hearing = asyncio.ensure_future(Bot(house).run())
        try:
            return await _typed(house.store)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)


async def _typed(store: Store) -> Paired | None:
    code = store.pairing.make(time.time_ns())
    tell(f"Open the chat with your bot and type: {code}")
    while (paired := store.pairing.paired(code)) is None:
        if not store.pairing.waits:
            return None
        await asyncio.sleep(LOOK_SECONDS)
    return paired


def _write(users: tuple[int, ...]) -> None:
    """Put the ids into the settings file, and leave the rest of it as it is."""
    import tomlkit

    from core.files import write_whole
    from core.settings import SETTINGS_FILE

    file = Path(SETTINGS_FILE)
    read = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    section = read.setdefault("telegram", tomlkit.table())
    section["users"] = list(users)
    write_whole(file, tomlkit.dumps(read).encode())


def _asks() -> bool:
    from cli.run import at_terminal

    return at_terminal()
