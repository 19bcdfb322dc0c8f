"""What a box is to the judge: the seam between him and what he judges in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")


class Session(Protocol):
    """One box in which one strategy was laid out, open for questions. Whatever it answers is a stranger's word.

    `ask(task, type, **arguments)` runs `task` of `sandbox.tasks` inside and decodes its answer as `type`; arguments and
    answers are numbers, strings, bytes, lists and dicts. Raises SandboxError when the box died, was late (`seconds`),
    answered without the nonce, with what is not of that `type`, or said that the task failed.
    """

    def ask(self, task: str, answer: type[Result], *, seconds: float, **arguments: Any) -> Result: ...

    def close(self) -> None: ...

    def cpu_ns(self) -> int | None:
        """Processor time that it has used so far, by this machine's own count; None when it cannot be known."""


OpenBox = Callable[..., Session]
"""`open_box(source, jit=True, room="trading")` is a box with that strategy in it, a new one or one that waits for
it with that module of tasks imported. Raises SandboxError when there is none."""
