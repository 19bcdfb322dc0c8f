"""What editor and guardian have against code that a model wrote, before its owner is bothered with it.

Nothing is run and no file is touched: the edit is worked out in memory, and the policy reads what comes of it. Every
gate is held on the road, as over any change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.contracts import EditPlan

CHANGE: Final = "0"
"""No change has this id; it only names a test that nobody keeps."""


def vet(plan: EditPlan, files: Mapping[str, bytes]) -> str:
    """The first thing that is wrong, in English; empty when nothing is."""
    from services.editor.editing import edit
    from services.editor.refusals import EditRefused
    from services.guardian.gates.policy import findings

    try:
        edited = edit(files, plan, CHANGE)
    except EditRefused as refusal:
        return refusal.message
    return next(findings(edited.files, files), "")
