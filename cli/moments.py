"""Moments as an owner types them: a span before now, or a time of his clock."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Final

SPANS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smhdw])")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")


def moment(text: str, zone: str, now_ns: int, option: str) -> int:
    """Nanoseconds UTC of a span before now, or of a moment of the owner's clock; 0 for no text.

    Refuses all else by a sentence that names the `option`.
    """
    from datetime import datetime

    from core.errors import ConfigurationError
    from core.wording import Wording
    from core.zone import NANOSECONDS, clock

    if not text:
        return 0
    if span := _SPAN.fullmatch(text):
        return max(now_ns - int(float(span[1]) * SPANS[span[2]] * NANOSECONDS), 1)
    with contextlib.suppress(ValueError, OverflowError):
        if _MOMENT.fullmatch(text):
            return max(clock(zone).time_ns(datetime.fromisoformat(text)), 1)
    say = Wording(Path(__file__).with_name("texts.toml")).say
    raise ConfigurationError(say("logs.no_moment", option=option, text=text), say("logs.no_moment_hint"))
