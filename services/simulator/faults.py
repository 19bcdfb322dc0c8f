"""Faults on order: what goes wrong between a client and an exchange, scripted and counted.

Each fault is armed for a number of events or requests, strikes that often, and is counted in `counts` under its name
each time it strikes, so that a test can assert that it happened. `clear` disarms everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from services.simulator.clock import wall_ms
from services.simulator.refusals import Refusal, banned, order_rejected, too_many_requests


class Kind(StrEnum):
    """What a request does, for faults that strike only some."""

    PLACE = "place"
    CANCEL = "cancel"
    REPLACE = "replace"
    """Cancels and places: faults on either strike it too."""
    OTHER = "other"
    ANY = "any"


class Name(StrEnum):
    DISCONNECT = "disconnect"
    GAP = "gap"
    DUPLICATE = "duplicate"
    STALL = "stall"
    RATE_LIMIT = "rate_limit"
    BAN = "ban"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    REJECT_ORDER = "reject_order"
    REORDER = "reorder"
    STATUS = "status"
    CLOCK = "clock"


class SymbolStatus(StrEnum):
    TRADING = "TRADING"
    HALT = "HALT"
    BREAK = "BREAK"


class Swallowed(Exception):  # noqa: N818 - no error of ours: the client is meant to wait in vain
    """The answer to this request is never sent."""


@dataclass(slots=True)
class _Armed:
    left: int = 0
    """How many more times; -1 is until released."""
    on: str = ""
    """Requests: a Kind. Streams: a part of the stream's name, empty for every stream."""
    status: int = 503
    retry_after: int = 1


_CONCERNED: Final = {
    **{kind: (Kind.ANY, kind) for kind in Kind},
    Kind.REPLACE: (Kind.ANY, Kind.REPLACE, Kind.PLACE, Kind.CANCEL),
}
"""Which wishes a request of each kind meets."""


