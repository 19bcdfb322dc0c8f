"""`sorte telegram pair`: finds the owner's id by a code that he types into the chat with his bot."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.helping import SpokenCommand, SpokenGroup
from cli.reporting import confirmed, tell

if TYPE_CHECKING:
    from core.settings import Settings
    from core.settings.gateway import TelegramSettings
    from services.gateway.picture import Picture
    from services.gateway.store import Store
    from services.gateway.store.pairing import Paired

app = typer.Typer(cls=SpokenGroup, no_args_is_help=True)
LOOK_SECONDS: Final = 0.5
ANSWER_SECONDS: Final = 5.0
"""For the answer to who has typed the code."""


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
    wanted = _listed(settings.telegram, paired)
    if not wanted:
        tell("It is in telegram.users already.")
    elif yes or (_asks() and confirmed("Write it to sorte.toml?")):
        _write(wanted)
        tell("It is written to sorte.toml. The bot obeys you from the next `sorte run` on.")
    else:
        tell("Set it in sorte.toml, and start again with `sorte run`:")
        typer.echo("\n".join(("[telegram]", *(f"{name} = {ids}" for name, ids in wanted.items()))))


def _listed(telegram: TelegramSettings, paired: Paired) -> dict[str, list[int]]:
    """What has to be set so that he is heard where he typed the code. No list of chats is all private ones."""
    users = {} if paired.user in telegram.users else {"users": [*telegram.users, paired.user]}
    unheard = telegram.chats and paired.chat not in telegram.chats
    return users | ({"chats": [*telegram.chats, paired.chat]} if unheard else {})


async def _paired(settings: Settings) -> Paired | None:
    """Whoever types the code; None when its time is over. The bot of a gateway that runs hears it, else one of ours."""
    from core.presence import holder
    from services.gateway.passing import BOT_NOTE, PID_FILE, mark_of
    from services.gateway.store import opened

    with opened(settings.data_dir) as store:
        runs = holder(settings.data_dir / PID_FILE) is not None
        if runs and store.notes.get(BOT_NOTE) == mark_of(settings.telegram):  # two may not ask with one token
            return await _typed(store)
        return await _typed_to_ours(settings, store)


async def _typed_to_ours(settings: Settings, store: Store) -> Paired | None:
    from services.gateway.serving import furnished
    from services.gateway.telegram.bot import Bot

    house = furnished(settings, "", store)
    bot = Bot(house)
    hearing = asyncio.ensure_future(bot.run())
    try:
        paired = await _typed(store, lambda: _trouble(house.pictures.current))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await bot.settle()
        return paired
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


async def _typed(store: Store, trouble: Callable[[], str] = lambda: "") -> Paired | None:
    code = store.pairing.make(time.time_ns())
    tell(f"Open the chat with your bot and type: {code}")
    told = ""
    while (paired := store.pairing.paired(code)) is None:
        if not store.pairing.waiting(code):
            return None
        if (now := trouble()) != told:
            told = now
            _tell_trouble(now)
        await asyncio.sleep(LOOK_SECONDS)
    return paired


def _trouble(picture: Picture) -> str:
    """Why the bot does not hear; empty while it does."""
    return next((each.said for each in picture.processes if each.name == "telegram" and each.well is False), "")


def _tell_trouble(trouble: str) -> None:
    from core.errors import ConfigurationError

    if trouble == "refused":
        raise ConfigurationError("Telegram refuses the bot's token.", "Ask @BotFather for it: /mybots, API Token.")
    if trouble:
        tell(f"The bot cannot hear at the moment ({trouble}), and tries again.")


def _write(wanted: dict[str, list[int]]) -> None:
    """Put the ids into the settings file, and leave the rest of it as it is."""
    import tomlkit

    from core.files import write_whole
    from core.settings import SETTINGS_FILE

    file = Path(SETTINGS_FILE)
    read = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    section = read.setdefault("telegram", tomlkit.table())
    section.update(wanted)
    write_whole(file, tomlkit.dumps(read).encode())


def _asks() -> bool:
    from cli.run import at_terminal

    return at_terminal()
