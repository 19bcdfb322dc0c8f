"""What the gateway says of itself to who started it: where the page is, and how the bot does; a line when that changes.

The words are the owner's, for a terminal. A link that logs in is part of them only where somebody reads it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import msgspec

from core.retelling import retold
from core.wording import owners_language
from services.gateway.binding import login_link
from services.gateway.house import House
from services.gateway.passing import Standing, say
from services.gateway.picture import Picture


async def say_standing(house: House, *, shows_link: bool) -> None:
    """Say it now, and what changes, until cancelled."""
    page = telegram = ""
    async for picture in house.pictures.follow(looks=False):
        if (now := page_at(house)) != page:
            page = now
            _say_page(house, shows_link=shows_link)
        if (now := telegram_said(house, picture)) and now != telegram:
            telegram = now
            _write(Standing(now))


def page_at(house: House) -> str:
    """Where the page is, or why it is nowhere."""
    trouble = house.door.trouble if house.door is not None else None
    return str(trouble) if trouble is not None else house.address


def _say_page(house: House, *, shows_link: bool) -> None:
    trouble = house.door.trouble if house.door is not None else None
    if trouble is not None:
        why, hint = (retold(text, owners_language()) for text in (trouble.message, trouble.hint))
        _write(Standing(say("unserved", None, why=why, hint=hint), trouble=True))
    else:
        _write(Standing(say("page", None, link=link(house) if shows_link else house.address)))


def link(house: House) -> str:
    """An address that logs in, once."""
    code = house.store.entering.make_link(time.time_ns(), owner=house.owner)
    return login_link(house.address, code)


def telegram_said(house: House, picture: Picture) -> str:
    """How the bot does, in a line; empty while nobody knows."""
    telegram = house.settings.telegram
    if telegram.token is None:
        return say("telegram.none")
    if not telegram.users:
        return say("telegram.nobody")
    return next(_states(picture), "")


def _states(picture: Picture) -> Iterator[str]:
    for each in picture.processes:
        if each.name == "telegram" and each.well is not None:
            text = "telegram.well" if each.well else "telegram.unwell"
            yield say(text, None, why=each.said or "-")


def written_down(number: int) -> None:
    """What the trader told under that number need not be told again."""
    _write(Standing(heard=number))


def _write(said: Standing) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()
