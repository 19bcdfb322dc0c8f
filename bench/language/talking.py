"""The held-out dialogues through `sorte interpret --dialogue -`, one object a turn, and what stands after the last."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bench.language.held_out import Dialogue
from bench.language.judging import changes, edits, meets

COMMAND: Final = (str(Path(sys.executable).parent / "sorte"), "interpret", "--dialogue", "-", "--json")
PATIENCE_SECS: Final = 300
YES: Final = frozenset({"sim", "yes"})
"""How the owner of these dialogues says yes before the last turn."""


class Ended(StrEnum):
    """How a dialogue ended."""

    RIGHT = "right end"
    SHORT = "another end"  # nothing stands that nobody asked for, but not what was asked for either
    WRONG_EDIT = "wrong edit"  # a plan stands, or was confirmed, that the owner did not mean


def spoken(dialogues: Sequence[Dialogue]) -> Iterator[tuple[Dialogue, list[dict[str, Any]]]]:
    """Each dialogue with the answers to its turns; with none where the command knows no dialogues."""
    for language, each in itertools.groupby(sorted(dialogues, key=lambda d: d.language), key=lambda d: d.language):
        chosen = list(each)
        lines = _answered(chosen, language)
        turns = sum(len(dialogue.turns) for dialogue in chosen)
        if lines and len(lines) != turns:
            raise RuntimeError(f"{turns} turns in {language} got {len(lines)} answers; each turn gets one")
        answers = iter(lines)
        yield from ((dialogue, list(itertools.islice(answers, len(dialogue.turns)))) for dialogue in chosen)


def _answered(dialogues: Sequence[Dialogue], language: str) -> list[dict[str, Any]]:
    """By a process in a folder without a workspace, for an owner of that language."""
    text = "\n\n".join("\n".join(each.turns) for each in dialogues) + "\n"
    environment = {**os.environ, "SORTE_LANGUAGE": language, "LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            COMMAND,
            input=text,
            capture_output=True,
            encoding="utf-8",
            cwd=folder,
            env=environment,
            timeout=PATIENCE_SECS,
        )
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def ended(expected: Dialogue, turns: list[dict[str, Any]]) -> Ended:
    """Of one dialogue. One that got no answers ended short."""
    if not turns:
        return Ended.SHORT
    before = zip(expected.turns[:-1], turns[:-1], strict=True)
    if any(turn.get("confirmed") and text not in YES for text, turn in before):
        return Ended.WRONG_EDIT
    last = turns[-1]
    stands = edits(last) or changes(last)
    if expected.want == "nothing":
        return Ended.WRONG_EDIT if stands else Ended.RIGHT if last["status"] == "none" else Ended.SHORT
    if not _meant(expected, last) or not _chosen(expected, turns):
        return Ended.WRONG_EDIT if stands else Ended.SHORT
    return Ended.RIGHT if bool(last.get("confirmed")) == expected.confirmed else Ended.SHORT


def _meant(expected: Dialogue, turn: dict[str, Any]) -> bool:
    return any(meets(turn, answer, was=False) for answer in expected.answers)


def _chosen(expected: Dialogue, turns: list[dict[str, Any]]) -> bool:
    """Whether what stands is the offer that was taken by its number."""
    if expected.offer is None:
        return True
    offers = turns[0].get("offers") or []
    return len(offers) >= expected.offer and _same(offers[expected.offer - 1], turns[-1])


def _same(offer: dict[str, Any], turn: dict[str, Any]) -> bool:
    return offer.get("plan") == turn.get("plan") and offer.get("action") == turn.get("action")
