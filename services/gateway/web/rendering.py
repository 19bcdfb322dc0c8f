"""Templates in one language: everything that a template fills in is escaped, and fit to be shown.

Times are printed as moments and carry themselves in `data-at`; a script turns them into ages that grow while one looks.
So a fragment that says the same is the same text, and is not sent again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from core.formats import figure, moment, number, percent, short_moment
from core.language import Language
from core.retelling import retold
from core.text import printable
from services.gateway.console.explained import stopped_line
from services.gateway.ledger.words import lasting, reason_name
from services.gateway.web.texts import named, say

TEMPLATES: Final = Path(__file__).with_name("templates")
NOTHING: Final = "-"
TYPED: Final = re.compile(r"`([^`\n]{1,80})`")
LONGEST: Final = 20_000
"""Characters of one text of somebody else's."""


@cache
def environment(language: Language, zone: str) -> Environment:
    """The templates, which speak that language and tell the time of that zone."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"t": partial(_said, language), "lang": language.value, "zone": zone}
    made.filters |= {
        "named": partial(_named, language),
        "plain": _plain,
        "retold": lambda text: retold(_plain(text), language),
        "worded": _worded,
        "money": lambda value: NOTHING if value is None else figure(value, ",.2f", language),
        "price": lambda value: NOTHING if value is None else figure(value, ",.8g", language),
        "signed": lambda value: NOTHING if value is None else figure(value, "+,.2f", language),
        "digits": lambda value: NOTHING if value is None else number(value, language),
        "short": lambda value: _short(value, language),
        "share": lambda value: NOTHING if value is None else figure(value, "+.2%", language),
        "part": lambda value: NOTHING if value is None else figure(value, ".2%", language),
        "percent": lambda value: percent(value, language),
        "count": lambda value: NOTHING if value is None else figure(value, ",d", language),
        "seconds": lambda value: NOTHING if value is None else figure(value, ",.1f", language) + " s",
        "at": lambda time_ns: _time(time_ns, short_moment(time_ns, zone, language)),
        "moment": lambda time_ns: _time(time_ns, moment(time_ns, zone, language)),
        "sign": _sign,
        "stopped": lambda how: stopped_line(how, language),
        "cause": lambda reason: reason_name(str(reason), language),
        "lasting": lambda seconds: lasting(seconds, language),
    }
    return made


def render(template: str, language: Language, zone: str, values: Mapping[str, Any]) -> str:
    """One template, filled in."""
    return environment(language, zone).get_template(template).render(values)


def _said(language: Language, text: str, /, **values: object) -> str:
    return say(text, language, **values)


def _named(language: Language, name: object, kind: str) -> str:
    return named(kind, str(name), language)


def _plain(text: object) -> str:
    """Without what turns the direction of writing; lines stay lines."""
    return "\n".join(printable(line) for line in str(text)[:LONGEST].split("\n"))


def _worded(text: object) -> Markup:
    """Our own words: what they say to type stands out; whatever else is in them is text."""
    shown = Markup.escape(_plain(text).replace(" -> ", " → "))
    return Markup(TYPED.sub(r"<code>\1</code>", str(shown)))  # noqa: S704 - escaped in the line above


def _short(value: object, language: Language) -> str:
    match value:
        case None:
            return NOTHING
        case bool() | str():
            return str(value)
        case int() | Decimal():
            return number(value, language)
        case float():
            return figure(value, ".4g", language)
    return str(value)


def _sign(value: float | Decimal | None) -> str:
    """A shape beside a figure: what it says needs no colour."""
    if value is None or value == 0:
        return "■"
    return "▲" if value > 0 else "▼"


def _time(time_ns: int, shown: str) -> Markup:
    if time_ns <= 0:
        return Markup(NOTHING)  # noqa: S704 - our own
    exact = datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="milliseconds")
    return Markup('<time datetime="{}" data-at="{}">{}</time>').format(exact, time_ns // 1_000_000, shown)
