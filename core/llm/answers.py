"""What a model wrote, as JSON: without the thoughts before it, the fence around it, or a word of greeting.

Numbers that are none (`NaN`, `1e999`) are no JSON here, whatever Python's reader makes of them.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

MOST_LETTERS: Final = 20_000
"""Of an answer; a plan has some hundreds."""
DEEPEST: Final = 24
THOUGHTS: Final = re.compile(r"\A.*?</think(?:ing)?>", re.DOTALL)
"""Up to the end of what a model thought, which some templates leave without its beginning."""
FENCE: Final = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)


class NoAnswer(ValueError):  # noqa: N818 - what it is, and no error of ours
    """It holds no JSON object."""


def decoded(text: str) -> Any:
    """The object that an answer holds. NoAnswer when it holds none, or more behind it than an end of a fence."""
    if len(text) > MOST_LETTERS:
        raise NoAnswer("it is too long")
    told = THOUGHTS.sub("", text) if "</think" in text else text
    if fenced := FENCE.search(told):
        told = fenced[1]
    start = told.find("{")
    if start < 0:
        raise NoAnswer("it holds no object")
    try:
        found, end = READER.raw_decode(told, start)
    except (ValueError, RecursionError) as error:
        raise NoAnswer(f"it is no JSON: {type(error).__name__}") from None
    if told[end:].strip(" \n\r\t`"):
        raise NoAnswer("something follows the object")
    if _depth(found) > DEEPEST:
        raise NoAnswer("it is nested too deeply")
    return found


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NoAnswer(f"{text[:20]} is no number")
    return value


def _constant(text: str) -> float:
    raise NoAnswer(f"{text} is no number")


def _depth(value: Any) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((_depth(each) for each in below), default=0)


READER: Final = json.JSONDecoder(parse_float=_number, parse_constant=_constant)
