"""Steps of the road by their kinds and fields, for who says them so, as the values that everybody else reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from core.contracts.told import Step, TellStep

KINDS: Final = {step.__struct_config__.tag: step for step in get_args(Step)}


def by_kind(tell: TellStep) -> Callable[..., None]:
    """What says a step by its kind."""

    def told(kind: str, /, **fields: Any) -> None:
        tell(KINDS[kind](**fields))

    return told
