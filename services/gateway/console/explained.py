"""Why something was bought, sold or let be, and what a name means: lines for a person, in his language."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UnsetType

from core.contracts import Language
from core.contracts.reasons import Measured, NameChange, NameExplained, Reason, TradeExplained, WhyShown
from core.formats import figure, moment, number, short_moment
from core.retelling import retold
from services.gateway.console.texts import WORDING, named, say
from services.interpreter.wording import unit

SHARES = frozenset({"total_return", "max_drawdown", "win_rate"})
"""Figures that are fractions."""

LIMITS = frozenset(
    {
        *("order_value", "position_value", "total_exposure", "open_positions", "orders_per_minute", "price_collar"),
        *("loss_per_trade", "loss_per_day"),
    }
)
"""Codes of a denied order that are keys of limits.toml."""


def why_lines(shown: WhyShown, zone: str, language: Language) -> Iterator[str]:
    """The pairs as they stand, with the figures that decided; then what came before."""
    if not shown.now and not shown.reasons:
        yield nothing_line(shown, zone, language)
        return
    if shown.at_ns is None and not shown.runs:
        yield say("why.from_file", language)
    for reason in shown.now:
        yield say(
            "why.now", language, pair=reason.pair, when=_when(reason, zone, language), why=because(reason, language)
        )
        yield f"  {figures_of(reason, language)}"
    if shown.reasons:
        yield say("why.before", language)
    for reason in shown.reasons:
        why = because(reason, language)
        yield say("why.row", language, pair=reason.pair, when=_when(reason, zone, language), why=why)


def nothing_line(shown: WhyShown, zone: str, language: Language) -> str:
    """That no decision was kept: none at all, none of the pair, or none until the moment that was asked for."""
    if shown.at_ns is not None:
        return say("why.nothing_then", language, when=moment(shown.at_ns, zone, language))
    return say("why.nothing_of" if shown.pair else "why.nothing", language, pair=shown.pair)


def stopped_line(how: str, language: Language) -> str:
    """That its owner has stopped it (paused, closing, killed), which comes before any reason of a pair's."""
    return say(f"why.stopped.{how}", language) if how else ""


def because(reason: Reason, language: Language) -> str:
    """The reason in words."""
    code = f"{reason.code}_held" if reason.held and reason.code in ("score", "confidence") else reason.code
    detail = reason.detail
    if reason.code == "limit":
        limit, _, told = detail.partition(": ")
        detail = f"{named('cause', limit, language)} ({retold(told, language)})"
        if limit in LIMITS:
            detail += say("why.changed_in", language, key=limit)
    score = figure(reason.score, "+.2f", language)
    return say(
        f"because.{code}",
        language,
        detail=detail,
        score=score,
        threshold=_known(reason.threshold, "+.2f", language),
        confidence=figure(reason.confidence, ".0%", language),
        least=_known(reason.min_confidence, ".0%", language),
    )


def figures_of(reason: Reason, language: Language) -> str:
    """Score, confidence and each signal."""
    signals = ", ".join(
        f"{named('signal', name, language)} {_known(value, '+.2f', language)}" for name, value in reason.signals.items()
    )
    return say(
        "why.figures",
        language,
        score=figure(reason.score, "+.3f", language),
        threshold=_known(reason.threshold, "+.2f", language),
        confidence=figure(reason.confidence, ".0%", language),
        least=_known(reason.min_confidence, ".0%", language),
        signals=signals,
    )


def trade_lines(shown: TradeExplained, zone: str, language: Language) -> Iterator[str]:
    """A trade: what it cost, what decided it, which sentence led there."""
    side, when = named("traded", shown.side, language), short_moment(shown.time_ns, zone, language)
    fill = {"quantity": number(shown.quantity, language), "price": number(shown.price, language)}
    fee = f"{number(shown.fee, language)} {shown.fee_asset}"
    yield say("trade.fill", language, side=side, pair=shown.pair, when=when, fee=fee, **fill)
    yield say("trade.order", language, order=shown.order, limit=number(shown.limit, language))
    if shown.profit is not None:
        yield say("trade.profit", language, profit=figure(shown.profit, "+,.2f", language))
    key = f"caused.{shown.reason}"
    about = retold(shown.about, language)
    known = say(key, language) if key in WORDING.texts else say("caused.rule", language, rule=shown.reason, about=about)
    yield say("trade.why", language, cause=known)
    if shown.why is not None:
        yield f"  {figures_of(shown.why, language)}"
    commit = shown.commit[:12] or shown.release[:12]
    yield say("trade.code", language, commit=commit, change=shown.change or "-")
    if shown.text:
        yield say("trade.sentence", language, owner=shown.owner, text=shown.text)


def name_lines(shown: NameExplained, zone: str, language: Language) -> Iterator[str]:
    """A name: what it means, how it stands, where it is used, and what its changes came to."""
    about, sort = retold(shown.about, language), named("sort", shown.sort, language)
    if shown.sort == "feature" and f"feature.{shown.name}" in WORDING.texts:
        about = named("feature", shown.name, language)
    yield say("name.about", language, name=shown.name, sort=sort, about=about)
    if not isinstance(shown.value, UnsetType):
        figures = {name: _number(getattr(shown, name), language) for name in ("value", "low", "high")}
        said = shown.unit if isinstance(shown.unit, str) else ""
        yield say("name.value", language, unit=unit(said, language), **figures)
    for pair, value in ({} if isinstance(shown.own, UnsetType) else shown.own).items():
        yield say("name.own", language, pair=pair, value=_number(value, language))
    if shown.enabled is True or shown.enabled is False:
        yield say("name.in_force" if shown.enabled else "name.disabled", language)
    for place in shown.used:
        yield say("name.used", language, file=place.file, function=place.function, line=place.line)
    if not shown.history:
        yield say("name.no_history", language)
    for change in shown.history:
        yield from _change(change, zone, language)


def _change(change: NameChange, zone: str, language: Language) -> Iterator[str]:
    when, state = moment(change.time_ns, zone, language), named("state", change.state, language)
    told = {"when": when, "state": state, "change": change.change, "text": change.text}
    if not isinstance(change.pair, UnsetType):
        old = _number(change.old, language)
        new = _number(change.new, language) if change.new is not None else say("name.of_all", language)
        yield say("name.set_of", language, pair=change.pair, old=old, new=new, **told)
    elif change.new is not None:
        old, new = _number(change.old, language), _number(change.new, language)
        yield say("name.set", language, old=old, new=new, **told)
    else:
        yield say("name.changed", language, what=named("operation", change.what, language), **told)
    if change.effect:
        yield "    " + "; ".join(_measured(each, language) for each in change.effect)


def _measured(each: Measured, language: Language) -> str:
    form = ".2%" if each.figure in SHARES else ".4g"
    before, after = (_known(value, form, language) for value in (each.before, each.after))
    return say("name.measured", language, figure=named("figure", each.figure, language), before=before, after=after)


def _number(value: object, language: Language) -> str:
    return number(value, language) if isinstance(value, int | float) else "-"


def _known(value: float | int | None, form: str, language: Language) -> str:
    return figure(value, form, language) if value is not None else "-"


def _when(reason: Reason, zone: str, language: Language) -> str:
    return short_moment(reason.time_ns, zone, language)
