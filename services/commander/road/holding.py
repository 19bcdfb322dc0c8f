"""A change that waits for its owner while nobody waits with it: what he was shown, and whether that still holds.

A yes names the hash of what was shown, so that it can be for nothing else. A proposal is stale once main has moved:
what it was compared with is not what trades any more.
"""

from __future__ import annotations

import hashlib
import time
from typing import Final

import msgspec

from core.contracts import Change, Event, Holding, State
from core.contracts.answers import Held
from core.errors import ConfigurationError, SorteError
from core.kernel import NANOSECONDS
from core.workspace import Workspace
from services.commander.naming import short
from services.commander.road import commits
from services.commander.road.authority import gives_more
from services.commander.road.context import Context
from services.commander.texts import asked, say

MOST_NAMED: Final = 3
"""Changes that are named as what has happened since."""


async def later(_: Change) -> None:
    """Asks nobody now: the change is held (see `Confirm`)."""


def hold(context: Context, change: Change, lines: tuple[str, ...], notes: tuple[str, ...] = ()) -> Holding:
    """What the owner is shown of a change that is about to be held. What nobody answered in time ends meanwhile."""
    expire(context)
    base = change.candidate.base if change.candidate is not None else context.workspace.main
    expires = time.time_ns() + int(context.settings.commander.hold_seconds * NANOSECONDS)
    return Holding(_hash(change, base, (*lines, *notes)), base, lines, expires, notes)


def _hash(change: Change, base: str, lines: tuple[str, ...]) -> str:
    """Over everything that a yes is for: the change, its plan, the trees before and after, and how it was told."""
    made = change.candidate
    shown = (change.id, base, change.target, lines, made and (made.plan, made.tree, made.base_tree, made.diff))
    return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()


def expire(context: Context) -> list[Change]:
    """End what nobody answered in time, and return it as it ended."""
    over = [change for change in context.changes.of_state(State.HELD) if is_over(change)]
    return [dropped(context, change, "expired") for change in over]


def is_over(change: Change) -> bool:
    """Whether the time to answer has run out."""
    return change.held is None or time.time_ns() > change.held.expires_ns


def dropped(context: Context, change: Change, why: str) -> Change:
    """The held change, refused for the reason of that text."""
    ended = context.advance(change, Event.REFUSED, reason=say(why, change.language))
    context.drop_candidate(ended)
    return ended


def asks_twice(change: Change) -> bool:
    """Whether one yes is not enough. Going back to what was accepted once takes one."""
    return change.candidate is not None and gives_more(change.candidate.plan)


def approved(context: Context, wanted: str, hash_: str, *, sure: bool) -> Change:
    """The change as it is when its owner says yes: held, and what he was shown; or ended, with nothing left to do.

    Raises ConfigurationError where there is none of that id, SorteError where the yes was for something else, or
    has yet to be given a second time.
    """
    change = found(context, wanted)
    if change.state is not State.HELD or change.held is None:
        return change
    if change.held.hash != hash_:
        raise SorteError(say("other_plan", change.language))
    if asks_twice(change) and not sure:
        raise SorteError(say("not_sure", change.language))
    return dropped(context, change, "expired") if is_over(change) else change


def found(context: Context, wanted: str) -> Change:
    """The change of that id. Raises ConfigurationError when there is none."""
    change = context.changes.get(wanted) if wanted else None
    if change is None:
        raise ConfigurationError(f"There is no change {short(wanted)!r}.", "`sorte history` lists the changes.")
    return change


def changed_since(workspace: Workspace, held: Holding) -> str:
    """What came to main since it was shown, in the words of its commits; empty when nothing did."""
    if workspace.main == held.base:
        return ""
    newer = workspace.git("rev-list", "--first-parent", f"{held.base}..{workspace.main}").split()
    named = [commits.subject_of(workspace, commit) for commit in newer[:MOST_NAMED]]
    return "; ".join(named) or workspace.main[:12]


def shown(change: Change) -> Held:
    """A held change as its owner sees it. Raises ValueError for one that is not held."""
    if change.held is None:
        raise ValueError(f"change {change.id} is not held")
    said, made = change.utterance, change.candidate
    return Held(
        id=change.id,
        hash=change.held.hash,
        question=asked(change),
        lines=(*change.held.lines, *change.held.notes),
        diff=made.diff if made is not None else "",
        target=change.target,
        twice=asks_twice(change),
        text=said.text,
        owner=said.owner,
        message=said.message,
        language=change.language,
        expires_ns=change.held.expires_ns,
    )
