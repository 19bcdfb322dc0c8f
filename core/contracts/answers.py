"""What an owner gets for what he asks: one frozen value for each kind of last line. See `core.contracts.told`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

import msgspec
from msgspec import UNSET, UnsetType

from core.contracts.accounts import CompareShown, ProfitShown
from core.contracts.change import State, Step
from core.contracts.events import Told
from core.contracts.figures import TraderStatus
from core.contracts.ledger import (
    BalanceShown,
    CandlesShown,
    CountShown,
    EquityShown,
    JudgedShown,
    PerformanceShown,
    PeriodsShown,
    PositionsShown,
    StatsShown,
    TripExplained,
    TripsShown,
)
from core.contracts.plan import Action, EditPlan, Interpretation
from core.contracts.reasons import NameExplained, TradeExplained, WhyShown
from core.contracts.road import Verdict
from core.language import Language


class Outcome(Told, frozen=True, kw_only=True):
    """A change as it stands or ended; see `core.contracts.Change`."""

    id: str
    state: State
    language: Language | None
    plan: EditPlan | None
    verdict: Verdict | None
    commit: str
    returned: str
    seconds: dict[str, float]  # of each part of the road, and their total
    events_lost: int
    events_doubled: int
    watch: str
    reason: str | None

    @classmethod
    def of(cls, told: Outcome) -> Self:
        """The same as this kind of line."""
        return cls(
            id=told.id,
            state=told.state,
            language=told.language,
            plan=told.plan,
            verdict=told.verdict,
            commit=told.commit,
            returned=told.returned,
            seconds=told.seconds,
            events_lost=told.events_lost,
            events_doubled=told.events_doubled,
            watch=told.watch,
            reason=told.reason,
        )


class ChangeEnded(Outcome, frozen=True, kw_only=True, tag="change"):
    """How a change ended."""


class Held(Told, frozen=True, kw_only=True, tag="held"):
    """A change that waits for its owner's answer. His yes names `hash`, and is for nothing else than what it is of."""

    id: str
    hash: str
    question: str  # in his language
    lines: tuple[str, ...]  # what would be done, in his language
    diff: str  # unified; empty of a rollback
    target: str  # commit that a rollback would go back to; else empty
    twice: bool  # it gives the agent more to do with: a yes to it is given twice
    text: str  # his sentence
    owner: str
    message: str
    language: Language | None
    expires_ns: int


class HeldShown(Told, frozen=True, kw_only=True, tag="all_held"):
    """What waits for its owner's answer, oldest first."""

    held: list[Held]


class ChangeBrief(msgspec.Struct, frozen=True, kw_only=True):
    """A change as one line of a history or a status."""

    id: str
    time_ns: int  # UTC, when the sentence came
    owner: str
    text: str
    summary: str
    state: State
    watch: str
    commit: str
    target: str
    reason: str | None
    trades: bool | UnsetType = UNSET  # of a history: its code trades, or does from the next start on


class HistoryShown(Told, frozen=True, kw_only=True, tag="history"):
    """The last changes, newest first."""

    changes: list[ChangeBrief]


class OrderShown(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="order"):
    """An order as the journal has it."""

    client_id: str
    symbol: str
    side: str  # BUY or SELL
    quantity: Decimal
    price: Decimal
    time_ns: int
    epoch: int
    release: str
    sequence: int
    reason: str
    commit: str
    change: str
    message: str


class Shown(Told, frozen=True, kw_only=True, tag="show"):
    """A change from its sentence to its end, or an order with the change that led to it.

    Without a change only `id`, empty, `interpretation` and `order` are there.
    """

    id: str
    state: State | UnsetType = UNSET
    language: Language | UnsetType | None = UNSET
    plan: EditPlan | UnsetType | None = UNSET
    verdict: Verdict | UnsetType | None = UNSET
    commit: str | UnsetType = UNSET
    returned: str | UnsetType = UNSET
    seconds: dict[str, float] | UnsetType = UNSET
    events_lost: int | UnsetType = UNSET
    events_doubled: int | UnsetType = UNSET
    watch: str | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET
    interpretation: Interpretation | None
    order: OrderShown | UnsetType = UNSET
    steps: tuple[Step, ...] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET

    @property
    def change(self) -> ChangeEnded | None:
        """The change as it stands; None where no change led to an order."""
        if self.state is UNSET:
            return None
        fields = msgspec.structs.asdict(self)
        return ChangeEnded(**{name: fields[name] for name in ChangeEnded.__struct_fields__})


