"""The exchange's ways of saying no: code, message and HTTP status as Binance documents them."""

from __future__ import annotations

from core.errors import ExchangeError


class Refusal(ExchangeError):  # noqa: N818 - a refusal is what the exchange means, not an error of ours
    """A request that the exchange refuses. `retry_after` is in seconds and travels with 429 only."""

    def __init__(
        self, code: int, message: str, status: int = 400, retry_after: int | None = None, data: object = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.data = data

    def body(self) -> dict[str, object]:
        """The answer's body; `data` is shown when there is some."""
        shown: dict[str, object] = {"code": self.code, "msg": self.message}
        return shown if self.data is None else {**shown, "data": self.data}


def missing(name: str) -> Refusal:
    return Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str, legal: str) -> Refusal:
    return Refusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def not_required(name: str) -> Refusal:
    return Refusal(-1106, f"Parameter '{name}' sent when not required.")


def invalid(name: str) -> Refusal:
    return Refusal(-1130, f"Data sent for parameter '{name}' is not valid.")


def filter_failure(name: str) -> Refusal:
    return Refusal(-1013, f"Filter failure: {name}")


def engine_filter_failure(name: str) -> Refusal:
    """A filter that the matching engine checks, after the request's form was accepted."""
    return order_rejected(f"Filter failure: {name}")


def invalid_symbol() -> Refusal:
    return Refusal(-1121, "Invalid symbol.")


def order_rejected(message: str) -> Refusal:
    return Refusal(-2010, message)


def market_closed() -> Refusal:
    return Refusal(-1013, "Market is closed.")


def insufficient_balance() -> Refusal:
    return order_rejected("Account has insufficient balance for requested action.")


def cancel_rejected(message: str) -> Refusal:
    return Refusal(-2011, message)


def unknown_order() -> Refusal:
    return cancel_rejected("Unknown order sent.")


def no_such_order() -> Refusal:
    return Refusal(-2013, "Order does not exist.")


def no_such_list() -> Refusal:
    return Refusal(-2013, "Order list does not exist.")


def banned(until_ms: int, retry_after: int) -> Refusal:
    said = f"Way too much request weight used; IP banned until {until_ms}. "
    advice = "Please use WebSocket Streams for live updates to avoid bans."
    return Refusal(-1003, said + advice, status=418, retry_after=retry_after)


def too_many_requests(message: str, retry_after: int) -> Refusal:
    return Refusal(-1003, message, status=429, retry_after=retry_after)
