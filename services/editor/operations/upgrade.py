"""Take over the shipped strategy of today: what its owner changed since stays, as a merge of three trees keeps it."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import Operation, Upgrade
from core.errors import StrategyError
from core.frames import frame
from core.merging import merge
from core.strategy import Source
from services.editor.draft import Draft
from services.editor.refusals import EditRefused


def apply(draft: Draft, operation: Upgrade) -> None:
    """The merge; refused, with every place, where both changed the same lines."""
    shipped = Source.shipped()
    if shipped.tree_hash != operation.frame:
        raise EditRefused("upgrade_unknown", frame=operation.frame[:12])
    try:
        base = frame(operation.base)
    except StrategyError:
        raise EditRefused("upgrade_unknown", frame=operation.base[:12]) from None
    merged = merge(base.files, draft.files, shipped.files)
    if merged.conflicts:
        places = ", ".join(f"{place.file}:{place.line}" if place.line else place.file for place in merged.conflicts)
        raise EditRefused("upgrade_conflict", places=places)
    draft.replace(merged.files)


def inverse(_files: Mapping[str, bytes], _operation: Upgrade) -> tuple[Operation, ...] | None:
    """None: a rollback brings the earlier tree back, and no plan can say it."""
    return None
