"""What alerts and summaries say, in the owner's language; `texts.toml` holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.retelling import Retelling

WORDING: Final = Retelling(Path(__file__).with_name("texts.toml"), ("detail", "why"))
say = WORDING.say
