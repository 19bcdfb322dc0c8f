"""What is known of each setting: its sentence, unit, range, default, and whether it is live or a secret.

All of it comes from the model's JSON schema, so what is said of a key is what is checked.
`core.settings.words` says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

KINDS: Final = frozenset({"integer", "number", "boolean", "array"})
BOUNDS: Final = {
    "at_least": "minimum",
    "above": "exclusiveMinimum",
    "at_most": "maximum",
    "below": "exclusiveMaximum",
}
"""Our names of a schema's bounds."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One setting."""

    key: str
    text: str  # in English, as the model has it
    kind: str  # of the values: one of KINDS, "integers", "path" or "text"
    unit: str  # in English; empty when it has none
    choices: tuple[str, ...]  # the only values, when they are named
    bounds: tuple[tuple[str, float], ...]  # (name in BOUNDS, number); empty when every number will do
    default: Any  # as TOML and JSON have it; None when there is none
    example: Any  # a value that may be given: the default, unless there is none
    required: bool
    live: bool  # changes without a restart
    secret: bool


def facts_of(model: type[BaseModel], prefix: str = "") -> dict[str, Fact]:
    """Each setting of a model by its key, which begins with `prefix`, in order; sections are kept together."""
    schema = model.model_json_schema()
    return {fact.key: fact for fact in _facts(schema, schema.get("$defs", {}), prefix)}


def written(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _facts(schema: Mapping[str, Any], definitions: Mapping[str, Any], prefix: str) -> Iterator[Fact]:
    for name, about in schema["properties"].items():
        form = _form(about, definitions)
        if "properties" in form:
            yield from _facts(form, definitions, f"{prefix}{name}.")
        else:
            yield _fact(f"{prefix}{name}", about, form, required=name in schema.get("required", ()))


def _fact(key: str, about: Mapping[str, Any], form: Mapping[str, Any], *, required: bool) -> Fact:
    return Fact(
        key=key,
        text=about.get("description", ""),
        kind=_kind(form),
        unit=about.get("unit", ""),
        choices=tuple(form.get("enum", ())),
        bounds=tuple((ours, form[theirs]) for ours, theirs in BOUNDS.items() if form.get(theirs) is not None),
        default=about.get("default"),
        example=next(iter(about.get("examples", ())), about.get("default")),
        required=required,
        live=about.get("live", False),
        secret=form.get("format") == "password",
    )


def _form(about: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a value must be. Of several forms it is the first: our second is always `null`, or a decimal as a text."""
    forms: list[Mapping[str, Any]] = about.get("anyOf") or [about]
    name = forms[0].get("$ref", "").rpartition("/")[2]
    form: Mapping[str, Any] = definitions[name] if name else forms[0]
    return form


def _kind(form: Mapping[str, Any]) -> str:
    if form.get("format") == "path":
        return "path"
    if form.get("type") == "array" and form.get("items", {}).get("type") == "integer":
        return "integers"
    return form["type"] if form.get("type") in KINDS else "text"
