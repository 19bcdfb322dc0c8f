"""Which questions of a candidate are new, and what is to be said of those that were answered one way only."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from sandbox.branching import Site, numbered
from services.guardian.branches.helpers import asked_in, taken_out


def new_sites(
    candidate: Mapping[str, ast.Module], parent: Mapping[str, ast.Module]
) -> dict[int, tuple[Site, ast.expr]]:
    """By number, the sites that the parent's function of that name does not have; of constants alone are none.

    What was taken out of a function into a helper of its own is asked by that function still, and so is what only
    calls its own values by other names.
    """
    known = Counter((site.file, site.function, site.text, site.part) for _, site in numbered(parent))
    left: dict[int, tuple[Site, ast.expr, tuple[str, str, str, bool]]] = {}
    changing, homes = names_written(candidate), taken_out(candidate, parent)
    for number, (node, site) in enumerate(numbered(candidate)):
        key = (*asked_in(site, node, homes), site.part)
        if known[key]:
            known[key] -= 1
        elif not is_constant(node, changing):
            left[number] = site, node, key
    return _not_renamed(left, known)


def _not_renamed(
    left: Mapping[int, tuple[Site, ast.expr, tuple[str, str, str, bool]]], known: Counter[tuple[str, str, str, bool]]
) -> dict[int, tuple[Site, ast.expr]]:
    """Those that are no question of the parent's with other names for what a function has worked out by itself."""
    unnamed = Counter({(file, function, nameless(text), part): 0 for file, function, text, part in known})
    for (file, function, text, part), count in known.items():
        unnamed[file, function, nameless(text), part] += count
    found = {}
    for number, (site, node, (file, function, text, part)) in left.items():
        key = (file, function, nameless(text), part)
        if unnamed[key] > 0:
            unnamed[key] -= 1
        else:
            found[number] = (site, node)
    return found


def nameless(text: str) -> str:
    """A question with every value of the function's own as `_`; fields, parameters and constants keep their names."""
    return ast.unparse(_Nameless().visit(ast.parse(text, mode="eval")))


class _Nameless(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return node if node.id.isupper() else ast.Name("_", ast.Load())

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Name | ast.Constant):
            return self.visit_Name(node.value)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(arg) for arg in node.args]
        return node


def names_written(trees: Mapping[str, ast.Module]) -> set[str]:
    """What functions call their arguments and what they keep."""
    functions = [node for tree in trees.values() for node in tree.body if isinstance(node, ast.FunctionDef)]
    inside = [node for function in functions for node in ast.walk(function)]
    kept = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return kept | {node.arg for node in inside if isinstance(node, ast.arg)}


def is_constant(node: ast.expr, changing: set[str]) -> bool:
    """Whether a question is about parameters and numbers alone: it is answered when the strategy is compiled."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    calls = any(isinstance(each, ast.Call) for each in ast.walk(node))
    return not calls and not names & changing and all(name.isupper() for name in names)


def turned_off(node: ast.expr, changing: set[str]) -> bool:
    """Whether a part of it is: what stands behind that part may wait for another value of a parameter."""
    return isinstance(node, ast.BoolOp) and any(is_constant(part, changing) for part in node.values)


def unanswered(
    sites: Mapping[int, tuple[Site, ast.expr]],
    seen: Mapping[int, Sequence[int]],
    events: int,
    changing: set[str],
    fields: Collection[str],
    guards: Collection[int] = (),
) -> Iterator[str]:
    """What of it nobody saw, each with its line; of `guards`, by their ids, that they held back nothing is no news."""
    off = [id(part) for _, node in sites.values() if turned_off(node, changing) for part in ast.walk(node)]
    for number, (site, node) in sites.items():
        never, always = seen[number][1] == 0, seen[number][0] == 0
        if id(node) in guards and always and not never:
            continue
        if id(node) in off or not (never or always) or (site.part and not never and is_sanity(node, fields)):
            continue
        if never and always:
            what = "was never come to"
        elif never:
            what = "was never true"
        elif site.both:
            what = "was never false"
        else:
            continue
        yield (
            f"{site.file}:{site.line}: `{shown(site.text)}` {what} on {events:,} events made of its own numbers: nobody"
            " saw what it does then. Leave it out, or ask something that a market comes to"
        )


def guards_of(trees: Mapping[str, ast.Module]) -> set[int]:
    """The ids of questions that keep a division from failing: `a / b if b > 0.0 else 0.0`, where `b` is a field, or is
    worked out in that function from fields alone, without a number of its own that another answer could wait for."""
    found = set()
    for tree in trees.values():
        for function in tree.body:
            if isinstance(function, ast.FunctionDef):
                choices = (node for node in ast.walk(function) if isinstance(node, ast.IfExp))
                found |= {id(node.test) for node in choices if _is_guard(node, function)}
    return found


def _is_guard(node: ast.IfExp, function: ast.FunctionDef) -> bool:
    match node:
        case ast.IfExp(
            test=ast.Compare(left=divisor, ops=[ast.Gt() | ast.NotEq()], comparators=[ast.Constant(value=0)]),
            body=ast.BinOp(op=ast.Div(), right=ast.expr() as by),
            orelse=ast.Constant(value=0),
        ):
            return ast.dump(divisor) == ast.dump(by) and _has_no_number(divisor, function)
    return False


def _has_no_number(divisor: ast.expr, function: ast.FunctionDef) -> bool:
    """Whether it is a field, or the sum of some."""
    match divisor:
        case ast.Name(id=name):
            given = [
                node
                for node in ast.walk(function)
                if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
            ]
            values = [
                node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and len(node.targets) == 1 and node.targets[0] in given
            ]
            return len(given) == len(values) == 1 and _is_sum(values[0])
    return _is_sum(divisor)


def _is_sum(value: ast.expr) -> bool:
    match value:
        case ast.Attribute(value=ast.Name()):
            return True
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return _is_sum(left) and _is_sum(right)
    return False


def is_sanity(node: ast.expr, fields: Collection[str]) -> bool:
    """Whether it asks on which side of zero a known field is: it is one side only, and the question limits nothing."""
    match node:
        case ast.Compare(left=left, comparators=[right]):
            sides = [left, right]
            return any(isinstance(side, ast.Constant) and side.value == 0 for side in sides) and any(
                isinstance(side, ast.Attribute) and side.attr in fields for side in sides
            )
    return False


def shown(text: str) -> str:
    """A question, in one line that is not too long."""
    return text if len(text) <= 100 else f"{text[:97]}..."


def counters(trees: Mapping[str, ast.Module]) -> list[str]:
    """The fields of the state that are counted up by ones."""
    found: dict[str, None] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            match node:
                case ast.AugAssign(target=ast.Attribute(attr=name), op=ast.Add(), value=ast.Constant(value=1)):
                    found[name] = None
                case ast.Assign(targets=[ast.Attribute(attr=name)], value=value) if _adds_one(value, name):
                    found[name] = None
    return list(found)


def _adds_one(node: ast.expr, name: str) -> bool:
    for each in ast.walk(node):
        match each:
            case ast.BinOp(left=ast.Attribute(attr=field), op=ast.Add(), right=ast.Constant(value=1)) if field == name:
                return True
    return False
