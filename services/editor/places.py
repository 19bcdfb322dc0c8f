"""The places of a strategy where what it remembers is written: a line in, a line out, and no other byte.

Python's syntax tree says where a list, a class or a call ends, and a line of ours stands below its last one, as its
neighbours do. A file that is laid out otherwise, or lacks the place, is refused with the way out; LibCST has read it
before and would have written it back as it was.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from typing import Final

from core.symbols import INDICATORS_FILE, STATE_FILE
from core.syntax import syntax_tree
from services.editor.draft import Draft
from services.editor.refusals import EditRefused
from services.editor.tree import with_function_after, without_function

DECIDE_FILE: Final = "decide.py"
WIDTH: Final = 120
REST: Final = {True: re.compile(rb",[ \t]*(#.*)?"), False: re.compile(rb"[ \t]*(#.*)?")}
"""What may stand behind the last part of a line: with a comma, or without one."""


# Where things are -----------------------------------------------------------------------------------------------------


def state_fields(tree: ast.Module) -> list[ast.expr]:
    """The fields that STATE lists."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="record_dtype"), args=[ast.List(elts=fields)]) if fields:
                return list(fields)
    raise EditRefused("no_place", file=STATE_FILE, what="STATE")


def feature_fields(tree: ast.Module) -> list[ast.stmt]:
    """The fields of `class Features`."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Features":
            return [field for field in node.body if isinstance(field, ast.AnnAssign)]
    raise EditRefused("no_place", file=STATE_FILE, what="Features")


def told_features(tree: ast.Module) -> list[ast.keyword]:
    """What `Features(...)` is filled with, where `s` is the memory of the pair."""
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and any(ast.unparse(node) == "s = state[0]" for node in function.body):
            match function.body[-1]:
                case ast.Return(value=ast.Call(func=ast.Name(id="Features"), args=[], keywords=told)) if told:
                    return told
    raise EditRefused("no_place", file=INDICATORS_FILE, what="Features(...)")


def warm_constants(tree: ast.Module) -> list[ast.stmt]:
    """The constants at the top that say how many bars something needs."""
    found = [n for n in tree.body if isinstance(n, ast.AnnAssign) and ast.unparse(n.target).startswith("WARM_")]
    if not found:
        raise EditRefused("no_place", file=INDICATORS_FILE, what="WARM_BARS")
    return list(found)


def statements_of(tree: ast.Module, function: str, file: str) -> list[ast.stmt]:
    """The body of a function at the top of a file."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return node.body
    raise EditRefused("no_place", file=file, what=function)


# Lines ----------------------------------------------------------------------------------------------------------------


def tree_of(draft: Draft, file: str) -> ast.Module:
    """The syntax tree of a file that LibCST writes back as it is."""
    if file not in draft.files:
        raise EditRefused("no_place", file=file, what=file)
    draft.module(file)
    return syntax_tree(draft.files[file])


def put_below(draft: Draft, file: str, last: ast.AST, lines: Iterable[str], *, comma: bool) -> None:
    """Write lines below the one on which `last` ends, as far to the right as the one on which it begins."""
    rows = draft.files[file].splitlines(keepends=True)
    first, end, column = _span(last)
    behind = rows[end - 1][column:].rstrip(b"\r\n")
    if not REST[comma].fullmatch(behind):
        raise EditRefused("no_place", file=file, what=behind.decode(errors="replace").strip() or f"line {end}")
    margin = rows[first - 1][: len(rows[first - 1]) - len(rows[first - 1].lstrip())]
    newline = draft.module(file).default_newline.encode()
    if not rows[end - 1].endswith((b"\n", b"\r")):
        rows[end - 1] += newline
    rows[end:end] = [margin + line.encode() + newline for line in lines]
    draft.write_bytes({file: b"".join(rows)})


