"""An upgrade before the scope gate: the judge merges the three trees himself, and not a byte may differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.contracts import EditPlan, Upgrade
from core.errors import StrategyError
from core.frames import frame
from core.merging import merge
from core.strategy import Source
from services.guardian.case import Case

Files = Mapping[str, bytes]


def upgrade_of(plan: EditPlan | None) -> Upgrade | None:
    """The upgrade that a plan is; None when it is none, or more than one."""
    match plan:
        case EditPlan(operations=(Upgrade() as operation,)):
            return operation
    return None


def findings(operation: Upgrade, old: Files, new: Files) -> Iterator[str]:
    """What the candidate is beside the merge of its parent with the strategy that is shipped now."""
    shipped = Source.shipped()
    if operation.frame != shipped.tree_hash:
        yield f"the strategy {operation.frame[:12]} is not the one that is shipped now"
        return
    try:
        base = frame(operation.base)
    except StrategyError as error:
        yield error.message.rstrip(".")
        return
    merged = merge(base.files, old, shipped.files)
    yield from (f"{place.file}:{place.line}: both changed it, and no merge can tell" for place in merged.conflicts)
    for file in sorted({*merged.files, *new}):
        if merged.files.get(file) != new.get(file):
            yield f"{file}: not what the merge of the three trees gives"


def trusted(case: Case) -> Source:
    """Whose tests are believed: the parent's; of an upgrade, what the merge gives of his and the shipped ones."""
    operation = upgrade_of(case.plan)
    if operation is None:
        return case.parent
    return Source.of(merge(frame(operation.base).files, case.parent.files, Source.shipped().files).files)
