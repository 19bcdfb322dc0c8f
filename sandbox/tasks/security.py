"""Bandit inside the box, over packages in /strategy. It reads them and runs none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from bandit.core.config import BanditConfig
from bandit.core.manager import BanditManager

ROOT: Final = "/strategy"
CONFIGURATION: Final = Path(__file__).with_name("security.toml")


def check(packages: list[str]) -> dict[str, Any]:
    """What Bandit finds in these packages.

    `findings`, each with `path` (below /strategy), `line`, `id`, `name`, `severity`, `confidence`, `text` and `code`;
    `skipped`, the files that it could not read; `files`, how many it looked at.
    """
    manager = BanditManager(BanditConfig(str(CONFIGURATION)), "file", ignore_nosec=True, quiet=True)
    manager.discover_files([f"{ROOT}/{name}" for name in packages], recursive=True)
    manager.run_tests()
    return {
        "files": len(manager.files_list),
        "skipped": [f"{_below(path)}: {why}" for path, why in manager.skipped],
        "findings": [
            {
                "path": _below(issue.fname),
                "line": issue.lineno,
                "id": issue.test_id,
                "name": issue.test,
                "severity": issue.severity,
                "confidence": issue.confidence,
                "text": issue.text,
                "code": " ".join(line.split(" ", 1)[-1].strip() for line in issue.get_code(1).splitlines()),
            }
            for issue in manager.get_issue_list()
        ],
    }


def _below(path: str) -> str:
    return str(Path(path).relative_to(ROOT))


TASKS = (check,)
