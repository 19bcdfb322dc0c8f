"""What can be looked at, as the last line of its question: the changes, one of them, a value, a diff, the state."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from core.contracts import Change
from core.contracts.answers import (
    ChangeBrief,
    ChangeEnded,
    DiffShown,
    FillShown,
    HistoryShown,
    LogsShown,
    OrderAlone,
    OrderShown,
    Refusal,
    Said,
    Shown,
    StatusShown,
    TradesShown,
    ValueShown,
)
from core.errors import ConfigurationError
from core.owner import OwnersWord
from core.symbols import Symbols
from core.telemetry.process import folder_of
from core.telemetry.reading import Follower, Wanted
from core.workspace import WorkspaceError
from services.commander.desk import orders
from services.commander.desk.standing import standing, trading_change
from services.commander.naming import is_name, short
from services.commander.road import commits
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment


async def history(
    deployment: Deployment, limit: int, *, everything: bool = False, judged: bool = False
) -> HistoryShown:
    """The last changes, newest first; with `everything` also the sentences that asked for none.

    With `judged` only those that were judged, and rollbacks.
    """
    context = deployment.context
    changes = await context.edit(context.changes.latest, limit, everything=everything, judged=judged)
    trades = await context.edit(trading_change, context.workspace, context.changes)
    trading = trades.id if trades is not None else ""
    return HistoryShown(changes=[brief(deployment, change, trades=change.id == trading) for change in changes])


async def show(context: Context, wanted: str) -> Shown | Said:
    """A change by its id or commit, or an order by its client id with the change that led to it."""
    order = await context.edit(orders.find, context.settings.data_dir, wanted)
    change = context.changes.get(order.change if order is not None else wanted) if wanted else None
    if order is None and change is None and (commit := await context.edit(known_commit, context, wanted)):
        subject = await context.edit(commits.subject_of, context.workspace, commit)
        return Said(commit=commit, text=f"commit {commit[:12]}: {subject}")
    if order is None and change is None:
        raise ConfigurationError(
            f"There is no change or order {short(wanted)!r}.", "`sorte history` lists the changes."
        )
    ordered = msgspec.convert(msgspec.to_builtins(order), OrderShown) if order is not None else UNSET
    if change is None:
        return OrderAlone(id="", interpretation=None, order=ordered)
    return _shown(change, ordered)


def _shown(change: Change, order: OrderShown | UnsetType) -> Shown:
    ended = outcome(change)
    return Shown(
        id=ended.id,
        state=ended.state,
        language=ended.language,
        plan=ended.plan,
        verdict=ended.verdict,
        commit=ended.commit,
        returned=ended.returned,
        seconds=ended.seconds,
        events_lost=ended.events_lost,
        events_doubled=ended.events_doubled,
        watch=ended.watch,
        reason=ended.reason,
        interpretation=change.interpretation,
        order=order,
        steps=change.steps,
        text=change.utterance.text,
        owner=change.utterance.owner,
    )


async def value(context: Context, what: str) -> ValueShown:
    """A parameter or rule as it stands on main; all of them, or all of a kind, when `what` is neither."""
    source = await context.edit(lambda: context.workspace.source(context.workspace.main))
    symbols = Symbols.of(source.files)
    if (parameter := symbols.parameters.get(what)) is not None:
        low, high, unit = parameter.range
        own = dict(parameter.own) or UNSET
        return ValueShown(
            what=what, value=parameter.value, low=low, high=high, unit=unit, about=parameter.about, own=own
        )
    if (rule := symbols.rules.get(what)) is not None:
        return ValueShown(what=what, about=rule.about, enabled=rule.enabled)
    return ValueShown(
        what=what,
        parameters={name: known.value for name, known in symbols.parameters.items() if _is_asked_for(name, what)},
        rules={name: rule.enabled for name, rule in symbols.rules.items()} if what != "weights" else {},
        pairs=_own(symbols, what) or UNSET,
    )


def _is_asked_for(parameter: str, what: str) -> bool:
    """Whether a parameter is one of those that are asked for: none of them are rules, and few are weights."""
    return what != "rules" and (what != "weights" or parameter.startswith("weight"))


def _own(symbols: Symbols, what: str) -> dict[str, dict[str, float | int]]:
    """By pair, what it has of its own of the parameters that are asked for."""
    found: dict[str, dict[str, float | int]] = {}
    for name, parameter in symbols.parameters.items():
        for pair, value in parameter.own.items() if _is_asked_for(name, what) else ():
            found.setdefault(pair, {})[name] = value
    return dict(sorted(found.items()))


async def diff(context: Context, wanted: str) -> DiffShown:
    """What a change edited."""
    change = context.changes.get(wanted)
    if change is None or (change.candidate is None and not change.commit):
        raise ConfigurationError(
            f"There is no change {short(wanted)!r} with a diff.", "`sorte history` lists the changes."
        )
    text = change.candidate.diff if change.candidate is not None else ""
    if not text:
        workspace = context.workspace
        text = await context.edit(lambda: workspace.diff(workspace.resolve(f"{change.commit}^"), change.commit))
    return DiffShown(id=change.id, diff=text)


async def status(deployment: Deployment, asked: str | UnsetType = UNSET) -> StatusShown:
    """What trades, what is under way, and how the trader does; `asked` is what of it a sentence asked for."""
    context, trader = deployment.context, deployment.trader
    stands = await context.edit(standing, context.workspace)
    change, refused = context.changes.get(stands.origin) if stands.origin else None, stands.refused
    underway = deployment.underway
    owner = OwnersWord(context.settings.data_dir)
    return StatusShown(
        main=stands.main,
        live=stands.live,
        trader=await trader.status() if trader is not None else None,
        away=None,
        subject=stands.subject,
        underway=underway.id if underway is not None else None,
        change=brief(deployment, change) if change is not None else None,
        refused=Refusal(message=refused.message, hint=refused.hint) if refused is not None else None,
        other_trader=owner.listener if trader is None else None,
        paused=owner.paused,
        closing=owner.closing,
        killed=owner.killed,
        asked=asked,
    )


async def trades(context: Context, limit: int) -> TradesShown:
    """The last fills, newest first."""
    fills = await context.edit(orders.latest_fills, context.settings.data_dir, limit)
    return TradesShown(fills=msgspec.convert(msgspec.to_builtins(fills), list[FillShown]))


async def logs(context: Context, limit: int) -> LogsShown:
    """The newest lines of what is logged, but for what only who looks for a fault reads."""
    follower = Follower([folder_of(context.settings.data_dir)], Wanted(level="info"))
    return LogsShown(lines=await context.edit(follower.newest, limit))


def outcome(change: Change) -> ChangeEnded:
    """A change as its last line tells it."""
    understood = change.interpretation
    return ChangeEnded(
        id=change.id,
        state=change.state,
        language=change.language,
        plan=understood.plan if understood is not None else None,
        verdict=change.verdict,
        commit=change.commit,
        returned=change.returned,
        seconds=change.seconds,
        events_lost=change.events_lost,
        events_doubled=change.events_doubled,
        watch=change.watch,
        reason=change.reason,
    )


def known_commit(context: Context, wanted: str) -> str:
    """The commit of that name that lies in main's history; empty when there is none."""
    if not is_name(wanted):
        return ""
    try:
        commit = context.workspace.resolve(wanted)
        return commit if context.workspace.is_ancestor(commit, context.workspace.main) else ""
    except WorkspaceError:
        return ""


def brief(deployment: Deployment, change: Change, trades: bool | UnsetType = UNSET) -> ChangeBrief:
    """A change as one line of a history. A watch that nobody holds waits for the next start."""
    return ChangeBrief(
        id=change.id,
        time_ns=change.utterance.received_ns,
        owner=change.utterance.owner,
        text=change.utterance.text,
        summary=change.candidate.summary if change.candidate is not None else "",
        state=change.state,
        watch="waits" if change.watch == "running" and deployment.trader is None else change.watch,
        commit=change.commit,
        target=change.target,
        reason=change.reason,
        trades=trades,
    )
