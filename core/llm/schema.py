"""Whether data obeys a schema: no server is trusted to have kept to it.

Only the words that our schemas use are known: type, properties, required, items, minItems, maxItems, enum, anyOf,
minimum, maximum, pattern, maxLength. An object has no other keys than those that are named. ValueError for other words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from core.llm.request import Schema

KNOWN: Final = frozenset(
    {
        *("type", "properties", "required", "items", "minItems", "maxItems", "enum", "anyOf", "minimum", "maximum"),
        *("pattern", "maxLength", "additionalProperties", "description"),
    }
)
TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def fault(data: Any, schema: Schema, place: str = "") -> str:
    """The first thing that is wrong, as `operations.0.name: ...`; empty when nothing is. Repeats no text of `data`."""
    return next(_faults(data, schema, place), "")


def _faults(data: Any, schema: Schema, place: str) -> Iterator[str]:
    if strange := schema.keys() - KNOWN:
        raise ValueError(f"a schema of ours says {', '.join(sorted(strange))}, which nothing checks")
    if "anyOf" in schema:
        if all(fault(data, branch, place) for branch in schema["anyOf"]):
            yield f"{place}: it is none of the {len(schema['anyOf'])} shapes"
        return
    if "enum" in schema:
        if data not in schema["enum"] or isinstance(data, bool):
            yield f"{place}: it is none of the names"
        return
    if not _is(data, schema["type"]):
        yield f"{place}: it is no {schema['type']}"
        return
    if isinstance(data, dict):
        yield from _object_faults(data, schema, place)
    elif isinstance(data, list):
        yield from _list_faults(data, schema, place)
    elif isinstance(data, str):
        yield from _text_faults(data, schema, place)
    elif isinstance(data, int | float) and not schema.get("minimum", data) <= data <= schema.get("maximum", data):
        yield f"{place}: it is out of range"


def _is(data: Any, kind: str) -> bool:
    return isinstance(data, TYPES[kind]) and (kind == "boolean" or not isinstance(data, bool))


def _object_faults(data: dict[str, Any], schema: Schema, place: str) -> Iterator[str]:
    known = schema.get("properties", {})
    if missing := [name for name in schema.get("required", ()) if name not in data]:
        yield f"{place}: {missing[0]} is missing"
    if data.keys() - known.keys():
        yield f"{place}: it has a key that is not known"
    for name in known.keys() & data.keys():
        yield from _faults(data[name], known[name], f"{place}.{name}" if place else name)


def _list_faults(data: list[Any], schema: Schema, place: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(data) <= schema.get("maxItems", len(data)):
        yield f"{place}: it has {len(data)} items"
    for position, item in enumerate(data):
        yield from _faults(item, schema["items"], f"{place}.{position}")


def _text_faults(data: str, schema: Schema, place: str) -> Iterator[str]:
    if len(data) > schema.get("maxLength", len(data)):
        yield f"{place}: it is too long"
    if "pattern" in schema and re.fullmatch(schema["pattern"], data) is None:
        yield f"{place}: it has not the shape"
