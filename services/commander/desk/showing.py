"""What can be looked at, as the last line of its question: the changes, one of them, a value, a diff, the state."""

from __future__ import annotations

from typing import Any

import msgspec

from core.contracts import Change
from core.errors import ConfigurationError
from core.owner import OwnersWord
from core.symbols import Symbols
from core.workspace import WorkspaceError
from services.commander.desk import orders
from services.commander.desk.standing import standing, trading_change
from services.commander.naming import is_name, short
from services.commander.road import commits
from services.commander.road.context import Context

Line = dict[str, Any]


async def history(context: Context, limit: int, *, everything: bool = False, judged: bool = False) -> Line:
    """The last changes, newest first; with `everything` also the sentences that asked for none.

    With `judged` only those that were judged, and rollbacks.
    """
    changes = await context.edit(context.changes.latest, limit, everything=everything, judged=judged)
    trades = await context.edit(trading_change, context.workspace, context.changes)
    lines = [brief(context, change) | {"trades": trades is not None and change.id == trades.id} for change in changes]
    return {"kind": "history", "changes": lines}


async def show(context: Context, wanted: str) -> Line:
    """A change by its id or commit, or an order by its client id with the change that led to it."""
    order = await context.edit(orders.find, context.settings.data_dir, wanted)
    change = context.changes.get(order.change if order is not None else wanted) if wanted else None
    if order is None and change is None and (commit := await context.edit(known_commit, context, wanted)):
        subject = await context.edit(commits.subject_of, context.workspace, commit)
        return {"kind": "told", "commit": commit, "text": f"commit {commit[:12]}: {subject}"}
    if order is None and change is None:
        raise ConfigurationError(
            f"There is no change or order {short(wanted)!r}.", "`sorte history` lists the changes."
        )
    shown = outcome(change) if change is not None else {"id": ""}
    shown |= {"kind": "show", "interpretation": change.interpretation if change is not None else None}
    if order is not None:
        shown["order"] = msgspec.to_builtins(order)
    if change is not None:
        shown |= {"steps": change.steps, "text": change.utterance.text, "owner": change.utterance.owner}
    return shown


async def value(context: Context, what: str) -> Line:
    """A parameter or rule as it stands on main; all of them when `what` is neither."""

    source = await context.edit(lambda: context.workspace.source(context.workspace.main))
    symbols = Symbols.of(source.files)
    if (parameter := symbols.parameters.get(what)) is not None:
        low, high, unit = parameter.range
        facts = {"value": parameter.value, "low": low, "high": high, "unit": unit, "about": parameter.about}
        return {"kind": "value", "what": what, **facts}
    if (rule := symbols.rules.get(what)) is not None:
        return {"kind": "value", "what": what, "about": rule.about, "enabled": rule.enabled}
    return {
        "kind": "value",
        "what": what,
        "parameters": {name: parameter.value for name, parameter in symbols.parameters.items()},
        "rules": {name: rule.enabled for name, rule in symbols.rules.items()},
    }


async def diff(context: Context, wanted: str) -> Line:
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
    return {"kind": "diff", "id": change.id, "diff": text}


async def status(context: Context) -> Line:
    """What trades, what is under way, and how the trader does."""
    stands = await context.edit(standing, context.workspace)
    told: Line = {"kind": "status", "main": stands.main, "live": stands.live, "trader": None, "away": None}
    told["subject"] = stands.subject
    told["underway"] = context.underway.id if context.underway is not None else None
    change = context.changes.get(stands.origin) if stands.origin else None
    told["change"] = brief(context, change) if change is not None else None
    refused = stands.refused
    told["refused"] = {"message": refused.message, "hint": refused.hint} if refused is not None else None
    if context.trader is not None:
        told["trader"] = await context.trader.status()
    owner = OwnersWord(context.settings.data_dir)
    told["other_trader"] = owner.listener if context.trader is None else None
    told |= {"paused": owner.paused, "closing": owner.closing, "killed": owner.killed}
    return told


async def trades(context: Context, limit: int) -> Line:
    """The last fills, newest first."""
    fills = await context.edit(orders.latest_fills, context.settings.data_dir, limit)
    return {"kind": "trades", "fills": [msgspec.to_builtins(fill) for fill in fills]}


def outcome(change: Change) -> Line:
    """A change as its last line tells it."""
    understood = change.interpretation
    return {
        "kind": "change",
        "id": change.id,
        "state": change.state,
        "language": change.language,
        "plan": understood.plan if understood is not None else None,
        "verdict": change.verdict,
        "commit": change.commit,
        "returned": change.returned,
        "seconds": change.seconds,
        "events_lost": change.events_lost,
        "events_doubled": change.events_doubled,
        "watch": change.watch,
        "reason": change.reason,
    }


def known_commit(context: Context, wanted: str) -> str:
    """The commit of that name that lies in main's history; empty when there is none."""
    if not is_name(wanted):
        return ""
    try:
        commit = context.workspace.resolve(wanted)
        return commit if context.workspace.is_ancestor(commit, context.workspace.main) else ""
    except WorkspaceError:
        return ""


def brief(context: Context, change: Change) -> Line:
    """A change as one line of a history. A watch that nobody holds waits for the next start."""
    return {
        "id": change.id,
        "time_ns": change.utterance.received_ns,
        "owner": change.utterance.owner,
        "text": change.utterance.text,
        "summary": change.candidate.summary if change.candidate is not None else "",
        "state": change.state,
        "watch": "waits" if change.watch == "running" and context.trader is None else change.watch,
        "commit": change.commit,
        "target": change.target,
        "reason": change.reason,
    }
