"""A file as LibCST sees it, and the few places that the operations touch in it.

LibCST keeps every byte, and what it kept is compared before anything is edited. The one delicate place is the tuple
that `verdicts` returns: its gaps hold the comments and line breaks between the entries, and an entry is a line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import libcst as cst
from libcst import matchers

from core.symbols import PARAMETERS_FILE, RULES_FILE
from services.editor.refusals import EditRefused

Gap: TypeAlias = cst.BaseParenthesizableWhitespace
Entries: TypeAlias = Sequence[cst.BaseElement]
INDENT = "    "
KEPT: Final = 12
"""Trees, which nobody changes: the operations of a plan, its inverse and its proof ask for the same files."""


@functools.lru_cache(maxsize=KEPT)
def parse(file: str, data: bytes) -> cst.Module:
    """The tree of a file; EditRefused when it would not be written back as it was, or is no UTF-8."""
    try:
        data.decode()
        module = cst.parse_module(data)
    except (cst.ParserSyntaxError, ValueError, SyntaxError):
        raise EditRefused("unreadable", file=file) from None
    if module.bytes != data or data.startswith(b"\xef\xbb\xbf"):
        raise EditRefused("unreadable", file=file)
    return module


def function(module: cst.Module, name: str) -> cst.FunctionDef | None:
    """The function of that name at the top of the module."""
    return next((node for node in module.body if isinstance(node, cst.FunctionDef) and node.name.value == name), None)


def mentions(module: cst.Module, inside: str, name: str) -> bool:
    """Whether a function at the top of the module speaks of that name."""
    node = function(module, inside)
    return node is not None and bool(matchers.findall(node, matchers.Name(name)))


def parameters_class(module: cst.Module) -> cst.ClassDef:
    """`class Parameters` at the top of the module; what lies elsewhere under that name is something else."""
    found = (node for node in module.body if isinstance(node, cst.ClassDef) and node.name.value == "Parameters")
    first = next(found, None)
    if first is None:
        raise EditRefused("unreadable", file=PARAMETERS_FILE)
    return first


def with_function_after(module: cst.Module, after: str, source: str) -> cst.Module:
    """The module with a function, two lines below the one called `after`, the last of that name."""
    place = max(
        i for i, node in enumerate(module.body) if isinstance(node, cst.FunctionDef) and node.name.value == after
    )
    blank = cst.EmptyLine(indent=False)
    node = parsed_function(module, source).with_changes(leading_lines=[blank, blank])
    return module.with_changes(body=[*module.body[: place + 1], node, *module.body[place + 1 :]])


def without_function(module: cst.Module, name: str) -> cst.Module:
    """The module without that function and the comment above it, and without one of the same name that it hid."""
    return module.with_changes(
        body=[node for node in module.body if not (isinstance(node, cst.FunctionDef) and node.name.value == name)]
    )


def parsed_function(module: cst.Module, source: str) -> cst.FunctionDef:
    """One function of `source`, with the module's line ends."""
    lines = [line.decode() for line in source.encode().splitlines()]  # a form feed or U+2028 ends no line of Python
    text = module.default_newline.join(lines) + module.default_newline
    node = cst.parse_module(text, module.config_for_parsing).body[0]
    assert isinstance(node, cst.FunctionDef)  # noqa: S101 - for the type checker; our own text, or checked before
    return node


# The list of rules ----------------------------------------------------------------------------------------------------


def listed(module: cst.Module) -> list[str]:
    """The names in the tuple that `verdicts` returns; an entry that is no plain call is an empty name."""
    return [_called(element) for element in _returned(module).elements]


def with_entry(module: cst.Module, name: str, place: int) -> cst.Module:
    """The module with `name(f)` at that place of the list, `f` being what `verdicts` calls it."""
    verdicts = function(module, "verdicts")
    given = verdicts.params.params[0].name.value if verdicts and verdicts.params.params else "f"
    value = cst.Call(cst.Name(name), [cst.Arg(cst.Name(given))])
    return _with_list(module, lambda entries: entries.inserted(place, cst.Element(value)))


def without_entry(module: cst.Module, name: str) -> cst.Module:
    """The module with that rule off the list wherever it stands there, and what is said of it on its line."""
    while name in listed(module):
        module = _with_list(module, _taking(listed(module).index(name)))
    return module


def _taking(place: int) -> Callable[[_Entries], _Entries]:
    return lambda entries: entries.removed(place)


def _called(element: cst.BaseElement) -> str:
    call = element.value
    return call.func.value if isinstance(call, cst.Call) and isinstance(call.func, cst.Name) else ""


def _return(module: cst.Module) -> cst.Return:
    verdicts = function(module, "verdicts")
    line = verdicts.body.body[-1] if verdicts else None
    last = line.body[-1] if isinstance(line, cst.SimpleStatementLine) else None
    if not isinstance(last, cst.Return) or not isinstance(last.value, cst.Tuple):
        raise EditRefused("unreadable", file=RULES_FILE)
    return last


def _returned(module: cst.Module) -> cst.Tuple:
    value = _return(module).value
    assert isinstance(value, cst.Tuple)  # noqa: S101 - for the type checker; `_return` looked
    return value


