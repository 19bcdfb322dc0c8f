"""The status of a workspace and its trader as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator

from core.contracts.answers import StatusShown
from core.contracts.figures import Position, TraderStatus
from services.gateway.console.printing import money


def status_lines(status: StatusShown) -> Iterator[str]:
    """What trades, what is under way, and how the trader does."""
    change, refused = status.change, status.refused
    yield f"live {status.live[:12]}  {change.summary if change is not None else status.subject}"
    if refused is not None:
        yield f"  `sorte run` does not start, and nothing is changed: {refused.message}"
        yield f"  {refused.hint}"
    elif status.main != status.live:
        yield f"  accepted {status.main[:12]}: trades from the next `sorte run` on"
    if status.underway:
        yield f"  underway: {status.underway}"
    for word, is_so in (("paused", status.paused), ("closing", status.closing), ("killed", status.killed)):
        if is_so:
            yield f"  {word}: {is_so}"
    yield from _trader_lines(status.trader) if status.trader is not None else (_no_trader(status))


def _trader_lines(trader: TraderStatus) -> Iterator[str]:
    for held in trader.positions:
        where = f"at {held.entry_price:.8g}, {held.profit:+.2%}{protection_of(held, trader)}"
        yield f"  {held.pair:10} {held.quantity:.8g} {where}"
    yield from _books(trader)
    yield (
        f"  {trader.mode} {trader.trading}, equity {money(trader.equity)}, {trader.events:,} events, "
        f"{trader.orders} orders, {trader.fills} fills, {trader.faults} faults"
    )
    latency = trader.latency_us
    yield f"  latency p50 {latency.p50} us, p99 {latency.p99} us, {len(trader.pairs)} pairs"


def _books(trader: TraderStatus) -> Iterator[str]:
    """What keeps positions from being opened or sold, and what counts in no figure."""
    if trader.unreconciled:
        yield "  books and exchange are not compared yet: positions are only closed"
    for pair in trader.held_back:
        yield f"  {pair}: a part of our books is not at the exchange; `sorte reconcile` shows it"
    for what, sums in (("dust", trader.dust), ("fees without a price", trader.fees_unpriced)):
        if sums:
            yield f"  {what}: {', '.join(f'{figure} {asset}' for asset, figure in sums.items())}"


def _no_trader(status: StatusShown) -> Iterator[str]:
    if (away := status.away) is not None:
        trades = f", which trades {away.trades[:12]} by its own word," if away.trades else ""
        yield f"  a trader runs (process {away.pid}){trades} and cannot be reached: its commander is away"
        yield f"  {away.hint}"
    elif status.other_trader:
        yield f"  a trader runs here (process {status.other_trader}) on a strategy of its own: no change reaches it"
    else:
        yield "  no trader runs"


def protection_of(held: Position, trader: TraderStatus) -> str:
    """Where a position is protected at the exchange; nothing is said where protection is off."""
    if held.protected is not None:
        return f", protected at {held.protected:.8g}"
    why = trader.bare.get(held.pair)
    return f", not protected at the exchange: {why}" if why else ""
