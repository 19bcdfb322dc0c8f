"""The rooms before us on the road, as the road calls them; tests give others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from core.contracts import Candidate, EditPlan, GateReport, Interpretation, Language, Operation, Situation, Verdict
from core.contracts.ledger import JudgedShown, JudgedTrade
from core.errors import SorteError
from core.kernel import Records, Table
from core.settings import Settings
from core.strategy import Source
from core.symbols import Symbols
from core.telemetry import get_logger
from core.thrift import give_back
from core.workspace import Workspace
from services.commander.judged import keep
from services.commander.vetting import vet

if TYPE_CHECKING:
    from core.llm.asking import Models
    from services.guardian.boxes.warm import WarmBoxes
    from services.guardian.foreseen.foresee import Foreseen
    from services.guardian.judged import Judged
    from services.guardian.parents import Parents

log = get_logger()


class Predictor(Protocol):
    """A release compiled in the judge's box."""

    def decisions(self, events: Records, tables: Sequence[Table | None], symbols: Sequence[str]) -> Records:
        """DECISION for each of these EVENT records, from a memory of zeros. SandboxError when the box fails.

        `tables` are the pairs' Q-tables, zeros where None.
        """

    def close(self) -> None:
        """End the box."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What an owner's words come to in a conversation, and the conversation after them."""

    kept: bytes
    meant: Interpretation
    changes: bool
    """They answer, correct, add to or take back what is open, and are no sentence about something else."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the commander needs of others. Everything here is slow, and is called in a thread."""

    interpret: Callable[[str, Symbols, Situation], Interpretation]
    propose: Callable[[Workspace, EditPlan, str, str, Language], Candidate]
    """(workspace, plan, change, base, language); raises SorteError with what the owner should read."""
    judge: Callable[[Candidate, Source, Source, Settings, Callable[[GateReport], None]], Verdict]
    """(candidate, its source, its parent's, settings, on_gate)"""
    predict: Callable[[Source, Settings], Predictor]
    sweep: Callable[[Workspace, Settings, set[str]], None]
    """Remove what a killed editor or guardian left behind; candidates of the named changes stay."""
    describe: Callable[[Operation, Symbols, Language, str], str]
    """An operation in the owner's language, before its diff; the last is his time zone."""
    warm_up: Callable[[Source], None] = lambda _: None
    """Load what the first sentence would otherwise wait for."""
    expect: Callable[[Source, Settings], None] = lambda *_: None
    """Make ready to judge changes of this release."""
    converse: Callable[[bytes, str, Symbols, Situation, int], Turn] | None = None
    """(conversation, words, symbols, situation, UTC in ns); None where each sentence stands alone."""
    conclude: Callable[[bytes, bool], bytes] | None = None
    """(conversation, whether the plan that waited in it was done)"""
    rest: Callable[[], None] = give_back
    """Give back what a judgement took, until the next one."""
    ahead: Callable[[Candidate, Source, Source, Settings], object] = lambda *_: None
    """Make ready to judge it while its owner still reads: (candidate, its source, its parent's, settings)"""
    foresee: Callable[[EditPlan, Source, Settings], Foreseen | None] = lambda *_: None
    """What is certain of a plan on the history, without running it: (plan, its parent's source, settings)"""


def real_rooms() -> Rooms:
    """The rooms of the product. Heavy libraries are imported at the first call of each."""
    guardian = _Guardian()
    return Rooms(
        _interpret,
        _propose,
        guardian.judge,
        guardian.predict,
        _sweep,
        _describe,
        _warm_up,
        guardian.expect,
        _converse,
        _conclude,
        guardian.rest,
        guardian.ahead,
        _foresee,
    )


def with_models(rooms: Rooms, models: Models, *, code: bool) -> Rooms:
    """The same, where the owner has language models that may be asked for a guess, and perhaps for code."""
    looked_at = vet if code else None

    def understand(text: str, symbols: Symbols, situation: Situation) -> Interpretation:
        from services.interpreter.model import with_models as helped_by

        return helped_by(models, vet=looked_at)(text, symbols, situation)

    def warm_up(source: Source) -> None:
        from services.interpreter.model import warm

        rooms.warm_up(source)
        warm(models, Symbols.of(source.files))

    def converse(kept: bytes, text: str, symbols: Symbols, situation: Situation, now_ns: int) -> Turn:
        from services.interpreter.dialogue import kept as conversation
        from services.interpreter.model import with_models as helped_by

        understood = helped_by(models, text, looked_at)
        after, reply, changes = conversation.heard(kept, text, symbols, situation, now_ns, understood)
        return Turn(after, reply.meant, changes)

    if not models.any:
        return rooms
    talks = rooms.converse is not None
    return replace(rooms, interpret=understand, warm_up=warm_up, converse=converse if talks else None)


def _interpret(text: str, symbols: Symbols, situation: Situation) -> Interpretation:
    from services.interpreter import interpret

    return interpret(text, symbols, situation=situation)