class Faults:
    """Arm a fault with its method; `status`, `counts` and `armed` tell how it stands."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._armed: dict[Name, _Armed] = {}
        self.close_streams: Callable[[], int] = lambda: 0
        """Set by the server: cuts every open WebSocket, answers how many there were."""
        self.halt: Callable[[str, str], None] = lambda _symbol, _status: None
        """Set by the server: stops a pair's market with this status, or lets it go on with an empty one; raises
        ValueError for a symbol that is not there."""
        self.clock_ms = 0
        """How far the exchange's clock is ahead of ours; behind it when negative."""
        self._banned_until_ms = 0
        self._halted: set[str] = set()
        self._held: list[Any] = []
        self._held_until = 0

    def disconnect(self) -> int:
        """Cut every open WebSocket, streams and order API, as a broken network does; answers how many there were."""
        closed = self.close_streams()
        self.counts[Name.DISCONNECT] += closed
        return closed

    def gap(self, events: int, stream: str = "") -> None:
        """The next stream events that somebody is subscribed to are not sent; their ids are used up."""
        self._arm(Name.GAP, events, on=stream)

    def duplicate(self, events: int, stream: str = "") -> None:
        """The next stream events are sent twice."""
        self._arm(Name.DUPLICATE, events, on=stream)

    def stall(self, stream: str = "") -> None:
        """Streams stay open and silent until `release`; what happens meanwhile is never sent."""
        self._arm(Name.STALL, -1, on=stream)

    def release(self) -> None:
        self._armed.pop(Name.STALL, None)

    def rate_limit(self, requests: int, retry_after: int = 1, on: Kind = Kind.ANY) -> None:
        """429 with Retry-After (seconds), before the request is looked at."""
        self._arm(Name.RATE_LIMIT, requests, on=on, retry_after=retry_after)

    def ban(self, seconds: int) -> None:
        """418 for every request within so many seconds of the wall clock, with Retry-After; 0 lifts it."""
        self._banned_until_ms = wall_ms() + 1000 * seconds if seconds else 0

    def error_before(self, requests: int, status: int = 503, on: Kind = Kind.PLACE) -> None:
        """5xx, and nothing was done."""
        self._arm(Name.ERROR_BEFORE, requests, on=on, status=status)

    def error_after(self, requests: int, status: int = 503, on: Kind = Kind.PLACE) -> None:
        """5xx, although the request was carried out."""
        self._arm(Name.ERROR_AFTER, requests, on=on, status=status)

    def timeout_before(self, requests: int, on: Kind = Kind.PLACE) -> None:
        """No answer, and nothing was done."""
        self._arm(Name.TIMEOUT_BEFORE, requests, on=on)

    def timeout_after(self, requests: int, on: Kind = Kind.PLACE) -> None:
        """No answer, although the request was carried out."""
        self._arm(Name.TIMEOUT_AFTER, requests, on=on)

    def reject_order(self, orders: int = 1) -> None:
        """The engine refuses well-formed orders with -2010."""
        self._arm(Name.REJECT_ORDER, orders, on=Kind.PLACE)

    def reorder(self, fills: int) -> None:
        """The account's next fills are told in the opposite order, once so many have come."""
        self._held_until = fills

    def status(self, symbol: str, status: SymbolStatus) -> None:
        """HALT or BREAK: the pair's streams fall silent, its orders are refused and exchangeInfo says so."""
        trades = status is SymbolStatus.TRADING
        self.halt(symbol, "" if trades else str(status))
        (self._halted.discard if trades else self._halted.add)(symbol)
        self.counts[Name.STATUS] += 1

    def clock(self, ms: int) -> None:
        """The exchange's clock, as `serverTime` and signatures have it, goes `ms` ahead; behind when negative."""
        self.clock_ms = ms
        self.counts[Name.CLOCK] += 1

    def clear(self) -> None:
        """Disarm everything; fills that were held are lost."""
        self._armed.clear()
        self._held.clear()
        self._held_until = self.clock_ms = self._banned_until_ms = 0
        for symbol in self._halted:
            self.halt(symbol, "")
        self._halted.clear()

    def armed(self) -> dict[str, int]:
        """How many more times each armed fault will strike; -1 is until released."""
        banned_s = max(0, -(-(self._banned_until_ms - wall_ms()) // 1000))
        lasting = {
            Name.BAN: banned_s,
            Name.STATUS: -1 if self._halted else 0,
            Name.CLOCK: self.clock_ms,
            Name.REORDER: self._held_until,
        }
        armed = {str(name): fault.left for name, fault in self._armed.items()}
        return {**armed, **{str(name): left for name, left in lasting.items() if left}}

    def in_order(self, fill: Any) -> list[Any]:
        """The events of fills to tell now that this one came: itself, none yet, or all that were held, latest first."""
        if not self._held_until:
            return [fill]
        self._held.append(fill)
        if len(self._held) < self._held_until:
            return []
        told, self._held, self._held_until = self._held[::-1], [], 0
        self.counts[Name.REORDER] += len(told)
        return told

    def copies(self, stream: str) -> int:
        """How often an event of this stream is sent; asked once for each event that has a subscriber."""
        if not self._armed:
            return 1
        if self._strikes(Name.STALL, stream=stream) or self._strikes(Name.GAP, stream=stream):
            return 0
        return 2 if self._strikes(Name.DUPLICATE, stream=stream) else 1

    def before_request(self, kind: Kind) -> None:
        left_ms = self._banned_until_ms - wall_ms()
        if left_ms > 0:
            self.counts[Name.BAN] += 1
            raise banned(self._banned_until_ms + self.clock_ms, retry_after=-(-left_ms // 1000))
        if fault := self._strikes(Name.RATE_LIMIT, kind=kind):
            raise too_many_requests("Too many requests queued.", retry_after=fault.retry_after)
        if fault := self._strikes(Name.ERROR_BEFORE, kind=kind):
            raise _server_error(fault.status)
        if self._strikes(Name.TIMEOUT_BEFORE, kind=kind):
            raise Swallowed

    def before_order(self, kind: Kind) -> None:
        if kind is Kind.PLACE and self._strikes(Name.REJECT_ORDER, kind=kind):
            raise order_rejected("Market is closed.")

    def after_request(self, kind: Kind) -> None:
        if fault := self._strikes(Name.ERROR_AFTER, kind=kind):
            raise _server_error(fault.status)
        if self._strikes(Name.TIMEOUT_AFTER, kind=kind):
            raise Swallowed

    def _arm(self, name: Name, left: int, **how: Any) -> None:
        if left:
            self._armed[name] = _Armed(left, **how)
        else:
            self._armed.pop(name, None)

    def _strikes(self, name: Name, *, kind: Kind | None = None, stream: str = "") -> _Armed | None:
        fault = self._armed.get(name)
        if fault is None:
            return None
        if fault.on not in _CONCERNED[kind] if kind is not None else fault.on not in stream:
            return None
        self.counts[name] += 1
        if fault.left > 0:
            fault.left -= 1
            if not fault.left:
                del self._armed[name]
        return fault


ARGUMENTS: Final[dict[str, frozenset[str]]] = {
    Name.DISCONNECT: frozenset(),
    Name.GAP: frozenset({"events", "stream"}),
    Name.DUPLICATE: frozenset({"events", "stream"}),
    Name.STALL: frozenset({"stream"}),
    "release": frozenset(),
    "clear": frozenset(),
    Name.RATE_LIMIT: frozenset({"requests", "retry_after", "on"}),
    Name.BAN: frozenset({"seconds"}),
    Name.ERROR_BEFORE: frozenset({"requests", "status", "on"}),
    Name.ERROR_AFTER: frozenset({"requests", "status", "on"}),
    Name.TIMEOUT_BEFORE: frozenset({"requests", "on"}),
    Name.TIMEOUT_AFTER: frozenset({"requests", "on"}),
    Name.REJECT_ORDER: frozenset({"orders"}),
    Name.REORDER: frozenset({"fills"}),
    Name.STATUS: frozenset({"symbol", "status"}),
    Name.CLOCK: frozenset({"ms"}),
}
"""What `POST /sim/faults` accepts beside `fault`, the method's name."""


COUNTS: Final = frozenset({"events", "requests", "orders", "fills", "seconds", "retry_after"})


def arm(faults: Faults, wish: object) -> dict[str, Any]:
    """Do what a JSON object like {"fault": "gap", "events": 3} asks, answer how the faults stand.

    Raises ValueError with a sentence for a wish that makes no sense.
    """
    if not isinstance(wish, dict) or wish.get("fault") not in ARGUMENTS:
        raise ValueError(f"'fault' must be one of: {', '.join(ARGUMENTS)}")
    name = wish["fault"]
    arguments = {key: value for key, value in wish.items() if key != "fault"}
    unknown = set(arguments) - ARGUMENTS[name]
    if unknown:
        raise ValueError(f"{name} knows no {', '.join(sorted(unknown))}; it takes {sorted(ARGUMENTS[name])}")
    for key, value in arguments.items():
        arguments[key] = SymbolStatus(value) if name == Name.STATUS and key == "status" else _checked(key, value)
    try:
        getattr(faults, name)(**arguments)
    except TypeError as error:
        raise ValueError(f"{name} needs {sorted(ARGUMENTS[name])}") from error
    return {"counts": dict(faults.counts), "armed": faults.armed()}


def _checked(key: str, value: object) -> object:
    if key in ("stream", "symbol") and isinstance(value, str):
        return value
    if key == "on" and value in set(Kind):
        return Kind(str(value))
    if key == "status" and type(value) is int and 500 <= value <= 599:
        return value
    if (
        key in ("events", "requests", "orders", "fills", "seconds", "retry_after")
        and type(value) is int
        and 0 <= value <= 10**6
    ):
        return value
    if key == "ms" and type(value) is int and abs(value) <= 10**10:
        return value
    raise ValueError(f"{key} cannot be {value!r}")


def _server_error(status: int) -> Refusal:
    # The exchange's own words for "we do not know whether it was carried out".
    message = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
    return Refusal(-1007, message, status=status)
