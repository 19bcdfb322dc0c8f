"""What a strategy remembers, sees and answers, event by event and function by function, in plain Python.

Its values may be other ones than its own: what it means by a parameter shows at several values of it. Nothing is graded
here: numbers go out, and the judge knows what they ought to be.
"""

from __future__ import annotations

import math
import struct
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numba
import numpy as np

from core.kernel import DECISION, EVENT
from core.strategy import Source, Strategy, load

WORDS: Final = 200
"""Characters of what was raised."""


class Witness:
    """The strategy of a box without the compiler, at any values of its parameters."""

    def __init__(self, folder: Path | Source) -> None:
        self.folder = folder
        self._loaded: dict[tuple[tuple[str, float], ...], Strategy] = {}
        self._shown: dict[int, Any] = {}
        self._zeros: dict[int, tuple[Callable[..., Any], dict[str, float | int]]] = {}

    def watch(self, values: dict[str, float], events: bytes, tables: Sequence[bytes]) -> dict[str, Any]:
        """Every event's decision, and the memory and the features after it; `tables` has one for each pair."""
        strategy = self._at(values)
        given, made = np.zeros(1, EVENT), np.zeros(1, DECISION)
        states = [np.zeros(1, strategy.state_dtype) for _ in tables]
        boards = [np.frombuffer(table).reshape(strategy.table_shape) for table in tables]
        board = np.zeros(strategy.table_shape)
        sees, rules = self._function(strategy, "indicators.features"), self._function(strategy, "rules.verdicts")
        told = {name: bytearray() for name in ("decisions", "states", "features", "verdicts")}
        fault = ""
        try:
            for event in np.frombuffer(events, EVENT):
                given[0] = event
                state = states[int(event["pair"])]
                board[:] = boards[int(event["pair"])]
                made["stop"] = made["target"] = np.nan
                strategy.decide(given, state, board, made)
                told["decisions"] += made.tobytes()
                told["states"] += state.tobytes()
                seen = self._shown.pop(id(strategy), None) or sees(state, given, float(made[0]["score"]))
                told["features"] += struct.pack(f"<{len(seen)}d", *seen)
                verdicts = rules(seen)
                told["verdicts"] += struct.pack(f"<{len(verdicts)}q", *verdicts)
        except BaseException as error:  # noqa: BLE001 - whatever the strategy does, the judge is told
            fault = raised(error)
        return {name: bytes(data) for name, data in told.items()} | {
            "fault": fault,
            "layout": [[name, *layout(strategy.state_dtype[name])] for name in strategy.state_dtype.names or ()],
            "seen": list(strategy.feature_names),
            "warm": int(getattr(self._module(strategy, "indicators"), "WARM_BARS", -1)),
            "edges": [list(edge) for edge in getattr(self._module(strategy, "levels"), "EDGES", ())],
        }

    def call(
        self, values: dict[str, float], place: str, rows: Sequence[Sequence[Any]], replaced: str = ""
    ) -> list[list[float] | str]:
        """What the function at `file.name` answers to each row of arguments: numbers, or what it raised.

        An argument is a number, or a map from a kind (`features`, `event`, `state`, `table`) to what of it is not zero.
        `replaced` names a function that this one calls by its own module's name; the last argument of a row is then
        what that one answers.
        """
        strategy = self._at(values)
        function = self._function(strategy, place)
        answers: list[list[float] | str] = []
        for row in rows:
            *arguments, answer = row if replaced else (*row, None)
            try:
                made = [self._argument(strategy, argument) for argument in arguments]
                with self._replaced(strategy, place, replaced, answer):
                    answers.append(numbers_of(function(*made), made))
            except BaseException as error:  # noqa: BLE001 - as above
                answers.append(raised(error))
        return answers

    def _at(self, values: Mapping[str, float]) -> Strategy:
        if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]  # set when it is imported
            raise RuntimeError("a witness runs in plain Python")
        key = tuple(sorted(values.items()))
        if key not in self._loaded:
            self._loaded[key] = strategy = load(self.folder, values)
            self._listen(strategy)
        return self._loaded[key]

    def _listen(self, strategy: Strategy) -> None:
        """Keep what `choose` is shown: what is remembered after it, of a crossing, is not what the rules saw."""
        there = vars(self._module(strategy, "decide"))
        choose = there.get("choose")
        if callable(choose):

            def heard(seen: Any, *more: Any) -> Any:
                self._shown[id(strategy)] = seen
                return choose(seen, *more)

            there["choose"] = heard

    @staticmethod
    def _module(strategy: Strategy, file: str) -> Any:
        return sys.modules.get(f"{strategy.decide.__module__.rpartition('.')[0]}.{file}")

    def _function(self, strategy: Strategy, place: str) -> Callable[..., Any]:
        file, _, name = place.partition(".")
        function: Callable[..., Any] = getattr(self._module(strategy, file), name)
        return function

    @contextmanager
    def _replaced(self, strategy: Strategy, place: str, name: str, answer: Any) -> Iterator[None]:
        if not name:
            yield
            return
        there = vars(self._module(strategy, place.partition(".")[0]))
        before = there[name]
        there[name] = lambda *_: tuple(answer)
        try:
            yield
        finally:
            there[name] = before

    def _argument(self, strategy: Strategy, given: Any) -> Any:
        """A number as it is, and records of zeros with what is said of them."""
        if not isinstance(given, dict):
            return given
        ((kind, said),) = given.items()
        match kind:
            case "features":
                seen, zeros = self._seen(strategy)
                return seen(**{name: type(zero)(said.get(name, zero)) for name, zero in zeros.items()})
            case "event" | "state":
                record: np.ndarray = np.zeros(1, EVENT if kind == "event" else strategy.state_dtype)
                for name, value in said.items():
                    record[name] = value
                return record
            case "table":
                return np.frombuffer(said).reshape(strategy.table_shape)
        raise KeyError(kind)

    def _seen(self, strategy: Strategy) -> tuple[Callable[..., Any], dict[str, float | int]]:
        """Features, and a zero of the kind of each."""
        key = id(strategy)
        if key not in self._zeros:
            made = self._module(strategy, "state").Features
            kinds = made.__annotations__
            self._zeros[key] = made, {name: 0 if kinds[name] in ("int", int) else 0.0 for name in made._fields}
        return self._zeros[key]


def numbers_of(answer: Any, arguments: Sequence[Any]) -> list[float]:
    """An answer as floats; nothing is the first record that was given, as it is now."""
    if isinstance(answer, (tuple, list)):
        return [float(value) for value in answer]
    return [] if answer is None and arguments else [float(answer)]


def layout(kind: np.dtype[Any]) -> list[Any]:
    """A field's letter and how many numbers it has."""
    return [kind.base.kind, math.prod(kind.shape)]


def raised(error: BaseException) -> str:
    """What was raised, and in which line of the strategy."""
    try:
        lines = [
            f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename.startswith("<strategy ")
        ]
        return f"{type(error).__name__}: {error}"[:WORDS] + (f" ({lines[-1]})" if lines else "")
    except BaseException:  # noqa: BLE001 - an exception class of the strategy may have any __str__
        return type(error).__name__


WITNESS: Final = Witness(Path("/strategy"))
