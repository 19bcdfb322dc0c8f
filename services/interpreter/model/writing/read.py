"""What a function looks at."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from core.syntax import syntax_tree


@dataclass(frozen=True, slots=True)
class Read:
    """What a function looks at."""

    features: tuple[str, ...]
    parameters: tuple[str, ...]
    numbers: tuple[float, ...]

    @classmethod
    def of(cls, *nodes: ast.AST) -> Read:
        """Each once, as it comes."""
        parts = [part for node in nodes for part in ast.walk(node)]
        attributes = [part for part in parts if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name)]
        numbers = [
            part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, int | float)
        ]
        return cls(
            tuple(dict.fromkeys(part.attr for part in attributes if part.value.id == "f")),  # type: ignore[attr-defined]
            tuple(dict.fromkeys(part.attr for part in attributes if part.value.id == "P")),  # type: ignore[attr-defined]
            tuple(dict.fromkeys(float(number) for number in numbers)),
        )

    @classmethod
    def of_body(cls, body: tuple[str, ...]) -> Read:
        """Of the lines below a `def`."""
        return cls.of(syntax_tree("def was():\n" + "\n".join(body)))
