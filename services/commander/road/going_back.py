"""A rollback by the owner's word. One that is said in a sentence is asked about first, as what goes forward is.

`volta` after a pause may mean to go on, and a mistake that goes back is one too. The one exception is the bare word,
right after a change: who says `desfaz` then has seen what he takes back. `sorte rollback` and its like on the socket
are the word itself, and ask nothing.
"""

from __future__ import annotations

import time
from typing import Final

import msgspec

from core.contracts import Change, Event, Language, State, Status
from core.contracts.told import Returning
from core.errors import SorteError, first_line
from core.kernel import NANOSECONDS
from core.owner import OwnersWord
from services.commander.road import commits
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.commander.road.returning import undone_by
from services.commander.road.ways import WayBack, find_way, way_back
from services.commander.texts import say
from services.commander.trader_port import TraderGone

BARE: Final = frozenset(
    {"rollback", "undo", "revert", "desfaz", "desfaça", "desfaca", "desfazer", "desfaze", "reverte", "reverter"}
)
"""Nothing else can be meant by these; `volta` and `go back` can mean to go on."""
RIGHT_AFTER_SECONDS: Final = 600.0
"""A change that became live, or was accepted, so long ago at most is the last thing that was done."""
RECENT: Final = 20
"""Records that are looked through for it."""
ONLY_SAID: Final = (State.NONE, State.ASK, State.HELD, State.REJECTED)
"""Ends of a sentence of which nothing came, or nothing yet."""
MOVING: Final = frozenset({"pause", "resume", "panic", "close", "setting", "rollback"})
"""Actions after which the last thing done is no change any more."""


async def roll_back(deployment: Deployment, change: Change, to: str | None = None, steps: int = 1) -> Change:
    """Go back by so many releases, or to a commit that was accepted once, and return `change` as it ended.

    Raises TraderGone when the trader ends meanwhile: what was begun is on its way then, and the next start goes on.
    """
    context, language = deployment.context, change.language
    async with deployment.moving:
        try:
            await deployment.finish_unwritten()
            way = await way_of(deployment, change, to, steps)
        except (SorteError, OSError) as error:
            reason = say("internal", language, detail=first_line(error, typed=True))
            return context.advance(change, Event.FAILED, reason=reason)
        if isinstance(way, str):
            return context.advance(change, Event.IGNORED, reason=way)
        told = "rolled_back" if deployment.trader is not None else "rolled_back_waits"
        why = say(told, language, target=way.commit[:12], summary=way.subject)
        change = context.advance(change, Event.RETURNING, target=way.commit, reason=why)
        try:
            return await deployment.back(change, way, why)
        except TraderGone as gone:
            raise TraderGone(gone.message, "The next start goes on with the rollback.") from None
        except (SorteError, OSError) as error:
            reason = say("switch_failed", language, detail=first_line(error, typed=True))
            return context.advance(change, Event.FAILED, reason=reason)


async def way_of(deployment: Deployment, change: Change, to: str | None, steps: int) -> WayBack | str:
    """The way that is asked about, or why there is none. Raises what git raises."""
    if to is None and steps == 1 and deployment.known_way is not None:
        return deployment.known_way
    return await deployment.context.edit(find_way, deployment.context, change, to, steps)


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
        declined = understood.action.name == "rollback" and change.state in ONLY_SAID
        return declined or understood.action.name not in MOVING
    return change.state in (*ONLY_SAID, State.FAILED, State.RECEIVED)


def is_way(context: Context, way: WayBack) -> bool:
    """Whether that is still where a rollback by one goes."""
    return way_back(context) == way


def leads_to(context: Context, commit: str) -> bool:
    """Whether that is a rollback by one to `commit`."""
    way = way_back(context)
    return way is not None and way.commit == commit
