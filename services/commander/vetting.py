"""What editor and guardian have against code that a model wrote, before its owner is bothered with it.

Nothing is run and no file is touched: the edit is worked out in memory, and the policy reads what comes of it. Every
gate is held on the road, as over any change.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

from core.contracts import EditPlan
from core.syntax import syntax_tree
from services.interpreter.model.writing.vetted import Vetted

CHANGE: Final = "0"
"""No change has this id; it only names tests that nobody keeps."""


def vet(plan: EditPlan, files: Mapping[str, bytes]) -> Vetted:
    """The first thing that is wrong; where nothing is, the tests that the editor writes for it."""
    from services.editor.editing import edit
    from services.editor.refusals import EditRefused
    from services.guardian.gates.policy import findings

    try:
        edited = edit(files, plan, CHANGE)
    except EditRefused as refusal:
        return Vetted(refusal.message)
    if finding := next(findings(edited.files, files), ""):
        return Vetted(finding)
    return Vetted(tests=_sources(edited.tests, edited.files))


def _sources(tests: tuple[str, ...], files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The source of tests by their ids, each `file::name`."""
    found: list[str] = []
    for each in tests:
        file, _, name = each.partition("::")
        tree = syntax_tree(files[file].decode()) if file in files else ast.Module([], [])
        found += [ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    return tuple(found)
