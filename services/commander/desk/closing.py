"""One position is closed by its owner: asked once, told to the trader, or left in the folder where no commander is."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Collection
from decimal import Decimal
from pathlib import Path

from msgspec import UNSET

from core.contracts import Action, Change, Interpretation, Language, Utterance
from core.contracts import Status as Understood
from core.contracts.answers import CloseSaid, Said
from core.errors import DataError
from core.names import normalise_symbol
from core.owner import OwnersWord
from core.workspace import user_name
from services.commander.desk.orders import journals
from services.commander.texts import asked, say
from services.commander.trader_port import TraderPort, TraderRefused
from services.interpreter.grammar.actions import QUOTES
from services.trader.journal import decode, lines
from services.trader.orders import Fill, Side

Asked = Callable[[Change], Awaitable[bool | None]]
"""Puts the question of a change to its owner; nothing but a clear yes is one."""


async def close(wanted: str, trader: TraderPort | None, wants: Asked, language: Language | None = None) -> CloseSaid:
    """Close the position that `wanted` names (a pair, or what it trades), when its owner says yes."""
    if trader is None:
        return _line("close_no_trader", language, done=False)
    positions = {each.pair: each for each in (await trader.status()).positions}
    pair = pair_of(wanted, positions)
    if pair is None:
        return _not_held(wanted, positions, language)
    held = positions[pair]
    value = held.quantity * held.price
    figures = {
        "pair": pair,
        "quantity": f"{held.quantity:.8g}",
        "price": f"{held.price:.8g}",
        "value": f"{value:,.2f}",
    }
    if not await wants(question(figures, language)):
        return _line("close_declined", language, done=False, pair=pair)
    try:
        await trader.close_pair(pair)
    except TraderRefused as refusal:
        now = await trader.status()
        if pair not in {each.pair for each in now.positions}:
            return _line("close_gone", language, done=False, pair=pair)
        if now.trading == "halted":
            return _line("close_halted", language, done=False, pair=pair)
        return _line("close_refused", language, done=False, pair=pair, why=refusal.message)
    return _line("closing", language, done=True, pair=pair)


async def close_asked(wanted: str, trader: TraderPort | None, language: Language | None = None) -> CloseSaid | Said:
    """The question, for who does not wait for its answer: nothing is closed. A yes is `close` of that pair."""
    asked_of: list[Change] = []

    async def ask(change: Change) -> bool:
        asked_of.append(change)
        return False

    told = await close(wanted, trader, ask, language)
    if not asked_of or told.pair is UNSET:
        return told
    return Said(action=Action("close", {"pair": told.pair}), done=False, text=asked(asked_of[0]))


async def close_by_file(wanted: str, data_dir: Path, wants: Asked, language: Language | None = None) -> CloseSaid:
    """The same where a trader runs and its commander does not answer: the word is left in the folder.

    What is held is read from its journal, and is what it was a moment ago.
    """
    owner = OwnersWord(data_dir)
    quantities = held_now(data_dir)
    pair = pair_of(wanted, quantities)
    if pair is None:
        return _not_held(wanted, quantities, language)
    if owner.killed:
        return _line("close_halted", language, done=False, pair=pair)
    figures = {"pair": pair, "quantity": f"{quantities[pair].normalize():f}", "price": "", "value": ""}
    if not await wants(question(figures, language)):
        return _line("close_declined", language, done=False, pair=pair)
    owner.close(pair)
    return _line("close_kept", language, done=True, pair=pair)


def question(figures: dict[str, str], language: Language | None) -> Change:
    """The change that stands for the question; it is written down nowhere."""
    said = Utterance(f"close {figures['pair']}", user_name(), "", time.time_ns(), language)
    action = Action("close", {**figures})
    understood = Interpretation(Understood.ACTION, language or Language.EN, "command", 0.0, action=action)
    return Change(id=secrets.token_hex(4), utterance=said, interpretation=understood)


def pair_of(wanted: str, held: Collection[str]) -> str | None:
    """Which of the pairs that are held is meant: by its symbol, however it is spelled, or by what it trades."""
    word = wanted.strip().upper()
    try:
        symbol = normalise_symbol(wanted)
    except DataError:
        symbol = ""
    if symbol in held:
        return symbol
    named = [pair for pair in held if pair.startswith(word) and pair[len(word) :].lower() in QUOTES]
    return named[0] if len(named) == 1 else None


def held_now(data_dir: Path) -> dict[str, Decimal]:
    """What the trader that wrote last bought and has not sold, by pair."""
    newest = max(journals(data_dir), key=lambda journal: journal.stat().st_mtime, default=None)
    sums: dict[str, Decimal] = {}
    for line, _ in lines(newest.read_bytes()) if newest is not None else ():
        record = decode(line)
        if isinstance(record, Fill):
            signed = record.quantity if record.side is Side.BUY else -record.quantity
            fee = record.fee if record.fee_asset and record.symbol.startswith(record.fee_asset) else Decimal(0)
            sums[record.symbol] = sums.get(record.symbol, Decimal(0)) + signed - fee
    return {symbol: quantity for symbol, quantity in sums.items() if quantity > 0}


def _not_held(wanted: str, held: Collection[str], language: Language | None) -> CloseSaid:
    return _line("close_not_held", language, done=False, wanted=wanted.strip()[:40], held=", ".join(held) or "-")


def _line(text: str, language: Language | None, *, done: bool, **values: str) -> CloseSaid:
    return CloseSaid(done=done, pair=values.get("pair", UNSET), text=say(text, language, **values))
