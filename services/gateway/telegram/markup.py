"""Telegram's HTML, made safe: whatever a person, a strategy or an exchange has written is text in it, never a tag."""

from __future__ import annotations

import html
import re
from typing import Final

from core.text import printable
from services.gateway.telegram.commands import BY_NAME

TAG: Final = re.compile(r"</?[a-z][^<>]*>")
TERMINAL: Final = re.compile(r"`([^`\n]{1,80})`")
"""What our own words say to type; they are written for the terminal."""
SORTE: Final = "sorte "
NEW_LINES: Final = re.compile(r"\n{3,}")


def escaped(text: str) -> str:
    """Words of anybody, as text. Line ends stay; what turns the direction of writing or rings a bell does not."""
    return html.escape("\n".join(printable(line) for line in text.split("\n")), quote=False)


def worded(text: str) -> str:
    """Our own words: what they say to type in a terminal is the command of the chat, where it has one."""
    return TERMINAL.sub(_typed, escaped(text).replace(" -&gt; ", " \N{RIGHTWARDS ARROW} "))


def _typed(found: re.Match[str]) -> str:
    words = found[1]
    name, _, rest = words.removeprefix(SORTE).partition(" ")
    if words.startswith(SORTE) and name in BY_NAME and "--" not in rest:
        return f"/{name} {rest}".rstrip()
    return f"<code>{words}</code>"


def bold(text: str) -> str:
    """A name or a headline."""
    return f"<b>{escaped(text)}</b>"


def italic(text: str) -> str:
    """What is said beside the matter."""
    return f"<i>{escaped(text)}</i>"


def code(text: str) -> str:
    """What may be copied with a touch: an id, a commit."""
    return f"<code>{escaped(text)}</code>"


def block(text: str, language: str = "") -> str:
    """Lines whose columns align; with a language its colours."""
    if not language:
        return f"<pre>{escaped(text)}</pre>"
    return f'<pre><code class="language-{language}">{escaped(text)}</code></pre>'


def folded(text: str) -> str:
    """What opens at a touch."""
    return f"<blockquote expandable>{escaped(text)}</blockquote>"


def plain(source: str) -> str:
    """The same without markup: what is sent when Telegram cannot read the markup after all."""
    return html.unescape(TAG.sub("", source))


def units(text: str) -> int:
    """The length of a text as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def shown_units(source: str) -> int:
    """The length of what is shown of it."""
    return units(plain(source))


def joined(*parts: str) -> str:
    """Parts below each other, without those that are empty."""
    return NEW_LINES.sub("\n\n", "\n".join(part for part in parts if part))