def _with_list(module: cst.Module, change: Callable[[_Entries], _Entries]) -> cst.Module:
    old = _returned(module)
    edited = module.deep_replace(old, change(_Entries.of(old)).tuple(old))
    assert isinstance(edited, cst.Module)  # noqa: S101 - for the type checker
    return edited


class _Entries:
    """The elements of a tuple and the gaps around them: `gaps[i]` stands before element i, the last one at the end."""

    def __init__(self, elements: list[cst.BaseElement], gaps: list[Gap], *, comma: bool) -> None:
        self.elements = elements
        self.gaps = gaps
        self.comma = comma  # after the last element

    @classmethod
    def of(cls, node: cst.Tuple) -> _Entries:
        nothing = cst.SimpleWhitespace("")
        before = node.lpar[-1].whitespace_after if node.lpar else nothing
        after = node.rpar[0].whitespace_before if node.rpar else nothing
        commas = [element.comma for element in node.elements]
        between = [comma.whitespace_after if isinstance(comma, cst.Comma) else nothing for comma in commas[:-1]]
        gaps = [before, *between, after] if node.elements else [before]
        return cls(list(node.elements), gaps, comma=bool(commas) and isinstance(commas[-1], cst.Comma))

    def removed(self, place: int) -> _Entries:
        last = place == len(self.elements) - 1
        gap = _closed(self.gaps[place], self.gaps[place + 1], last=last)
        gaps = [*self.gaps[:place], gap, *self.gaps[place + 2 :]]
        return _Entries(self.elements[:place] + self.elements[place + 1 :], gaps, comma=self.comma)

    def inserted(self, place: int, element: cst.BaseElement) -> _Entries:
        before, after = self._opened(place)
        elements = [*self.elements[:place], element, *self.elements[place:]]
        gaps = [*self.gaps[:place], before, after, *self.gaps[place + 1 :]]
        comma = self.comma if len(self.elements) > 1 else isinstance(after, cst.ParenthesizedWhitespace)
        return _Entries(elements, gaps, comma=comma)

    def _opened(self, place: int) -> tuple[Gap, Gap]:
        """The gap at `place` as two: what is said behind the entry before it stays there, lines of comment go below."""
        gap = self.gaps[place]
        if isinstance(gap, cst.ParenthesizedWhitespace):
            before = gap.with_changes(empty_lines=[], last_line=self._margin(place, gap))
            return before, gap.with_changes(first_line=cst.TrailingWhitespace())
        if not self.elements:
            return gap, cst.SimpleWhitespace("")
        if place < len(self.elements):
            return gap, cst.SimpleWhitespace(" ")
        above = self.gaps[place - 1]
        if place > 1 and isinstance(above, cst.ParenthesizedWhitespace):
            return above.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[]), gap
        return cst.SimpleWhitespace(" "), gap

    def _margin(self, place: int, gap: cst.ParenthesizedWhitespace) -> cst.SimpleWhitespace:
        if place < len(self.elements):
            return gap.last_line
        above = self.gaps[place - 1] if self.elements else None
        if isinstance(above, cst.ParenthesizedWhitespace):
            return above.last_line
        return cst.SimpleWhitespace(gap.last_line.value + INDENT)

    def tuple(self, old: cst.Tuple) -> cst.Tuple:
        """The tuple of these entries, in brackets as `old` was, and with the comma that one entry alone needs."""
        if not self.elements:
            bracket = cst.LeftParen(whitespace_after=self.gaps[0])
            return old.with_changes(elements=[], lpar=[bracket], rpar=[cst.RightParen()])
        elements = [
            element.with_changes(comma=_comma(element, gap))
            for element, gap in zip(self.elements[:-1], self.gaps[1:-1], strict=True)
        ]
        comma = _comma(self.elements[-1], cst.SimpleWhitespace("")) if self.comma or not elements else None
        elements.append(self.elements[-1].with_changes(comma=comma or cst.MaybeSentinel.DEFAULT))
        brackets = {
            "lpar": [*old.lpar[:-1], old.lpar[-1].with_changes(whitespace_after=self.gaps[0])] if old.lpar else [],
            "rpar": [old.rpar[0].with_changes(whitespace_before=self.gaps[-1]), *old.rpar[1:]] if old.rpar else [],
        }
        return old.with_changes(elements=elements, **brackets)


def _comma(element: cst.BaseElement, gap: Gap) -> cst.Comma:
    old = element.comma if isinstance(element.comma, cst.Comma) else cst.Comma()
    return old.with_changes(whitespace_after=gap)


def _closed(before: Gap, after: Gap, *, last: bool) -> Gap:
    """The one gap that is left of two when the entry between them goes."""
    if isinstance(before, cst.ParenthesizedWhitespace) and isinstance(after, cst.ParenthesizedWhitespace):
        return before.with_changes(empty_lines=[*before.empty_lines, *after.empty_lines], last_line=after.last_line)
    if last and not (isinstance(before, cst.ParenthesizedWhitespace) and before.first_line.comment):
        return after
    return before
