"""The user data stream: listen keys, subscriptions on the WebSocket API, and the account's events to both.

A listen key is valid for 60 minutes of the wall clock after it was made or kept alive. The hub knows the stream by the
key, so connecting with a wrong one is answered with silence, as on the exchange.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

import msgspec

from services.simulator import answers
from services.simulator.clock import wall_ms
from services.simulator.faults import Faults
from services.simulator.matching import Exchange
from services.simulator.orders import OrderList, Report
from services.simulator.refusals import Refusal
from services.simulator.streams import Connection, Hub, frame

VALID_MS: Final = 60 * 60_000
STREAM: Final = "userData"
"""What faults call the events of the account on the WebSocket API."""


class Users:
    """One account's listeners."""

    def __init__(self, exchange: Exchange, hub: Hub, faults: Faults) -> None:
        self._exchange = exchange
        self._hub = hub
        self._faults = faults
        self._listen_key: str | None = None
        self._valid_until_ms = 0
        self._subscriptions: dict[Connection, int] = {}
        self._next_subscription = 0
        exchange.reporters.append(self._on_report)
        exchange.balance_reporters.append(self._on_balances)
        exchange.list_reporters.append(self._on_list)

    def start(self) -> str:
        """The listen key that is valid, or a new one; valid for another hour."""
        if self._current() is None:
            self._listen_key = secrets.token_hex(32)
        self._valid_until_ms = wall_ms() + VALID_MS
        return str(self._listen_key)

    def keep_alive(self, listen_key: str) -> None:
        self._check(listen_key)
        self._valid_until_ms = wall_ms() + VALID_MS

    def stop(self, listen_key: str) -> None:
        self._check(listen_key)
        self._listen_key = None
        self._hub.close_stream(listen_key)

    def subscribe(self, connection: Connection) -> int:
        """Send the account's events on this connection; answers the subscription's id."""
        if connection in self._subscriptions:
            raise Refusal(-2035, "Subscription already active.")
        self._subscriptions[connection] = self._next_subscription
        self._next_subscription += 1
        return self._subscriptions[connection]

    def unsubscribe(self, connection: Connection, subscription: int | None) -> None:
        if subscription is not None and self._subscriptions.get(connection) != subscription:
            raise Refusal(-2036, "Subscription not found.")
        self.forget(connection)

    def subscriptions(self, connection: Connection) -> list[dict[str, int]]:
        number = self._subscriptions.get(connection)
        return [] if number is None else [{"subscriptionId": number}]

    def forget(self, connection: Connection) -> None:
        self._subscriptions.pop(connection, None)

    def _current(self) -> str | None:
        return self._listen_key if wall_ms() < self._valid_until_ms else None

    def _check(self, listen_key: str) -> None:
        if listen_key != self._current():
            raise Refusal(-1125, "This listenKey does not exist.")

    def _on_report(self, report: Report) -> None:
        if self._is_heard():
            event = answers.execution_report(report)
            for told in self._faults.in_order(event) if report.fill else [event]:
                self._send(told)

    def _on_list(self, made: OrderList, time_ms: int) -> None:
        if self._is_heard():
            self._send(answers.list_status(made, time_ms))

    def _on_balances(self, assets: tuple[str, ...], time_ms: int) -> None:
        if self._is_heard():
            self._send(answers.account_position(self._exchange.balances, assets, time_ms))

    def _is_heard(self) -> bool:
        return bool(self._subscriptions) or self._listen_key is not None

    def _send(self, event: dict[str, Any]) -> None:
        if listen_key := self._current():
            self._hub.send(listen_key, event)
        for connection, number in self._subscriptions.items():
            ready = frame(msgspec.json.encode({"subscriptionId": number, "event": event}))
            for _ in range(self._faults.copies(STREAM)):
                connection.write(ready)
