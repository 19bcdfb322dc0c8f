"""The shadow run: a green host decides beside the live one on live events, and orders nothing.

It agrees when each of its decisions is, bit for bit, what the judged code answers to the same events in the judge's
box: what was backtested is what would trade. Anything else, also too few events or a dead host, is no agreement.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.contracts.control import Program
from core.contracts.figures import ShadowRun, Staged
from core.errors import DataError, SorteError
from core.kernel import DECISION, EVENT, Records
from core.qtables import read_tables
from core.recording import read_recording
from core.settings import CommanderSettings
from core.strategy import Source
from services.commander.road.context import Context
from services.commander.rooms import Predictor
from services.commander.trader_port import TraderPort

NEWEST: Final = 1 << 18
"""Records of a recording that are looked at: a shadow run is among the last."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How green's decisions compare with what was predicted."""

    total: int
    differing: int
    first: int  # sequence of the first that differs; 0 when none does
    changed: int  # decisions whose action is another than blue's: what the change changes, on these events

    @property
    def holds(self) -> bool:
        """Whether green may decide."""
        return self.total > 0 and self.differing == 0


async def run_shadow(
    context: Context,
    trader: TraderPort,
    source: Source,
    program: Program,
    warm_file: Path,
    on_warm: Callable[[Staged], None],
) -> Agreement:
    """Start green, let it shadow, compare. Raises TraderRefused or TraderGone as the trader does, SorteError else.

    The judge's box compiles while green does.
    """
    settings = context.settings.commander
    preparing = asyncio.ensure_future(context.judge(context.rooms.predict, source, context.settings))
    try:
        staged = await trader.stage(program, str(warm_file))
        on_warm(staged)
        shadowed = await trader.shadow(settings.shadow_events, settings.shadow_seconds, settings.shadow_timeout)
        tables = context.settings.data_dir / "qtables"
        return await context.judge(compare, await preparing, warm_file, staged.warmed_until, shadowed, settings, tables)
    finally:
        await asyncio.shield(_clear(context, preparing, warm_file))


async def _clear(context: Context, preparing: asyncio.Future[Predictor], warm_file: Path) -> None:
    with contextlib.suppress(SorteError):
        await context.judge((await preparing).close)
    await asyncio.to_thread(remove_warm_up, warm_file)


def remove_warm_up(warm_file: Path) -> None:
    """What cannot be removed goes at the next start, and takes the place of no other refusal."""
    with contextlib.suppress(OSError):
        warm_file.unlink()


def compare(
    predictor: Predictor,
    warm_file: Path,
    warmed_until: int,
    shadowed: ShadowRun,
    settings: CommanderSettings,
    qtables: Path,
) -> Agreement:
    """Play what green saw to the judged code, and compare.

    Raises DataError when too little was recorded, ConfigurationError for a Q-table that is none.
    """
    last = shadowed.last
    about, recorded = read_recording(Path(shadowed.events), EVENT, newest=NEWEST)
    live = between(recorded, warmed_until, last)
    symbols = [str(symbol) for symbol in about["symbols"]]
    events = np.concatenate([np.frombuffer(warm_file.read_bytes(), EVENT), live])
    if len(live) != last - warmed_until:
        raise DataError(f"{last - warmed_until} events came, {len(live)} were recorded.")
    first = shadowed.first - 1
    green = between(read_recording(Path(shadowed.green), DECISION, newest=NEWEST)[1], first, last)
    if len(green) < settings.shadow_events:
        raise DataError(f"Only {len(green)} decisions of the shadow run were recorded.")
    predicted = predictor.decisions(events, read_tables(qtables, symbols), symbols)
    expected = predicted[np.searchsorted(predicted["sequence"], green["sequence"])]
    different = np.flatnonzero(row_bytes(expected) != row_bytes(green))
    blue = between(read_recording(Path(shadowed.blue), DECISION, newest=NEWEST)[1], first, last)
    _, mine, others = np.intersect1d(green["sequence"], blue["sequence"], return_indices=True)
    return Agreement(
        total=len(green),
        differing=len(different),
        first=int(green["sequence"][different[0]]) if len(different) else 0,
        changed=int(np.count_nonzero(green["action"][mine] != blue["action"][others])),
    )


def between(records: Records, after: int, until: int) -> Records:
    """The records with a sequence in (after, until]."""
    return records[(records["sequence"] > after) & (records["sequence"] <= until)]


def row_bytes(records: Records) -> np.ndarray[Any, np.dtype[np.void]]:
    """Each record as its bytes: NaN equals the same NaN, and 0.0 is not -0.0."""
    return np.ascontiguousarray(records).view(np.dtype((np.void, records.dtype.itemsize)))
