"""Why something was bought, sold or let be, and what a name of the strategy means."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from core.contracts.events import Told

CODES = ("score", "confidence", "warming", "rule", "kept", "limit", "refused", "unfilled", "buys", "sells")
"""Why a pair is as it is: the score is short of its threshold, the confidence of the least, the indicators have not
seen enough bars, a rule forbids it, a position is kept since nothing says sell, a limit denied the order, the exchange
refused it, it did not fill; an order was sent to buy, to sell."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a pair was let be, or what was ordered, at a moment. What a strategy did not say is None."""

    time_ns: int  # the exchange's
    pair: str
    code: str  # of CODES
    detail: str  # rule's name, limit's code and figures, the exchange's words
    held: bool  # a position was open
    score: float
    threshold: float | None  # that the score had to reach: to buy, or when a position is open to sell
    confidence: float
    min_confidence: float | None
    signals: dict[str, float | None]  # each in [-1, 1]; None: it abstained
    trading: str  # active, reducing or halted
    release: str  # first digits of the tree that decided
    sequence: int = 0  # of the event that was ordered on; 0 where nothing was


class WhyShown(Told, frozen=True, kw_only=True, tag="why"):
    """Why nothing was bought, or not sold. `now` has the pairs as they stand, `reasons` what came before, newest first.

    With a moment asked for, `now` is what held then.
    """

    pair: str  # asked for; empty: all
    at_ns: int | None
    now: list[Reason]
    reasons: list[Reason]
    runs: bool  # a trader runs


class TradeExplained(Told, frozen=True, kw_only=True, tag="explained_trade"):
    """The last order that bought or sold: what it cost, what decided it, and which sentence brought that there."""

    side: str
    pair: str
    order: str
    time_ns: int  # of its last fill
    quantity: Decimal
    price: Decimal  # at which it filled, on average
    limit: Decimal  # the worst price that was acceptable
    fee: Decimal
    fee_asset: str
    profit: Decimal | None  # of a sale: realised, net of fees
    reason: str  # rule's name, score, stop, target, protection, loss_per_trade, panic ...
    about: str  # what that rule says of itself
    why: Reason | None  # signals and scores; None when they were not kept
    release: str
    commit: str
    change: str
    text: str  # the sentence that led to the code that decided
    owner: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a name is used."""

    file: str
    function: str
    line: int


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the backtest that judged a change."""

    figure: str
    before: float | int | None
    after: float | int | None


class NameChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was made to what bears the name."""

    time_ns: int
    change: str
    commit: str
    state: str
    text: str  # the sentence
    what: str  # the operation: set_parameter, add_rule ...
    old: float | int | None
    new: float | int | None
    effect: list[Measured]
    pair: str | UnsetType = UNSET  # whose own value it is


class NameExplained(Told, frozen=True, kw_only=True, tag="explained"):
    """A parameter (`value` and its range), a rule (`enabled`), or a feature; newest change first."""

    name: str
    sort: str  # parameter, rule or feature
    about: str
    value: float | int | UnsetType = UNSET
    low: float | int | UnsetType = UNSET
    high: float | int | UnsetType = UNSET
    unit: str | UnsetType = UNSET
    own: dict[str, float | int] | UnsetType = UNSET  # by pair, where some have a value of their own
    enabled: bool | UnsetType = UNSET
    used: list[Place]
    history: list[NameChange]
