"""The road of one change: understood, edited, judged, committed, shadowed, switched; or the way back it asks for."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import msgspec

from core.contracts import (
    AddIndicator,
    Candidate,
    EditPlan,
    Event,
    GateReport,
    Interpretation,
    Language,
    Situation,
    Status,
    Verdict,
)
from core.contracts.answers import DiffShown
from core.contracts.figures import Staged
from core.contracts.told import Committed, GateHeld, HostStaged, Note, Shadowed, Switched, Understood
from core.errors import SorteError
from core.symbols import Symbols
from core.telemetry import get_logger
from core.warming import fits
from core.workspace import CANDIDATES, WorkspaceError
from services.commander.road import commits, foreseeing, holding, noting, offered, reasons
from services.commander.road.deployment import NotDeployed
from services.commander.road.going_back import described, is_way, leads_to, needs_no_question, roll_back, way_of
from services.commander.road.shadowing import run_shadow
from services.commander.road.situation import situation
from services.commander.road.traveller import Traveller
from services.commander.road.ways import why_foreign
from services.commander.trader_port import TraderGone, TraderPort, TraderRefused

log = get_logger()

READING_SECONDS: Final = 0.5
"""Who says yes sooner has not read; a judgement that begins now does the same work beside its other gates."""


class Walker(Traveller):
    """One change on the road. Each step advances `change`, or raises Ended."""

    async def walk(self) -> None:
        """The whole road."""
        context = self.context
        await self.deployment.settle()
        base = await context.edit(lambda: context.workspace.main)
        foreign = await context.edit(why_foreign, context.workspace, base)
        understood = await self._interpret(context.workspace.live if foreign else base)
        if understood.plan is None:
            await self._act(understood)
            return
        if foreign:  # nothing is built on a commit that the guardian never saw
            self._end(Event.FAILED, reason=self._say("foreign_commit", detail=foreign))
        candidate = await self._edit(understood.plan, base)
        await self._foresee(understood.plan, base)
        ahead = await self._begin_ahead(candidate)
        await self._ask_owner()
        ahead.cancel()
        self._take_the_road()
        await self._put_live(candidate)

    async def go_on(self) -> None:
        """The rest of the road of a held change, to whose hash its owner has said yes."""
        held, candidate = self.change.held, self.change.candidate
        if held is None:
            raise ValueError("the change is not held")
        self._summary, self._lines = "; ".join(held.lines), held.lines
        if candidate is not None:
            self._take_the_road()
        await self.deployment.settle()
        if changed := await self.context.edit(holding.changed_since, self.context.workspace, held):
            self._end(Event.REFUSED, reason=self._say("stale_held", what=changed))
        if candidate is not None:
            await self._put_live(candidate)
        else:
            self._goes_back = True
            one_back = await self.context.edit(leads_to, self.context, self.change.target)
            self.change = await roll_back(self.deployment, self.change, None if one_back else self.change.target)

    async def _put_live(self, candidate: Candidate) -> None:
        """What the owner has said yes to: judged, committed and, where a trader runs, switched to."""
        verdict = await self._judge(candidate)
        commit = await self._commit(candidate, verdict)
        if (trader := self.deployment.trader) is None:
            await self._defer(candidate.base, commit)
        else:
            await self._deploy(trader, candidate.base, commit)

    # Words ------------------------------------------------------------------------------------------------------------

    async def _interpret(self, commit: str) -> Interpretation:
        """What the sentence means for the strategy in `commit`."""
        source = await self.context.edit(self.context.workspace.source, commit)
        symbols = Symbols.of(source.files)
        now = await self.context.edit(situation, self.context)
        understood = await self.context.edit(self._understand, symbols, now)
        seconds = self._clock.lap("interpret")
        log.info("interpreted", component="interpreter", **noting.interpreted(understood))
        match understood.status:
            case Status.PLAN if (planned := understood.plan) is not None:
                self._advance(Event.UNDERSTOOD, interpretation=understood, seconds=seconds)
                describe = self.context.rooms.describe
                zone, spoken = self.context.settings.time_zone, understood.language
                lines = [describe(operation, symbols, spoken, zone) for operation in planned.operations]
                self._summary, self._lines = "; ".join(lines), tuple(lines)
                taken = seconds["interpret"]
                self._tell(Understood(id=self.change.id, interpretation=understood, lines=lines, seconds=taken))
            case Status.ASK:
                zone = self.context.settings.time_zone
                told = offered.question(understood, symbols, self.context.rooms.describe, zone)
                self._end(Event.ASKED, interpretation=understood, reason=told, seconds=seconds)
            case Status.NONE:
                self._end(Event.IGNORED, interpretation=understood, reason=understood.reason, seconds=seconds)
        return understood

    def _understand(self, symbols: Symbols, now: Situation) -> Interpretation:
        """What the sentence means by itself."""
        return self.context.rooms.interpret(self.change.utterance.text, symbols, now)

    async def _act(self, understood: Interpretation) -> None:
        """A sentence that edits nothing: a rollback is walked here, what only shows is the asker's to show."""
        action, utterance = understood.action, self.change.utterance
        spoken = msgspec.structs.replace(utterance, language=understood.language)
        self.change = self.context.changes.save(
            msgspec.structs.replace(self.change, utterance=spoken, interpretation=understood)
        )
        if action is None or action.name != "rollback":
            self._end(Event.IGNORED, reason="")
        to, steps = action.args.get("to"), action.args.get("steps", 1)
        await self.go_back(utterance.text, str(to) if to is not None else None, int(str(steps)))

    async def go_back(self, said: str, to: str | None, steps: int) -> None:
        """Go back by so many releases, or to a commit. It is asked about first, unless `said` leaves nothing to ask."""
        if not await self.context.edit(needs_no_question, self.context, self.change, said, to, steps):
            to, steps = await self._ask_where(to, steps)
        self._goes_back = True
        self.change = await roll_back(self.deployment, self.change, to, steps)

    async def _ask_where(self, to: str | None, steps: int) -> tuple[str | None, int]:
        """Ask the owner; answers where he said yes to, by name when one release back is somewhere else by then."""
        context = self.context
        way = await way_of(self.deployment, self.change, to, steps)
        if isinstance(way, str):
            self._end(Event.IGNORED, reason=way)
        self.change = msgspec.structs.replace(self.change, target=way.commit)
        shown = await context.edit(described, context, self.change, way, self.change.language)
        self._lines = (shown.text,)
        self._tell(shown)
        await self._ask_owner()
        return (None, 1) if await context.edit(is_way, context, way) else (way.commit, 1)

    # Edit and judgement -----------------------------------------------------------------------------------------------

    async def _edit(self, plan: EditPlan, base: str) -> Candidate:
        context, language = self.context, self.change.language or Language.EN
        own = context.settings.trader.timeframe
        added = (operation for operation in plan.operations if isinstance(operation, AddIndicator))
        if unfit := next((each.timeframe for each in added if not fits(each.timeframe, own)), None):
            reason = self._say("unfit_timeframe", said=unfit, own=own)
            self._end(Event.REFUSED, reason=reason, seconds=self._clock.lap("edit"))
        try:
            candidate = await context.edit(
                context.rooms.propose, context.workspace, plan, self.change.id, base, language
            )
        except WorkspaceError:
            raise
        except SorteError as refusal:
            self._end(Event.REFUSED, reason=str(refusal), seconds=self._clock.lap("edit"))
        seconds = self._clock.lap("edit")
        self._advance(Event.EDITED, candidate=candidate, seconds=seconds)
        self._tell(DiffShown(id=self.change.id, diff=candidate.diff, seconds=seconds["edit"]))
        return candidate

    async def _foresee(self, plan: EditPlan, base: str) -> None:
        """Tell what is certain of it on the history before its owner is asked; a fault of ours keeps nobody waiting."""
        context = self.context
        source = await context.edit(context.workspace.source, base)
        try:
            found = await context.edit(context.rooms.foresee, plan, source, context.settings)
        except Exception:  # it is advice; the gates are held whatever becomes of it
            log.exception("plan.not_foreseen")
            return
        self._notes = foreseeing.notes(found, self.change.language)
        for text in self._notes:
            self._tell(Note(id=self.change.id, text=text))

    async def _begin_ahead(self, candidate: Candidate) -> asyncio.TimerHandle:
        """Let the guardian make ready while the owner reads; who says yes at once cancels it, and it is not begun."""
        context = self.context
        source = await context.edit(context.workspace.source, candidate.commit)
        parent = await context.edit(context.workspace.source, candidate.base)
        ahead = (context.rooms.ahead, candidate, source, parent, context.settings)
        return asyncio.get_running_loop().call_later(READING_SECONDS, context.judge_ahead, *ahead)

    def _take_the_road(self) -> None:
        """From here to its end one change at a time; who comes second is told."""
        if (other := self.deployment.take_road(self.change)) is not None:
            state = self.context.changes.get(other.id)
            shown = state.state if state is not None else other.state
            self._end(Event.REFUSED, reason=self._say("busy", id=other.id, state=shown))
        self._advance(Event.CONFIRMED)

    async def _judge(self, candidate: Candidate) -> Verdict:
        context = self.context
        if await context.edit(lambda: context.workspace.main) != candidate.base:
            self._end(Event.REFUSED, reason=self._say("stale"))
        source = await context.edit(context.workspace.source, candidate.commit)
        parent = await context.edit(context.workspace.source, candidate.base)
        loop = asyncio.get_running_loop()

        def tell_gate(gate: GateReport) -> None:
            loop.call_soon_threadsafe(self._tell_gate, gate)

        verdict = await context.judge(context.rooms.judge, candidate, source, parent, context.settings, tell_gate)
        seconds = self._clock.lap("judge")
        asked = candidate.plan.digest if candidate.plan is not None else ""
        if not verdict.accepted or (verdict.tree, verdict.plan) != (candidate.tree, asked):
            self._end(
                Event.REFUSED,
                verdict=verdict,
                reason=reasons.refused_by_judge(self.change, verdict.refused_by),
                seconds=seconds,
            )
        self.change = msgspec.structs.replace(self.change, verdict=verdict, seconds=seconds)
        return verdict

    def _tell_gate(self, gate: GateReport) -> None:
        log.info("gate.finished", component="guardian", change=self.change.id, **noting.gate(gate))
        self._tell(GateHeld(id=self.change.id, gate=gate))

    async def _commit(self, candidate: Candidate, verdict: Verdict) -> str:
        context, change = self.context, self.change

        def commit() -> str:
            made = commits.commit_release(context.workspace, change, candidate, verdict)
            context.workspace.update_refs({CANDIDATES + change.id: (candidate.commit, made)})
            return made

        made = await context.edit(commit)
        self._advance(Event.ACCEPTED, commit=made, seconds=self._clock.lap("commit"))
        self._tell(Committed(id=change.id, commit=made))
        return made

    # Deploy -----------------------------------------------------------------------------------------------------------

    async def _defer(self, base: str, commit: str) -> None:
        """No trader runs: what is accepted becomes live when one starts."""
        async with self.deployment.moving:
            await self.deployment.defer(base, commit)
            await self._show(base)
            self._end(Event.DEFERRED, **self._deferred)

    async def _deploy(self, trader: TraderPort, base: str, commit: str) -> None:
        self._advance(Event.STARTED)
        await self._shadow(trader, commit)
        async with self.deployment.moving:
            if await self.context.edit(lambda: self.context.workspace.main) != base:
                await trader.unstage()
                self._end(Event.REFUSED, reason=self._say("stale"))
            self._advance(Event.AGREED, seconds=self._clock.lap("shadow"))
            await self._switch(trader, base, commit)

    async def _shadow(self, trader: TraderPort, commit: str) -> None:
        context = self.context
        program = await context.edit(context.program, commit)
        source = await context.edit(context.workspace.source, commit)
        async with self.deployment.moving:
            pass  # a rollback that is under way has the green slot first; a later one takes it from us
        try:
            agreement = await run_shadow(
                context, trader, source, program, context.shadow_file(self.change), self._tell_warm
            )
        except TraderRefused as refusal:
            warm = "stage" in self._clock.seconds
            name = "shadow_failed" if warm else "not_started"
            self._end(Event.REFUSED, reason=self._say(name, detail=refusal.message))
        except TraderGone:
            raise
        except SorteError as error:
            await _unstage(trader)
            self._end(Event.REFUSED, reason=self._say("shadow_failed", detail=error.message))
        total, differing, changed = agreement.total, agreement.differing, agreement.changed
        self._tell(Shadowed(id=self.change.id, events=total, differing=differing, changed=changed))
        if not agreement.holds:
            await _unstage(trader)
            self._end(Event.REFUSED, reason=reasons.disagreement(self.change, agreement))

    def _tell_warm(self, staged: Staged) -> None:
        self._clock.lap("stage")
        ready, compiled = staged.ready_seconds, staged.compile_seconds
        self._tell(
            HostStaged(
                id=self.change.id, ready_seconds=ready, compile_seconds=compiled, warmed_until=staged.warmed_until
            )
        )

    async def _switch(self, trader: TraderPort, base: str, commit: str) -> None:
        try:
            done = await self.deployment.forward(trader, base, commit)
        except (TraderRefused, NotDeployed) as refusal:
            self._end(Event.FAILED, reason=self._say("switch_failed", detail=refusal.message))
        counted = {"events_lost": done.events_lost, "events_doubled": done.events_doubled}
        self._advance(Event.SWITCHED, **self._now_live, seconds=self._clock.lap("switch"), **counted)
        lost, doubled = done.events_lost, done.events_doubled
        self._tell(
            Switched(id=self.change.id, epoch=done.epoch, first=done.first, events_lost=lost, events_doubled=doubled)
        )
        await self.deployment.look_back()
        await self._show(base)


async def _unstage(trader: TraderPort) -> None:
    with contextlib.suppress(TraderRefused):
        await trader.unstage()
