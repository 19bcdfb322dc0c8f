"""What an account has earned, as lines for a person, in his language and by his clock."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.contracts import Language
from core.contracts.accounts import CompareShown, ProfitShown, ReleaseProfit
from core.formats import day, figure, moment, number
from core.zone import local_time
from services.gateway.console.texts import named, say

HOUR_SECONDS = 3600


def profit_lines(shown: ProfitShown, zone: str, language: Language) -> Iterator[str]:
    """A period: what was realised, what is open, and what it took."""
    told = {"period": period_named(shown, zone, language), "account": named("account", shown.account, language)}
    realised = _money(shown.realised, shown.currency, shown.realised_share, language)
    yield say("profit.realised", language, realised=realised, **told)
    if shown.open is not None:
        yield say("profit.open", language, open=_money(shown.open, shown.currency, shown.open_share, language))
    if shown.trades:
        hits = figure(shown.won / shown.trades, ".0%", language)
        yield say("profit.trades", language, trades=shown.trades, won=shown.won, hits=hits)
    else:
        yield say("profit.no_trades", language)
    fall = figure(shown.drawdown, ".2%", language) if shown.drawdown is not None else "-"
    yield say("profit.costs", language, fees=_money(shown.fees, shown.currency, None, language, sign=""), fall=fall)
    if shown.before is not None:
        yield say("profit.before", language, before=figure(shown.before, ",.2f", language), currency=shown.currency)
    if len(shown.pairs) > 1:
        for pair in sorted(shown.pairs, key=lambda each: -each.realised):
            realised = _money(pair.realised, shown.currency, None, language)
            yield say("profit.pair", language, pair=pair.pair, realised=realised, trades=pair.trades, won=pair.won)


def compare_lines(shown: CompareShown, zone: str, language: Language) -> Iterator[str]:
    """Each release that has traded."""
    if not shown.releases:
        yield say("compare.none", language)
    for each in shown.releases:
        yield _release(each, shown.currency, zone, language)


def _release(each: ReleaseProfit, currency: str, zone: str, language: Language) -> str:
    hours = each.seconds / HOUR_SECONDS
    hits = figure(each.won / each.trades, ".0%", language) if each.trades else "-"
    return say(
        "compare.release",
        language,
        mark="*" if each.trades_now else " ",
        commit=(each.commit or each.release)[:12],
        since=moment(each.from_ns, zone, language),
        hours=figure(hours, ",.1f", language),
        realised=_money(each.realised, currency, None, language),
        trades=each.trades,
        hits=hits,
        summary=each.summary,
    )


def period_named(shown: ProfitShown, zone: str, language: Language) -> str:
    """`today (2026-11-28)`: which days that was."""
    name = named("period", shown.period, language)
    if not shown.from_ns:
        return name
    first, last = local_time(shown.from_ns, zone), local_time(shown.until_ns - 1, zone)
    days = day(first, language)
    if last.date() != first.date():
        days = say("profit.days", language, first=days, last=day(last, language))
    if ".." in name:
        return days
    return name if name == shown.period and len(name) == len("2026-11-28") else f"{name} ({days})"


def _money(amount: Decimal, currency: str, share: float | None, language: Language, sign: str = "+") -> str:
    """`+12.34 USDT (+0.12%)`; less than a cent with all of its digits."""
    small = amount and abs(amount) < Decimal("0.01")
    written = number(amount, language) if small else figure(amount, f"{sign},.2f", language)
    worth = f"{written} {currency}".rstrip()
    return worth if share is None else f"{worth} ({figure(share, '+.2%', language)})"
