"""Reading a request's parameters: every value arrives as text and leaves checked, or the request is refused.

The two wire formats (form text for REST, JSON for the WebSocket API) meet here, so both refuse alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from services.simulator.refusals import Refusal, illegal, missing

SYMBOL: Final = r"^[A-Z0-9-_.]{1,20}$"
CLIENT_ID: Final = r"^[a-zA-Z0-9-_.:/]{1,36}$"
DECIMAL: Final = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
INTEGER: Final = r"^[0-9]{1,20}$"
MAX_LONG: Final = 2**63 - 1
DECIMALS: Final = 8
UNIVERSAL: Final = frozenset({"timestamp", "recvWindow", "signature", "apiKey"})
"""Read by the security check and never counted as unread."""

Choice = TypeVar("Choice", bound=str)
Value = TypeVar("Value")


class Params:
    """The parameters of one request; an empty value is as good as none."""

    def __init__(self, sent: Mapping[str, str]) -> None:
        self._sent = sent
        self._read: set[str] = set()

    def text(self, name: str, legal: str | None = None) -> str | None:
        self._read.add(name)
        value = self._sent.get(name) or None
        if value is not None and legal is not None and not re.fullmatch(legal, value, re.ASCII):
            raise illegal(name, legal)
        return value

    def integer(self, name: str, default: int | None = None) -> int | None:
        value = self.text(name, INTEGER)
        if value is None:
            return default
        if int(value) > MAX_LONG:
            raise Refusal(-1108, f"Parameter '{name}' overflowed.")
        return int(value)

    def limit(self, default: int, most: int) -> int:
        """How many rows; the exchange answers at most `most`, whatever is asked."""
        value = self.integer("limit", default)
        if not value:
            raise illegal("limit", "[1, " + str(most) + "]")
        return min(value, most)

    def decimal(self, name: str, digits: int = DECIMALS) -> Decimal | None:
        value = self.text(name, DECIMAL)
        if value is None:
            return None
        fraction = value.partition(".")[2].rstrip("0")
        if len(fraction) > digits:
            raise Refusal(-1111, f"Parameter '{name}' has too much precision.")
        return Decimal(value)

    def choice(self, name: str, kind: type[Choice], refusal: Refusal) -> Choice | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return kind(value)
        except ValueError:
            raise refusal from None

    def symbols(self) -> list[str]:
        """The `symbols` parameter: a JSON list of names."""
        value = self.text("symbols")
        if value is None:
            return []
        try:
            names = msgspec.json.decode(value, type=list[str])
        except msgspec.DecodeError:
            raise illegal("symbols", r'^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}")*\]$') from None
        if len(set(names)) != len(names):
            raise Refusal(-1151, "Symbol is present multiple times in the list.")
        return names

    def refuse_unread(self) -> None:
        """A parameter nobody asked for is refused before anything is changed."""
        unread = set(self._sent) - self._read - UNIVERSAL
        if unread:
            raise Refusal(
                -1104,
                f"Not all sent parameters were read; read '{len(self._sent) - len(unread)}' parameter(s)"
                f" but was sent '{len(self._sent)}'.",
            )


def required(value: Value | None, name: str) -> Value:
    """The value, or the refusal that names what is missing."""
    if value is None:
        raise missing(name)
    return value
