"""What the parts of the gateway are given: one frozen value, made once at the start."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from core.settings import Settings
from services.gateway.alerts.alarm import Alarm
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
    listener: socket.socket | None  # where the page is served; None when it is not wanted
    address: str  # of the page, for this machine; empty without one
