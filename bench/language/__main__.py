"""`python -m bench.language`: put the held-out sets to the interpreter, and write docs/language.md."""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.figure import Figure
from bench.language import any_model, counting, editing, held_out, measuring, page
from bench.language.measuring import Told
from bench.page import machine_line

PAGE: Final = Path(__file__).parents[2] / "docs" / "language.md"
COLOURS: Final = {"met": "green", "missed": "yellow"}


def main() -> None:
    """Exit code 0 when all could be measured, whatever was found."""
    asked = arguments()
    progress = Console(stderr=True)
    machine = machine_line()
    figures, told = measured(progress, most=asked.perturbations)
    if not asked.dry:
        progress.print("every answer of a model")
        figures += any_model.model_figures(any_model.reached())
    progress.print("real files")
    looked, tried = editing.tried_on_files(0 if asked.dry else asked.files)
    figures += editing.editing_figures(looked, tried) if tried else []
    if asked.before:
        page.BEFORE.write_text(json.dumps({f.name: f.value for f in figures}, indent=1) + "\n", encoding="utf-8")
    before = page.read_before()
    Console().print(terminal(figures, before))
    if asked.dry:
        progress.print("docs/language.md is left as it was.")
        return
    day = datetime.datetime.now(datetime.UTC).date()
    PAGE.write_text(page.markdown(figures, told, before, machine, day, edited=editing.rows(tried)), encoding="utf-8")
    progress.print("Written to docs/language.md.")


def measured(progress: Console, most: int) -> tuple[list[Figure], dict[str, list[Told]]]:
    """All figures, and what became of each case by its part of the page."""
    measuring.warm_up()
    figures: list[Figure] = []
    parts: dict[str, list[Told]] = {}
    for which, of in page.SETS.items():
        progress.print(f"{which} set")
        told = measuring.sentences_told(held_out.sentences(which))
        talked = measuring.dialogues_told(held_out.dialogues(which))
        figures += [*counting.sentence_figures(told, of), *counting.dialogue_figures(talked, of)]
        parts |= {f"{of}Sentences": [each for _, each in told], f"{of}Dialogues": talked}
    progress.print("perturbations")
    parts["Perturbations"] = measuring.perturbations_told(held_out.sentences(), most)
    progress.print("times")
    every = [each for which in page.SETS for each in held_out.sentences(which)]
    figures += counting.perturbation_figures(parts["Perturbations"])
    figures += counting.time_figures(measuring.milliseconds(every), measuring.import_seconds(7))
    return figures, parts


def terminal(figures: list[Figure], before: dict[str, float]) -> Table:
    """The figures for people at a terminal."""
    shown = Table("figure", "value", "before", "goal", "", "how")
    for row in page.figure_rows(figures, before):
        shown.add_row(*row, style=COLOURS.get(row[4], ""))
    return shown


def arguments() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.language", description="Measure; write docs/language.md.")
    parser.add_argument("--dry", action="store_true", help="print the figures; the page is left as it is")
    parser.add_argument("--before", action="store_true", help="keep these figures as those of before")
    parser.add_argument("--perturbations", type=int, default=100, metavar="N", help="at most N of one sentence")
    parser.add_argument("--files", type=int, default=300, metavar="N", help="real Python files that are edited")
    return parser.parse_args()


if __name__ == "__main__":
    main()
