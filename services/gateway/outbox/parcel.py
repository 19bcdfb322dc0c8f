"""What lies in the outbox, and what became of a try to send it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.gateway.alert import Urgency


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody who is told: a chat of the bot, the mailboxes, a webhook."""

    sender: str  # telegram, mail, webhook
    recipient: str  # a chat's id; empty where the sender has only one


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message, or several of little weight that wait together."""

    ids: tuple[int, ...]
    address: Address
    kind: str
    urgency: Urgency
    title: str  # plain text, as `text`
    text: str
    picture: Path | None
    sound: bool
    perhaps: bool  # an earlier try was cut short, and it may have arrived: who reads it is told so
    tries: int
    made_ns: int = 0  # when the first of them was put in


@dataclass(frozen=True, slots=True)
class Sent:
    """It has arrived."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: there was no answer, or it was said when to come again."""

    seconds: float  # 0 where nobody said
    why: str
    perhaps: bool = False  # it may have arrived all the same


@dataclass(frozen=True, slots=True)
class Never:
    """It will not be taken: the chat is gone, the text cannot be read."""

    why: str


class Sender(Protocol):
    """Brings parcels to one kind of address."""

    @property
    def name(self) -> str:
        """As addresses name it."""

    async def send(self, parcel: Parcel) -> Sent | Later | Never:
        """Bring it. What raises is told as Later."""
