"""One message of the bot's as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.gateway.telegram.buttons import Button, Rows, Verb


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a message, such as a diff that is too long for a chat."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Card:
    """`html` in Telegram's HTML, of any length; the buttons hang at its last part."""

    html: str
    rows: Rows = ()
    file: File | None = None
    picture: bytes = b""  # PNG; the text is then its caption, as far as that holds it

    def with_buttons(self, *row: Button) -> Card:
        """The same with one more row of buttons."""
        return replace(self, rows=(*self.rows, row)) if row else self


def again(command: str, text: str) -> Button:
    """What shows the same as it is now."""
    return Button(text, Verb.SHOW, command)
