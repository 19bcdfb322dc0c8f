"""One backend after the other: who fails is passed over, who fails often rests, and each attempt is told."""

from __future__ import annotations

import asyncio
from itertools import permutations

import pytest

from core.contracts import Language
from core.llm.backends.scripted import Scripted
from core.llm.chain import Attempt, Chain
from core.llm.request import Failure, Figures, Gpu, GpuVerdict, Reply, Request, Why
from core.llm.schema import fault
from core.llm.telling import fields_of, line
from tests.llm.questions import WANTED, question
from tests.llm.servers import PLAN


class Named(Scripted):
    """A script with a name of its own."""

    def __init__(self, name: str, *answers: str | Failure) -> None:
        super().__init__(answers)
        self.name = name  # type: ignore[misc] # each is another one here


class Raising(Named):
    """What a library may do."""

    async def generate(self, request: Request) -> Reply | Failure:
        raise RuntimeError(f"secret {request.prompt}")


class Waiting(Named):
    """One that never answers."""

    async def generate(self, request: Request) -> Reply | Failure:
        self.asked.append(request)
        await asyncio.sleep(3600)
        raise AssertionError


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def ask(chain: Chain, request: Request | None = None) -> list[tuple[str, str]]:
    """Who was asked, and what came of it."""
    attempts = asyncio.run(chain.ask(request or question()))
    return [(each.backend, "reply" if isinstance(each.outcome, Reply) else each.outcome.why) for each in attempts]


DOWN = Failure(Why.REFUSED)


def test_the_first_that_answers_is_the_last_that_is_asked() -> None:
    third = Named("c", PLAN)
    assert ask(Chain([Named("a", DOWN), Named("b", PLAN), third])) == [("a", "refused"), ("b", "reply")]
    assert third.asked == []


def test_nobody_set_means_nobody_asked() -> None:
    assert ask(Chain([])) == []


@pytest.mark.parametrize("order", [*permutations(["raises", "waits", "lies", "answers"])])
def test_in_any_order_the_one_that_works_gives_the_answer(order: tuple[str, ...]) -> None:
    backends = {
        "raises": Raising("raises"),
        "waits": Waiting("waits"),
        "lies": Named("lies", '{"do": "panic"}'),
        "answers": Named("answers", PLAN),
    }
    told: list[Attempt] = []
    attempts = asyncio.run(Chain([backends[name] for name in order], told.append).ask(question(seconds=0.05)))
    assert list(attempts) == told
    assert isinstance(attempts[-1].outcome, Reply)
    assert attempts[-1].outcome.data == WANTED
    assert [each.backend for each in attempts] == list(order[: order.index("answers") + 1])
    assert not any("secret" in each.outcome.detail for each in attempts if isinstance(each.outcome, Failure))


def test_who_fails_three_times_in_a_row_rests_for_a_minute_and_is_then_tried_once() -> None:
    clock, weak = Clock(), Named("weak", DOWN, DOWN, DOWN, DOWN, PLAN)
    chain = Chain([weak], clock=clock)
    assert [ask(chain)[0][1] for _ in range(4)] == ["refused"] * 3 + ["resting"]
    clock.now += 59
    assert ask(chain)[0][1] == "resting"
    clock.now += 2
    assert ask(chain)[0][1] == "refused"  # tried once, and rests again
    assert ask(chain)[0][1] == "resting"
    clock.now += 61
    assert ask(chain)[0][1] == "reply"
    assert len(weak.asked) == 5


def test_a_wrong_answer_is_no_reason_to_rest() -> None:
    chain = Chain([Named("a", *["no"] * 5, PLAN)])
    assert [ask(chain)[0][1] for _ in range(6)] == ["not_json"] * 5 + ["reply"]


def test_a_question_that_does_not_fit_is_not_sent() -> None:
    small = Named("a", PLAN)
    assert ask(Chain([small]), question(most_tokens=4000)) == [("a", "too_long")]
    assert small.asked == []


# What is told ---------------------------------------------------------------------------------------------------------

DONE = Attempt(
    "ollama",
    "Ollama",
    Reply(PLAN, Figures("qwen3.5:4b", "sha", "0.33.0", 1, 2, 3, 4, 5, 6), GpuVerdict(Gpu.YES, {"size": 1}), WANTED),
    2.1298,
)


def test_an_attempt_is_one_event_that_holds_neither_question_nor_answer() -> None:
    fields = fields_of(DONE)
    assert fields["gpu"] == "yes"
    assert fields["why_next"] is None
    assert (fields["load_ms"], fields["prompt_ms"], fields["eval_ms"], fields["eval_tokens"]) == (1, 2, 3, 6)
    assert "volume" not in str(fields)
    failed = fields_of(Attempt("ollama", "Ollama", Failure(Why.LATE, "nothing within 20 s"), 20.0))
    assert (failed["outcome"], failed["why_next"], failed["gpu"]) == ("failed", "late", "unknown")


def test_people_are_told_in_their_language() -> None:
    assert line(DONE, Language.PT) == "[IA] Inferência via Ollama concluída em 2.13s (qwen3.5:4b, GPU)"
    assert line(DONE, Language.EN) == "[AI] Inference through Ollama done in 2.13s (qwen3.5:4b, GPU)"
    late = Attempt("llama", "llama.cpp", Failure(Why.DIED), 0.5)
    assert line(late, Language.PT) == "[IA] llama.cpp não respondeu em 0.50s: o processo dele morreu"
    for why in Why:
        for language in Language:
            assert line(Attempt("a", "A", Failure(why), 1), language)


# Schemas --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "schema", "said"),
    [
        (True, {"type": "integer"}, "it is no integer"),
        (1, {"type": "integer", "minimum": 2}, "out of range"),
        (3, {"type": "integer", "maximum": 2}, "out of range"),
        ([1], {"type": "array", "items": {"type": "integer"}, "minItems": 2}, "1 items"),
        (["x"], {"type": "array", "items": {"type": "integer"}}, "0: it is no integer"),
        ("xx", {"type": "string", "maxLength": 1}, "too long"),
        ("x\n", {"type": "string", "pattern": "^x$"}, "shape"),
        (1, {"enum": ["1"]}, "none of the names"),
        (True, {"enum": [1]}, "none of the names"),
        (None, {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "none of the 2 shapes"),
        ([], {"type": "object"}, "it is no object"),
    ],
)
def test_what_breaks_a_schema_is_said(data: object, schema: dict[str, object], said: str) -> None:
    assert said in fault(data, schema)


def test_a_word_of_a_schema_that_nothing_checks_is_refused() -> None:
    with pytest.raises(ValueError, match="uniqueItems"):
        fault([], {"type": "array", "uniqueItems": True})
