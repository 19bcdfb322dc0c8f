"""The parts that an owner touches: which of them are wanted, by the settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from services.gateway.house import House

Work = Callable[[], Awaitable[None]]


def wanted(house: House) -> dict[str, Work]:
    """The parts to be kept going, by their names. Each is loaded when it is begun, and no other is."""
    telegram = house.settings.telegram
    bot = telegram.token is not None and bool(telegram.users or house.store.pairing.waits)
    names = [*(["web"] if house.listener is not None else []), *(["telegram"] if bot else [])]
    return {name: partial(_serve, f"services.gateway.{name}", house) for name in names if _is_there(name)}


async def _serve(module: str, house: House) -> None:
    await import_module(module).serve(house)


def _is_there(name: str) -> bool:
    return find_spec(f"services.gateway.{name}") is not None
