"""The strict limits file. It is read once, at the start; nothing that it limits can write it."""

from __future__ import annotations

import hashlib
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import ConfigurationError
from core.settings import explain

PAPER_LIMITS = Path(__file__).with_name("limits.toml")
EVERY_PAIR = "*"

Money = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class Limits(BaseModel):
    """What no order may pass; `limits.toml` in this folder explains each. Money is in the quote currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: tuple[str, ...] = Field(min_length=1)
    order_value: Money
    position_value: Money
    total_exposure: Money
    open_positions: int = Field(ge=1)
    loss_per_trade: Money
    loss_per_day: Money
    orders_per_minute: int = Field(ge=1)
    price_collar: Annotated[Decimal, Field(gt=0, le=Decimal("0.5"))]

    @field_validator("pairs")
    @classmethod
    def _star_stands_alone(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        if EVERY_PAIR in pairs and len(pairs) > 1:
            raise ValueError('"*" means every pair and stands alone')
        return pairs

    def admits(self, symbol: str) -> bool:
        """Whether orders for `symbol` may be sent at all."""
        return symbol in self.pairs or self.pairs == (EVERY_PAIR,)


def load_limits(path: Path) -> tuple[Limits, str]:
    """The limits in `path` and the SHA-256 of the file; raises ConfigurationError that names each wrong key."""
    try:
        text = path.read_bytes()
        limits = Limits.model_validate(tomllib.loads(text.decode()))
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no limits file {path}.", f"Start from {PAPER_LIMITS.name} as shipped."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {explain(error)}.", "Nothing was started; mend the file.") from None
    return limits, hashlib.sha256(text).hexdigest()
