"""What the outbox says by itself, in the owner's language; `texts.toml` holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.wording import Wording

WORDING: Final = Wording(Path(__file__).with_name("texts.toml"))
say = WORDING.say
