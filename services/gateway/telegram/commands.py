"""Every command: its name, the other names it is known by, what sort it is, and whether the menu shows it.

Freqtrade's owners have 51 names in their fingers. Those that have a meaning here are here under their own name; of the
others a text says why not (`absent.NAME`), when somebody sends one and in docs/telegram.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Sort(StrEnum):
    """What a command does."""

    SHOWS = "shows"  # something, and changes nothing
    STOPS = "stops"  # takes authority away: done at once, before anything else
    ACTS = "acts"  # asks first
    LOCAL = "local"  # is answered by the bot itself, whatever runs


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `menu` is its place in the menu, from 1, 0 for none."""

    name: str
    sort: Sort = Sort.SHOWS
    aliases: tuple[str, ...] = ()
    menu: int = 0


COMMANDS: Final = (
    Command("status", menu=1),
    Command("positions", menu=2),
    Command("profit", menu=3, aliases=("profit_long",)),
    Command("daily"),
    Command("weekly"),
    Command("monthly"),
    Command("balance", menu=4),
    Command("trades", menu=5),
    Command("performance", menu=6),
    Command("compare"),
    Command("count"),
    Command("stats"),
    Command("entries", aliases=("buys",)),
    Command("exits", aliases=("sells",)),
    Command("why", menu=7),
    Command("history", menu=8),
    Command("diff"),
    Command("show", aliases=("order",)),
    Command("explain"),
    Command("gates"),
    Command("approve", Sort.ACTS),
    Command("reject", Sort.ACTS),
    Command("rollback", Sort.ACTS, menu=9),
    Command("pause", Sort.STOPS, menu=10, aliases=("stopentry", "stopbuy", "stop")),
    Command("panic", Sort.STOPS, menu=12),
    Command("resume", Sort.ACTS, menu=11),
    Command("restore", Sort.ACTS, aliases=("unkill",)),
    Command("forceexit", Sort.ACTS, aliases=("forcesell", "fx", "close")),
    Command("locks"),
    Command("settings", Sort.LOCAL, aliases=("show_config", "show_conf")),
    Command("reload_config", Sort.LOCAL, aliases=("reload_conf",)),
    Command("whitelist"),
    Command("blacklist"),
    Command("logs", Sort.LOCAL),
    Command("health", menu=13),
    Command("chart", menu=14),
    Command("backtest"),
    Command("web", Sort.LOCAL),
    Command("start", Sort.LOCAL),
    Command("help", Sort.LOCAL, menu=15),
    Command("lang", Sort.LOCAL),
    Command("version", Sort.LOCAL),
    Command("tg_info", Sort.LOCAL),
)
ABSENT: Final = (
    *("profit_short", "forcebuy", "forcelong", "forceshort", "reload_trade", "delete", "coo", "cancel_open_order"),
    *("mix_tags", "unlock", "delete_locks", "blacklist_delete", "bl_delete", "marketdir", "list_custom_data"),
)
"""Names of freqtrade's that are not here."""
FREQTRADE: Final = (
    *("status", "profit", "profit_long", "profit_short", "balance", "start", "stop", "forcesell", "forceexit", "fx"),
    *("forcebuy", "forcelong", "forceshort", "reload_trade", "trades", "delete", "coo", "cancel_open_order"),
    *("performance", "buys", "entries", "sells", "exits", "mix_tags", "stats", "daily", "weekly", "monthly", "count"),
    *("locks", "unlock", "delete_locks", "reload_config", "reload_conf", "show_config", "show_conf", "stopbuy"),
    *("stopentry", "pause", "whitelist", "blacklist", "blacklist_delete", "bl_delete", "logs", "health", "help"),
    *("version", "marketdir", "order", "list_custom_data", "tg_info"),
)
"""Its 51 names, of version 2026.9."""
MENU: Final = tuple(sorted((each for each in COMMANDS if each.menu), key=lambda each: each.menu))


def _named() -> Iterator[tuple[str, Command]]:
    for command in COMMANDS:
        for name in (command.name, *command.aliases):
            yield name, command


BY_NAME: Final[Mapping[str, Command]] = MappingProxyType(dict(_named()))
