"""A strategy under one edit: the files as they are so far, and what the operations need to know of them."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Mapping

import libcst as cst

from core.contracts.plan import NAME
from core.errors import StrategyError
from core.symbols import RULES_FILE, Parameter, Rule, Symbols
from core.syntax import syntax_tree
from services.editor.proofs import Proofs
from services.editor.refusals import EditRefused, nearest
from services.editor.tree import parse

Files = Mapping[str, bytes]


class Draft:
    """The files of a strategy, which the operations of one plan edit in turn. It is thrown away when one refuses."""

    def __init__(self, files: Mapping[str, bytes], change: str) -> None:
        self.files = dict(files)
        self.proofs = Proofs(self.files, change)
        self._symbols: Symbols | None = None

    @property
    def symbols(self) -> Symbols:
        """What the strategy speaks of as it is now; EditRefused when it cannot be read."""
        try:
            self._symbols = self._symbols or Symbols.of(self.files)
        except StrategyError as error:
            raise EditRefused("broken", error=error.message.rstrip(".")) from None
        return self._symbols

    def module(self, file: str) -> cst.Module:
        """The tree of a file."""
        return parse(file, self.files[file])

    def write(self, file: str, module: cst.Module) -> None:
        """Take the tree as the file."""
        self.write_bytes({file: module.bytes})

    def write_bytes(self, files: Mapping[str, bytes]) -> None:
        """Take these files in place of those of the same names."""
        self.files.update(files)
        self._symbols = None

    def replace(self, files: Mapping[str, bytes]) -> None:
        """Take these files and no others."""
        kept = dict(files)
        self.files.clear()
        self.write_bytes(kept)

    def parameter(self, name: str) -> Parameter:
        """That parameter; EditRefused when there is none."""
        known = self.symbols.parameters
        if name not in known:
            raise EditRefused("unknown_parameter", name=name, near=nearest(name, known))
        return known[name]

    def rule(self, name: str) -> Rule:
        """That rule; EditRefused when there is none."""
        known = self.symbols.rules
        if name not in known:
            raise EditRefused("unknown_rule", name=name, near=nearest(name, known))
        return known[name]

    def check_name(self, name: str, file: str) -> None:
        """EditRefused for what cannot become a new name in `file`."""
        if not NAME.fullmatch(name) or keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in dir(builtins):
            raise EditRefused("bad_name", name=name)
        symbols = self.symbols
        if file == RULES_FILE and name in symbols.rules:
            raise EditRefused("rule_exists", name=name)
        if name in names_in(self.files[file]) or (file == RULES_FILE and name in symbols.features):
            raise EditRefused("name_taken", name=name)


def names_in(data: bytes) -> set[str]:
    """Every name that a file binds or reads; attributes are none."""
    found: set[str] = set()
    for node in ast.walk(syntax_tree(data)):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.partition(".")[0])
    return found
