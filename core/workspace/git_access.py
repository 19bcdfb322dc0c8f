"""Git as we call it: with our settings only, in the folder that was named, and without the secrets of our environment.

GitPython expands `$NAME` and `~` in a folder's name; for us a name is a name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from core.private import is_secret

if TYPE_CHECKING:
    from git import Git, Repo

ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }
)


def git_in(folder: Path) -> Git:
    """Git's commands in a folder that need not be a repository yet."""
    import git.compat  # here: it costs a command line 0.1 s
    from git import Git

    git.compat.defenc = "utf-8"  # what git prints is what we wrote, whatever the locale

    class PlainGit(Git):
        def __init__(self, working_dir: Any = None) -> None:
            super().__init__()
            self._working_dir = None if working_dir is None else str(working_dir)

    plain = PlainGit(folder)
    _use_our_settings(plain)
    return plain


def repository(folder: Path) -> Repo:
    """The repository in `folder`, an absolute path. Raises what GitPython raises when there is none."""
    from git import Repo

    repo = Repo(folder, expand_vars=False)
    repo.git = git_in(folder)
    return repo


def _use_our_settings(git: Git) -> None:
    """Variables like GIT_DIR would lead every git command to another repository; a secret is none of git's business."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]
    git.update_environment(**ENVIRONMENT, **{name: "" for name in os.environ if is_secret(name)})
