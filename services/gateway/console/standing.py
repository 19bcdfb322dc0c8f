"""The status of a workspace and its trader as lines for a person, in his language."""

from __future__ import annotations

from collections.abc import Iterator

from core.contracts import Language
from core.contracts.answers import StatusShown
from core.contracts.figures import Position, TraderStatus
from core.retelling import retold
from services.gateway.console.printing import known
from services.gateway.console.texts import named, say


def status_lines(status: StatusShown, language: Language) -> Iterator[str]:
    """What was asked of it: what is held, what is there, whether all is well; else all that it tells."""
    asked = {"positions": _positions, "balance": _balance, "health": _health}.get(str(status.asked))
    if asked is None:
        yield from _whole(status, language)
    elif status.trader is None:
        yield from (line.strip() for line in _no_trader(status, language))
    else:
        yield from (line.strip() for line in asked(status.trader, language))


def _positions(trader: TraderStatus, language: Language) -> Iterator[str]:
    """What is held, a pair a line."""
    if not trader.positions:
        yield say("asked.no_position", language)
    for held in trader.positions:
        yield _position(held, trader, language)


def _balance(trader: TraderStatus, language: Language) -> Iterator[str]:
    """What the account is worth, and how much of it is not in positions."""
    figures = {"equity": known(trader.equity), "cash": trader.cash, "held": known(trader.equity) - trader.cash}
    yield say("asked.balance", language, mode=named("mode", trader.mode, language), **figures)


def _health(trader: TraderStatus, language: Language) -> Iterator[str]:
    """Whether the trader works: what it does, what went wrong, how fast it is."""
    well = not (trader.faults or trader.events_lost or trader.unreconciled)
    told = {"mode": named("mode", trader.mode, language), "trading": named("trading", trader.trading, language)}
    counts = {"events": trader.events, "lost": trader.events_lost, "faults": trader.faults}
    yield say("asked.well" if well else "asked.unwell", language, **told, **counts)
    if trader.unreconciled:
        yield say("status.unreconciled", language)
    latency = trader.latency_us
    yield say("status.latency", language, p50=latency.p50, p99=latency.p99, pairs=len(trader.pairs))


def _whole(status: StatusShown, language: Language) -> Iterator[str]:
    """What trades, what is under way, and how the trader does."""
    change, refused = status.change, status.refused
    summary = change.summary if change is not None else status.subject
    yield say("status.live", language, commit=status.live[:12], summary=summary)
    if refused is not None:
        yield say("status.refused", language, why=refused.message)
        yield f"  {retold(refused.hint, language)}"
    elif status.main != status.live:
        yield say("status.accepted", language, commit=status.main[:12])
    if status.underway:
        yield say("status.underway", language, value=status.underway)
    for word, is_so in (("paused", status.paused), ("closing", status.closing), ("killed", status.killed)):
        if is_so:
            yield say(f"status.{word}", language)
    yield from _no_trader(status, language) if status.trader is None else _trader(status.trader, language)


def _trader(trader: TraderStatus, language: Language) -> Iterator[str]:
    for held in trader.positions:
        yield _position(held, trader, language)
    yield from _books(trader, language)
    mode, trading = named("mode", trader.mode, language), named("trading", trader.trading, language)
    counts = {"events": trader.events, "orders": trader.orders, "fills": trader.fills, "faults": trader.faults}
    yield say("status.figures", language, mode=mode, trading=trading, equity=known(trader.equity), **counts)
    latency = trader.latency_us
    yield say("status.latency", language, p50=latency.p50, p99=latency.p99, pairs=len(trader.pairs))


def _position(held: Position, trader: TraderStatus, language: Language) -> str:
    figures = {"quantity": held.quantity, "price": held.entry_price, "profit": held.profit}
    return say("status.position", language, pair=held.pair, **figures) + _protection(held, trader, language)


def _books(trader: TraderStatus, language: Language) -> Iterator[str]:
    """What keeps positions from being opened or sold, and what counts in no figure."""
    if trader.unreconciled:
        yield say("status.unreconciled", language)
    for pair in trader.held_back:
        yield say("status.held_back", language, pair=pair)
    for what, sums in (("dust", trader.dust), ("fees_unpriced", trader.fees_unpriced)):
        if sums:
            amounts = ", ".join(f"{amount} {asset}" for asset, amount in sums.items())
            yield say(f"status.{what}", language, sums=amounts)


def _no_trader(status: StatusShown, language: Language) -> Iterator[str]:
    if (away := status.away) is not None:
        if away.trades:
            yield say("status.away_trades", language, pid=away.pid, commit=away.trades[:12])
        else:
            yield say("status.away", language, pid=away.pid)
        yield f"  {retold(away.hint, language)}"
    elif status.other_trader:
        yield say("status.other", language, pid=status.other_trader)
    else:
        yield say("status.no_trader", language)


def _protection(held: Position, trader: TraderStatus, language: Language) -> str:
    """Where a position is protected at the exchange; nothing is said where protection is off."""
    if held.protected is not None:
        return say("status.protected", language, price=held.protected)
    why = trader.bare.get(held.pair)
    return say("status.bare", language, why=why) if why else ""
