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
from typing import Any

import numpy as np

from core.contracts.control import Program
from core.errors import DataError, SorteError
from core.kernel import DECISION, EVENT, Records
from core.settings import CommanderSettings
from core.strategy import Source
from services.commander.context import Context
from services.commander.trader_port import TraderPort
from services.guardian.replay import Replay, prepare
from services.trader.recorder import read_recording


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
    on_warm: Callable[..., None],
) -> Agreement:
    """Start green, let it shadow, compare. Raises TraderRefused or TraderGone as the trader does, SorteError else.

    The judge's box compiles while green does.
    """
    settings = context.settings.commander
    preparing = asyncio.ensure_future(context.judge(prepare, source, context.settings))
    try:
        staged = await trader.stage(program, str(warm_file))
        on_warm(**staged)
        shadowed = await trader.shadow(settings.shadow_events, settings.shadow_seconds, settings.shadow_timeout)
        warmed = int(staged["warmed_until"])
        return await context.judge(compare, await preparing, warm_file, warmed, shadowed, settings)
    finally:
        await asyncio.shield(_clear(context, preparing, warm_file))


async def _clear(context: Context, preparing: asyncio.Future[Replay], warm_file: Path) -> None:
    with contextlib.suppress(SorteError):
        await context.judge((await preparing).close)
    await asyncio.to_thread(warm_file.unlink, missing_ok=True)


def compare(
    replay: Replay, warm_file: Path, warmed_until: int, shadowed: dict[str, Any], settings: CommanderSettings
) -> Agreement:
    """Play what green saw to the judged code, and compare. Raises DataError when too little was recorded."""
    last = int(shadowed["last"])
    live = tail(Path(shadowed["events"]), EVENT, warmed_until, last)
    events = np.concatenate([np.frombuffer(warm_file.read_bytes(), EVENT), live])
    if len(live) != last - warmed_until:
        raise DataError(f"{last - warmed_until} events came, {len(live)} were recorded.")
    green = tail(Path(shadowed["green"]), DECISION, int(shadowed["first"]) - 1, last)
    if len(green) < settings.shadow_events:
        raise DataError(f"Only {len(green)} decisions of the shadow run were recorded.")
    predicted = replay.decisions(events)
    expected = predicted[np.searchsorted(predicted["sequence"], green["sequence"])]
    different = np.flatnonzero(row_bytes(expected) != row_bytes(green))
    blue = tail(Path(shadowed["blue"]), DECISION, int(shadowed["first"]) - 1, last)
    _, mine, others = np.intersect1d(green["sequence"], blue["sequence"], return_indices=True)
    return Agreement(
        total=len(green),
        differing=len(different),
        first=int(green["sequence"][different[0]]) if len(different) else 0,
        changed=int(np.count_nonzero(green["action"][mine] != blue["action"][others])),
    )


def tail(recording: Path, dtype: np.dtype[Any], after: int, until: int) -> Records:
    """The records of a recording with a sequence in (after, until]."""
    _, records = read_recording(recording, dtype, newest=1 << 18)
    wanted = (records["sequence"] > after) & (records["sequence"] <= until)
    return records[wanted]


def row_bytes(records: Records) -> np.ndarray[Any, np.dtype[np.void]]:
    """Each record as its bytes: NaN equals the same NaN, and 0.0 is not -0.0."""
    return np.ascontiguousarray(records).view(np.dtype((np.void, records.dtype.itemsize)))
