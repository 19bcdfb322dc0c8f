"""The message that shows an answer: one function for each kind, and none is forgotten."""

from __future__ import annotations

from typing import assert_never

from core.contracts.accounts import CompareShown, ProfitShown
from core.contracts.answers import (
    Answer,
    ChangeEnded,
    CloseSaid,
    DiffShown,
    Failed,
    Held,
    HeldShown,
    HistoryShown,
    LogsShown,
    Panicked,
    Paused,
    Resumed,
    Said,
    Shown,
    StatusShown,
    TradesShown,
    Unkilled,
    ValueShown,
)
from core.contracts.ledger import LedgerShown
from core.contracts.reasons import NameExplained, TradeExplained, WhyShown
from core.retelling import retold
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.cards.changed import change_card, diff_card, ended_card, history_card
from services.gateway.telegram.cards.earned import compare_card, profit_card
from services.gateway.telegram.cards.explained import name_card, trade_card, why_card
from services.gateway.telegram.cards.ledger import ledger_card
from services.gateway.telegram.cards.listed import logs_card, trades_card, value_card
from services.gateway.telegram.cards.standing import status_card
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import bold, joined, worded


def card_of(answer: Answer, reader: Reader) -> Card:
    """The message that shows it."""
    if isinstance(answer, LedgerShown):
        return ledger_card(answer, reader)
    match answer:
        case ChangeEnded():
            return ended_card(answer, reader)
        case Held():
            return held_card(answer)
        case HeldShown(held=waiting):
            return Card(joined(*(held_card(each).html for each in waiting)))
        case HistoryShown():
            return history_card(answer, reader)
        case Shown():
            return change_card(answer, reader)
        case DiffShown():
            return diff_card(answer, reader)
        case StatusShown():
            return status_card(answer, reader)
        case ProfitShown():
            return profit_card(answer, reader)
        case CompareShown():
            return compare_card(answer, reader)
        case WhyShown():
            return why_card(answer, reader)
        case TradeExplained():
            return trade_card(answer, reader)
        case NameExplained():
            return name_card(answer, reader)
        case TradesShown():
            return trades_card(answer, reader)
        case LogsShown():
            return logs_card(answer, reader)
        case ValueShown():
            return value_card(answer, reader)
        case Said() | CloseSaid() | Paused() | Resumed() | Panicked() | Unkilled():
            return Card(worded(answer.text))
        case Failed(message=message, hint=hint):
            return failed_card(message, hint, reader)
        case _:
            assert_never(answer)


def held_card(held: Held) -> Card:
    """What waits for the owner's yes, and its question."""
    return Card(joined(*map(worded, held.lines), bold(held.question)))


def failed_card(message: str, hint: str, reader: Reader) -> Card:
    """What cannot be done, and what to do instead."""
    return Card(joined(bold(retold(message, reader.language)), worded(retold(hint, reader.language))))
