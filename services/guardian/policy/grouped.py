"""Tests in a class: pytest makes a new object of it for each of them, which holds what the class gives it and no more.

A plain class, at the top of a file, of methods alone. `self` is the name of that object and of nothing else: it is the
first argument of a method, is never set, and is only looked into, for what the class itself defines or has put there.
So nothing that is pytest's can be reached by it, and the names lend nothing to other objects.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SELF: Final = "self"
NAME: Final = re.compile(r"Test[A-Za-z0-9]{0,80}")
MEMBER: Final = re.compile(r"(?!pytest|setup_class|teardown_class|setup$|teardown$)[a-z][a-z0-9_]*(?<!_)")
"""What a class gives its object. Those that are left out are called by pytest with the class itself."""
FOR_EACH_TEST: Final = ("setup_method", "teardown_method")


@dataclass(frozen=True, slots=True)
class Group:
    """A plain class of tests: what its methods may say of `self`."""

    node: ast.ClassDef
    fitting: frozenset[int]
    """Ids of nodes that are right where they stand: `self` as an argument, and `self.name` with its `self`."""


def groups(tree: ast.Module) -> Iterator[Group]:
    """The classes of a file that are plain ones."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and is_plain(node):
            yield Group(node, frozenset(_fitting(node)))


def is_plain(node: ast.ClassDef) -> bool:
    """Whether there is nothing in a class but methods that pytest calls for one test, and their documentation."""
    if node.bases or node.keywords or node.decorator_list or not NAME.fullmatch(node.name):
        return False
    return all(
        is_method(part) or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)) for part in node.body
    )


def is_method(node: ast.stmt) -> bool:
    """A function with `self` as its first argument."""
    if not isinstance(node, ast.FunctionDef) or not MEMBER.fullmatch(node.name):
        return False
    if node.name in FOR_EACH_TEST and len(node.args.args) > 1:
        return False
    return bool(node.args.args) and not node.args.posonlyargs and node.args.args[0].arg == SELF


def _fitting(group: ast.ClassDef) -> Iterator[int]:
    looks = list(_looks_into_self(group))
    own = {node.attr for node in looks if isinstance(node.ctx, ast.Store)}
    own |= {part.name for part in group.body if isinstance(part, ast.FunctionDef)}
    for part in group.body:
        if isinstance(part, ast.FunctionDef):
            yield id(part.args.args[0])
    for node in looks:
        if node.attr in own and MEMBER.fullmatch(node.attr):
            yield id(node)
            yield id(node.value)


def _looks_into_self(group: ast.ClassDef) -> Iterator[ast.Attribute]:
    for node in ast.walk(group):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == SELF:
            yield node
