"""What trades and how it does: the status, and the parts of it that are asked for alone."""

from __future__ import annotations

from collections.abc import Iterator

from core.contracts.answers import StatusShown
from core.contracts.figures import Position, TraderStatus
from core.formats import figure, number
from core.retelling import retold
from services.gateway.console.printing import known
from services.gateway.console.texts import named
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import bold, code, escaped, joined, worded
from services.gateway.telegram.tables import table
from services.gateway.telegram.texts import said, say

SHAPES = {"active": "\N{BLACK RIGHT-POINTING TRIANGLE}", "reducing": "\N{DOUBLE VERTICAL BAR}"}
"""Beside the word that says it: trades, only closes; else nothing is ordered."""
STOPPED = "\N{BLACK SQUARE FOR STOP}"


def status_card(status: StatusShown, reader: Reader) -> Card:
    """All of it, or what was asked of it."""
    trader = status.trader
    if trader is None:
        return Card(joined(*_release(status, reader), *_nobody(status, reader)))
    asked = {"positions": positions, "balance": _balance, "health": _health, "whitelist": _pairs}
    if (shown := asked.get(str(status.asked))) is not None:
        return Card(joined(*shown(trader, reader)))
    if status.asked == "locks":
        return Card(joined(*_locks(status, trader, reader)))
    return Card(
        joined(_headline(trader, reader), *_release(status, reader), *_words(status, reader), *_figures(trader, reader))
    )


def _headline(trader: TraderStatus, reader: Reader) -> str:
    mode, trading = (
        named(kind, value, reader.language) for kind, value in (("mode", trader.mode), ("trading", trader.trading))
    )
    return f"{SHAPES.get(trader.trading, STOPPED)} {bold(trading.upper())} \N{MIDDLE DOT} {bold(mode)}"


def _release(status: StatusShown, reader: Reader) -> Iterator[str]:
    summary = status.change.summary if status.change is not None else status.subject
    if status.live:
        yield f"{code(status.live[:12])} {escaped(retold(summary, reader.language))}"
    if status.refused is not None:
        yield said("status.refused", reader.language, why=status.refused.message)
        yield worded(retold(status.refused.hint, reader.language))
    elif status.main != status.live:
        yield said("status.accepted", reader.language, commit=status.main[:12])
    if status.underway:
        yield said("status.underway", reader.language, change=status.underway)


def _words(status: StatusShown, reader: Reader) -> Iterator[str]:
    """What the owner has said, and stands."""
    for word, stands in (("killed", status.killed), ("closing", status.closing), ("paused", status.paused)):
        if stands:
            yield said(f"status.{word}", reader.language)


def _figures(trader: TraderStatus, reader: Reader) -> Iterator[str]:
    language = reader.language
    yield table(
        (),
        [
            (say("status.equity", language), figure(known(trader.equity), ",.2f", language)),
            (say("status.cash", language), figure(trader.cash, ",.2f", language)),
            (say("status.fills", language), figure(trader.fills, ",", language)),
            (say("status.faults", language), figure(trader.faults, ",", language)),
        ],
        right="lr",
    )
    yield from positions(trader, reader)
    if trader.unreconciled:
        yield said("status.unreconciled", language)


def positions(trader: TraderStatus, reader: Reader) -> Iterator[str]:
    """What is held, a pair a line; and what is not protected."""
    if not trader.positions:
        yield said("positions.none", reader.language)
        return
    columns = [say(f"column.{name}", reader.language) for name in ("pair", "price", "result", "stop")]
    yield table(columns, [_position(held, reader) for held in trader.positions], right="lrrr")
    for pair, why in trader.bare.items():
        yield said("positions.bare", reader.language, pair=pair, why=why)


def _position(held: Position, reader: Reader) -> tuple[str, ...]:
    stop = figure(held.protected, ".6g", reader.language) if held.protected is not None else "-"
    price, profit = figure(held.price, ".6g", reader.language), figure(held.profit, "+.2%", reader.language)
    return (held.pair, price, profit, stop)


def _balance(trader: TraderStatus, reader: Reader) -> Iterator[str]:
    """What the account is worth, and of what it is made."""
    language, equity = reader.language, known(trader.equity)
    rows = [(held.pair, figure(held.quantity * held.price, ",.2f", language)) for held in trader.positions]
    yield said("balance.head", language, mode=named("mode", trader.mode, language))
    total = (say("balance.total", language), figure(equity, ",.2f", language))
    free = (say("balance.free", language), figure(trader.cash, ",.2f", language))
    yield table((), [free, *rows, total], right="lr")
    for what, sums in (("dust", trader.dust), ("fees_unpriced", trader.fees_unpriced)):
        if sums:
            amounts = ", ".join(f"{amount} {asset}" for asset, amount in sums.items())
            yield said(f"balance.{what}", language, sums=amounts)


def _health(trader: TraderStatus, reader: Reader) -> Iterator[str]:
    """Whether the trader works, and how fast."""
    language, latency = reader.language, trader.latency_us
    well = not (trader.faults or trader.events_lost or trader.unreconciled)
    mark, name = ("\N{CHECK MARK}", "health.well") if well else ("\N{WARNING SIGN}", "health.unwell")
    yield f"{mark} {said(name, language)}"
    counts = ("events", "events_lost", "events_doubled", "decisions", "orders", "faults")
    rows = [(say(f"health.{name}", language), figure(getattr(trader, name), ",", language)) for name in counts]
    rows += [
        (say("health.p50", language), _micro(latency.p50, reader)),
        (say("health.p99", language), _micro(latency.p99, reader)),
    ]
    yield table((), rows, right="lr")


def _pairs(trader: TraderStatus, reader: Reader) -> Iterator[str]:
    yield said("pairs.traded", reader.language, count=len(trader.pairs))
    yield code(", ".join(trader.pairs))


def _locks(status: StatusShown, trader: TraderStatus, reader: Reader) -> Iterator[str]:
    """What keeps it from opening a position now."""
    words = [*_words(status, reader)]
    if trader.unreconciled:
        words.append(said("status.unreconciled", reader.language))
    words += [said("locks.held_back", reader.language, pair=pair) for pair in trader.held_back]
    yield from words or [said("locks.none", reader.language)]
    yield said("locks.limits", reader.language)


def _nobody(status: StatusShown, reader: Reader) -> Iterator[str]:
    language = reader.language
    if (away := status.away) is not None:
        yield said("status.away", language, pid=str(away.pid))
        yield worded(retold(away.hint, language))
    elif status.other_trader:
        yield said("status.other", language, pid=str(status.other_trader))
    else:
        yield said("status.no_trader", language)
    yield from _words(status, reader)


def _micro(value: int | None, reader: Reader) -> str:
    return "-" if value is None else f"{number(value, reader.language)} \N{MICRO SIGN}s"
