"""Give a parameter, a rule or an indicator another name, wherever the strategy or its tests use it.

A rule and a parameter may share a name, and so may a parameter and a feature, so a name is told apart by where it
stands: `P.x` and `parameters.x` are a parameter, a call and a bare string in a test are a rule. When renaming back does
not give the same bytes, the new name stood for something else that cannot be told apart, and the edit is refused.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Mapping
from typing import Final

import libcst as cst

from core.contracts import Operation, Rename
from core.symbols import PARAMETERS_FILE, RULES_FILE
from core.syntax import syntax_tree
from services.editor.draft import Draft
from services.editor.operations.rename_indicator import rename as rename_indicator
from services.editor.proofs import Thing, change_of, functions, generated, render
from services.editor.refusals import EditRefused
from services.editor.tree import parse

TUPLE_METHODS: Final = ("count", "index")
"""A field of that name would hide what every tuple has."""


def apply(draft: Draft, operation: Rename) -> None:
    """Rename, and see that renaming back is the exact opposite."""
    what, old, new = operation.what, operation.old, operation.new
    if what == "indicator":
        rename_indicator(draft, operation)
        return
    if what == "parameter":
        draft.parameter(old)
        draft.check_name(new, PARAMETERS_FILE)
    else:
        draft.rule(old)
        draft.check_name(new, RULES_FILE)
    if new in TUPLE_METHODS or (what == "parameter" and new in draft.symbols.parameters):
        raise EditRefused("name_taken", name=new)
    features = draft.symbols.features
    renamed = _renamed(draft.files, what, old, new, features)
    seen = any(re.search(rb"\b%s\b" % new.encode(), data) for data in draft.files.values())
    if seen and _renamed(renamed, what, new, old, features) != draft.files:
        raise EditRefused("name_taken", name=new)
    draft.write_bytes(renamed)
    draft.proofs.claim(Thing(what, new, "name"), now=new, was=old)


def inverse(_files: Mapping[str, bytes], operation: Rename) -> tuple[Operation, ...] | None:
    """The old name."""
    return (Rename(operation.what, old=operation.new, new=operation.old),)


def _renamed(files: Mapping[str, bytes], what: str, old: str, new: str, features: tuple[str, ...]) -> dict[str, bytes]:
    edited = {file: _sides_renamed(data, old, new) if what == "rule" else data for file, data in files.items()}
    for file, data in tuple(edited.items()):
        if file.endswith(".py") and re.search(rb"\b%s\b" % old.encode(), data):
            module = parse(file, data)
            renamer = _PARTS[what](old, new, file, shared=old in features, alone=not _is_bound(old, data))
            named = _statements_naming(old, data, len(module.body))
            body = [node.visit(renamer) if i in named else node for i, node in enumerate(module.body)]
            edited[file] = module.with_changes(body=body).bytes
    for file in generated(edited):
        known = functions(edited[file])
        if render(change_of(file), known) == edited[file]:
            edited[file] = render(change_of(file), dict(_test_renamed(*item, what, old, new) for item in known.items()))
    return edited


def _sides_renamed(data: bytes, old: str, new: str) -> bytes:
    """With the sides that a rule remembers called by its new name."""
    return re.sub(rb"\bside(\d*)_%s\b" % old.encode(), rb"side\g<1>_%s" % new.encode(), data)


def _statements_naming(name: str, data: bytes, count: int) -> set[int]:
    """Which top statements of a file have the name on one of their lines: a visit of all costs three times as much."""
    nodes = syntax_tree(data).body
    if len(nodes) != count:  # several on one line
        return set(range(count))
    lines = data.splitlines()
    firsts = [min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", []))]) for node in nodes]
    word = re.compile(rb"\b%s\b" % name.encode())
    spans = ((first - 1, node.end_lineno) for first, node in zip(firsts, nodes, strict=True))
    return {i for i, (start, end) in enumerate(spans) if any(map(word.search, lines[start:end]))}


def _is_bound(name: str, data: bytes) -> bool:
    """Whether an assignment or an argument has the name: then it may stand for either wherever it is not called."""
    return any(
        (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.arg) and node.arg == name)
        for node in ast.walk(syntax_tree(data))
    )


def _test_renamed(test: str, text: str, what: str, old: str, new: str) -> tuple[str, str]:
    if what == "parameter" and (own := re.fullmatch(rf"test_parameter_{old}_of_(\w+)_is_as_asked", test)):
        name = f"test_parameter_{new}_of_{own[1]}_is_as_asked"
        return name, text.replace(f"def {test}(", f"def {name}(", 1)
    kinds = (what,) if what == "parameter" else (what, "function")
    for kind, aspect in itertools.product(kinds, ("value", "standing", "name", "behaviour", "crossing")):
        if test == Thing(kind, old, aspect).test:
            name = Thing(kind, new, aspect).test
            return name, text.replace(f"def {test}(", f"def {name}(", 1)
    return test, text


class _Renamer(cst.CSTTransformer):
    def __init__(self, old: str, new: str, file: str, *, shared: bool, alone: bool) -> None:
        super().__init__()
        self.old = old
        self.new = new
        self.file = file
        self.in_tests = file.startswith("tests/")
        self.shared = shared  # a feature has the old name too
        self.alone = alone  # nothing in the file gives the old name to anything but a function

    def _name(self, node: cst.BaseExpression) -> bool:
        return isinstance(node, cst.Name) and node.value == self.old

    def _string(self, node: cst.BaseExpression) -> bool:
        return isinstance(node, cst.SimpleString) and node.evaluated_value == self.old

    def _restrung(self, node: cst.BaseExpression) -> cst.SimpleString:
        assert isinstance(node, cst.SimpleString)  # noqa: S101 - for the type checker; `_string` looked
        return node.with_changes(value=node.prefix + node.quote + self.new + node.quote)


class _ParameterRenamer(_Renamer):
    """`P.x`, `parameters.x`, `ranges["x"]`, keys of pinned parameters, the field itself."""

    def leave_AnnAssign(  # noqa: N802 - the name is LibCST's, and so below
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.AnnAssign:
        if self.file == PARAMETERS_FILE and self._name(original_node.target):
            return updated_node.with_changes(target=cst.Name(self.new))
        return updated_node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:  # noqa: N802
        if self._name(original_node.attr) and _last_name(original_node.value) in ("P", "parameters"):
            return updated_node.with_changes(attr=cst.Name(self.new))
        return updated_node

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.Subscript:  # noqa: N802
        element = updated_node.slice[0]
        if _last_name(original_node.value) != "ranges" or not isinstance(element.slice, cst.Index):
            return updated_node
        if not self._string(element.slice.value):
            return updated_node
        index = element.slice.with_changes(value=self._restrung(element.slice.value))
        return updated_node.with_changes(slice=[element.with_changes(slice=index), *updated_node.slice[1:]])

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:  # noqa: N802
        if _last_name(original_node.func) not in ("package_with", "_replace", "Parameters"):
            return updated_node
        arguments = [
            arg.with_changes(keyword=cst.Name(self.new)) if arg.keyword and self._name(arg.keyword) else arg
            for arg in updated_node.args
        ]
        return updated_node.with_changes(args=arguments)

    def visit_Assign(self, node: cst.Assign) -> bool:  # noqa: N802
        self.pinned = any(_last_name(target.target) == "PINNED" for target in node.targets)
        return True

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:  # noqa: N802
        del original_node
        self.pinned = False
        return updated_node

    pinned = False

    def leave_DictElement(  # noqa: N802
        self, original_node: cst.DictElement, updated_node: cst.DictElement
    ) -> cst.DictElement:
        if self.in_tests and self._string(original_node.key) and (self.pinned or not self.shared):
            return updated_node.with_changes(key=self._restrung(updated_node.key))
        return updated_node


LABELS: Final = frozenset(
    {
        *((cst.Attribute, "attr"), (cst.Arg, "keyword"), (cst.Param, "name"), (cst.ClassDef, "name")),
        *((cst.FunctionDef, "name"), (cst.ImportAlias, "name"), (cst.AsName, "name")),
    }
)
"""Where a word is the name of something, and reads nothing."""


class _RuleRenamer(_Renamer):
    """The function, its calls, imports and uses; in tests `rules.x` and the strings that name it."""

    def __init__(self, old: str, new: str, file: str, *, shared: bool, alone: bool) -> None:
        super().__init__(old, new, file, shared=shared, alone=alone)
        self.labels: list[bool] = []  # whether each place that is being looked into holds a name that reads nothing

    def on_visit_attribute(self, node: cst.CSTNode, attribute: str) -> None:
        self.labels.append((type(node), attribute) in LABELS)
        super().on_visit_attribute(node, attribute)

    def on_leave_attribute(self, original_node: cst.CSTNode, attribute: str) -> None:
        self.labels.pop()
        super().on_leave_attribute(original_node, attribute)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:  # noqa: N802
        if not self.in_tests and self.alone and not any(self.labels[-1:]) and self._name(original_node):
            return updated_node.with_changes(value=self.new)
        return updated_node

    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        if self.file == RULES_FILE and self._name(original_node.name):
            return updated_node.with_changes(name=cst.Name(self.new))
        return updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:  # noqa: N802
        if not self.in_tests and self._name(original_node.func):
            return updated_node.with_changes(func=updated_node.func.with_changes(value=self.new))
        return updated_node

    def leave_ImportAlias(  # noqa: N802
        self, original_node: cst.ImportAlias, updated_node: cst.ImportAlias
    ) -> cst.ImportAlias:
        if self._name(original_node.name):
            return updated_node.with_changes(name=cst.Name(self.new))
        return updated_node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:  # noqa: N802
        if self._name(original_node.attr) and _last_name(original_node.value) == "rules":
            return updated_node.with_changes(attr=cst.Name(self.new))
        return updated_node

    def visit_DictElement_key(self, node: cst.DictElement) -> None:  # noqa: N802
        del node
        self.key = True

    def leave_DictElement_key(self, node: cst.DictElement) -> None:  # noqa: N802
        del node
        self.key = False

    key = False

    def visit_Subscript_slice(self, node: cst.Subscript) -> None:  # noqa: N802
        del node
        self.index = True

    def leave_Subscript_slice(self, node: cst.Subscript) -> None:  # noqa: N802
        del node
        self.index = False

    index = False

    def leave_SimpleString(  # noqa: N802
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        if self.in_tests and not self.key and not self.index and self._string(original_node):
            return self._restrung(updated_node)
        return updated_node


_PARTS: Final[Mapping[str, type[_Renamer]]] = {"parameter": _ParameterRenamer, "rule": _RuleRenamer}


def _last_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""