class OrderAlone(Shown, frozen=True, kw_only=True, tag="show"):
    """An order that no change led to. Who finds it here himself, and hears it from no instance, has `id` first."""


class DiffShown(Told, frozen=True, kw_only=True, tag="diff"):
    """What a change edits; a step of it, or the answer to who asks for it later."""

    id: str
    diff: str  # unified
    seconds: float | UnsetType = UNSET  # of a step: that the edit took


class ValueShown(Told, frozen=True, kw_only=True, tag="value"):
    """A parameter (`value` and its range), a rule (`enabled`), or, when `what` is neither, the values of all."""

    what: str
    value: float | int | UnsetType = UNSET
    low: float | int | UnsetType = UNSET
    high: float | int | UnsetType = UNSET
    unit: str | UnsetType = UNSET
    about: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    parameters: dict[str, float | int] | UnsetType = UNSET
    rules: dict[str, bool] | UnsetType = UNSET
    own: dict[str, float | int] | UnsetType = UNSET  # by pair, where some have a value of their own
    pairs: dict[str, dict[str, float | int]] | UnsetType = UNSET  # by pair, all that it has of its own


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why `sorte run` would not start, and what to do."""

    message: str
    hint: str


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """A trader that runs while its commander is away."""

    pid: int
    trades: str  # tree hash, by its own word; empty when it has not said
    hint: str


class StatusShown(Told, frozen=True, kw_only=True, tag="status"):
    """What trades, what is under way, and how the trader does. A commit is empty when its ref is gone."""

    main: str
    live: str
    trader: TraderStatus | None
    away: Away | None
    subject: str  # of what is live
    underway: str | None  # id of the change that has the road
    change: ChangeBrief | None  # that brought what is live
    refused: Refusal | None
    other_trader: int | None  # process of one that trades on a strategy of its own
    paused: bool
    closing: bool
    killed: bool
    asked: str | UnsetType = UNSET  # what a sentence asked to see: balance, positions ...


class FillShown(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="fill"):
    """A trade of an order as the journal has it."""

    client_id: str
    symbol: str
    side: str
    trade_id: int
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    time_ns: int
    fee_price: Decimal | None


class TradesShown(Told, frozen=True, kw_only=True, tag="trades"):
    """The last fills, newest first."""

    fills: list[FillShown]


class LogsShown(Told, frozen=True, kw_only=True, tag="logs"):
    """The newest lines of the log, the oldest of them first; as they are in the file, in UTC."""

    lines: list[dict[str, Any]]


class Said(Told, frozen=True, kw_only=True, tag="told"):
    """A sentence."""

    commit: str | UnsetType = UNSET  # that it is about
    action: Action | UnsetType = UNSET  # that cannot be done here; `done` is then false
    done: bool | UnsetType = UNSET
    text: str


class _Switch(Told, frozen=True, kw_only=True):
    """One of the owner's switches."""

    halted: bool  # the kill switch keeps it from being done
    runs: bool  # a trader hears it now; else it is kept for the next one
    text: str


class Paused(_Switch, frozen=True, kw_only=True, tag="paused"):
    """Positions are only closed."""


class Resumed(_Switch, frozen=True, kw_only=True, tag="resumed"):
    """Trading goes on."""


class Panicked(_Switch, frozen=True, kw_only=True, tag="panic"):
    """Every position is closed, and none is opened."""


class Unkilled(_Switch, frozen=True, kw_only=True, tag="unkilled"):
    """The kill switch is off."""


class CloseSaid(Told, frozen=True, kw_only=True, tag="close"):
    """Whether a position is being closed, and why not."""

    done: bool
    pair: str | UnsetType = UNSET
    text: str


class Failed(Told, frozen=True, kw_only=True, tag="error"):
    """What was asked makes no sense, or cannot be done."""

    message: str
    hint: str


SwitchSaid = Paused | Resumed | Panicked | Unkilled
Answer = (
    ChangeEnded
    | Held
    | HeldShown
    | HistoryShown
    | Shown
    | ValueShown
    | DiffShown
    | StatusShown
    | TradesShown
    | ProfitShown
    | CompareShown
    | TripsShown
    | TripExplained
    | PeriodsShown
    | PerformanceShown
    | StatsShown
    | CountShown
    | BalanceShown
    | PositionsShown
    | EquityShown
    | CandlesShown
    | JudgedShown
    | WhyShown
    | TradeExplained
    | NameExplained
    | LogsShown
    | Said
    | SwitchSaid
    | CloseSaid
    | Failed
)
