"""How far an account has fallen below its best, and when that is news. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fall:
    """The best, and how many steps below it were told."""

    best: float = 0.0
    told: int = 0


def fallen(fall: Fall, equity: float, step: float) -> tuple[Fall, float | None]:
    """The same after a look at the account, and the share that it has lost when that is to be told.

    Each step of the size `step` is told once on the way down, and anew after half of it was made good.
    """
    if equity <= 0.0 or equity >= fall.best:
        return Fall(max(equity, fall.best)), None
    lost = 1.0 - equity / fall.best
    steps = int(lost / step + 1e-9)
    if steps > fall.told:
        return Fall(fall.best, steps), lost
    if lost < (fall.told - 0.5) * step:
        return Fall(fall.best, steps), None
    return fall, None
