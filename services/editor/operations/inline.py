"""A parameter becomes a number again: where it is read, its default is written, and its name is forgotten."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from core.contracts import Extract, Inline, Operation
from core.literals import number
from core.symbols import PARAMETERS_FILE, Symbols
from core.syntax import syntax_tree
from services.editor.draft import Draft
from services.editor.operations.extract import PINS_FILE, fields, pinned
from services.editor.places import take_out
from services.editor.proofs import IN_FORCE, NEVER, Thing
from services.editor.refusals import EditRefused


def apply(draft: Draft, operation: Inline) -> None:
    """Only one that is read just once, and that nothing else depends on."""
    name = operation.name
    if own := draft.parameter(name).own:
        raise EditRefused("has_own", name=name, pairs=", ".join(own))
    field = next(each for each in reversed(fields(draft.files[PARAMETERS_FILE])) if _name(each) == name)
    text = ast.get_source_segment(draft.files[PARAMETERS_FILE].decode(), field.value) if field.value else None
    uses = _uses(draft.files, name)
    if len(uses) != 1 or text is None:
        raise EditRefused("not_one_use", name=name, count=len(uses))
    file, use = uses[0]
    _write(draft, file, use, text)
    rows = draft.files[PARAMETERS_FILE].splitlines(keepends=True)
    take_out(draft, PARAMETERS_FILE, [field])
    if field.lineno >= 2 and rows[field.lineno - 2].lstrip().startswith(b"#"):
        left = draft.files[PARAMETERS_FILE].splitlines(keepends=True)
        del left[field.lineno - 2]
        draft.write_bytes({PARAMETERS_FILE: b"".join(left)})
    _unpin(draft, name)
    draft.proofs.drop(Thing("parameter", name, "value"))
    draft.proofs.drop(Thing("parameter", name, "name"))
    draft.proofs.claim(Thing("parameter", name, "standing"), now=NEVER, was=IN_FORCE)


def inverse(files: Mapping[str, bytes], operation: Inline) -> tuple[Operation, ...] | None:
    """The parameter as it was, when it stands in a function that a plan can speak of."""
    known = Symbols.of(files).parameters.get(operation.name)
    uses = _uses(files, operation.name)
    if known is None or len(uses) != 1:
        return None
    file, use = uses[0]
    holder = _holder(files[file], use)
    if holder is None:
        return None
    place = 1 + sum(_comes_before(node, known.value, use) for node in ast.walk(holder))
    try:
        return (Extract(holder.name, known.value, operation.name, *known.range, place),)
    except ValueError:
        return None


def _name(field: ast.AnnAssign) -> str:
    return field.target.id if isinstance(field.target, ast.Name) else ""


def _uses(files: Mapping[str, bytes], name: str) -> list[tuple[str, ast.Attribute]]:
    """Where code reads the parameter, by any way to write it."""
    found = []
    for file, data in sorted(files.items()):
        if file.endswith(".py") and not file.startswith("tests/") and re.search(rb"\b%s\b" % name.encode(), data):
            for node in ast.walk(syntax_tree(data)):
                match node:
                    case ast.Attribute(value=ast.Name(id="P"), attr=attribute) if attribute == name:
                        found.append((file, node))
    return found


def _write(draft: Draft, file: str, use: ast.Attribute, text: str) -> None:
    """The number in place of its name; EditRefused where it would mean something else there, as in `P.x ** 2`."""
    before = syntax_tree(draft.files[file])
    rows = draft.files[file].splitlines(keepends=True)
    row = rows[use.lineno - 1]
    rows[use.lineno - 1] = row[: use.col_offset] + text.encode() + row[use.end_col_offset :]
    edited = b"".join(rows)
    wanted = ast.dump(_Written(use, ast.parse(text, mode="eval").body).visit(before))
    try:
        same = use.lineno == use.end_lineno and ast.dump(syntax_tree(edited)) == wanted
    except SyntaxError:
        same = False
    if not same:
        raise EditRefused("no_place", file=file, what=row.decode().strip())
    draft.module(file)
    draft.write_bytes({file: edited})


class _Written(ast.NodeTransformer):
    def __init__(self, use: ast.Attribute, value: ast.expr) -> None:
        self.place = (use.lineno, use.col_offset)
        self.attribute = use.attr
        self.value = value

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if (node.lineno, node.col_offset) == self.place and node.attr == self.attribute:
            return self.value
        return self.generic_visit(node)


def _unpin(draft: Draft, name: str) -> None:
    """Take the parameter's line out of the table of the tests."""
    for node in ast.walk(syntax_tree(draft.files.get(PINS_FILE, b""))):
        match node:
            case ast.Dict(keys=keys, values=values) if pinned(draft.files) is not None:
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == name:
                        take_out(draft, PINS_FILE, [_line(key, value)])
                        return


def _line(key: ast.Constant, value: ast.expr) -> ast.expr:
    """Both as one part, from where the key begins to where the value ends."""
    whole = ast.Constant(None)
    whole.lineno, whole.col_offset = key.lineno, key.col_offset
    whole.end_lineno, whole.end_col_offset = value.end_lineno, value.end_col_offset
    return whole


def _holder(data: bytes, use: ast.Attribute) -> ast.FunctionDef | None:
    for node in syntax_tree(data).body:
        if isinstance(node, ast.FunctionDef) and node.lineno <= use.lineno <= (node.end_lineno or 0):
            return node
    return None


def _comes_before(node: ast.AST, value: float | int, use: ast.Attribute) -> bool:
    """Whether it is the same number, said earlier in the function."""
    if not isinstance(node, ast.expr) or number(node) != value:
        return False
    return (node.lineno, node.col_offset) < (use.lineno, use.col_offset)
