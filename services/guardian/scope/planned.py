"""One plan, as what each file may differ in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from core.contracts import (
    AddFunction,
    AddIndicator,
    AddRule,
    DisableRule,
    EditPlan,
    EnableRule,
    Extract,
    Inline,
    Operation,
    RemoveFunction,
    RemoveIndicator,
    RemoveOverride,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetOverride,
    SetParameter,
)
from core.symbols import INDICATORS_FILE, PARAMETERS_FILE, RULES_FILE, STATE_FILE
from services.guardian.renames import new_names, unrenamed
from services.guardian.scope.numbers import Taken, put_back
from services.guardian.scope.pieces import crossings
from services.guardian.scope.sources import Files, is_code, top_level

DECIDE_FILE: Final = "decide.py"
INDICATOR_FILES: Final = frozenset({STATE_FILE, INDICATORS_FILE})
"""Where an indicator stands."""
CROSSING_FILES: Final = frozenset({STATE_FILE, INDICATORS_FILE, DECIDE_FILE})
"""Where what a rule remembers of its crossings does."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan beside the files before and after. Names here are those from before the plan's renames."""

    operations: tuple[Operation, ...]
    first_names: Mapping[str, str]  # by the plan's new name
    raw_old: Files
    raw_new: Files
    old: Files  # as in raw_old, with the plan's new names put back, and its new parameters as the numbers they were
    new: Files
    extracted: Mapping[str, Taken | None]  # the parameters that come, as they were found
    dropped: frozenset[str]  # functions that go, and are no rules
    values: Mapping[str, float | int]  # by parameter
    made: frozenset[str]  # functions of rules.py that come
    gone: frozenset[str]  # and that go
    written: Mapping[str, str]  # function in any file -> its source
    indicators: frozenset[str]  # that come or go
    brought: frozenset[str]  # of these, those that are there afterwards
    subjects: frozenset[str]  # everything that the plan names

    @classmethod
    def of(cls, plan: EditPlan, old: Files, new: Files) -> Planned:
        """The plan, held against the files of parent and candidate."""
        names = new_names(plan)
        made, gone = made_and_gone(plan.operations, names)
        before = {name: unrenamed(name, data, names) for name, data in old.items()}
        after = {name: unrenamed(name, data, names) for name, data in new.items()}
        inlined = [first(op.name, names) for op in plan.operations if isinstance(op, Inline)]
        extracted = [first(op.name, names) for op in plan.operations if isinstance(op, Extract)]
        found_before, _ = without_parameters(before, inlined)
        found_after, taken = without_parameters(after, extracted)
        return cls(
            operations=plan.operations,
            first_names=names,
            raw_old=old,
            raw_new=new,
            old=found_before,
            new=found_after,
            extracted=taken,
            dropped=frozenset(first(op.name, names) for op in plan.operations if isinstance(op, RemoveFunction)),
            values={first(op.name, names): op.value for op in plan.operations if isinstance(op, SetParameter)},
            made=made,
            gone=gone,
            written={
                first(op.name, names): op.source
                for op in plan.operations
                if isinstance(op, AddFunction | ReplaceFunction)
            },
            indicators=frozenset(
                first(op.name, names) for op in plan.operations if isinstance(op, AddIndicator | RemoveIndicator)
            ),
            brought=brought_at_last(plan.operations, names),
            subjects=frozenset(subjects_of(plan.operations, names)),
        )

    @property
    def renames(self) -> list[Rename]:
        """The operations that give new names."""
        return [operation for operation in self.operations if isinstance(operation, Rename)]

    def first(self, name: str) -> str:
        """What a name was before the plan's renames."""
        return first(name, self.first_names)

    def places(self) -> set[str]:
        """The files that the plan changes, but for those where only a name is another."""
        places = {PARAMETERS_FILE} if self.values or self.own else set()
        if any(isinstance(op, AddRule | RemoveRule | EnableRule | DisableRule) for op in self.operations):
            places.add(RULES_FILE)
        for name in self.written:
            places |= {file for file, data in self.new.items() if is_code(file) and name in top_level(data)}
        for name in self.dropped:
            places |= {file for file, data in self.old.items() if is_code(file) and name in top_level(data)}
        return places | (INDICATOR_FILES if self.indicators else set()) | (CROSSING_FILES if self.crosses else set())

    @property
    def alike(self) -> bool:
        """Whether a file may differ in names and numbers only, which were put back."""
        return bool(self.renames) or any(isinstance(operation, Extract | Inline) for operation in self.operations)

    @property
    def own(self) -> bool:
        """Whether a pair comes to another value of its own."""
        return any(isinstance(operation, SetOverride | RemoveOverride) for operation in self.operations)

    @property
    def crosses(self) -> bool:
        """Whether a rule that comes or goes remembers which side something was on."""
        coming = any(isinstance(op, AddRule) and any(True for _ in crossings(op.when)) for op in self.operations)
        data = self.old.get(STATE_FILE, b"")
        return coming or any(re.search(rb"\bside\d*_%s\b" % rule.encode(), data) for rule in self.gone)

    @property
    def remembers(self) -> bool:
        """Whether what the strategy remembers is another after the plan."""
        return bool(self.indicators) or self.crosses


def first(name: str, first_names: Mapping[str, str]) -> str:
    """What a name was before the plan's renames."""
    return first_names.get(name, name)


def without_parameters(files: Files, names: Iterable[str]) -> tuple[Files, Mapping[str, Taken | None]]:
    """The files with these parameters as numbers, and each as it was found."""
    found: dict[str, Taken | None] = {}
    for name in names:
        files, found[name] = put_back(files, name)
    return files, found


def brought_at_last(operations: Iterable[Operation], first_names: Mapping[str, str]) -> frozenset[str]:
    """The indicators that the plan adds and does not remove again."""
    there: set[str] = set()
    for operation in operations:
        match operation:
            case AddIndicator(name=name):
                there.add(first(name, first_names))
            case RemoveIndicator(name=name):
                there.discard(first(name, first_names))
    return frozenset(there)


def made_and_gone(
    operations: Iterable[Operation], first_names: Mapping[str, str]
) -> tuple[frozenset[str], frozenset[str]]:
    """The rules that come and those that go; what comes and goes in one plan does neither."""
    made: set[str] = set()
    gone: set[str] = set()
    for operation in operations:
        match operation:
            case AddRule(name=name):
                made.add(first(name, first_names))
            case RemoveRule(name=name) if first(name, first_names) in made:
                made.discard(first(name, first_names))
            case RemoveRule(name=name):
                gone.add(first(name, first_names))
    return frozenset(made), frozenset(gone)


def subjects_of(operations: Iterable[Operation], first_names: Mapping[str, str]) -> set[str]:
    """Every name that an operation speaks of, in its old and its new form."""
    fields = (getattr(operation, field, None) for operation in operations for field in ("name", "old", "new"))
    names = {name for name in fields if isinstance(name, str)}
    for operation in operations:
        if isinstance(operation, SetOverride | RemoveOverride):
            of_pair = f"_of_{operation.pair.lower().replace('.', '_')}"
            names |= {operation.name + of_pair, first(operation.name, first_names) + of_pair}
    return names | {first(name, first_names) for name in names}
