"""The upgrade of an owner's tree: offered at every start, made, judged and watched as any change when he says yes.

A workspace of an earlier release trades on as it did. What was shipped when its tree was made is known by the first
commit, or by the last upgrade in the history; a merge of three trees brings what is shipped now, and keeps what the
owner changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from core.contracts import EditPlan, Event, Interpretation, Language, Status, Upgrade
from core.contracts.told import Understood
from core.frames import frame, known
from core.merging import Conflict, merge
from core.strategy import Source
from core.symbols import Symbols
from core.syntax import syntax_tree
from core.wording import owners_language
from core.workspace import Workspace
from services.commander.road import commits
from services.commander.road.context import Context
from services.commander.road.walker import Walker
from services.commander.texts import say

SAID: Final = "sorte upgrade"
"""What stands in the history in place of a sentence."""
LATEST: Final = 1


class Offer(NamedTuple):
    """An upgrade that can be had, or could be but for the conflicts."""

    operation: Upgrade
    conflicts: tuple[Conflict, ...]
    changed: tuple[str, ...]  # files of the owner's tree that it would change or bring


def offer(workspace: Workspace, commit: str) -> Offer | None:
    """The upgrade of the tree in a commit; None when it has what is shipped now, or comes from no release."""
    base, shipped = frame_of(workspace, commit), Source.shipped()
    if base == shipped.tree_hash or base not in known():
        return None
    ours = workspace.source(commit).files
    merged = merge(frame(base).files, ours, shipped.files)
    if merged.files == ours and not merged.conflicts:
        return None
    changed = tuple(sorted(name for name in {*ours, *merged.files} if ours.get(name) != merged.files.get(name)))
    return Offer(Upgrade(base=base, frame=shipped.tree_hash), merged.conflicts, changed)


def frame_of(workspace: Workspace, commit: str) -> str:
    """The tree hash of the shipped strategy that the tree in a commit was made from last."""
    trailers = (f"%(trailers:key={key},valueonly,separator=%x2C)" for key in (commits.FRAME, commits.TARGET))
    listed = workspace.git("log", f"--format={'%x09'.join(('%H', '%P', *trailers))}", workspace.resolve(commit))
    told = {hash_: rest for hash_, *rest in (line.split("\t") for line in listed.splitlines())}
    while True:
        parents, taken, target = told[commit]
        if taken:
            return taken
        if not target and not parents:
            return workspace.tree(commit)
        commit = workspace.resolve(target) if target else parents.split()[0]


def at_start(context: Context, commit: str) -> str:
    """What the owner is told at a start; empty when there is nothing."""
    found = offer(context.workspace, commit)
    if found is None:
        return ""
    if found.conflicts:
        return say("upgrade_conflicts", language_of(context), places=places(found.conflicts))
    return say("upgrade_offered", language_of(context), files=", ".join(found.changed))


def places(conflicts: tuple[Conflict, ...]) -> str:
    """Where a merge could not decide."""
    return ", ".join(f"{place.file}:{place.line}" if place.line else place.file for place in conflicts)


def language_of(context: Context) -> Language | None:
    """That of the owner's last sentence."""
    for change in context.changes.latest(LATEST, everything=True):
        return change.language
    return None


def hour_rules(files: Mapping[str, bytes]) -> Iterator[str]:
    """The functions of the owner's rules that speak of the hour or the day of the week."""
    for node in syntax_tree(files.get("rules.py", b"")).body:
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(inner, ast.Attribute) and inner.attr in ("hour", "weekday") for inner in ast.walk(node)
        ):
            yield node.name


class UpgradeWalker(Walker):
    """An upgrade on the road: it needs no interpreter, and every step after that is the same."""

    async def _interpret(self, commit: str) -> Interpretation:
        context, language = self.context, self.change.language or language_of(self.context) or owners_language()
        found = await context.edit(offer, context.workspace, commit)
        seconds = self._clock.lap("interpret")
        if found is None:
            none = Interpretation(Status.NONE, language, "owner", 0.0, reason=say("upgrade_none", language))
            self._end(Event.IGNORED, interpretation=none, reason=none.reason, seconds=seconds)
        plan = EditPlan((found.operation,))
        understood = Interpretation(Status.PLAN, language, "owner", 0.0, plan=plan)
        self._advance(Event.UNDERSTOOD, interpretation=understood, seconds=seconds)
        source = await context.edit(context.workspace.source, commit)
        zone = context.settings.time_zone
        lines = [context.rooms.describe(found.operation, Symbols.of(source.files), language, zone)]
        self._summary = lines[0]
        if rules := ", ".join(hour_rules(source.files)):
            lines.append(say("upgrade_hours", language, rules=rules, zone=zone))
        self._lines = tuple(lines)
        taken = seconds["interpret"]
        self._tell(Understood(id=self.change.id, interpretation=understood, lines=lines, seconds=taken))
        return understood
