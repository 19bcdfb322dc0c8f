"""What the owner's words mean: an edit plan, an action, a question back, or nothing.

These types are the wire format too: `msgspec.json` writes and reads them, and an unknown key is refused. Numbers are
finite; fractions are fractions (3 % is 0.03). What a value means is checked against the strategy by who has it at hand.
"""

from __future__ import annotations

import hashlib
import math
import re
from enum import StrEnum
from typing import Final, Literal

import msgspec

from core.language import Language

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
"""What may become a name in the strategy."""
UNIT: Final = re.compile(r"[A-Za-z][A-Za-z ]{0,39}")
"""What a parameter may be counted in, in words."""
COMPARISONS: Final = ("<", "<=", ">", ">=")
MOST_OPERATIONS: Final = 5
MOST_CONDITIONS: Final = 32
"""Of one rule, all its branches counted: more is no rule that a person can check."""


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen value of the road; an unknown key is refused."""


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When a rule speaks, in one of four shapes.

    A comparison: `feature`, `op`, and `value` or `other` with an optional `factor`. A crossing: `cross`, `feature`, and
    `value` or `other`. Or `all` or `any` of several. ValueError for any other mixture.
    """

    feature: str | None = None
    op: Literal["<", "<=", ">", ">="] | None = None
    value: float | int | None = None
    other: str | None = None
    factor: float | int | None = None  # of `other`, which it multiplies
    cross: Literal["above", "below"] | None = None  # at this event, and not at the one before it
    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.all, self.any, self.feature)) != 1:
            raise ValueError("a condition is a comparison, a crossing, all of several or any of several")
        if self.feature is None:
            self._check_group()
        else:
            self._check_leaf()

    def _check_group(self) -> None:
        leaf = (self.op, self.value, self.other, self.factor, self.cross)
        if any(part is not None for part in leaf) or len(self.branches) < 2:
            raise ValueError("`all` and `any` stand alone, with two or more conditions")
        if self.leaves > MOST_CONDITIONS:
            raise ValueError(f"a rule of {self.leaves} conditions is more than {MOST_CONDITIONS}")

    def _check_leaf(self) -> None:
        if (self.op is None) == (self.cross is None):
            raise ValueError("a condition compares with `op` or crosses with `cross`")
        if (self.value is None) == (self.other is None):
            raise ValueError("a condition is against a `value` or an `other` feature")
        if self.factor is not None and (self.other is None or self.cross is not None):
            raise ValueError("`factor` multiplies the `other` feature of a comparison")
        for number in (self.value, self.factor):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{number} is no finite number")

    @property
    def branches(self) -> tuple[Condition, ...]:
        """What `all` or `any` joins; empty for a leaf."""
        return self.all or self.any or ()

    @property
    def leaves(self) -> int:
        """How many comparisons and crossings there are below, itself included."""
        return sum(branch.leaves for branch in self.branches) if self.branches else 1


class SetParameter(Value, tag_field="operation", tag="set_parameter", frozen=True):
    """Give a parameter a value. `was` is what relative words ("raise by 5") were resolved against."""

    name: str
    value: float | int
    was: float | int


class SetOverride(Value, tag_field="operation", tag="set_override", frozen=True):
    """Give one pair a value of its own. `was` is the value in force for it: its own, else that of every pair."""

    name: str
    pair: str  # BTCUSDT
    value: float | int
    was: float | int


class RemoveOverride(Value, tag_field="operation", tag="remove_override", frozen=True):
    """Take the value that a pair has of its own, `was`; the value of every pair is then in force for it too."""

    name: str
    pair: str
    was: float | int


class AddRule(Value, tag_field="operation", tag="add_rule", frozen=True):
    """A new rule. `require` forbids when the condition is false, `forbid` and `force` act when it is true."""

    side: Literal["entry", "exit"]
    effect: Literal["require", "forbid", "force"]
    when: Condition
    name: str


class RemoveRule(Value, tag_field="operation", tag="remove_rule", frozen=True):
    """Delete a rule: its function and its place in the list."""

    name: str


class EnableRule(Value, tag_field="operation", tag="enable_rule", frozen=True):
    """Put a disabled rule back on the list of rules in force."""

    name: str


class DisableRule(Value, tag_field="operation", tag="disable_rule", frozen=True):
    """Take a rule off the list; its function stays."""

    name: str


