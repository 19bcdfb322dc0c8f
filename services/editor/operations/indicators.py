"""Adding and removing indicators, which the editor cannot do yet: it says so, and what rules can use meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import AddIndicator, Operation, RemoveIndicator
from services.editor.draft import Draft
from services.editor.refusals import EditRefused


def apply(draft: Draft, operation: AddIndicator | RemoveIndicator) -> None:
    """EditRefused."""
    raise EditRefused("no_indicators", name=operation.name, near=", ".join(draft.symbols.features))


def inverse(_files: Mapping[str, bytes], _operation: AddIndicator | RemoveIndicator) -> tuple[Operation, ...] | None:
    """None: it does not apply."""
    return None
