"""What a cancelReplace of which something failed says of each of its halves; doubt is UNKNOWN, never REJECTED."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from core.settings import ExchangeSettings
from services.trader.exchanges.ban import Ban
from services.trader.exchanges.binance.account import AccountConnection
from services.trader.exchanges.clock import ExchangeClock
from services.trader.orders import Answer, Fill, Status

EXIT, PROTECTION = "s1-01234567-9x", "p1-3"


class Listener:
    def __init__(self) -> None:
        self.answers: list[Answer] = []

    def on_answer(self, answer: Answer) -> None:
        self.answers.append(answer)

    def on_fill(self, fill: Fill) -> None:
        raise AssertionError(fill)

    def on_orders_connected(self) -> None: ...

    def on_orders_lost(self, reason: str) -> None: ...


def said(code: int, cancelled: str, placed: dict[str, Any] | None) -> dict[str, tuple[Status, int]]:
    """What is heard of exit and protection when the exchange refuses the request that was to replace one by the other,
    with this result of the cancellation and this answer about the new order."""
    listener = Listener()
    settings = ExchangeSettings(api_key=SecretStr("key"), api_secret=SecretStr("secret"))
    account = AccountConnection(settings, listener, ExchangeClock(), Ban())
    account._taking[EXIT] = PROTECTION
    data = {"cancelResult": cancelled, "newOrderResult": "FAILURE", "cancelResponse": {}, "newOrderResponse": placed}
    error = {"code": code, "msg": "Order cancel-replace failed.", "data": data}
    account._read(memoryview(json.dumps({"id": EXIT, "status": 409, "error": error}).encode()), 0)
    return {answer.client_id: (answer.status, answer.code) for answer in listener.answers}


@pytest.mark.parametrize("code", [-1000, -1001, -1006, -1007])
def test_an_exit_of_which_the_exchange_does_not_know_the_outcome_is_not_taken_for_refused(code: int) -> None:
    placed = {"code": code, "msg": "Timeout waiting for response; execution status unknown."}
    assert said(-2021, "SUCCESS", placed) == {PROTECTION: (Status.CANCELED, 0), EXIT: (Status.UNKNOWN, 0)}


def test_an_exit_that_was_refused_after_its_protection_was_taken_back_is_refused_with_its_own_code() -> None:
    placed = {"code": -2010, "msg": "Account has insufficient balance for requested action."}
    assert said(-2021, "SUCCESS", placed) == {PROTECTION: (Status.CANCELED, 0), EXIT: (Status.REJECTED, -2010)}


def test_an_exit_that_was_not_tried_is_refused_and_its_protection_is_asked_for() -> None:
    assert said(-2022, "FAILURE", None) == {PROTECTION: (Status.UNKNOWN, 0), EXIT: (Status.REJECTED, -2022)}
