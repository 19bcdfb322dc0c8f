"""The constant OVERRIDES of parameters.py as lines: a pair a line, in order of the names, and no other byte.

It is written below `P = Parameters()` with the first value that a pair has of its own, and goes with the last one. A
constant that a person has laid out otherwise is refused: his comments and line breaks would have no place.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.overrides import ABOUT, NAME, pairs_of, statement_of
from core.symbols import PARAMETERS_FILE
from core.syntax import syntax_tree
from services.editor.refusals import EditRefused

WIDTH: Final = 120

Written = Mapping[str, Mapping[str, str]]
"""By symbol, the values by parameter, as they are written."""


@dataclass(frozen=True, slots=True)
class OwnValues:
    """What pairs have of their own in parameters.py, and where that stands."""

    data: bytes
    written: Written
    fields: tuple[str, ...]  # the parameters, in the order of the class

    @classmethod
    def of(cls, data: bytes, fields: tuple[str, ...]) -> OwnValues:
        """Those of a file; EditRefused when the constant is not written as it would be written here."""
        statement = statement_of(syntax_tree(data))
        if statement is None:
            return cls(data, {}, fields)
        written = {symbol: _literals(call, data) for symbol, call in pairs_of(statement)}
        found = cls(data, written, fields)
        if found._block() != b"".join(found._lines()[statement.lineno - 1 : statement.end_lineno]):
            raise EditRefused("own_laid_out", file=PARAMETERS_FILE)
        return found

    def with_value(self, symbol: str, name: str, literal: str) -> bytes:
        """The file in which the pair has this value, in place of one that it had."""
        return self._with({**self.written, symbol: {**self.written.get(symbol, {}), name: literal}})

    def without_value(self, symbol: str, name: str) -> bytes:
        """The file in which the pair has no such value."""
        left = {key: literal for key, literal in self.written[symbol].items() if key != name}
        return self._with({**self.written, symbol: left})

    def _with(self, written: Written) -> bytes:
        kept = {symbol: values for symbol, values in written.items() if values}
        block = OwnValues(self.data, kept, self.fields)._block()
        lines, tree = self._lines(), syntax_tree(self.data)
        statement = statement_of(tree)
        if statement is None:
            place = self._end_of_parameters(tree)
            if not lines[place - 1].endswith(b"\n"):
                raise EditRefused("own_no_place", file=PARAMETERS_FILE)
            lines[place:place] = [self._newline, f"# {ABOUT}".encode() + self._newline, block]
        else:
            first, last = statement.lineno - 1, statement.end_lineno
            if not kept:
                first -= self._above(lines, first)
            lines[first:last] = [block] if kept else []
        return b"".join(lines)

    def _above(self, lines: list[bytes], first: int) -> int:
        """How many lines above the constant came with it: our comment, and the blank line before that."""
        ours = [self._newline, f"# {ABOUT}".encode() + self._newline]
        return 2 if lines[first - 2 : first] == ours else 0

    def _block(self) -> bytes:
        lines = [f"{NAME} = {{"]
        for symbol, values in sorted(self.written.items()):
            given = [f"{name}={values[name]}" for name in self.fields if name in values]
            line = f'    "{symbol}": Parameters({", ".join(given)}),'
            if len(line) <= WIDTH:
                lines.append(line)
            else:
                lines += [f'    "{symbol}": Parameters(', *(f"        {one}," for one in given), "    ),"]
        return b"".join(line.encode() + self._newline for line in [*lines, "}"])

    def _lines(self) -> list[bytes]:
        return self.data.splitlines(keepends=True)

    @property
    def _newline(self) -> bytes:
        return b"\r\n" if b"\r\n" in self.data else b"\n"

    @staticmethod
    def _end_of_parameters(tree: ast.Module) -> int:
        """The line that `P = Parameters()` ends on."""
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id="P")]) if node.end_lineno:
                    return node.end_lineno
        raise EditRefused("own_no_place", file=PARAMETERS_FILE)


def _literals(call: ast.Call, data: bytes) -> dict[str, str]:
    text = data.decode()
    return {keyword.arg or "": ast.get_source_segment(text, keyword.value) or "" for keyword in call.keywords}
