"""What the account has earned: a period, and each release."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.contracts.accounts import CompareShown, PairProfit, ProfitShown, ReleaseProfit
from core.formats import figure, number, short_moment
from core.retelling import retold
from services.gateway.console.earned import period_named
from services.gateway.console.texts import named
from services.gateway.telegram.buttons import Button
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import bold, escaped, italic, joined
from services.gateway.telegram.tables import table
from services.gateway.telegram.texts import said, say

PERIODS = ("today", "week", "month", "all")


def profit_card(shown: ProfitShown, reader: Reader) -> Card:
    """A period, and each pair in it."""
    language = reader.language
    head = f"{bold(period_named(shown, reader.zone, language))}\n{italic(named('account', shown.account, language))}"
    pairs = _pairs(shown.pairs, reader) if len(shown.pairs) > 1 else ""
    buttons = (Button(say(f"profit.{period}", language), argument=f"profit {period}") for period in PERIODS)
    return Card(joined(head, table((), list(_rows(shown, reader)), right="lr"), pairs)).with_buttons(*buttons)


def _rows(shown: ProfitShown, reader: Reader) -> Iterator[tuple[str, str]]:
    language = reader.language
    yield say("profit.realised", language), money(shown.realised, reader)
    if shown.realised_share is not None:
        yield say("profit.share", language), figure(shown.realised_share, "+.2%", language)
    if shown.open is not None:
        yield say("profit.open", language), money(shown.open, reader)
    yield say("profit.fees", language), money(shown.fees, reader, sign="")
    hits = f" ({figure(shown.won / shown.trades, '.0%', language)})" if shown.trades else ""
    yield say("profit.sales", language), figure(shown.trades, ",", language)
    if shown.trades:
        yield say("profit.won", language), f"{figure(shown.won, ',', language)}{hits}"
    if shown.drawdown is not None:
        yield say("profit.fall", language), figure(shown.drawdown, ".2%", language)
    if shown.equity is not None:
        yield say("profit.equity", language), f"{figure(shown.equity, ',.2f', language)} {shown.currency}".rstrip()


def _pairs(pairs: list[PairProfit], reader: Reader) -> str:
    columns = [say(f"column.{name}", reader.language) for name in ("pair", "result", "sales", "won")]
    rows = [
        (each.pair, money(each.realised, reader), str(each.trades), str(each.won))
        for each in sorted(pairs, key=lambda each: -each.realised)
    ]
    return table(columns, rows, right="lrrr")


def compare_card(shown: CompareShown, reader: Reader) -> Card:
    """Each release that has traded, the newest first."""
    if not shown.releases:
        return Card(said("compare.none", reader.language))
    head = bold(say("compare.head", reader.language, currency=shown.currency))
    return Card(joined(head, *(_release(each, reader) for each in shown.releases)))


def _release(each: ReleaseProfit, reader: Reader) -> str:
    language = reader.language
    mark = "\N{BLACK RIGHT-POINTING TRIANGLE}" if each.trades_now else "\N{MIDDLE DOT}"
    told = {
        "commit": (each.commit or each.release)[:12],
        "since": short_moment(each.from_ns, reader.zone, language)[:-3],
        "hours": figure(each.seconds / 3600, ",.1f", language),
        "realised": money(each.realised, reader),
        "trades": figure(each.trades, ",", language),
        "won": figure(each.won, ",", language),
    }
    return f"{mark} {said('compare.release', language, **told)}\n{escaped(retold(each.summary, language))}"


def money(amount: Decimal, reader: Reader, sign: str = "+") -> str:
    """`+12.34`; less than a cent with all of its digits."""
    small = amount and abs(amount) < Decimal("0.01")
    return number(amount, reader.language) if small else figure(amount, f"{sign},.2f", reader.language)
