"""What is a secret, or looks like one, goes into no log: not by its name, not inside a sentence, not in a traceback.

Four rules, each enough by itself: a value that the settings call secret, wherever it stands; a value whose name says
that it is one (`api_secret`, `signature=`); a URL's user and password; a text shaped like a key or a token. A hash of
ours (40 or 64 digits of lower-case hexadecimal) has not that shape. When in doubt too much is hidden, never too little.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote

import msgspec

HIDDEN: Final = "[redacted]"
SHORTEST_SECRET: Final = 6
"""Characters; a shorter secret would hide ordinary words, and its name or place hides it."""
LONGEST_TEXT: Final = 8_000
LONGEST_READ: Final = 64_000
"""Characters of a text that are looked through before it is cut, so that no half of a secret is left at the cut."""
DEEPEST: Final = 8
MOST_ITEMS: Final = 200
BIGGEST: Final = 1 << 63

_NAMES: Final = (
    r"secret|passw(?:or)?d|passphrase|token|api[_-]?key|signature|hmac|listen[_-]?key|authorization|credential|cookie"
    r"|private[_-]?key"
)
_NAME: Final = re.compile(_NAMES, re.IGNORECASE)
_COUNTED: Final = re.compile(r"tokens?(_|$)", re.IGNORECASE)
"""Names of figures: how many tokens a model read is no secret."""
_NAMED: Final = re.compile(
    rf"(?<![\w-])([\w-]{{0,40}}(?:{_NAMES})[\w-]{{0,40}}\\*[\"']?\s*[=:]\s*)"  # its name, perhaps in quotation marks
    r"(?:(?:bearer|basic)\s+)?"
    r"(\"(?:[^\"\\]|\\.)*\"|\\+\"[^\"]*\"|'[^']*'|[^\s\"'&,;}\])]+)",  # in quotation marks, or to a value's end
    re.IGNORECASE,
)
_USER: Final = re.compile(r"([a-z][a-z0-9+.-]{0,30}://)[^\s\"'<>]*@", re.IGNORECASE)
_SHAPES: Final = re.compile(
    "|".join(
        (
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            r"(?<!\d)\d{6,12}:[\w-]{30,}",  # a Telegram bot's token, also within an address
            r"(?<![A-Za-z0-9])(?:sk-|xox[a-z]-|gh[a-z]_|glpat-|hf_|AKIA|AIza)[\w-]{12,}",  # those of well-known makers
            r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",  # a JSON web token
            r"hooks\.slack\.com/services/\S+",
            r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[A-Za-z0-9_-]{32,}",  # 64 of them: Binance's keys
        )
    ),
    re.DOTALL,
)


class Redactor:
    """Makes values fit for a log line."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets` are hidden wherever they stand, also as a part of an address."""
        ways = (str, unquote, quote_plus, lambda secret: quote(secret, safe=""))
        spelled = {way(secret) for secret in secrets for way in ways}
        known = sorted((secret for secret in spelled if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """`text` without secrets, cut when it is very long."""
        text = text[:LONGEST_READ]
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        if len(text) > SHORTEST_SECRET:
            text = _USER.sub(rf"\1{HIDDEN}@", text)
            text = _NAMED.sub(rf"\1{HIDDEN}", text)
            text = _SHAPES.sub(HIDDEN, text)
        if len(text) > LONGEST_TEXT:
            text = f"{text[:LONGEST_TEXT]}... ({len(text):,} characters)"
        return text.encode("utf-8", "replace").decode()  # halves of a pair, which no UTF-8 can tell

    def clean(self, value: Any, name: str = "", depth: int = 0) -> Any:
        """`value`, which `name` names, as JSON without secrets; what JSON does not know is told by its text."""
        if isinstance(value, bool) or value is None:
            return value
        if _NAME.search(name) and not (isinstance(value, int | float) and _COUNTED.search(name)):
            return HIDDEN
        match value:
            case enum.Enum():
                return self.clean(value.value, name, depth)
            case str():
                return self.text(value)
            case int() if -BIGGEST <= value < BIGGEST:
                return int(value)
            case float():
                return float(value) if math.isfinite(value) else str(float(value))
        if depth >= DEEPEST:
            return HIDDEN if isinstance(value, bytes) else "..."
        return self._compound(value, name, depth + 1)

    def _compound(self, value: Any, name: str, depth: int) -> Any:
        match value:
            case msgspec.Struct():
                return self._mapping(msgspec.structs.asdict(value), depth)
            case Mapping():
                return self._mapping(value, depth)
            case list() | tuple() | set() | frozenset():
                return [self.clean(item, name, depth) for item, _ in zip(value, range(MOST_ITEMS), strict=False)]
            case bytes() | bytearray():
                return self.text(bytes(value).decode(errors="replace"))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return self._mapping(fields, depth)
        return self.text(str(value))

    def _mapping(self, values: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        items = zip(values.items(), range(MOST_ITEMS), strict=False)
        return {self.text(str(key)): self.clean(value, str(key), depth) for (key, value), _ in items}
