"""The strict limits file. It is read once, at the start; nothing that it limits can write it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import ConfigurationError
from core.settings import Settings, explain, measured_in, nonsense

PAPER_LIMITS = Path(__file__).with_name("limits.toml")
EVERY_PAIR = "*"
LARGEST = Decimal("1e15")
"""No account has a thousand million millions; a figure above is a slip that would limit nothing."""
SYMBOL = re.compile("[A-Z0-9]{2,30}")  # any other spelling would admit nothing, which nobody means who lists a pair

Money = Annotated[
    Decimal, Field(gt=0, le=LARGEST, allow_inf_nan=False, json_schema_extra=measured_in("quote currency"))
]
Count = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]  # strict: `true` is not 1


class Limits(BaseModel):
    """What no order may exceed. Money is in the quote currency (USDT for BTCUSDT); every key is required."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    pairs: tuple[str, ...] = Field(min_length=1)
    """Symbols that may be traded; "*" alone means every pair that `sorte run` names."""
    order_value: Money
    """Largest value of one buy order."""
    position_value: Money
    """Largest value of one pair's position after the order."""
    total_exposure: Money
    """Largest value of all positions together after the order."""
    open_positions: Annotated[Count, Field(json_schema_extra=measured_in("pairs"))]
    """Most pairs held at once."""
    loss_per_trade: Money
    """A position that has lost this much is closed, whatever the strategy says."""
    loss_per_day: Money
    """After a loss of this much since midnight UTC, positions are only closed until the next day."""
    orders_per_minute: Annotated[Count, Field(json_schema_extra=measured_in("orders a minute"))]
    """Most buy orders in a minute; orders that close a position may be twice as many."""
    price_collar: Annotated[Decimal, Field(gt=0, le=Decimal("0.5"), json_schema_extra=measured_in("fraction"))]
    """How far an order's price may lie from the last trade's."""

    @field_validator("pairs")
    @classmethod
    def _name_what_may_be_traded(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        if pairs == (EVERY_PAIR,):
            return pairs
        if EVERY_PAIR in pairs:
            raise ValueError('"*" means every pair and stands alone')
        if strange := [name for name in pairs if not SYMBOL.fullmatch(name)]:
            raise ValueError(f"{strange[0]!r} is no symbol of an exchange; write BTCUSDT")
        return pairs

    def admits(self, symbol: str) -> bool:
        """Whether orders for `symbol` may be sent at all."""
        return symbol in self.pairs or self.pairs == (EVERY_PAIR,)


def owners_limits(settings: Settings) -> Path | None:
    """The limits file that the settings name, else `limits.toml` in this folder; None when the owner has none."""
    return settings.limits_file or (Path("limits.toml") if Path("limits.toml").exists() else None)


def load_limits(path: Path) -> tuple[Limits, str]:
    """The limits in `path` and the SHA-256 of the file; raises ConfigurationError that names each wrong key."""
    try:
        text = path.read_bytes()
        limits = Limits.model_validate(tomllib.loads(text.decode()))
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no limits file {path}.", f"Start from the one that is shipped: {PAPER_LIMITS}"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {explain(error, Limits)}.", "Nothing was started; mend the file.") from None
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {nonsense(error)}.", "Nothing was started; mend it."
        ) from None
    return limits, hashlib.sha256(text).hexdigest()


def limits_for(settings: Settings) -> tuple[Limits, str]:
    """The limits in force and their file's SHA-256; raises ConfigurationError when live mode has none of its own."""
    given = owners_limits(settings)
    if given is None and settings.trader.mode == "live":
        raise ConfigurationError("Live mode needs a limits file of your own.", f"Copy {PAPER_LIMITS} to limits.toml.")
    return load_limits(given or PAPER_LIMITS)
