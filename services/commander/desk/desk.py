"""What can be asked of a commander, whether a trader runs or not, and the last line that each question gets."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from functools import partial

from core.contracts import Change, Event, Interpretation, Language, State, Status, Utterance
from core.contracts.answers import Answer, ChangeEnded, Held, Said, SwitchSaid
from core.contracts.asking import Question
from core.contracts.told import TellStep
from core.errors import first_line
from core.symbols import Symbols
from core.telemetry import get_logger
from core.workspace import user_name
from services.commander.desk import accounts, showing, why
from services.commander.desk.approving import Approvals, put_down
from services.commander.desk.closing import close, close_asked
from services.commander.desk.ledger import in_the_ledger
from services.commander.desk.looking import SHOWING, explained, looked
from services.commander.desk.questioning import Questioned, Reword, decide
from services.commander.desk.stopping import stop_by_word
from services.commander.desk.switches import SWITCHES, resume_asked, switch
from services.commander.records import RecordsUnusable
from services.commander.road import holding
from services.commander.road.context import rollback_utterance
from services.commander.road.deployment import Deployment
from services.commander.road.going_back import roll_back
from services.commander.road.offered import question
from services.commander.road.situation import situation
from services.commander.road.talking import Rewording, TalkingWalker
from services.commander.road.traveller import Confirm
from services.commander.road.upgrading import SAID, UpgradeWalker
from services.commander.road.walk import walk, walk_back
from services.commander.road.watching import Watcher
from services.commander.texts import say
from services.commander.trader_port import TraderGone, TraderRefused

log = get_logger()


class Desk:
    """Answers questions, one final object for each."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment, self.context = deployment, deployment.context
        self.watcher = Watcher(deployment)
        self._approvals = Approvals(deployment, self._follow)

    async def answer(self, ask: Question, tell: TellStep, asked: Questioned) -> Answer:
        """The answer to `ask`; SorteError when it makes no sense. `asked` brings the owner's words to a question."""

        async def confirm(change: Change) -> bool:
            return await decide(self.deployment, self.look, change, tell, asked)

        answers: dict[str, Callable[[], Awaitable[Answer]]] = {
            "change": lambda: self._change(ask, tell, confirm, asked),
            "history": lambda: showing.history(self.deployment, ask.limit, everything=ask.all, judged=ask.judged),
            "show": lambda: showing.show(self.context, ask.id),
            "diff": lambda: showing.diff(self.context, ask.id),
            "rollback": lambda: self._roll_back(ask, tell, confirm),
            "status": lambda: showing.status(self.deployment),
            "upgrade": lambda: self._upgrade(ask, tell, confirm),
            "close": lambda: close(ask.pair, self.deployment.trader, _always if ask.yes else confirm, ask.language),
            "profit": lambda: accounts.profit(self.deployment, ask.period),
            "why": lambda: why.why(self.deployment, ask.pair, ask.at_ns, ask.limit),
            "explain": lambda: explained(self.deployment, ask.id, ask.pair, ask.language),
            "trades": lambda: showing.trades(self.context, ask.limit),
            "compare": lambda: accounts.compare(self.deployment),
            "approve": lambda: self._approvals.approve(ask, tell),
            "reject": lambda: self._approvals.reject(ask),
            "held": self._approvals.waiting,
            **in_the_ledger(self.deployment, ask),
        }
        if ask.do in SWITCHES:
            return await self._switch(ask.do, ask.language)
        try:
            return await answers[ask.do]()
        except RecordsUnusable:
            log.exception("records.unusable")
            raise

    # Changes ----------------------------------------------------------------------------------------------------------

    async def _change(self, ask: Question, tell: TellStep, confirm: Confirm, asked: Questioned) -> Answer:
        stopped = await stop_by_word(ask.text, self.context.settings.data_dir, self.deployment.trader)
        if stopped is not None:
            return stopped
        said = Utterance(ask.text, ask.owner or user_name(), ask.message or new_message(), time.time_ns())
        if ask.yes:
            change = await walk(self.deployment, said, tell, _always)
        elif ask.holds:
            change = await walk(self.deployment, said, tell, holding.later, TalkingWalker)
            await put_down(self.context, change)
        else:
            change = await self._talk(said, tell, asked)
        self._follow(change)
        if change.verdict is not None:  # what the judgement left behind
            await self.context.judge(self.context.rooms.rest)
        understood = change.interpretation
        if (
            change.state is State.NONE
            and understood is not None
            and understood.action is not None
            and not change.reason
        ):
            if understood.action.name == "close":
                wanted = str(understood.action.args.get("pair", ""))
                if ask.holds:
                    return await close_asked(wanted, self.deployment.trader, understood.language)
                yes = _always if ask.yes else confirm
                return await close(wanted, self.deployment.trader, yes, understood.language)
            if ask.holds and understood.action.name == "resume":
                folder = self.context.settings.data_dir
                if (asked_first := resume_asked(folder, understood.language)) is not None:
                    return asked_first
            return await self._act(understood, said.text)
        return _as_it_stands(change)

    async def _talk(self, said: Utterance, tell: TellStep, asked: Questioned) -> Change:
        """Walk a sentence, and instead of it what its owner says at the question that he wants."""
        given: Interpretation | None = None
        while True:
            rewording = Rewording(self.context, said)

            async def reword(text: str, rewording: Rewording = rewording) -> Said | bool | None:
                return await self._reworded(rewording, text)

            async def confirm(change: Change, reword: Reword = reword) -> bool:
                wants = reword if change.candidate is not None else None
                return await decide(self.deployment, self.look, change, tell, asked, wants)

            change = await walk(self.deployment, said, tell, confirm, partial(TalkingWalker, given=given))
            if rewording.wanted is None:
                await put_down(self.context, change)
                return change
            given = rewording.wanted
            said = Utterance(rewording.text, said.owner, said.message, time.time_ns())

    async def _reworded(self, rewording: Rewording, text: str) -> Said | bool | None:
        meant = await rewording.heard(text)
        if meant is None:
            return None
        if meant.status is not Status.ASK:
            return meant.plan is not None or meant.status is Status.NONE or None
        workspace, zone = self.context.workspace, self.context.settings.time_zone
        source = await self.context.edit(lambda: workspace.source(workspace.main))
        return Said(text=question(meant, Symbols.of(source.files), self.context.rooms.describe, zone))

    async def _upgrade(self, ask: Question, tell: TellStep, confirm: Confirm) -> ChangeEnded | Held:
        said = rollback_utterance(ask.owner or user_name(), ask.message or new_message(), SAID, ask.language)
        yes = _always if ask.yes else holding.later if ask.holds else confirm
        change = await walk(self.deployment, said, tell, yes, UpgradeWalker)
        self._follow(change)
        return _as_it_stands(change)

    def _follow(self, change: Change) -> None:
        """Watch what has become live; stop watching what was taken back."""
        if change.state is State.LIVE and change.watch == "running":
            self.watcher.watch(change)
        elif change.state in (State.ROLLED_BACK, State.ROLLING_BACK):  # the latter is done, and not written down yet
            self.watcher.supersede("taken back")

    async def look(self, text: str) -> Answer | None:
        """The answer to a sentence that only shows something; None for any other, of which nothing comes."""
        workspace = self.context.workspace
        source = await self.context.edit(lambda: workspace.source(workspace.main))
        now = await self.context.edit(situation, self.context)
        understood = await self.context.edit(self.context.rooms.interpret, text, Symbols.of(source.files), now)
        if understood.action is None or understood.action.name not in SHOWING:
            return None
        return await self._act(understood, text)

    async def _act(self, understood: Interpretation, text: str) -> Answer:
        """A sentence that only shows or switches something."""
        action, language = understood.action, understood.language
        assert action is not None  # noqa: S101 - the caller looked
        if action.name in ("pause", "resume", "panic"):
            return await self._switch(action.name, language)
        if (answer := await looked(self.deployment, action, language, text)) is not None:
            return answer
        return Said(action=action, done=False, text=say("not_here", language, what=action.name))

    async def _roll_back(self, ask: Question, tell: TellStep, confirm: Confirm) -> ChangeEnded | Held:
        said = rollback_utterance(ask.owner or user_name(), ask.message or new_message(), language=ask.language)
        if ask.asks and not ask.yes:
            later: Confirm = holding.later if ask.holds else confirm
            change = await walk_back(self.deployment, said, ask.to, ask.steps, tell, later)
            self._follow(change)
            return _as_it_stands(change)
        change = self.context.changes.save(Change(id=secrets.token_hex(4), utterance=said))
        try:
            change = await roll_back(self.deployment, change, ask.to, ask.steps)
        except (TraderGone, TraderRefused):  # what was begun is on its way, and the next start goes on with it
            raise
        except Exception as error:  # the boundary of a rollback: whatever it was, no record is left without an end
            log.exception("rollback.failed", change=change.id)
            change = self._failed(change, error)
        self._follow(change)
        return showing.outcome(change)

    def _failed(self, change: Change, error: Exception) -> Change:
        known = self.context.changes.get(change.id) or change
        if known.state is not State.RECEIVED:  # it moves: the next start looks how far it came
            raise error
        reason = say("internal", change.language, detail=first_line(error, typed=True))
        return self.context.advance(known, Event.FAILED, reason=reason)

    async def _switch(self, name: str, language: Language | None = None) -> SwitchSaid:
        return await switch(name, self.context.settings.data_dir, self.deployment.trader, language)


def new_message() -> str:
    """An id for what came over no messenger."""
    return f"cli:{secrets.token_hex(6)}"


def _as_it_stands(change: Change) -> ChangeEnded | Held:
    return holding.shown(change) if change.state is State.HELD else showing.outcome(change)


async def _always(_: Change) -> bool:
    return True
