"""`python -m bench.files`: every file, and what became of it. Exit code 1 when one was read or refused wrongly."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.files.catalogue import all_samples, tried


def main() -> None:
    """A line for each file."""
    with tempfile.TemporaryDirectory() as name:
        results = [tried(sample, Path(name)) for sample in all_samples()]
    for result in results:
        print(f"{result.sample.dialect:32} {result.sample.name:28} {result.outcome:16} {result.told[:120]}")
    raise SystemExit(any("wrongly" in result.outcome for result in results))


if __name__ == "__main__":
    main()
