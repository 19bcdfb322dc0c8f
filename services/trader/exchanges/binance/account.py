"""The order connection: orders go out, and the account's events come in, over one WebSocket."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Final

import msgspec

from core.errors import ExchangeError
from core.settings import ExchangeSettings
from services.trader.exchanges.ban import Ban, is_wait
from services.trader.exchanges.binance.connection import Connection
from services.trader.exchanges.binance.wire import (
    EventKind,
    ExecutionReport,
    OrderResponse,
    OrderResult,
    Problem,
    Replaced,
    decoder,
)
from services.trader.exchanges.clock import ExchangeClock
from services.trader.exchanges.protocol import OrderListener
from services.trader.orders import CLOCK_REFUSED, Answer, Order, Protection, Side, Status

OUTCOME_UNKNOWN: Final = frozenset({-1000, -1001, -1006, -1007})
"""Unknown error, disconnected, unexpected response, timeout: the order may have reached the book (errors.md)."""
CANCEL_REPLACE_FAILED: Final = frozenset({-2021, -2022})
"""One half of it was not done, or neither; the error's data says which."""
SUBSCRIBE_ID: Final = "subscribe"
SUBSCRIBED_WITHIN_SECONDS: Final = 5.0

_response: Final = decoder(OrderResponse)
_result: Final = decoder(OrderResult)
_replaced: Final = decoder(Replaced)
_problem: Final = decoder(Problem)
_kind: Final = decoder(EventKind)
_report: Final = decoder(ExecutionReport)


