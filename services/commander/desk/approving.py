"""The owner's answer to a held change, whenever he gives it: one yes walks one road, however often it is said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from core.contracts import Change, State
from core.contracts.answers import ChangeEnded, HeldShown
from core.contracts.asking import Question
from core.contracts.told import TellStep
from core.errors import SorteError
from services.commander.desk.showing import outcome
from services.commander.road import holding
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.commander.road.talking import conclude
from services.commander.road.walk import walk_on
from services.commander.texts import say


class Approvals:
    """Answers to held changes; `follow` hears of each that has walked."""

    def __init__(self, deployment: Deployment, follow: Callable[[Change], None]) -> None:
        self._deployment, self._context, self._follow = deployment, deployment.context, follow
        self._answering: set[str] = set()

    async def approve(self, ask: Question, tell: TellStep) -> ChangeEnded:
        """Go on with it, if `ask` names the hash of what was shown; of one that has ended, how it did."""
        change = await self._answered(ask, lambda: holding.approved(self._context, ask.id, ask.hash, sure=ask.sure))
        if change.state is not State.HELD:
            return outcome(change)
        with self._answers(change):
            change = await walk_on(self._deployment, change, tell)
        await put_down(self._context, change)
        self._follow(change)
        if change.verdict is not None:  # what the judgement left behind
            await self._context.judge(self._context.rooms.rest)
        return outcome(change)

    async def reject(self, ask: Question) -> ChangeEnded:
        """Drop it; of one that has ended, how it did."""
        change = await self._answered(ask, lambda: holding.found(self._context, ask.id))
        if change.state is not State.HELD:
            return outcome(change)
        with self._answers(change):
            change = await self._context.edit(holding.dropped, self._context, change, "declined")
        await put_down(self._context, change)
        return outcome(change)

    async def waiting(self) -> HeldShown:
        """What can be answered now."""
        changes = await self._context.edit(self._context.changes.of_state, State.HELD)
        return HeldShown(held=[holding.shown(change) for change in changes if not holding.is_over(change)])

    async def _answered(self, ask: Question, look: Callable[[], Change]) -> Change:
        """The change that is answered. Raises SorteError while another answer to it, or another change, goes on."""
        change = await self._context.edit(look)
        if change.id in self._answering:
            raise SorteError(say("being_answered", change.language, id=change.id))
        underway = self._deployment.underway
        if ask.do == "approve" and underway is not None and change.candidate is not None:
            raise SorteError(say("busy", change.language, id=underway.id, state=underway.state))
        return change

    @contextlib.contextmanager
    def _answers(self, change: Change) -> Iterator[None]:
        self._answering.add(change.id)
        try:
            yield
        finally:
            self._answering.discard(change.id)


async def put_down(context: Context, change: Change) -> None:
    """Tell the conversation that its plan was done, or was not; of one that is held it waits there too."""
    if change.state is not State.HELD:
        await context.edit(conclude, context, change.utterance, change)
