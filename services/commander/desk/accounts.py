"""What an account has earned, from its journal: the one that was written last, whether a trader runs or not."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from core.contracts.accounts import CompareShown, PairProfit, ProfitShown, ReleaseProfit
from core.contracts.figures import TraderStatus
from core.errors import ConfigurationError
from core.names import normalise_symbol
from core.workspace import Workspace
from services.commander.desk.closing import pair_of
from services.commander.desk.orders import journals
from services.commander.road import commits
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.commander.trader_port import TraderGone
from services.trader import accounts
from services.trader.accounts import PERIODS, Figures, Span, Story

CENT: Final = Decimal("0.00000001")
KINDS: Final = {"trader": "exchange", "paper": "paper"}
"""By the folder of the journal; any other is of one run."""
FAR_BACK: Final = 500
"""Commits that are looked through for a tree that has traded."""


async def profit(deployment: Deployment, period: str) -> ProfitShown:
    """What a period came to, by the owner's days. Raises ConfigurationError for one that is none."""
    context, status = deployment.context, await status_of(deployment)
    asked = period or "today"
    account, _, story = await context.read(newest, context)
    now_ns = max(time.time_ns(), story.last_ns)  # the clock of a simulated market may be ahead of ours
    span = owners_span(asked, context.settings.time_zone, now_ns)
    return _shown(account, asked, span, story, accounts.figures(story, span), status if span.holds(now_ns) else None)


async def compare(deployment: Deployment) -> CompareShown:
    """What each release that has decided came to, the newest first."""
    context = deployment.context
    account, _, story = await context.read(newest, context)
    told = accounts.by_release(story, max(time.time_ns() if deployment.trader else 0, story.last_ns))
    known = await context.edit(_known_trees, context.workspace, {each.release for each in told})
    rows = [
        ReleaseProfit(
            release=each.release,
            commit=known.get(each.release, ("", ""))[0],
            summary=known.get(each.release, ("", ""))[1],
            from_ns=each.from_ns,
            seconds=round(each.seconds, 1),
            realised=rounded(each.realised),
            trades=each.trades,
            won=each.won,
            trades_now=deployment.trader is not None and each is told[-1],
        )
        for each in reversed(told)
    ]
    return CompareShown(account=account, currency=story.currency, releases=rows)


def owners_span(period: str, zone: str, now_ns: int | None = None) -> Span:
    """The stretch that a period is by the owner's clock. Raises ConfigurationError for a word that is none."""
    span = accounts.span_of(period, time.time_ns() if now_ns is None else now_ns, zone)
    if span is None:
        raise ConfigurationError(
            f"{period[:20]!r} is no period.", f"Say one of {', '.join(PERIODS)}, or a day like 2026-11-27."
        )
    return span


class Account(NamedTuple):
    """The account that was traded with last."""

    kind: str  # exchange, paper, or run: a simulated account of its own
    folder: Path | None  # None: nothing was ever traded
    story: Story


def newest(context: Context) -> Account:
    """The account that was traded with last; that of nothing when none was."""
    written = sorted(journals(context.settings.data_dir), key=lambda journal: journal.stat().st_mtime_ns, reverse=True)
    if not written:
        return Account("paper", None, accounts.told_by(()))
    folder = written[0].parent
    return Account(KINDS.get(folder.name, "run"), folder, context.journals.story(written[0]))


def symbol_of(story: Story, wanted: str) -> str:
    """The symbol that an owner means by `btc`, `BTC/USDT` or `BTCUSDT`; what he said when it was never traded."""
    known = story.portfolio.holdings
    return pair_of(wanted, known) or normalise_symbol(wanted)


def rounded(value: Decimal) -> Decimal:
    """Eight digits behind the point at most, and no zeros at the end."""
    exact = value.quantize(CENT)
    return Decimal(f"{exact.normalize():f}")


async def status_of(deployment: Deployment) -> TraderStatus | None:
    """How the trader does; None without one that answers."""
    if deployment.trader is None:
        return None
    try:
        return await deployment.trader.status()
    except TraderGone:
        return None


def _shown(
    account: str, period: str, span: Span, story: Story, found: Figures, status: TraderStatus | None
) -> ProfitShown:
    held = sum(each.quantity * (each.price - each.entry_price) for each in status.positions) if status else None
    base = float(found.before) if found.before else None
    return ProfitShown(
        period=period,
        from_ns=span.from_ns,
        until_ns=span.until_ns,
        account=account,
        currency=story.currency,
        realised=rounded(found.realised),
        realised_share=_share(found.share),
        open=rounded(Decimal(repr(held))) if held is not None else None,
        open_share=_share(held / base) if held is not None and base else None,
        fees=rounded(found.fees),
        trades=found.trades,
        won=found.won,
        drawdown=found.drawdown,
        before=rounded(found.before) if found.before is not None else None,
        equity=status.equity if status is not None else None,
        pairs=[
            PairProfit(pair=each.symbol, realised=rounded(each.realised), trades=each.trades, won=each.won)
            for each in found.pairs
        ],
    )


def _share(value: float | None) -> float | None:
    return round(value, 8) if value is not None else None


def _known_trees(workspace: Workspace, wanted: set[str]) -> dict[str, tuple[str, str]]:
    """The newest commit of main's history by its strategy's tree, with what it says; of the trees that are wanted."""
    found: dict[str, tuple[str, str]] = {}
    for commit in workspace.git("rev-list", "--first-parent", f"--max-count={FAR_BACK}", workspace.main).split():
        tree = workspace.tree(commit)
        if tree in wanted and tree not in found:
            found[tree] = (commit, commits.subject_of(workspace, commit))
        if len(found) == len(wanted):
            break
    return found
