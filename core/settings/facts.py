"""What can be said of each setting: its sentence, unit, range, default, and whether it is live or a secret.

All of it comes from the model's JSON schema, so that whatever is told of a key is what is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

REQUIRED: Final = "none; it must be given"
NOTHING: Final = "none"
KINDS: Final = {"integer": "whole number", "number": "number", "boolean": "true or false", "array": "list of texts"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One setting."""

    key: str
    text: str
    kind: str  # what a value looks like, in words
    unit: str  # empty when it has none
    range: str  # empty when every value of its kind will do
    default: Any  # as TOML and JSON have it; None when there is none
    example: Any  # a value that may be given: the default, unless there is none
    required: bool
    live: bool  # changes without a restart
    secret: bool

    @property
    def default_said(self) -> str:
        """The default for a reader."""
        if self.required:
            return REQUIRED
        return NOTHING if self.default in (None, "") else written(self.default)


def facts_of(model: type[BaseModel]) -> dict[str, Fact]:
    """Each setting of a model by its key, in order; the keys of a section follow each other."""
    schema = model.model_json_schema()
    return {fact.key: fact for fact in _facts(schema, schema.get("$defs", {}), "")}


def sections_of(model: type[BaseModel]) -> dict[str, str]:
    """The sentence of each section, by its name."""
    return {
        name: (field.annotation.__doc__ or "").strip()
        for name, field in model.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


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
        kind="path" if form.get("format") == "path" else KINDS.get(form.get("type", ""), "text"),
        unit=about.get("unit", ""),
        range=_range(form),
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


def _range(form: Mapping[str, Any]) -> str:
    if "enum" in form:
        return "one of " + ", ".join(form["enum"])
    bounds = (
        ("at least", form.get("minimum")),
        ("above", form.get("exclusiveMinimum")),
        ("at most", form.get("maximum")),
        ("below", form.get("exclusiveMaximum")),
    )
    return ", ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
