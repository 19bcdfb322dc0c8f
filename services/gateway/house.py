"""What the parts of the gateway are given: one frozen value, made once at the start."""

from __future__ import annotations

from dataclasses import dataclass

from core.settings import Settings
from services.gateway.alerts.alarm import Alarm
from services.gateway.door import Door
from services.gateway.line import Line
from services.gateway.outbox.outbox import Outbox
from services.gateway.pictures import Pictures
from services.gateway.store import Store


@dataclass(frozen=True, slots=True)
class House:
    """The rooms that all parts share. The settings have no key of the exchange and no address of a database."""

    settings: Settings
    owner: str  # the machine's user: his conversation goes on at the console, in the chat and on the page
    line: Line  # the gateway's own; `line.of(owner, surface)` is that of a person
    pictures: Pictures
    store: Store
    outbox: Outbox
    alarm: Alarm  # tells the owner of what a part notices
    door: Door | None = None  # of the page; None when it is not wanted

    @property
    def address(self) -> str:
        """Of the page, for this machine; empty without one."""
        return self.door.address if self.door is not None else ""
