"""`explain`: the last order that bought or sold, and what a name of the strategy means and has come to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
from msgspec import UNSET

from core.contracts import Change, RemoveOverride, SetOverride, SetParameter, State
from core.contracts.answers import Said
from core.contracts.plan import AddIndicator, AddRule, DisableRule, EnableRule, Extract, RemoveRule, Rename
from core.contracts.plan import RemoveIndicator as DropIndicator
from core.contracts.reasons import Measured, NameChange, NameExplained, Place, Reason, TradeExplained
from core.errors import StrategyError
from core.language import Language
from core.strategy import Source
from core.symbols import STATE_FILE, Symbols, Use
from core.workspace import WorkspaceError
from services.commander.desk.accounts import rounded
from services.commander.desk.closing import pair_of
from services.commander.desk.orders import journals
from services.commander.road.context import Context
from services.commander.texts import say
from services.trader.journal import decode, lines
from services.trader.orders import Fill, Order, Protection, Side
from services.trader.reasons import files

TRADES: Final = {"buy": Side.BUY, "sell": Side.SELL, "last trade": None, "trade": None}
"""What may be explained of the trades: the side of the order, None for either."""
FIGURES: Final = ("total_return", "max_drawdown", "sharpe", "trades", "win_rate", "fees")
HOUR_NS: Final = 3_600_000_000_000
MOST_CHANGES: Final = 1000
FAR_BACK: Final = 400_000
"""Rows of the ledger that are looked through for what decided an order."""


async def explain(
    context: Context, what: str, pair: str, language: Language | None
) -> TradeExplained | NameExplained | Said:
    """`buy`, `sell` or `last trade`, of a pair or of any; else a parameter, a rule or a feature by its name."""
    wanted = what.strip()
    if wanted.lower() in TRADES:
        side = TRADES[wanted.lower()]
        found = await context.edit(_last_trade, context, side, pair)
        return found or Said(done=False, text=say("no_trade", language, pair=pair or "-"))
    source = await context.edit(lambda: context.workspace.source(context.workspace.main))
    return await context.edit(named, source, context.changes.latest(MOST_CHANGES, everything=False), wanted, language)


def named(source: Source, changes: list[Change], wanted: str, language: Language | None) -> NameExplained | Said:
    """What bears that name in a strategy, or which names there are."""
    explained = name_in(source, changes, wanted)
    if explained is not None:
        return explained
    symbols = Symbols.of(source.files)
    names = ", ".join(dict.fromkeys((*symbols.parameters, *symbols.rules, *symbols.features)))
    return Said(done=False, text=say("no_name", language, name=wanted[:40], names=names))


# The last trade -------------------------------------------------------------------------------------------------------


def _last_trade(context: Context, side: Side | None, pair: str) -> TradeExplained | None:
    """From the journal of the account that traded last."""
    data_dir = context.settings.data_dir
    written = sorted(journals(data_dir), key=lambda journal: journal.stat().st_mtime_ns, reverse=True)
    for journal in written:
        records = [record for line, _ in lines(journal.read_bytes()) if (record := decode(line)) is not None]
        fills = [record for record in records if isinstance(record, Fill)]
        wanted = pair_of(pair, {fill.symbol for fill in fills}) or pair.upper() if pair else ""
        own = [fill for fill in fills if side in (None, fill.side) and wanted in ("", fill.symbol)]
        if not own:
            continue
        orders = {record.client_id: record for record in records if isinstance(record, Order | Protection)}
        order = orders.get(own[-1].client_id)
        if order is not None:
            done = order if isinstance(order, Order) else order.as_order()
            return _explained(context, journal, done, [fill for fill in fills if fill.client_id == done.client_id])
    return None


def _explained(context: Context, journal: Path, order: Order, fills: list[Fill]) -> TradeExplained:
    quantity = sum((fill.quantity for fill in fills), Decimal(0))
    paid = sum((fill.quantity * fill.price for fill in fills), Decimal(0))
    change = context.changes.get(order.change) if order.change else None
    return TradeExplained(
        side=order.side,
        pair=order.symbol,
        order=order.client_id,
        time_ns=fills[-1].time_ns,
        quantity=quantity,
        price=rounded(paid / quantity),
        limit=order.price,
        fee=sum((fill.fee for fill in fills), Decimal(0)),
        fee_asset=fills[-1].fee_asset,
        profit=_profit(context, journal, order) if order.side is Side.SELL else None,
        reason=order.reason,
        about=about_rule(context, order),
        why=decided(journal.parent, order),
        release=order.release,
        commit=order.commit,
        change=order.change,
        text=change.utterance.text if change is not None else "",
        owner=change.utterance.owner if change is not None else "",
    )


def _profit(context: Context, journal: Path, order: Order) -> Decimal:
    gains = [gain.profit for gain in context.journals.story(journal).gains if gain.closed_by == order.client_id]
    return rounded(sum(gains, Decimal(0)))


def about_rule(context: Context, order: Order) -> str:
    """What the rule says of itself in the code that decided; empty when that is not at hand, or no rule did."""
    try:
        source = context.workspace.source(order.commit or context.workspace.main)
    except (WorkspaceError, StrategyError):  # a commit that is gone, or no strategy: the order is explained without it
        return ""
    rule = Symbols.of(source.files).rules.get(order.reason)
    return rule.about if rule is not None else ""


def decided(account: Path, order: Order) -> Reason | None:
    """The row of the ledger by which the order was decided."""
    for looked, row in enumerate(files.newest_first(account)):
        if row.pair == order.symbol and row.sequence == order.sequence and row.time_ns >= order.time_ns - HOUR_NS:
            return row
        if looked > FAR_BACK or row.time_ns < order.time_ns - HOUR_NS:
            return None
    return None


# A name ---------------------------------------------------------------------------------------------------------------


def name_in(source: Source, changes: list[Change], name: str) -> NameExplained | None:
    """What bears that name in the strategy; None when nothing does."""
    symbols = Symbols.of(source.files)
    history = [each for change in changes for each in _history(change, name)]
    if (parameter := symbols.parameters.get(name)) is not None:
        low, high, unit = parameter.range
        return NameExplained(
            name=name,
            sort="parameter",
            about=parameter.about,
            value=parameter.value,
            low=low,
            high=high,
            unit=unit,
            own=dict(parameter.own) or UNSET,
            used=_places(symbols.uses.get(f"P.{name}", ())),
            history=history,
        )
    if (rule := symbols.rules.get(name)) is not None:
        used = _places(symbols.callers.get(name, ()))
        return NameExplained(name=name, sort="rule", about=rule.about, enabled=rule.enabled, used=used, history=history)
    if name in symbols.features:
        used = _places(symbols.uses.get(f"f.{name}", ()))
        about = _about_feature(source, name)
        return NameExplained(name=name, sort="feature", about=about, enabled=UNSET, used=used, history=history)
    return None


def _places(uses: tuple[Use, ...]) -> list[Place]:
    """Each function once, where it is used first."""
    found: dict[tuple[str, str], Place] = {}
    for use in uses:
        found.setdefault((use.file, use.function), Place(file=use.file, function=use.function, line=use.line))
    return list(found.values())


def _about_feature(source: Source, name: str) -> str:
    """The comment at its line in `class Features`."""
    text = source.files[STATE_FILE].decode()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            return text.splitlines()[node.lineno - 1].partition("#")[2].strip()
    return ""


def _history(change: Change, name: str) -> Iterator[NameChange]:
    """What a change did to what bears the name, when it has ever been in force."""
    plan = change.candidate.plan if change.candidate is not None else None
    if plan is None or change.state not in (State.LIVE, State.ACCEPTED, State.ROLLED_BACK):
        return
    for operation in plan.operations:
        match operation:
            case SetParameter(name=called, was=old, value=new) if called == name:
                yield _made(change, "set_parameter", old, new)
            case SetOverride(name=called, pair=pair, was=old, value=new) if called == name:
                yield msgspec.structs.replace(_made(change, "set_override", old, new), pair=pair)
            case RemoveOverride(name=called, pair=pair, was=old) if called == name:
                yield msgspec.structs.replace(_made(change, "remove_override", old), pair=pair)
            case (
                AddRule(name=called) | RemoveRule(name=called) | EnableRule(name=called) | DisableRule(name=called)
            ) if called == name:
                yield _made(change, _tag(operation))
            case AddIndicator(name=called) | DropIndicator(name=called) if called == name:
                yield _made(change, _tag(operation))
            case Extract(name=called) if called == name:
                yield _made(change, "extract")
            case Rename(new=called) if called == name:
                yield _made(change, "rename")


def _tag(operation: object) -> str:
    return str(operation.__struct_config__.tag)  # type: ignore[attr-defined]


def _made(change: Change, what: str, old: float | None = None, new: float | None = None) -> NameChange:
    return NameChange(
        time_ns=change.utterance.received_ns,
        change=change.id,
        commit=change.commit,
        state=change.state,
        text=change.utterance.text,
        what=what,
        old=old,
        new=new,
        effect=_effect(change),
    )


def _effect(change: Change) -> list[Measured]:
    """What the backtest that judged it measured before and after, at the usual costs."""
    gates = change.verdict.gates if change.verdict is not None else ()
    measured = next((gate.figures for gate in gates if gate.name == "backtest"), {})
    found = []
    for figure in FIGURES:
        before, after = (measured.get(f"usual_{figure}_{when}") for when in ("before", "after"))
        if not isinstance(before, str) and not isinstance(after, str) and (before, after) != (None, None):
            found.append(Measured(figure=figure, before=before, after=after))
    return found
