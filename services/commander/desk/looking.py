"""What a sentence that changes nothing is answered with: how things stand, what was earned, why, what a name means."""

from __future__ import annotations

import contextlib
import re
import time
from functools import partial
from typing import Final

from core.contracts import Action, Language
from core.contracts.answers import Answer, DiffShown, HistoryShown, Said, TradesShown
from core.settings import Settings
from core.settings.facts import facts_of
from core.symbols import Symbols
from services.commander.desk import accounts, bounds, explaining, showing, why
from services.commander.desk.moments import moment_of
from services.commander.desk.spans import period_of
from services.commander.desk.trips import trips
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.commander.texts import say
from services.commander.trader_port import TraderGone
from services.trader.accounts import span_of
from services.trader.limits import Limits

SHOWING: Final = frozenset(
    {
        *("status", "health", "positions", "balance", "profit", "compare", "history", "trades", "diff", "show", "help"),
        *("why", "explain", "logs", "backtest"),
    }
)
"""Actions that change nothing."""
USUAL: Final = 20
MOST_CHANGES: Final = 1000
MOST_FILLS: Final = 1000
"""How many are looked through for those of a period."""
FILLS: Final = re.compile(r"\b(fills?|filled|executions?|execu[cç][aã]o|execu[cç][oõ]es|executadas)\b", re.IGNORECASE)
"""Who says so means each of them; other words for trades mean round trips."""


async def looked(deployment: Deployment, action: Action, language: Language | None, text: str = "") -> Answer | None:
    """The answer to one of SHOWING, or to a setting, which is told where it is changed; None for any other action.

    `text` are the owner's words.
    """
    context, args = deployment.context, action.args
    limit, what, pair = int(str(args.get("limit", USUAL))), str(args.get("what", "")), str(args.get("pair", ""))
    period = said_period(context.settings, text) or str(args.get("period", ""))
    match action.name:
        case "status" | "health" | "positions" | "balance":
            return await showing.status(deployment, action.name)
        case "profit":
            return await accounts.profit(deployment, period)
        case "compare":
            return await accounts.compare(deployment)
        case "why":
            return await why.why(deployment, pair, said_moment(context.settings, text))
        case "explain":
            if what == "hold":
                return await why.why(deployment, pair, said_moment(context.settings, text))
            return await explained(deployment, what or "last trade", pair, language)
        case "history":
            return await _changes(deployment, limit, period, language)
        case "trades":
            return await (
                fills(deployment, limit, period) if FILLS.search(text) else trips(deployment, "", period, limit)
            )
        case "diff" if period and "change" not in args:
            return await _changes(deployment, limit, period, language)  # `what changed last week?`
        case "diff":
            return await _diff(context, str(args.get("change", "")), language)
        case "show":
            return await _show(deployment, what, language)
        case "setting":
            return setting(str(args.get("key", "")), language)
        case "backtest":
            return bounds.backtest(action, await _traded(deployment), language)
        case "logs":
            return await showing.logs(context, limit)
        case "help":
            text = say("help", language)
            return Said(text=f"{say('hello', language)} {text}" if "greets" in action.args else text)
        case _:
            return None


def said_moment(settings: Settings, text: str) -> int | None:
    """The moment that the owner's words are about, by his clock, or the end of a stretch; None where they name none."""
    now_ns = time.time_ns()
    if (moment := moment_of(text, settings.time_zone, now_ns)) is not None:
        return moment
    period = said_period(settings, text)
    span = span_of(period, now_ns, settings.time_zone) if period is not None else None
    return min(span.until_ns, now_ns) if span is not None else None


def said_period(settings: Settings, text: str) -> str | None:
    """The period that the owner's words name and no action can; None where they name none."""
    return period_of(text, settings.time_zone, time.time_ns())


async def explained(deployment: Deployment, what: str, pair: str, language: Language | None) -> Answer:
    """Why nothing was done, the last trade, where something is changed, or what a name means."""
    if what == "hold":
        return await why.why(deployment, pair)
    return setting(what, language) or await explaining.explain(deployment.context, what, pair, language)


async def _show(deployment: Deployment, what: str, language: Language | None) -> Answer:
    context = deployment.context
    if what == "limits":
        return bounds.limits(context.settings, language)
    if context.changes.get(what) is not None:
        return await showing.show(context, what)
    if (told := setting(what, language)) is not None:
        return told
    source = await context.edit(lambda: context.workspace.source(context.workspace.main))
    symbols = Symbols.of(source.files)
    if what in symbols.features and what not in {*symbols.parameters, *symbols.rules}:
        return await explaining.explain(context, what, "", language)
    return await showing.value(context, what)


async def _diff(context: Context, change: str, language: Language | None) -> DiffShown | Said:
    """What a change edited; the last one that edited anything when none is named."""
    if change:
        return await showing.diff(context, change)
    changes = await context.edit(partial(context.changes.latest, MOST_CHANGES, judged=True))
    edited = next((each for each in changes if each.candidate is not None), None)
    return Said(text=say("no_diff", language)) if edited is None else await showing.diff(context, edited.id)


async def _traded(deployment: Deployment) -> list[str]:
    """The pairs that are traded now; none where no trader tells."""
    with contextlib.suppress(TraderGone):
        if deployment.trader is not None:
            return (await deployment.trader.status()).pairs
    return []


async def _changes(deployment: Deployment, limit: int, period: str, language: Language | None) -> HistoryShown | Said:
    """The changes, or that there was none in that time: without a period it would read as if there never was any."""
    shown = await history(deployment, limit, period)
    return shown if shown.changes or not period else Said(text=say("no_change_then", language))


async def history(deployment: Deployment, limit: int, period: str = "") -> HistoryShown:
    """The last changes, or all those of a period by the owner's days: `what changed yesterday?`."""
    if not period:
        return await showing.history(deployment, limit)
    span = accounts.owners_span(period, deployment.context.settings.time_zone)
    shown = await showing.history(deployment, MOST_CHANGES, judged=True)
    return HistoryShown(changes=[change for change in shown.changes if span.holds(change.time_ns)])


async def fills(deployment: Deployment, limit: int, period: str = "") -> TradesShown:
    """The last fills, or those of a period by the owner's days, of the thousand newest."""
    if not period:
        return await showing.trades(deployment.context, limit)
    span = accounts.owners_span(period, deployment.context.settings.time_zone)
    shown = await showing.trades(deployment.context, MOST_FILLS)
    return TradesShown(fills=[fill for fill in shown.fills if span.holds(fill.time_ns)])


def setting(key: str, language: Language | None) -> Said | None:
    """Where a limit, a setting or a start option is changed; None for a name that is none of them."""
    if key in Limits.model_fields and key != "pairs":
        return Said(done=False, text=say("in_limits", language, key=key))
    if key in ("pairs", "pares"):
        return Said(done=False, text=say("in_pairs", language))
    if key in facts_of(Settings):
        return Said(done=False, text=say("in_settings", language, key=key))
    return None
