"""What the interpreter is told of the moment: whether it pauses, whether it can go back, what it trades."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from core.contracts import Language, SetParameter, Situation, State
from core.errors import SorteError
from core.kernel import NANOSECONDS
from core.owner import OwnersWord
from core.traded import remembered
from core.wording import owners_language
from services.commander.road.context import Context
from services.commander.road.ways import way_back
from services.trader.accounts import span_of

KEPT: Final = (State.LIVE, State.ACCEPTED)
REMEMBERED: Final = 20
"""Changes; who wants an older value back says it."""
YESTERDAY: Final = re.compile(r"ontem|yesterday", re.IGNORECASE)
SENTENCES: Final = 5
"""Among so many of the last ones is one that was understood, but for a few that were interrupted."""


def situation(context: Context) -> Situation:
    """As it is now. It reads git, and so belongs into the thread that edits."""
    paused = OwnersWord(context.settings.data_dir).paused
    zone = context.settings.time_zone
    return Situation(
        paused=paused,
        can_go_back=paused and way_back(context) is not None,
        time_zone=zone,
        timeframe=context.settings.trader.timeframe,
        language=_spoken_last(context) or owners_language(),
        pairs=remembered(context.settings.data_dir),
        past=_set_before(context),
    )


def with_yesterday(context: Context, now: Situation, text: str, now_ns: int) -> Situation:
    """With the version of yesterday, for words that may ask for it. It reads git."""
    if not YESTERDAY.search(text):
        return now
    workspace = context.workspace
    midnight = span_of("today", now_ns, now.time_zone)
    before = (midnight.from_ns if midnight is not None else now_ns) // NANOSECONDS - 1
    try:
        commit = workspace.git("rev-list", "-1", "--first-parent", f"--before={before}", workspace.main).strip()
        known = commit if commit and workspace.tree(commit) != workspace.tree(workspace.main) else ""
    except SorteError:
        known = ""
    return msgspec.structs.replace(now, yesterday=known)


def _set_before(context: Context) -> tuple[SetParameter, ...]:
    """The values that the last changes set which are live or accepted, oldest first."""
    changes = reversed(context.changes.latest(REMEMBERED, everything=False))
    plans = (change.interpretation.plan for change in changes if change.state in KEPT and change.interpretation)
    steps = (step for plan in plans if plan is not None for step in plan.operations)
    return tuple(step for step in steps if isinstance(step, SetParameter))


def _spoken_last(context: Context) -> Language | None:
    """The language of the last sentence that was understood; the one that is read now has no reading yet."""
    understood = (change.interpretation for change in context.changes.latest(SENTENCES))
    return next((each.language for each in understood if each is not None), None)
