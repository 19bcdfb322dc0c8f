"""What the loop hands over once a second, as one line of JSON: frozen values, of which it works nothing out.

Both ends are of the same program: the trader starts the process that reads these lines.
"""

from __future__ import annotations

from typing import Final

import msgspec

from core.kernel import DECISION

SIGNALS: Final = ("technical", "orderbook", "flow", "qlearning", "advice")
"""The votes, by their names in a decision."""


class Looked(msgspec.Struct, frozen=True):
    """The last decision about a pair within the second."""

    pair: str
    time_ns: int  # of the last event, the exchange's
    action: int  # as in `core.kernel`
    rule: str  # that decided; empty when the score did
    score: float
    confidence: float
    signals: tuple[float | None, ...]  # technical, orderbook, flow, qlearning, advice; None: abstained
    held: bool


class Taken(msgspec.Struct, frozen=True, array_like=True):
    """The same as it is handed over: the decision as the loop had it, in which NaN becomes null on the way.

    Measured: 14 us a second for 8 pairs; 34 us when the loop took it apart and rounded it.
    """

    pair: str
    time_ns: int
    rule: str
    held: bool
    decision: tuple[float | None, ...]  # as `host.Decision`

    @property
    def looked(self) -> Looked:
        """Taken apart."""
        told = dict(zip(DECISION.names or (), self.decision, strict=True))
        signals = tuple(_rounded(told[name]) for name in SIGNALS)
        score, confidence = _rounded(told["score"]) or 0.0, _rounded(told["confidence"]) or 0.0
        action = int(told["action"] or 0)
        return Looked(self.pair, self.time_ns, action, self.rule, score, confidence, signals, self.held)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


class Happened(msgspec.Struct, frozen=True, array_like=True):
    """Something that became of a decision: an order sent, denied, refused, or not filled."""

    pair: str
    time_ns: int
    code: str  # of `core.contracts.reasons.CODES`
    detail: str
    sequence: int = 0
    score: float | None = None  # of an order that was sent: what it was decided by
    confidence: float | None = None
    signals: tuple[float | None, ...] = ()


class Second(msgspec.Struct, frozen=True, array_like=True):
    """All of one second."""

    release: str  # tree that decides
    folder: str  # where its files lie
    trading: str
    pairs: int  # that are traded
    taken: tuple[Taken, ...]
    happened: tuple[Happened, ...]
