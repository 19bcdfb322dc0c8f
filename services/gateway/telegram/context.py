"""In which language, by which clock, and in what circumstances one owner is spoken to."""

from __future__ import annotations

from dataclasses import dataclass

from core.language import Language


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads. `zone` is an IANA name; `stopped` is how he has stopped trading, see `Picture.stopped`."""

    language: Language
    zone: str = "UTC"
    stopped: str = ""
