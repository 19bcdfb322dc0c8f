"""The parameters of the strategy that ships: what `back to its default` says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from core.strategy import Source
from core.symbols import Parameter, Symbols


@cache
def shipped() -> Mapping[str, Parameter]:
    """By name; read when somebody first asks for one."""
    return Symbols.of(Source.shipped().files).parameters