def take_out(draft: Draft, file: str, nodes: Sequence[ast.AST]) -> None:
    """Delete the lines of these parts, each of which stands on lines of its own."""
    rows = draft.files[file].splitlines(keepends=True)
    for node in sorted(nodes, key=lambda node: _span(node)[0], reverse=True):
        first, end, column = _span(node)
        own = not rows[first - 1][: _column(node)].strip()
        if not own or not any(rest.fullmatch(rows[end - 1][column:].rstrip(b"\r\n")) for rest in REST.values()):
            raise EditRefused("no_place", file=file, what=f"line {first}")
        del rows[first - 1 : end]
    draft.write_bytes({file: b"".join(rows)})


def _span(node: ast.AST) -> tuple[int, int, int]:
    """First line, last line, and the byte of it behind the node."""
    end = getattr(node, "end_lineno", None)
    assert end is not None  # noqa: S101 - for the type checker; the parser says it of what we ask for
    return node.lineno, end, node.end_col_offset  # type: ignore[attr-defined]  # likewise


def _column(node: ast.AST) -> int:
    return int(node.col_offset)  # type: ignore[attr-defined]  # as in `_span`


def put_function(draft: Draft, file: str, source: str) -> None:
    """A function as the last one of its file."""
    last = draft.symbols.functions[file][-1]
    draft.write(file, with_function_after(draft.module(file), last, source))


def take_function(draft: Draft, file: str, name: str) -> None:
    """The file without that function."""
    draft.write(file, without_function(draft.module(file), name))


# Imports --------------------------------------------------------------------------------------------------------------


def put_imports(draft: Draft, file: str, module: str, names: Iterable[str]) -> None:
    """Bring these names of a module (`.state` is one beside the file) into a file that already imports from it."""
    for name in names:
        imports = _imports(tree_of(draft, file), module)
        if any(alias.name == name for node in imports for alias in node.names):
            continue
        if not imports:
            raise EditRefused("no_place", file=file, what=f"from {module} import")
        fitting = (node for node in imports if _rewritten(draft, file, node, [*_names(node), name]))
        if next(fitting, None) is None:
            put_below(draft, file, imports[-1], [f"from {module} import {name}"], comma=False)


def take_imports(draft: Draft, file: str, module: str, names: Iterable[str]) -> None:
    """Take out what is not used in the file any more."""
    for name in names:
        tree = tree_of(draft, file)
        if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree)):
            continue
        for node in _imports(tree, module):
            left = [known for known in _names(node) if known != name]
            if not left:
                take_out(draft, file, [node])
            elif left != _names(node) and not _rewritten(draft, file, node, left):
                raise EditRefused("no_place", file=file, what=f"from {module} import")


def _imports(tree: ast.Module, module: str) -> list[ast.ImportFrom]:
    level = len(module) - len(module.lstrip("."))
    wanted = module.lstrip(".")
    return [n for n in tree.body if isinstance(n, ast.ImportFrom) and (n.level, n.module) == (level, wanted)]


def _names(node: ast.ImportFrom) -> list[str]:
    return [alias.name for alias in node.names]


def _rewritten(draft: Draft, file: str, node: ast.ImportFrom, names: list[str]) -> bool:
    """Write the names of an import anew, a new one in its place by the alphabet, when they fit on its line."""
    rows = draft.files[file].splitlines(keepends=True)
    first, last = node.names[0], node.names[-1]
    if first.lineno != last.end_lineno or any(alias.asname for alias in node.names):
        return False
    *known, new = names
    grown = len(names) > len(node.names)
    place = next((i for i, name in enumerate(known) if _order(name) > _order(new)), len(known))
    text = ", ".join([*known[:place], new, *known[place:]] if grown else names).encode()
    row = rows[first.lineno - 1]
    line = row[: first.col_offset] + text + row[last.end_col_offset :]
    if len(line.rstrip()) > WIDTH:
        return False
    rows[first.lineno - 1] = line
    draft.write_bytes({file: b"".join(rows)})
    return True


def _order(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions, as the import sorters have it."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)
