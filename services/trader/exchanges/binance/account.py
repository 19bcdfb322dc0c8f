"""The order connection: orders go out, and the account's events come in, over one WebSocket."""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec

from core.errors import ExchangeError
from core.settings import ExchangeSettings
from services.trader.exchanges.binance.connection import Connection
from services.trader.exchanges.binance.wire import (
    EventKind,
    ExecutionReport,
    OrderResponse,
    OrderResult,
    decoder,
    sign,
)
from services.trader.exchanges.protocol import OrderListener
from services.trader.orders import Answer, Order, Status

OUTCOME_UNKNOWN: Final = frozenset({-1000, -1001, -1006, -1007})
"""Unknown error, disconnected, unexpected response, timeout: the order may have reached the book (errors.md)."""
SUBSCRIBE_ID: Final = "subscribe"

_response: Final = decoder(OrderResponse)
_result: Final = decoder(OrderResult)
_kind: Final = decoder(EventKind)
_report: Final = decoder(ExecutionReport)


class AccountConnection:
    """Sends orders and tells `listener` what becomes of them."""

    def __init__(self, settings: ExchangeSettings, listener: OrderListener) -> None:
        if settings.api_key is None or settings.api_secret is None:
            raise ExchangeError("Orders need an API key and secret.", "Set SORTE_EXCHANGE__API_KEY and __API_SECRET.")
        self._key = settings.api_key.get_secret_value()
        self._secret = settings.api_secret.get_secret_value().encode()
        self._recv_window = settings.recv_window_ms
        self._listener = listener
        self._sent: set[str] = set()  # client ids that wait for their answer
        self._ready = False
        self.connection = Connection(settings.ws_api_url, on_text=self._read, on_up=self._subscribe, on_down=self._lost)

    def place(self, order: Order) -> bool:
        """Write an order to the wire; False when the connection is down and nothing was written."""
        if not self._ready:
            return False
        message = self._request(
            order.client_id,
            "order.place",
            {
                "apiKey": self._key,
                "newClientOrderId": order.client_id,
                "newOrderRespType": "FULL",
                "price": format(order.price, "f"),
                "quantity": format(order.quantity, "f"),
                "recvWindow": self._recv_window,
                "side": order.side.value,
                "symbol": order.symbol,
                "timeInForce": "IOC",
                "timestamp": time.time_ns() // 1_000_000,
                "type": "LIMIT",
            },
        )
        self._sent.add(order.client_id)
        return self.connection.send(message)

    def _request(self, request_id: str, method: str, parameters: dict[str, Any]) -> bytes:
        """A signed request; `parameters` are in alphabetical order, as the signature wants them."""
        payload = "&".join(f"{name}={value}" for name, value in parameters.items())
        parameters["signature"] = sign(self._secret, payload)
        return msgspec.json.encode({"id": request_id, "method": method, "params": parameters})

    def _subscribe(self) -> None:
        stamp = {"apiKey": self._key, "recvWindow": self._recv_window, "timestamp": time.time_ns() // 1_000_000}
        self.connection.send(self._request(SUBSCRIBE_ID, "userDataStream.subscribe.signature", stamp))

    def _lost(self, reason: str) -> None:
        self._ready = False
        for client_id in sorted(self._sent):
            self._listener.on_answer(Answer(client_id, Status.UNKNOWN, "the connection was lost before the answer"))
        self._sent.clear()
        self._listener.on_orders_lost(reason)

    def _read(self, payload: memoryview, _received_ns: int) -> None:
        response = _response.decode(payload)
        if response.event:
            self._hear_event(response.event)
        elif response.id == SUBSCRIBE_ID:
            self._subscribed(response)
        elif isinstance(response.id, str):
            self._hear_answer(response.id, response)

    def _subscribed(self, response: OrderResponse) -> None:
        if response.status != 200:
            problem = response.error
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
        problem = response.error
        if response.status == 200:
            result = _result.decode(response.result)
            for fill in result.filled():
                self._listener.on_fill(fill)
            self._listener.on_answer(result.answer())
        elif problem is None or problem.code in OUTCOME_UNKNOWN or response.status >= 500:
            self._listener.on_answer(Answer(client_id, Status.UNKNOWN, f"status {response.status}"))
        else:
            self._listener.on_answer(Answer(client_id, Status.REJECTED, f"{problem.msg} ({problem.code})"))