class AccountConnection:
    """Sends orders and tells `listener` what becomes of them."""

    def __init__(
        self,
        settings: ExchangeSettings,
        listener: OrderListener,
        clock: ExchangeClock,
        ban: Ban,
        *,
        subscribed_within_seconds: float = SUBSCRIBED_WITHIN_SECONDS,
    ) -> None:
        if settings.api_key is None or settings.api_secret is None:
            raise ExchangeError("Orders need an API key and secret.", "Set SORTE_EXCHANGE__API_KEY and __API_SECRET.")
        self._key = settings.api_key.get_secret_value()
        self._mac = hmac.new(settings.api_secret.get_secret_value().encode(), digestmod=hashlib.sha256)
        self._recv_window = settings.recv_window_ms
        self._listener, self._subscribed_within_seconds = listener, subscribed_within_seconds
        self._clock, self._ban = clock, ban
        self._sent: set[str] = set()  # client ids that wait for their answer
        self._taking: dict[str, str] = {}  # client id of such an order -> of the protective one that it takes back
        self._ready = False
        self._deadline: asyncio.TimerHandle | None = None
        self.connection = Connection(
            settings.ws_api_url, on_text=self._read, on_up=self._subscribe, on_down=self._lost, ban=ban
        )

    def place(self, order: Order) -> bool:
        """Write an order to the wire; False when the connection is down and nothing was written."""
        if not self._ready:
            return False
        self._sent.add(order.client_id)
        return self.connection.send(self._order_message(order))

    def rehearse(self, order: Order) -> None:
        """Make and sign the request of an order that is not sent."""
        self._order_message(order)

    def _order_message(self, order: Order) -> bytes:
        """The signed request. Written by hand: every value is a number or an identifier of ours, and the general way
        took twice as long between a decision and the wire. The signature wants the names in alphabetical order.
        """
        price, quantity, stamp = f"{order.price:f}", f"{order.quantity:f}", self._clock.now_ms()
        signature = self._sign(
            f"apiKey={self._key}&newClientOrderId={order.client_id}&newOrderRespType=FULL&price={price}"
            f"&quantity={quantity}&recvWindow={self._recv_window}&side={order.side}&symbol={order.symbol}"
            f"&timeInForce=IOC&timestamp={stamp}&type=LIMIT"
        )
        return (
            f'{{"id":"{order.client_id}","method":"order.place","params":{{"apiKey":"{self._key}",'
            f'"newClientOrderId":"{order.client_id}","newOrderRespType":"FULL","price":"{price}",'
            f'"quantity":"{quantity}","recvWindow":{self._recv_window},"side":"{order.side}",'
            f'"symbol":"{order.symbol}","timeInForce":"IOC","timestamp":{stamp},"type":"LIMIT",'
            f'"signature":"{signature}"}}}}'
        ).encode()

    def protect(self, protection: Protection, recv_window_ms: int, *, untouched: bool) -> bool:
        """Write a stop order that rests to the wire, in place of the one that it replaces; False as of `place`."""
        given: dict[str, str | int] = {"newClientOrderId": protection.client_id, "price": f"{protection.price:f}"}
        given |= {"quantity": f"{protection.quantity:f}", "recvWindow": recv_window_ms, "side": Side.SELL}
        given |= {"stopPrice": f"{protection.stop_price:f}", "symbol": protection.symbol}
        return self._request(given | {"timeInForce": "GTC", "type": "STOP_LOSS_LIMIT"}, protection.replaces, untouched)

    def replace(self, taken: str, order: Order, *, untouched: bool) -> bool:
        """Write an order that takes back a protective one to the wire; False as of `place`."""
        given: dict[str, str | int] = {
            "newClientOrderId": order.client_id,
            "price": f"{order.price:f}",
            "quantity": f"{order.quantity:f}",
        }
        given |= {"recvWindow": self._recv_window, "side": order.side, "symbol": order.symbol}
        return self._request(given | {"timeInForce": "IOC", "type": "LIMIT"}, taken, untouched)

    def _request(self, given: dict[str, str | int], taken: str, untouched: bool) -> bool:
        """A new order, together with the end of `taken` unless that is empty."""
        if not self._ready:
            return False
        client_id = str(given["newClientOrderId"])
        taking = {"cancelOrigClientOrderId": taken, "cancelReplaceMode": "STOP_ON_FAILURE"} if taken else {}
        if taken:
            taking["cancelRestrictions"] = "ONLY_NEW" if untouched else "ONLY_PARTIALLY_FILLED"
        stamped = given | taking | {"apiKey": self._key, "newOrderRespType": "FULL", "timestamp": self._clock.now_ms()}
        signed = {name: stamped[name] for name in sorted(stamped)}
        signature = self._sign("&".join(f"{name}={value}" for name, value in signed.items()))
        method = "order.cancelReplace" if taken else "order.place"
        self._sent.add(client_id)
        if taken:
            self._taking[client_id] = taken
        request = {"id": client_id, "method": method, "params": {**signed, "signature": signature}}
        return self.connection.send(msgspec.json.encode(request))

    def _sign(self, payload: str) -> str:
        mac = self._mac.copy()
        mac.update(payload.encode())
        return mac.hexdigest()

    def _subscribe(self) -> None:
        stamped = {"apiKey": self._key, "recvWindow": self._recv_window, "timestamp": self._clock.now_ms()}
        signature = self._sign("&".join(f"{name}={value}" for name, value in stamped.items()))
        request = {"id": SUBSCRIBE_ID, "method": "userDataStream.subscribe.signature"}
        self.connection.send(msgspec.json.encode({**request, "params": {**stamped, "signature": signature}}))
        # Without an answer the connection would stay open and never be ready for an order.
        why = "the subscription to the account's stream was not answered"
        within = self._subscribed_within_seconds
        self._deadline = asyncio.get_running_loop().call_later(within, self.connection.drop, why)

    def _lost(self, reason: str) -> None:
        self._ready = False
        self._stop_deadline()
        for client_id in sorted(self._sent):
            self._listener.on_answer(Answer(client_id, Status.UNKNOWN, "the connection was lost before the answer"))
        for client_id in self._taking.values():
            self._listener.on_answer(Answer(client_id, Status.UNKNOWN, "the connection was lost before the answer"))
        self._sent.clear()
        self._taking.clear()
        self._listener.on_orders_lost(reason)

    def _read(self, payload: memoryview, _received_ns: int) -> None:
        response = _response.decode(payload)
        if response.event:
            self._hear_event(response.event)
        elif response.id == SUBSCRIBE_ID:
            self._subscribed(response)
        elif isinstance(response.id, str):
            self._hear_answer(response.id, response)

    async def close(self) -> None:
        """Close the connection for good."""
        self._stop_deadline()
        self._ready = False
        await self.connection.close()

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _subscribed(self, response: OrderResponse) -> None:
        self._stop_deadline()
        if response.status != 200:
            problem = response.error
            self._heed(response)
            self.connection.drop(f"the account's stream was refused: {problem.msg if problem else response.status}")
            return
        self._ready = True
        self._listener.on_orders_connected()

    def _hear_event(self, event: msgspec.Raw) -> None:
        kind = _kind.decode(event).kind
        if kind == "eventStreamTerminated":
            self.connection.drop("the account's stream was ended by the exchange")
        if kind != "executionReport":
            return
        report = _report.decode(event)
        fill = report.fill()
        if fill is not None:
            self._listener.on_fill(fill)
        self._listener.on_answer(report.answer())

    def _hear_answer(self, client_id: str, response: OrderResponse) -> None:
        self._sent.discard(client_id)
        problem, taken = response.error, self._taking.pop(client_id, "")
        self._heed(response)
        if response.status == 200:
            self._taken(taken, Status.CANCELED)
            self._placed(_replaced.decode(response.result).new_order_response if taken else response.result)
        elif problem is None or problem.code in OUTCOME_UNKNOWN or response.status >= 500:
            self._taken(taken, Status.UNKNOWN)
            self._listener.on_answer(Answer(client_id, Status.UNKNOWN, f"status {response.status}"))
        elif problem.code in CANCEL_REPLACE_FAILED:
            self._half_done(client_id, taken, problem)
        else:
            self._refused(client_id, problem)

    def _half_done(self, client_id: str, taken: str, problem: Problem) -> None:
        """A cancelReplace of which something failed: the old order may be gone, the new one may be why."""
        about = problem.data
        if about is not None and about.cancel_result == "SUCCESS":
            self._taken(taken, Status.CANCELED)
            problem = _problem.decode(about.new_order_response)
            if problem.code in OUTCOME_UNKNOWN:
                self._listener.on_answer(Answer(client_id, Status.UNKNOWN, problem.msg))
                return
        else:
            self._taken(taken, Status.UNKNOWN, "it could not be taken back")
        self._refused(client_id, problem)

    def _taken(self, client_id: str, status: Status, detail: str = "") -> None:
        if client_id:
            self._listener.on_answer(Answer(client_id, status, detail))

    def _placed(self, result: msgspec.Raw) -> None:
        order = _result.decode(result)
        for fill in order.filled():
            self._listener.on_fill(fill)
        self._listener.on_answer(order.answer())

    def _refused(self, client_id: str, problem: Problem) -> None:
        self._listener.on_answer(Answer(client_id, Status.REJECTED, f"{problem.msg} ({problem.code})", problem.code))

    def _heed(self, response: OrderResponse) -> None:
        """What a refusal asks for beside the order: another clock, or a pause."""
        problem = response.error
        if problem is None:
            return
        if problem.code == CLOCK_REFUSED:
            self._clock.on_refused()
        if is_wait(response.status):
            until_ms = problem.data.retry_after_ms if problem.data is not None else None
            seconds = None if until_ms is None else (until_ms - self._clock.now_ms()) / 1000
            self._ban.begin(response.status, seconds, order=True)
