"""Why something was done or let be, and what a name means. The words are those of the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from core.contracts.reasons import NameExplained, Reason, TradeExplained, WhyShown
from core.formats import short_moment
from services.gateway.console.explained import (
    because,
    figures_of,
    name_lines,
    nothing_line,
    stopped_line,
    trade_lines,
)
from services.gateway.telegram.buttons import Button, fits
from services.gateway.telegram.buttons import Verb as ButtonVerb
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import bold, escaped, folded, italic, joined
from services.gateway.telegram.texts import said, say

BEFORE_SHOWN = 12
MOST_PAIRS = 20
PAIRS_IN_ROW = 3


def why_card(shown: WhyShown, reader: Reader) -> Card:
    """The pairs as they stand with the figures that decided; what came before is folded in."""
    language = reader.language
    if not shown.now and not shown.reasons:
        then = shown.at_ns is not None
        return Card(escaped(nothing_line(shown, reader.zone, language)) if then else said("why.nothing", language))
    head = "" if shown.runs or shown.at_ns is not None else italic(say("why.from_file", language))
    now = [_now(reason, reader, figures=bool(shown.pair)) for reason in shown.now[:MOST_PAIRS]]
    before = "\n".join(_before(reason, reader) for reason in shown.reasons[:BEFORE_SHOWN])
    stopped = stopped_line(reader.stopped, language) if shown.at_ns is None else ""
    folded_in = folded(f"{say('why.before', language)}\n{before}") if before else ""
    card = Card(joined(head, bold(stopped) if stopped else "", *now, folded_in))
    return card if shown.pair else _with_pairs(card, [reason.pair for reason in shown.now])


def _now(reason: Reason, reader: Reader, *, figures: bool) -> str:
    line = f"{bold(reason.pair)} {escaped(because(reason, reader.language))}"
    return f"{line}\n{italic(figures_of(reason, reader.language))}" if figures else line


def _before(reason: Reason, reader: Reader) -> str:
    when = short_moment(reason.time_ns, reader.zone, reader.language)
    return f"{when} {reason.pair}: {because(reason, reader.language)}"


def _with_pairs(card: Card, pairs: Iterable[str]) -> Card:
    """A button for the figures of each pair."""
    known = [pair for pair in dict.fromkeys(pairs) if fits(ButtonVerb.SHOW, f"why {pair}")][:9]
    for first in range(0, len(known), PAIRS_IN_ROW):
        card = card.with_buttons(
            *(Button(pair, argument=f"why {pair}") for pair in known[first : first + PAIRS_IN_ROW])
        )
    return card


def trade_card(shown: TradeExplained, reader: Reader) -> Card:
    """A trade: what it cost, what decided it, which sentence led there."""
    first, *rest = trade_lines(shown, reader.zone, reader.language)
    return Card(joined(bold(first), *(escaped(line.strip()) for line in rest)))


def name_card(shown: NameExplained, reader: Reader) -> Card:
    """A name of the strategy: what it means, how it stands, what its changes came to."""
    first, *rest = name_lines(shown, reader.zone, reader.language)
    return Card(joined(bold(first), *(escaped(line.strip()) for line in rest)))
