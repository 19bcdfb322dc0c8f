"""A rollback that somebody says in a sentence is asked about first, as what goes forward is.

`volta` after a pause may mean to go on, and a mistake that goes back is one too. The one exception is the bare word,
right after a change: who says `desfaz` then has seen what he takes back. `sorte rollback` and its like on the socket
are the word itself, and ask nothing.
"""

from __future__ import annotations

import time
from typing import Final

import msgspec

from core.contracts import Change, Language, State, Status
from core.contracts.told import Returning
from core.kernel import NANOSECONDS
from core.owner import OwnersWord
from services.commander.road import commits
from services.commander.road.context import Context, WayBack
from services.commander.road.returning import find_way, undone_by, way_back
from services.commander.texts import say

BARE: Final = frozenset(
    {"rollback", "undo", "revert", "desfaz", "desfaça", "desfaca", "desfazer", "desfaze", "reverte", "reverter"}
)
"""Nothing else can be meant by these; `volta` and `go back` can mean to go on."""
RIGHT_AFTER_SECONDS: Final = 600.0
"""A change that became live, or was accepted, so long ago at most is the last thing that was done."""
RECENT: Final = 20
"""Records that are looked through for it."""
MOVING: Final = frozenset({"pause", "resume", "panic", "close", "setting", "rollback"})
"""Actions after which the last thing done is no change any more."""


async def way_of(context: Context, change: Change, to: str | None, steps: int) -> WayBack | str:
    """The way that is asked about, or why there is none. Raises what git raises."""
    if to is None and steps == 1 and context.way_back is not None:
        return context.way_back
    return await context.edit(find_way, context, change, to, steps)


def described(context: Context, change: Change, way: WayBack, language: Language | None) -> Returning:
    """What a yes would do: the line before the question."""
    leaving = msgspec.structs.replace(change, target=way.commit)
    undone = [other for other in undone_by(context, leaving) if other.candidate is not None]
    there = next((other for other in context.changes.latest(RECENT) if other.commit == way.commit), None)
    summary = way.subject if there is None else _named(there, language)
    text = say("would_go_back", language, target=way.commit[:12], summary=summary)
    if undone:
        text += " " + say("would_undo", language, changes="; ".join(_named(other, language) for other in undone))
    return Returning(id=change.id, target=way.commit, undoes=[other.id for other in undone], text=text)


def _named(change: Change, language: Language | None) -> str:
    """A change by what git says of it, which is English; to others by the sentence that asked for it."""
    said = commits.one_line(change.utterance.text)
    if language is Language.PT and said:
        return f"“{said}”"
    return change.candidate.summary if change.candidate is not None else f"“{said}”"


def needs_no_question(context: Context, change: Change, text: str, to: str | None, steps: int) -> bool:
    """Whether these words are the bare word for the last thing that was done."""
    word = text.strip().strip("!.,;:?\"'").casefold()
    return to is None and steps == 1 and word in BARE and is_right_after(context, change)


def is_right_after(context: Context, change: Change) -> bool:
    """Whether the last thing that was done is a change that became live, or was accepted, a short while ago.

    While a pause or panic stands, that may be what is to be undone.
    """
    if OwnersWord(context.settings.data_dir).paused:
        return False
    for other in context.changes.latest(RECENT):
        if other.id == change.id or _only_talk(other):
            continue
        if other.state not in (State.LIVE, State.ACCEPTED) or other.candidate is None or not other.steps:
            return False
        age = (time.time_ns() - other.steps[-1].time_ns) / NANOSECONDS
        decides = commits.effective(context.workspace, context.workspace.main) == other.commit
        return decides and (other.watch == "running" or age <= RIGHT_AFTER_SECONDS)
    return False


def _only_talk(change: Change) -> bool:
    """Whether nothing was done: a question, a sentence that was asked back, a change that was refused or declined."""
    understood = change.interpretation
    if understood is not None and understood.status is Status.ACTION and understood.action is not None:
        declined = understood.action.name == "rollback" and change.state in (State.NONE, State.ASK, State.REJECTED)
        return declined or understood.action.name not in MOVING
    return change.state in (State.NONE, State.ASK, State.REJECTED, State.FAILED, State.RECEIVED)


def is_way(context: Context, way: WayBack) -> bool:
    """Whether that is still where a rollback by one goes."""
    return way_back(context) == way