class AddIndicator(Value, tag_field="operation", tag="add_indicator", frozen=True, omit_defaults=True):
    """A new indicator, and features of its name; `core.indicator_kinds` says which, and what `parameters` it takes.

    With a `timeframe` it counts closed bars of that length, which has to be a multiple of the strategy's own.
    """

    kind: Literal["ema", "sma", "rsi", "macd", "bollinger", "atr", "adx", "vwap", "stochastic", "volume_average"]
    name: str
    parameters: dict[str, float | int]
    timeframe: Literal["3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "1w"] | None = None


class RemoveIndicator(Value, tag_field="operation", tag="remove_indicator", frozen=True):
    """Delete an indicator that was added and that nothing uses."""

    kind: str
    name: str


class Rename(Value, tag_field="operation", tag="rename", frozen=True):
    """Give a parameter, rule or indicator another name, wherever it is used."""

    what: Literal["parameter", "rule", "indicator"]
    old: str
    new: str


class AddFunction(Value, tag_field="operation", tag="add_function", frozen=True):
    """Code that a model wrote; never from the grammar."""

    name: str
    source: str


class ReplaceFunction(Value, tag_field="operation", tag="replace_function", frozen=True):
    """Code that a model wrote, in place of a function; never from the grammar."""

    name: str
    source: str


class RemoveFunction(Value, tag_field="operation", tag="remove_function", frozen=True):
    """Delete a function that no other calls and that is no rule; never from a sentence."""

    name: str


class Extract(Value, tag_field="operation", tag="extract", frozen=True):
    """Make a number that stands in a function a parameter of that name, with a range; it decides as before.

    `value` is the number with its minus, `place` which of those of one value in the function, from 1. ValueError for a
    range that it is not in.
    """

    function: str
    value: float | int
    name: str
    low: float | int
    high: float | int
    unit: str
    place: int = 1

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.value, self.low, self.high))) or self.place < 1:
            raise ValueError("a number that becomes a parameter, and its range, are finite")
        if not self.low <= self.value <= self.high or self.low == self.high:
            raise ValueError(f"{self.value} is not in the range {self.low} to {self.high}")
        if not UNIT.fullmatch(self.unit):
            raise ValueError("a unit is a few words")


class Inline(Value, tag_field="operation", tag="inline", frozen=True):
    """Write a parameter that stands in one place there as a number, and forget its name."""

    name: str


class Upgrade(Value, tag_field="operation", tag="upgrade", frozen=True):
    """The shipped strategy of today in place of the one that the tree was made from; what its owner changed stays.

    Never from a sentence: the owner asks for it by its own command. Trees are named by their hashes.
    """

    base: str  # that was shipped when the tree was made
    frame: str  # that is shipped now


Operation = (
    SetParameter
    | SetOverride
    | RemoveOverride
    | AddRule
    | RemoveRule
    | EnableRule
    | DisableRule
    | AddIndicator
    | RemoveIndicator
    | Rename
    | AddFunction
    | ReplaceFunction
    | RemoveFunction
    | Extract
    | Inline
    | Upgrade
)


class EditPlan(Value, frozen=True):
    """What is to be edited, in order. One to five operations."""

    operations: tuple[Operation, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.operations) <= MOST_OPERATIONS:
            raise ValueError(f"a plan has 1 to {MOST_OPERATIONS} operations, not {len(self.operations)}")

    @property
    def digest(self) -> str:
        """SHA-256 of the whole plan, for the verdict that is about it."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


class Action(Value, frozen=True):
    """Something to do or to show that edits nothing; `args` as the design lists them for each name."""

    name: str
    args: dict[str, str | int | float | list[str]] = {}


ACTIONS: Final = (
    *("status", "history", "diff", "show", "rollback", "pause", "resume", "panic", "positions", "profit", "balance"),
    *("trades", "backtest", "close", "explain", "health", "logs", "setting", "help", "why", "compare"),
)


class Status(StrEnum):
    """What became of a sentence."""

    PLAN = "plan"
    ACTION = "action"
    ASK = "ask"
    NONE = "none"


class Situation(Value, frozen=True):
    """What the interpreter is told of the moment, where a sentence may mean two things."""

    paused: bool = False  # positions are only closed
    can_go_back: bool = False  # there is an earlier release to go back to
    time_zone: str = "UTC"  # IANA name of the owner's clock, by which hours and days are said
    language: Language | None = None  # what was spoken last, for words that are in neither or in both
    pairs: tuple[str, ...] = ()  # that are traded (BTCUSDT); only of these a sentence may change a value
    timeframe: str = ""  # of the strategy's own bars; "" where it is not known
    past: tuple[SetParameter, ...] = ()  # values that were set and went live, oldest first
    yesterday: str = ""  # the commit that was accepted when the owner's day began; "" where it is in force, or unknown


MOST_OFFERS: Final = 3


class Offer(Value, frozen=True, omit_defaults=True):
    """What a sentence may have meant, whole: its owner can take it as it stands. Either a plan or an action."""

    plan: EditPlan | None = None
    action: Action | None = None

    def __post_init__(self) -> None:
        if (self.plan is None) == (self.action is None):
            raise ValueError("an offer is a plan or an action")


class Interpretation(Value, frozen=True):
    """What the interpreter returns. Just one of `plan`, `action` and `question` is there, by `status`; else `reason`.

    `ms` is how long it took, `backend` who understood it. A question may come with `offers`, one of which is probably
    meant, best first; `unused` are the words that none of them says.
    """

    status: Status
    language: Language
    backend: str
    ms: float
    plan: EditPlan | None = None
    action: Action | None = None
    question: str | None = None
    reason: str | None = None
    offers: tuple[Offer, ...] = ()
    unused: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wanted = {
            Status.PLAN: self.plan,
            Status.ACTION: self.action,
            Status.ASK: self.question,
            Status.NONE: self.reason,
        }
        if wanted[self.status] is None:
            raise ValueError(f"an interpretation of status {self.status} lacks what it is about")
        if (self.plan is not None) != (self.status is Status.PLAN):
            raise ValueError("only the status plan comes with a plan")
        if self.offers and self.status is not Status.ASK:
            raise ValueError("only a question comes with offers")
        if len(self.offers) > MOST_OFFERS:
            raise ValueError(f"nobody chooses among more than {MOST_OFFERS} offers")
