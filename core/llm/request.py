"""What is asked of a model and what comes back, whichever program runs it.

A failure that we expect is a value: it says why the next backend is tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

Schema = Mapping[str, Any]
"""A JSON schema of the few words that `core.llm.schema` checks."""
SEED: Final = 7
"""The same question has the same answer, as far as the program that runs the model can keep that."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question and its right answer, as the model should have said it."""

    asked: str
    answer: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question. What stays the same over many questions stands first, so that a model may keep what it read."""

    system: str
    prompt: str
    schema: Schema
    seconds: float  # each backend that is asked has so long
    examples: tuple[Example, ...] = ()
    context_tokens: int = 4096  # room for question and answer together
    most_tokens: int = 400  # of the answer

    @property
    def text(self) -> str:
        """All of it as one prompt, for an interface that knows no turns."""
        said = (f"{example.asked}\n{example.answer}" for example in self.examples)
        return "\n\n".join((*said, self.prompt))

    @property
    def turns(self) -> list[dict[str, str]]:
        """The same as turns of a chat."""
        found = [{"role": "system", "content": self.system}]
        for example in self.examples:
            found.append({"role": "user", "content": example.asked})
            found.append({"role": "assistant", "content": example.answer})
        return [*found, {"role": "user", "content": self.prompt}]

    @property
    def letters(self) -> int:
        """How long it is, all in all."""
        return len(self.system) + len(self.text)


class Why(StrEnum):
    """Why a backend gave no answer."""

    REFUSED = "refused"  # nobody listens there
    ABSENT = "absent"  # no such model, no such file, no such program
    BUSY = "busy"
    BROKEN = "broken"  # it said that it failed, or what it said is no answer at all
    LATE = "late"
    CUT_OFF = "cut_off"  # the answer ended before its end, or found none
    DIED = "died"  # its process ended
    TOO_LONG = "too_long"  # the question does not fit
    NOT_JSON = "not_json"
    OFF_SCHEMA = "off_schema"
    RESTING = "resting"  # it failed too often a moment ago, and was not asked


class Gpu(StrEnum):
    """Whether a graphics card did the work."""

    YES = "yes"
    PARTIAL = "partial"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GpuVerdict:
    """What is known of the graphics card's part, and from what."""

    verdict: Gpu = Gpu.UNKNOWN
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """What an answer took. Milliseconds and tokens; None where the program does not tell."""

    model: str = ""
    digest: str = ""
    version: str = ""  # of the program that ran it
    load_ms: float | None = None
    prompt_ms: float | None = None
    eval_ms: float | None = None
    prompt_tokens: int | None = None
    kept_tokens: int | None = None  # of the prompt, which were still known from the last question
    eval_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said. `data` is what it means as JSON, once the chain has checked it."""

    text: str
    figures: Figures = Figures()
    gpu: GpuVerdict = GpuVerdict()
    data: Any = None


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer, and why. `detail` is for the log: it holds nothing of what was asked."""

    why: Why
    detail: str = ""
    figures: Figures = Figures()


class Backend(Protocol):
    """A program that runs models."""

    @property
    def name(self) -> str:
        """As it is called in settings and logs."""

    @property
    def title(self) -> str:
        """As people call it."""

    async def generate(self, request: Request) -> Reply | Failure:
        """Ask it. It may be cancelled at any moment, and leaves nothing running for nobody then."""

    async def close(self) -> None:
        """Let go of whatever it holds."""
