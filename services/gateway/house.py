"""What the parts of the gateway are given: one frozen value, made once at the start."""

from __future__ import annotations

from dataclasses import dataclass

from core.settings import Settings
from services.gateway.line import Line
from services.gateway.outbox.outbox import Outbox
from services.gateway.pictures import Pictures
from services.gateway.store import Store


@dataclass(frozen=True, slots=True)
class House:
    """The rooms that all parts share. The settings have no key of the exchange and no address of a database."""

    settings: Settings
    line: Line  # the gateway's own; `line.of(owner, surface)` is that of a person
    pictures: Pictures
    store: Store
    outbox: Outbox
