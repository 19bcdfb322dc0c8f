"""The words of `vocabulary.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("vocabulary.toml")


def writing() -> frozenset[str]:
    """With which a sentence begins that asks for code."""
    return frozenset(_content()["writing"])


def harmless() -> frozenset[str]:
    """That only say how a function is to be written."""
    return frozenset(_content()["harmless"])


def beyond() -> frozenset[str]:
    """Of what no function of a strategy can do."""
    return frozenset(_content()["beyond"])


def losing() -> frozenset[str]:
    """That say a loss."""
    return frozenset(_content()["losing"])


def one_each() -> frozenset[str]:
    """Before a unit of time, one of it."""
    return frozenset(_content()["one_each"])


def units() -> Mapping[str, float]:
    """The seconds of a unit of time."""
    return {word: float(seconds) for word, seconds in _content()["units"].items()}


def fractions() -> Mapping[str, tuple[float, ...]]:
    """The numbers that may stand for a part."""
    return {word: tuple(map(float, numbers)) for word, numbers in _content()["fractions"].items()}


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
