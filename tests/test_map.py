"""`AGENTS.md` leads a stranger to places that are there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
MAP = (HOUSE / "AGENTS.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|toml|md))`", MAP)))
NAMED = re.findall(r"`([\w./]+\.py)`:([^|.;]*)", MAP)
"""A file and what is said of it: names in backticks there are defined in the file."""


def defined_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name


@pytest.mark.parametrize("path", PATHS)
def test_a_place_on_the_map_is_there(path: str) -> None:
    place = HOUSE / path
    assert place.is_dir() if path.endswith("/") else place.exists()


@pytest.mark.parametrize(("path", "said"), NAMED)
def test_a_name_on_the_map_is_defined_where_it_says(path: str, said: str) -> None:
    assert set(re.findall(r"`(\w+)`", said)) <= set(defined_in(HOUSE / path))


def test_the_four_questions_are_answered_first() -> None:
    """Where a number is resolved, an order refused, a release taken back, and where a new gate goes."""
    answers = MAP[MAP.index("## Four questions") : MAP.index("## Commands")]
    assert {path for path, said in NAMED if f"`{path}`:{said}" in answers and "`" in said} == {
        "services/interpreter/grammar/resolving.py",
        "services/trader/risk.py",
        "services/commander/road/deployment.py",
        "services/guardian/gates/__init__.py",
    }
