"""What the owner is shown of a model's function: its tests, its code, what it does in words, what he never said."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Final

from core.formats import number
from core.language import Language
from services.interpreter.code_in_words import in_words
from services.interpreter.model.writing import fitting
from services.interpreter.model.writing.drafting import Drafted
from services.interpreter.model.writing.hearing import Wanted
from services.interpreter.model.writing.read import Read
from services.interpreter.wording import say

HEADS: Final = ("--", "++", "@@")
"""How the lines of a difference begin that are no code."""


def question(drafted: Drafted, tests: Sequence[str], wanted: Wanted, language: Language) -> str:
    """All that has to be read before a yes; several lines. The tests that the code has to pass stand before it."""
    return "\n".join(_parts(drafted, tests, wanted, language))


def _parts(drafted: Drafted, tests: Sequence[str], wanted: Wanted, language: Language) -> Iterator[str]:
    name, function = drafted.operation.name, drafted.tree
    yield say("written.rewritten" if drafted.was else "written.new", language, name=name)
    if tests:
        yield say("written.tests", language)
        yield from (f"  {line}" for each in tests for line in each.splitlines())
        yield say("written.code", language)
    yield from (f"  {line}" for line in _code(drafted))
    yield say("written.does", language, words=in_words(function, language))
    was = Read.of_body(drafted.was) if drafted.was else None
    if numbers := fitting.unsaid_numbers(function, wanted, was):
        yield say("written.unsaid_numbers", language, numbers=", ".join(number(each, language) for each in numbers))
    if names := fitting.unsaid_names(function, wanted, was):
        yield say("written.unsaid_names", language, names=", ".join(names))
    yield say("written.unchecked", language)


def _code(drafted: Drafted) -> list[str]:
    """The function; of one that was there, the lines that go and come."""
    lines = drafted.operation.source.splitlines()
    if not drafted.was:
        return lines
    body = [line for line in lines[2:] if '"""' not in line]
    return [line for line in difflib.unified_diff(drafted.was, body, lineterm="", n=len(body)) if line[:2] not in HEADS]
