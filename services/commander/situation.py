"""What the interpreter is told of the moment: whether it pauses, and whether there is something to go back to."""

from __future__ import annotations

from core.contracts import Situation
from services.commander.context import Context
from services.commander.returning import way_back
from services.trader.owner import OwnersWord


def situation(context: Context) -> Situation:
    """As it is now. It reads git, and so belongs into the thread that edits."""
    paused = OwnersWord(context.settings.data_dir).paused
    zone = context.settings.time_zone
    return Situation(paused=paused, can_go_back=paused and way_back(context) is not None, time_zone=zone)
