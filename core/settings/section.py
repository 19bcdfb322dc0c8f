"""What every section of the settings is, and what a field says of itself beside its type."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, JsonValue


class Section(BaseModel):
    """One table of the settings. The line under a field is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


def measured_in(unit: str) -> dict[str, JsonValue]:
    """What the schema says beside a number: its unit."""
    return {"unit": unit}


def live_in(unit: str) -> dict[str, JsonValue]:
    """The same, of a setting that changes without a restart."""
    return {"unit": unit, "live": True}
