"""What may name a change, a commit or an order; what may not is answered without asking git or a database."""

from __future__ import annotations

import re
from typing import Final

from core.text import printable

NAME: Final = re.compile(r"[0-9A-Za-z._/@^~{}:][0-9A-Za-z._/@^~{}:-]{0,199}", re.ASCII)
"""A hash, an id, or a revision as git writes them; nothing that begins like an option."""
SHOWN: Final = 60
"""Characters of somebody's word that are quoted back to him."""


def is_name(text: str) -> bool:
    """Whether something can be called that."""
    return NAME.fullmatch(text) is not None


def short(text: str) -> str:
    """Somebody's word, as it can be quoted: on one line, and not longer than he can read."""
    return printable(text, most=SHOWN) + ("" if len(text) <= SHOWN else "…")
