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

    What was taken out of a function into a helper of its own is asked by that function still.
    """
    known = Counter((site.file, site.function, site.text, site.part) for _, site in numbered(parent))
    found = {}
    changing, homes = names_written(candidate), taken_out(candidate, parent)
    for number, (node, site) in enumerate(numbered(candidate)):
        key = (*asked_in(site, node, homes), site.part)
        if known[key]:
            known[key] -= 1
        elif not is_constant(node, changing):
            found[number] = (site, node)
    return found


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
) -> Iterator[str]:
    """What of it nobody saw, each with its line."""
    off = [id(part) for _, node in sites.values() if turned_off(node, changing) for part in ast.walk(node)]
    for number, (site, node) in sites.items():
        never, always = seen[number][1] == 0, seen[number][0] == 0
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
