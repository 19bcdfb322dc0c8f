"""One sentence from its arrival to its end.

Every state is written before what it stands for is done, so that a crash finds what to finish or to take back. Refusals
are values: the change ends as asked, rejected or failed, with a reason in the owner's language, and nothing has moved.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from core.contracts import (
    Candidate,
    Change,
    EditPlan,
    Event,
    GateReport,
    Interpretation,
    Language,
    Outcome,
    State,
    Status,
    Utterance,
    Verdict,
)
from core.errors import SorteError
from core.symbols import Symbols
from core.telemetry import bound, get_logger
from core.workspace import CANDIDATES, LIVE, MAIN, Workspace, WorkspaceError
from services.commander.road import commits
from services.commander.road.context import Context, Stopwatch, Tell
from services.commander.road.going_back import described, is_way, needs_no_question, way_of
from services.commander.road.returning import finish_return, first_line, roll_back, switch_to, way_back, way_to
from services.commander.road.shadowing import Agreement, run_shadow
from services.commander.road.situation import situation
from services.commander.texts import say
from services.commander.trader_port import TraderGone, TraderPort, TraderRefused

log = get_logger()

Confirm = Callable[[Change], Awaitable[bool]]
"""Asks the owner; False when he declines or hangs up."""
ID_BYTES: Final = 4


class Ended(Exception):  # noqa: N818 - how a change that goes no further leaves the road
    """The change has ended here, as `change`."""

    def __init__(self, change: Change) -> None:
        super().__init__(change.reason)
        self.change = change


async def walk(
    context: Context, utterance: Utterance, tell: Tell, confirm: Confirm, by: type[Walker] | None = None
) -> Change:
    """Bring a sentence to its end. Never raises for what happens on the road; the change says it.

    `by` walks it: a Walker, unless it is understood otherwise.
    """
    return await _walk(context, utterance, tell, confirm, Walker.walk, by)


async def walk_back(
    context: Context, utterance: Utterance, to: str | None, steps: int, tell: Tell, confirm: Confirm
) -> Change:
    """The same for a rollback that was no sentence, and is asked about first."""

    async def go(walker: Walker) -> None:
        await finish_return(context)
        await walker.go_back(utterance.text, to, steps)

    return await _walk(context, utterance, tell, confirm, go)


async def _walk(
    context: Context,
    utterance: Utterance,
    tell: Tell,
    confirm: Confirm,
    go: Callable[[Walker], Awaitable[None]],
    by: type[Walker] | None = None,
) -> Change:
    change = context.changes.save(Change(id=secrets.token_hex(ID_BYTES), utterance=utterance))
    with bound(change=change.id):
        log.info("change.received", text=utterance.text, owner=utterance.owner, message=utterance.message)
        tell("received", id=change.id)
        return await _walk_to_its_end((by or Walker)(context, change, tell, confirm), go)


async def _walk_to_its_end(walker: Walker, go: Callable[[Walker], Awaitable[None]]) -> Change:
    try:
        await go(walker)
    except Ended:
        pass
    except (TraderGone, TraderRefused) as error:
        if walker.moving:  # a rollback is on its way, and the next start goes on with it
            raise
        walker.fail(say("trader_gone", walker.language) if isinstance(error, TraderGone) else error.message)
    except asyncio.CancelledError:
        if not walker.moving:  # what moves goes on without us: the next start looks how far it came
            walker.fail(walker.interrupted)
        raise
    except Exception as error:  # the boundary of the road: whatever it was, the owner is told and nothing has moved
        log.exception("change.failed")
        detail = error.message if isinstance(error, SorteError) else f"{type(error).__name__}: {error}"
        walker.fail(say("internal", walker.language, detail=detail))
    finally:
        walker.leave()
    return walker.change


class Walker:
    """One change on the road. Each step advances `change`, or raises Ended."""

    def __init__(self, context: Context, change: Change, tell: Tell, confirm: Confirm) -> None:
        self.context, self.change = context, change
        self._tell, self._confirm = tell, confirm
        self._clock = Stopwatch()
        self._summary = ""  # of the plan, in the owner's language
        self._warning = ""
        self.moving = False  # from here on refs move, or have moved: it is finished, not taken back

    @property
    def language(self) -> Language | None:
        """The owner's, as far as it is known."""
        understood = self.change.interpretation
        return understood.language if understood is not None else self.change.utterance.language

    @property
    def interrupted(self) -> str:
        """Why a change that is cancelled goes no further: the trader ends, or with none the owner's own Ctrl-C."""
        if self.context.trader is not None:
            return say("trader_gone", self.language)
        return say("interrupted", self.language, state=self.change.state)

    async def walk(self) -> None:
        """The whole road."""
        context = self.context
        await finish_return(context)
        base = await context.edit(lambda: context.workspace.main)
        foreign = await context.edit(_foreign, context.workspace, base)
        understood = await self._interpret(context.workspace.live if foreign else base)
        if understood.plan is None:
            await self._act(understood)
            return
        if foreign:  # nothing is built on a commit that the guardian never saw
            self._end(Event.FAILED, reason=say("foreign_commit", self.language, detail=foreign))
        candidate = await self._edit(understood.plan, base)
        await self._ask_owner()
        self._take_the_road()
        verdict = await self._judge(candidate)
        commit = await self._commit(candidate, verdict)
        if context.trader is None:
            await self._defer(base, commit)
        else:
            await self._deploy(context.trader, base, commit)

    # Words ------------------------------------------------------------------------------------------------------------

    async def _interpret(self, commit: str) -> Interpretation:
        """What the sentence means for the strategy in `commit`."""
        source = await self.context.edit(self.context.workspace.source, commit)
        symbols = Symbols.of(source.files)
        now = await self.context.edit(situation, self.context)
        understood = await self.context.edit(self.context.rooms.interpret, self.change.utterance.text, symbols, now)
        seconds = self._clock.lap("interpret")
        log.info(
            "interpreted",
            component="interpreter",
            status=understood.status,
            backend=understood.backend,
            ms=understood.ms,
            language=understood.language,
        )
        match understood.status:
            case Status.PLAN if (planned := understood.plan) is not None:
                self._advance(Event.UNDERSTOOD, interpretation=understood, seconds=seconds)
                describe = self.context.rooms.describe
                zone, spoken = self.context.settings.time_zone, understood.language
                lines = [describe(operation, symbols, spoken, zone) for operation in planned.operations]
                self._summary = "; ".join(lines)
                self._tell(
                    "plan", id=self.change.id, interpretation=understood, lines=lines, seconds=seconds["interpret"]
                )
            case Status.ASK:
                self._end(Event.ASKED, interpretation=understood, reason=understood.question, seconds=seconds)
            case Status.NONE:
                self._end(Event.IGNORED, interpretation=understood, reason=understood.reason, seconds=seconds)
        return understood

    async def _act(self, understood: Interpretation) -> None:
        """A sentence that edits nothing: a rollback is walked here, what only shows is the asker's to show."""
        action = understood.action
        spoken = understood.language
        utterance = self.change.utterance
        self.change = self.context.changes.save(
            Change(
                id=self.change.id,
                utterance=Utterance(utterance.text, utterance.owner, utterance.message, utterance.received_ns, spoken),
                interpretation=understood,
            )
        )
        if action is None or action.name != "rollback":
            self._end(Event.IGNORED, reason="")
            return
        to, steps = action.args.get("to"), action.args.get("steps", 1)
        await self.go_back(utterance.text, str(to) if to is not None else None, int(str(steps)))

    async def go_back(self, said: str, to: str | None, steps: int) -> None:
        """Go back by so many releases, or to a commit. It is asked about first, unless `said` leaves nothing to ask."""
        if not await self.context.edit(needs_no_question, self.context, self.change, said, to, steps):
            to, steps = await self._ask_where(to, steps)
        self.moving = True
        self.change = await roll_back(self.context, self.change, to, steps)

    async def _ask_where(self, to: str | None, steps: int) -> tuple[str | None, int]:
        """Ask the owner; answers where he said yes to, by name when one release back is somewhere else by then."""
        context = self.context
        way = await way_of(context, self.change, to, steps)
        if isinstance(way, str):
            raise self._ended(Event.IGNORED, reason=way)
        self.change = msgspec.structs.replace(self.change, target=way.commit)
        self._tell("returning", **await context.edit(described, context, self.change, way, self.language))
        await self._ask_owner()
        return (None, 1) if await context.edit(is_way, context, way) else (way.commit, 1)

    # Edit and judgement -----------------------------------------------------------------------------------------------

    async def _edit(self, plan: EditPlan, base: str) -> Candidate:
        context, language = self.context, self.language or Language.EN
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
        self._tell("diff", id=self.change.id, diff=candidate.diff, seconds=seconds["edit"])
        return candidate

    async def _ask_owner(self) -> None:
        try:
            async with asyncio.timeout(self.context.settings.commander.confirm_seconds):
                confirmed = await self._confirm(self.change)
        except TimeoutError:
            self._end(Event.REFUSED, reason=say("expired", self.language))
        if not confirmed:
            self._end(Event.REFUSED, reason=say("declined", self.language))
        self._clock.skip()

    def _take_the_road(self) -> None:
        """From here to its end one change at a time; who comes second is told."""
        other = self.context.underway
        if other is not None:
            state = self.context.changes.get(other.id)
            shown = state.state if state is not None else other.state
            self._end(Event.REFUSED, reason=say("busy", self.language, id=other.id, state=shown))
        self.context.underway = self.change
        self._advance(Event.CONFIRMED)

    async def _judge(self, candidate: Candidate) -> Verdict:
        context = self.context
        if await context.edit(lambda: context.workspace.main) != candidate.base:
            self._end(Event.REFUSED, reason=say("stale", self.language))
        source = await context.edit(context.workspace.source, candidate.commit)
        parent = await context.edit(context.workspace.source, candidate.base)
        loop = asyncio.get_running_loop()

        def tell_gate(gate: GateReport) -> None:
            loop.call_soon_threadsafe(self._tell_gate, gate)

        verdict = await context.judge(context.rooms.judge, candidate, source, parent, context.settings, tell_gate)
        seconds = self._clock.lap("judge")
        if not verdict.accepted or verdict.tree != candidate.tree:
            self._end(Event.REFUSED, verdict=verdict, reason=self._refusal(verdict.refused_by), seconds=seconds)
        self.change = msgspec.structs.replace(self.change, verdict=verdict, seconds=seconds)
        self._warning = self._worse_on_history(verdict)
        return verdict

    def _worse_on_history(self, verdict: Verdict) -> str:
        """What the owner should know of a change that passes and earns less on the history; empty when it does not."""
        figures = next((gate.figures for gate in verdict.gates if gate.name == "backtest"), {})
        before, after = (figures.get(f"usual_total_return_{when}") for when in ("before", "after"))
        if not (isinstance(before, float) and isinstance(after, float) and after < before):
            return ""
        return " " + say("worse_on_history", self.language, before=before, after=after)

    def _refusal(self, gate: GateReport | None) -> str:
        """Why the judge says no: what that gate stands for, in the owner's language, and what it found, in its own."""
        language = self.language
        if gate is None:
            return say("gate_not_held", language, gate="-", finding=say("no_finding", language))
        finding = gate.findings[0] if gate.findings else say("no_finding", language)
        if gate.outcome is not Outcome.FAILED:
            return say("gate_not_held", language, gate=gate.name, finding=finding)
        return say("gate", language, gate=gate.name, why=say(f"gate_{gate.name}", language), finding=finding)

    def _tell_gate(self, gate: GateReport) -> None:
        said = {"gate": gate.name, "outcome": gate.outcome, "seconds": gate.seconds, "findings": gate.findings}
        log.info("gate.finished", component="guardian", change=self.change.id, **said)
        self._tell("gate", id=self.change.id, gate=gate)

    async def _commit(self, candidate: Candidate, verdict: Verdict) -> str:
        context, change = self.context, self.change

        def commit() -> str:
            made = commits.commit_release(context.workspace, change, candidate, verdict)
            context.workspace.update_refs({CANDIDATES + change.id: (candidate.commit, made)})
            return made

        made = await context.edit(commit)
        self._advance(Event.ACCEPTED, commit=made, seconds=self._clock.lap("commit"))
        self._tell("commit", id=change.id, commit=made)
        return made

    # Deploy -----------------------------------------------------------------------------------------------------------

    async def _defer(self, base: str, commit: str) -> None:
        """No trader runs: what is accepted becomes live when one starts."""
        async with self.context.moving:
            await self._move({MAIN: (base, commit)})
            await self._show(base)
            self._end(Event.DEFERRED, **self._deferred)

    async def _deploy(self, trader: TraderPort, base: str, commit: str) -> None:
        self._advance(Event.STARTED)
        await self._shadow(trader, commit)
        async with self.context.moving:
            if await self.context.edit(lambda: self.context.workspace.main) != base:
                await trader.unstage()
                self._end(Event.REFUSED, reason=say("stale", self.language))
            self._advance(Event.AGREED, seconds=self._clock.lap("shadow"))
            await self._switch(trader, base, commit)

    async def _shadow(self, trader: TraderPort, commit: str) -> None:
        context = self.context
        program = await context.edit(context.program, commit)
        source = await context.edit(context.workspace.source, commit)
        try:
            agreement = await run_shadow(
                context, trader, source, program, context.shadow_file(self.change), self._tell_warm
            )
        except TraderRefused as refusal:
            warm = "stage" in self._clock.seconds
            name = "shadow_failed" if warm else "not_started"
            self._end(Event.REFUSED, reason=say(name, self.language, detail=refusal.message))
        except TraderGone:
            raise
        except SorteError as error:
            await _unstage(trader)
            self._end(Event.REFUSED, reason=say("shadow_failed", self.language, detail=error.message))
        self._tell(
            "shadow",
            id=self.change.id,
            events=agreement.total,
            differing=agreement.differing,
            changed=agreement.changed,
        )
        if not agreement.holds:
            await _unstage(trader)
            self._end(Event.REFUSED, reason=self._disagreement(agreement))

    def _tell_warm(self, **staged: Any) -> None:
        self._clock.lap("stage")
        self._tell("staged", id=self.change.id, **staged)

    def _disagreement(self, agreement: Agreement) -> str:
        figures = {"count": agreement.differing, "total": agreement.total, "first": agreement.first}
        return say("shadow_differs", self.language, **figures)

    async def _switch(self, trader: TraderPort, base: str, commit: str) -> None:
        """The trader first: when it cannot, nothing has moved. A crash from here on is rolled forward."""
        try:
            figures = await trader.switch()
        except TraderRefused as refusal:
            self._end(Event.FAILED, reason=say("switch_failed", self.language, detail=refusal.message))
        try:
            live = await self.context.edit(lambda: self.context.workspace.live)
            await self._move({MAIN: (base, commit), LIVE: (live, commit)})
        except (SorteError, OSError) as error:
            await switch_to(self.context, trader, await self.context.edit(way_to, self.context, base))
            self._end(Event.FAILED, reason=say("switch_failed", self.language, detail=first_line(error)))
        counted = {name: figures[name] for name in ("events_lost", "events_doubled")}
        self._advance(Event.SWITCHED, **self._now_live, seconds=self._clock.lap("switch"), **counted)
        self._tell("switch", id=self.change.id, **figures)
        self.context.way_back = await self.context.edit(way_back, self.context)
        await self._show(base)

    async def _move(self, moves: dict[str, tuple[str, str]]) -> None:
        """Move the refs, all or none; raises when none."""
        self.moving = True
        self.context.way_back = None  # of what is live no more
        try:
            await self.context.edit(self.context.workspace.update_refs, moves)
        except (SorteError, OSError):
            self.moving = False
            raise

    async def _show(self, old: str) -> None:
        """Bring the owner's files to main. That they cannot be is told, and changes nothing else."""
        if edited := await self.context.edit(self.context.show_main, old):
            text = say("workspace_edited", self.language, files=", ".join(edited))
            self._tell("note", id=self.change.id, text=text)

    # The record -------------------------------------------------------------------------------------------------------

    def _advance(self, event: Event, **fields: Any) -> None:
        self.change = self.context.advance(self.change, event, **fields)

    def _end(self, event: Event, **fields: Any) -> Any:
        """The last step of a change; typed Any because it does not return."""
        raise self._ended(event, **fields)

    def _ended(self, event: Event, **fields: Any) -> Ended:
        fields.setdefault("seconds", self._clock.lap("end"))
        self._advance(event, **fields)
        return Ended(self.change)

    def fail(self, reason: str) -> None:
        """End a change that could not go on; one whose refs have moved has not failed, whatever happened after.

        When not even that can be written, the owner is told all the same, and the next start writes it.
        """
        match self.change.state, self.moving:
            case State.SWITCHING, True:
                event, fields = Event.SWITCHED, self._now_live
            case State.COMMITTED, True:
                event, fields = Event.DEFERRED, self._deferred
            case state, _ if state.ended:
                return
            case _:
                event, fields = Event.FAILED, {"reason": reason}
        try:
            self._advance(event, **fields)
        except SQLAlchemyError:
            log.exception("change.not_written", change=self.change.id)
            self.change = self.change.after(event, time.time_ns(), **fields)

    @property
    def _now_live(self) -> dict[str, Any]:
        patience = self.context.settings.commander.watch_seconds
        text = say("live", self.language, summary=self._summary, seconds=patience)
        return {"watch": "running", "reason": text + self._warning}

    @property
    def _deferred(self) -> dict[str, Any]:
        return {"reason": say("accepted", self.language, summary=self._summary) + self._warning}

    def leave(self) -> None:
        """Give the road free, and forget the candidate of what is over."""
        context = self.context
        if context.underway is not None and context.underway.id == self.change.id:
            context.underway = None
        if self.change.candidate is not None and self.change.state is not State.SWITCHING:
            with contextlib.suppress(WorkspaceError, OSError):
                context.drop_candidate(self.change)


def _foreign(workspace: Workspace, commit: str) -> str:
    """Why nothing may be built on `commit`; empty when it is ours."""
    try:
        workspace.verify(commit)
    except WorkspaceError as error:
        return str(error)
    return ""


async def _unstage(trader: TraderPort) -> None:
    with contextlib.suppress(TraderRefused):
        await trader.unstage()
