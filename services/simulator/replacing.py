"""Cancel one order and place another in one request: `order/cancelReplace`.

The filters of the new order are checked before anything is cancelled. The mode says what a failed cancellation means:
STOP_ON_FAILURE places nothing then, ALLOW_FAILURE places all the same. When only one half is done the answer is -2021
with status 409, when none is, -2022 with status 400; both carry what became of each half.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Any

from services.simulator import answers
from services.simulator.faults import Kind
from services.simulator.orders import Status
from services.simulator.params import CLIENT_ID, required
from services.simulator.refusals import Refusal, cancel_rejected, invalid, unknown_order
from services.simulator.trading import new_order, placed
from services.simulator.venue import Request


class Mode(StrEnum):
    STOP_ON_FAILURE = "STOP_ON_FAILURE"
    ALLOW_FAILURE = "ALLOW_FAILURE"


class Restriction(StrEnum):
    """Which state the old order must be in, or it is not cancelled."""

    ONLY_NEW = "ONLY_NEW"
    ONLY_PARTIALLY_FILLED = "ONLY_PARTIALLY_FILLED"


class Excess(StrEnum):
    """What to do when too many orders were sent; this exchange does not count them, so it is read and no more."""

    DO_NOTHING = "DO_NOTHING"
    CANCEL_ONLY = "CANCEL_ONLY"


async def replace_order(request: Request) -> dict[str, Any]:
    """What became of both halves; the Refusal carries it when one of them failed."""
    params = request.params
    mode = required(params.choice("cancelReplaceMode", Mode, invalid("cancelReplaceMode")), "cancelReplaceMode")
    cancel = _Cancel(request)
    wish, detail = new_order(request)
    params.refuse_unread()
    request.venue.exchange.check(wish)
    try:
        cancelled, gone = cancel.carry_out(), True
    except Refusal as refusal:
        cancelled, gone = refusal.body(), False
    if not gone and mode is Mode.STOP_ON_FAILURE:
        raise _failed(-2022, 400, gone, cancelled, "NOT_ATTEMPTED", None)
    try:
        request.venue.faults.before_order(Kind.PLACE)
        answer = await placed(request, wish, detail)
    except Refusal as refusal:
        code, status = (-2021, 409) if gone else (-2022, 400)
        raise _failed(code, status, gone, cancelled, "FAILURE", refusal.body()) from None
    if not gone:
        raise _failed(-2021, 409, gone, cancelled, "SUCCESS", answer)
    return _outcome(gone, cancelled, "SUCCESS", answer)


class _Cancel:
    """The half of the request that cancels: read at once, so that its form is checked before anything is done."""

    def __init__(self, request: Request) -> None:
        params = request.params
        self._exchange, self._symbol = request.venue.exchange, request.state().symbol
        self._order_id = params.integer("cancelOrderId")
        self._client_id = params.text("cancelOrigClientOrderId", CLIENT_ID)
        self._cancel_id = params.text("cancelNewClientOrderId", CLIENT_ID) or secrets.token_hex(11)
        wrong = Refusal(-1145, "cancelRestrictions has to be either ONLY_NEW or ONLY_PARTIALLY_FILLED.")
        self._restriction = params.choice("cancelRestrictions", Restriction, wrong)
        params.choice("orderRateLimitExceededMode", Excess, invalid("orderRateLimitExceededMode"))
        if self._order_id is None and self._client_id is None:
            names = "'cancelOrigClientOrderId' or 'cancelOrderId'"
            raise Refusal(-1102, f"Param {names} must be sent, but both were empty/null!")

    def carry_out(self) -> dict[str, Any]:
        """Cancel, or raise the Refusal."""
        order = self._exchange.find(self._symbol, self._order_id, self._client_id)
        if order is None or self._client_id not in (None, order.client_order_id):
            raise unknown_order()
        wanted = {Restriction.ONLY_NEW: Status.NEW, Restriction.ONLY_PARTIALLY_FILLED: Status.PARTIALLY_FILLED}
        if order.is_open and self._restriction is not None and order.status is not wanted[self._restriction]:
            raise cancel_rejected("Order was not canceled due to cancel restrictions.")
        self._exchange.cancel(order, self._cancel_id)
        return answers.order_canceled(order)


def _outcome(gone: bool, cancelled: object, result: str, placed: object) -> dict[str, Any]:
    return {
        "cancelResult": "SUCCESS" if gone else "FAILURE",
        "newOrderResult": result,
        "cancelResponse": cancelled,
        "newOrderResponse": placed,
    }


def _failed(code: int, status: int, gone: bool, cancelled: object, result: str, placed: object) -> Refusal:
    said = "Order cancel-replace partially failed." if code == -2021 else "Order cancel-replace failed."
    return Refusal(code, said, status, data=_outcome(gone, cancelled, result, placed))
