"""Buttons that do something: made for one person in one chat, until a moment, and kept over restarts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from core.contracts.answers import DiffShown, Held
from core.formats import moment
from services.gateway.approvals import Approval, Deed
from services.gateway.telegram.admitting import Place
from services.gateway.telegram.buttons import Button, Rows, Style, Verb
from services.gateway.telegram.cards.card import Card, File
from services.gateway.telegram.cards.changed import LONGEST_DIFF, diff_card
from services.gateway.telegram.cards.code import phone_diff
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import block, bold, italic, joined, units, worded
from services.gateway.telegram.room import SURFACE, Room
from services.gateway.telegram.texts import said, say
from services.gateway.word import standing_word

DEED_SECONDS: Final = 600
"""For how long the button of a deed without a change works."""
GOING_ON: Final[frozenset[Deed]] = frozenset({"resume", "restore", "unkill"})


def deed_card(room: Room, place: Place, reader: Reader, deed: Deed, about: str, question: str, *, twice: bool) -> Card:
    """The question whether a deed shall be done, with its buttons; `question` is HTML."""
    expires = room.now_ns() + DEED_SECONDS * 10**9
    shown = shown_hash(room.house.settings.data_dir, deed, about)
    made = _make(room, place, deed, about, shown, expires, twice=twice)
    return Card(question, rows(made, say(f"button.{deed}", reader.language), reader))


def shown_hash(folder: Path, deed: Deed, about: str) -> str:
    """Of what a question about a deed shows, as it stands now; with going on what is stopped: a pause, or more."""
    word = standing_word(folder) if deed in GOING_ON else ""
    return hashlib.sha256(f"{deed}\0{about}\0{word}".encode()).hexdigest()


def held_card(room: Room, place: Place, reader: Reader, held: Held) -> Card:
    """What a held change would do, its diff, and its buttons; with a rollback there is no diff."""
    rollback = bool(held.target)
    made = _make(room, place, "approve", held.id, held.hash, held.expires_ns, twice=held.twice)
    until = said("held.until", reader.language, moment=moment(held.expires_ns, reader.zone, reader.language))
    lines = "\n".join(f"\N{BULLET} {worded(line)}" for line in held.lines)
    spoken = held.text if not held.text.strip().isdigit() else ""  # the number of an offer says nothing by itself
    head = joined(italic(spoken) if spoken else "", lines)
    say_apply = say("button.rollback" if rollback else "button.approve", reader.language)
    tail = joined(bold(held.question), said("held.twice", reader.language) if held.twice else "", until)
    buttons = rows(made, say_apply, reader)
    if not held.diff.strip():
        return Card(joined(head, "", tail), buttons)
    if units(short := phone_diff(held.diff)) <= LONGEST_DIFF:
        return Card(joined(head, block(short, "diff"), tail), buttons)
    counted = _summary(held, reader)
    return Card(joined(head, counted, tail), buttons, file=File(f"{held.id}.diff", held.diff.encode()))


def _summary(held: Held, reader: Reader) -> str:
    """The summary of a diff that is too long for a chat."""
    return diff_card(DiffShown(id=held.id, diff=held.diff), reader).html


def rows(made: Approval, apply: str, reader: Reader) -> Rows:
    """The first question's buttons: do it, or leave it."""
    style = Style.GRAVE if made.twice or made.deed == "panic" else Style.GOOD
    leave = Button(say("button.cancel", reader.language), Verb.LEAVE, made.token)
    return ((Button(apply, Verb.GO, made.token, style=style), leave),)


def sure_rows(made: Approval, reader: Reader) -> Rows:
    """The second question's."""
    sure = Button(say("button.sure", reader.language), Verb.SURE, made.token, style=Style.GRAVE)
    return ((sure, Button(say("button.cancel", reader.language), Verb.LEAVE, made.token)),)


def _make(room: Room, place: Place, deed: Deed, about: str, shown: str, expires_ns: int, *, twice: bool) -> Approval:
    return room.house.store.approvals.make(
        deed,
        change=about,
        hash=shown,
        user=str(place.user),
        chat=str(place.chat),
        surface=SURFACE,
        expires_ns=expires_ns,
        twice=twice,
    )