def _converse(kept: bytes, text: str, symbols: Symbols, situation: Situation, now_ns: int) -> Turn:
    from services.interpreter.dialogue import kept as conversation

    after, reply, changes = conversation.heard(kept, text, symbols, situation, now_ns)
    return Turn(after, reply.meant, changes)


def _conclude(kept: bytes, done: bool) -> bytes:
    from services.interpreter.dialogue import kept as conversation

    return conversation.ended(kept, done=done)


def _describe(operation: Operation, symbols: Symbols, language: Language, zone: str) -> str:
    from services.interpreter.rendering import operation_line

    return operation_line(operation, symbols, language, zone)


def _warm_up(source: Source) -> None:
    from services import editor  # noqa: F401 - its parser is what takes a while
    from services.interpreter import prepare

    prepare(Symbols.of(source.files))


def _propose(workspace: Workspace, plan: EditPlan, change: str, base: str, language: Language) -> Candidate:
    from services.editor import propose

    return propose(workspace, plan, change=change, base=base, language=language)


def _foresee(plan: EditPlan, parent: Source, settings: Settings) -> Foreseen:
    from services.guardian.foreseen.foresee import foresee

    return foresee(plan, parent, settings)


class _Guardian:
    """The judge, with the boxes that one judgement leaves to the next: what is compiled need not be compiled again."""

    def __init__(self) -> None:
        self._parents: Parents | None = None
        self._warm: WarmBoxes | None = None
        self._settings: Settings | None = None

    def judge(
        self,
        candidate: Candidate,
        source: Source,
        parent: Source,
        settings: Settings,
        on_gate: Callable[[GateReport], None],
    ) -> Verdict:
        from services.guardian.evidence import gather
        from services.guardian.judge import judge
        from services.guardian.kept import KeptVerdicts

        return judge(
            candidate,
            source,
            parent,
            plan=candidate.plan,
            evidence=gather(settings),
            settings=settings,
            on_gate=on_gate,
            on_judged=partial(_keep_curves, settings, candidate.change),
            added_tests=candidate.tests,
            parents=self._kept(),
            warm=self._waiting(settings),
            kept=KeptVerdicts(),
        )

    def expect(self, source: Source, settings: Settings) -> None:
        from services.guardian.boxes import open_boxes

        with open_boxes(settings.guardian, settings.workspace) as boxes:
            self._kept().make_ready(source, boxes.open, settings.guardian.gate_seconds)
        self._waiting(settings)
        self._warm_up()

    def ahead(self, candidate: Candidate, source: Source, parent: Source, settings: Settings) -> None:
        from services.guardian.ahead import compile_ahead

        compile_ahead(candidate, source, parent, settings)

    def rest(self) -> None:
        if self._parents is not None:
            self._parents.rest()
        self._warm_up()
        give_back()

    def _waiting(self, settings: Settings) -> WarmBoxes | None:
        from services.guardian.boxes.warm import WarmBoxes

        self._settings = settings
        if self._warm is None and settings.guardian.warm:
            self._warm = WarmBoxes()
        return self._warm

    def _warm_up(self) -> None:
        """Open the boxes that the next judgement needs."""
        from services.guardian.boxes import open_boxes
        from services.guardian.judge import boxes_of

        if self._warm is None or self._settings is None:
            return
        with suppress(SorteError, OSError), open_boxes(self._settings.guardian, self._settings.workspace) as boxes:
            self._warm.fill(boxes, boxes_of(boxes, self._settings))

    def _kept(self) -> Parents:
        from services.guardian.parents import Parents

        self._parents = self._parents or Parents()
        return self._parents

    def predict(self, source: Source, settings: Settings) -> Predictor:
        from services.guardian.replay import Replay, prepare

        side = self._parents.lend(source.tree_hash) if self._parents is not None else None
        return Replay.lent(source, side, seconds=settings.guardian.gate_seconds) if side else prepare(source, settings)


def _keep_curves(settings: Settings, change: str, judged: Judged) -> None:
    """For the picture of before and after; without room on the disk there is none, and the verdict stands."""
    shown = JudgedShown(
        change=change,
        pairs=list(judged.symbols),
        begin_ns=judged.begin_ns,
        times_ns=list(judged.times_ns),
        before=list(judged.before),
        after=list(judged.after),
        trades_before=[JudgedTrade(*trade) for trade in judged.trades_before],
        trades_after=[JudgedTrade(*trade) for trade in judged.trades_after],
    )
    try:
        keep(settings.data_dir, shown)
    except OSError:
        log.warning("judged.not_kept", exc_info=True, change=change)


def _sweep(workspace: Workspace, settings: Settings, keep: set[str]) -> None:
    from core.workspace.leftovers import sweep
    from services.guardian import sweep as sweep_boxes

    sweep(workspace, keep=keep)
    sweep_boxes(settings)
