"""In which language, and by which clock, one owner is spoken to."""

from __future__ import annotations

from dataclasses import dataclass

from core.language import Language


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads. `zone` is an IANA name."""

    language: Language
    zone: str = "UTC"
