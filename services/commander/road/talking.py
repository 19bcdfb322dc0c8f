"""A sentence as the next turn of a conversation with its owner, and his other words at the question about a change.

An offer is taken here and nowhere else, and only by him: whoever confirms beforehand (`--yes`) has no conversation.
"""

from __future__ import annotations

import time

import msgspec

from core.contracts import Change, Interpretation, Situation, State, Status, Utterance
from core.contracts.told import TellStep
from core.symbols import Symbols
from core.telemetry import get_logger
from core.workspace import user_name
from services.commander.road.context import Context
from services.commander.road.conversations import CONSOLE, Conversation, surface_of
from services.commander.road.deployment import Deployment
from services.commander.road.situation import situation, with_yesterday
from services.commander.road.traveller import Confirm
from services.commander.road.walker import Walker
from services.commander.rooms import Turn

log = get_logger()


class TalkingWalker(Walker):
    """Walks what a sentence means after what was said before; `given` where that is known already."""

    def __init__(
        self,
        deployment: Deployment,
        change: Change,
        tell: TellStep,
        confirm: Confirm,
        given: Interpretation | None = None,
    ) -> None:
        super().__init__(deployment, change, tell, confirm)
        self._given = given

    def _understand(self, symbols: Symbols, now: Situation) -> Interpretation:
        if self._given is not None:
            return self._given
        turn = taken(self.context, self.change.utterance, symbols, now, always=True)
        return super()._understand(symbols, now) if turn is None else turn.meant


def taken(context: Context, said: Utterance, symbols: Symbols, now: Situation, *, always: bool) -> Turn | None:
    """The turn that the words are; kept when it changes what is open, or `always`. None where nothing can be kept."""
    if context.rooms.converse is None:
        return None
    conversation, now_ns = _of(context, said), time.time_ns()
    try:
        now = with_yesterday(context, now, said.text, now_ns)
        with conversation.held():
            turn = context.rooms.converse(conversation.read(), said.text, symbols, now, now_ns)
            if always or turn.changes:
                conversation.write(turn.kept)
            return turn
    except OSError:
        log.exception("dialogue.not_kept")
        return None


def conclude(context: Context, said: Utterance, change: Change) -> None:
    """The plan that waited in the conversation was done, or was not."""
    understood = change.interpretation
    if context.rooms.conclude is None or understood is None or understood.status is not Status.PLAN:
        return
    conversation = _of(context, said)
    try:
        with conversation.held():
            done = change.state in (State.LIVE, State.ACCEPTED)
            conversation.write(context.rooms.conclude(conversation.read(), done))
    except OSError:
        log.exception("dialogue.not_kept")


class Rewording:
    """The owner's words at the question about a change that are no yes and no no: another plan, or a question."""

    def __init__(self, context: Context, said: Utterance) -> None:
        self._context, self._said = context, said
        self.wanted: Interpretation | None = None  # the plan instead of the one that was asked about
        self.text = ""

    async def heard(self, text: str) -> Interpretation | None:
        """What they come to, when that changes what is open; None for any other words."""
        context = self._context
        source = await context.edit(lambda: context.workspace.source(context.workspace.main))
        now = await context.edit(situation, context)
        said = msgspec.structs.replace(self._said, text=text)
        turn = await context.edit(lambda: taken(context, said, Symbols.of(source.files), now, always=False))
        if turn is None or not turn.changes:
            return None
        if turn.meant.plan is not None:
            self.wanted, self.text = turn.meant, text
        return turn.meant


def _of(context: Context, said: Utterance) -> Conversation:
    """The machine's user is one person wherever he speaks; somebody else is known by where he does."""
    surface = CONSOLE if said.owner == user_name() else surface_of(said.message)
    return Conversation(context.settings.data_dir, said.owner, surface)
