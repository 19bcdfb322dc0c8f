"""The workspace: a git repository of its own, where the agent edits itself and where what trades is read from.

`main` is what is accepted, `refs/sorte/live` what trades, `refs/sorte/candidates/<change>` what is being judged. Code
is read from git objects by their hash, never from the work tree, which somebody may have touched.

Git runs with our settings only: no system or user configuration, no hooks, no filters, no replaced objects, no network,
and with everything brought to the disk (by default git writes a commit without one fsync).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.encoding import as_argument
from core.errors import ConfigurationError, SorteError
from core.strategy import Source
from core.workspace.git_access import repository
from core.workspace.signing import Signing

if TYPE_CHECKING:
    pass

MAIN: Final = "refs/heads/main"
LIVE: Final = "refs/sorte/live"
CANDIDATES: Final = "refs/sorte/candidates/"
FOLDER: Final = "strategy"
"""Of the strategy package in the repository: the only place that a change may touch."""
COMMIT: Final = re.compile(r"[0-9a-f]{40}")
PRIVATE: Final = "sorte"
"""Folder in the git folder: the signing key, and what the editor works in."""
NOBODY: Final = "0" * 40
"""The old value of a ref that does not exist yet."""
MARK: Final = "sorte.workspace"
ANOTHER_FOLDER: Final = "Give another folder: `sorte init workspace`."


class WorkspaceError(SorteError):
    """The workspace cannot do what was asked of it."""


class Workspace:
    """One open workspace. Every git command is a short process; close it, or use `with`."""

    def __init__(self, path: Path) -> None:
        """Open the workspace at `path`; raises ConfigurationError when that is none."""
        self.path = path.resolve()
        self.signing = Signing(self.git_dir / PRIVATE)
        if (self.path / ".git").is_file():
            raise ConfigurationError(f"{path} is a work tree of another git repository.", ANOTHER_FOLDER)
        if not self.git_dir.is_dir():
            raise ConfigurationError(f"{path} is no workspace.", f"Make one with `sorte init {path}`.")
        self.repo = repository(self.path)
        try:
            self._check_that_it_is_ours(path)
        except BaseException:
            self.repo.close()
            raise
        self._temporary = self.git_dir / PRIVATE / "tmp"
        self._temporary.parent.mkdir(mode=0o700, exist_ok=True)
        self._temporary.mkdir(exist_ok=True)
        self.repo.git.update_environment(TMPDIR=str(self._temporary))  # what a killed git leaves is found here

    def _check_that_it_is_ours(self, path: Path) -> None:
        try:
            self.git("rev-parse", "--git-dir")
        except WorkspaceError as error:  # git may not trust its owner; what somebody else wrote there is not run
            if "dubious ownership" not in error.message:
                raise
            hint = "Run Sorte as its owner, or give the folder to yourself: chown -R."
            raise ConfigurationError(f"{path} belongs to another user.", hint) from None
        if self._configured(MARK) != "1":
            raise ConfigurationError(f"{path} is a git repository that Sorte did not make.", ANOTHER_FOLDER)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what git processes are left."""
        self.repo.close()

    def sweep(self) -> None:
        """Remove the temporary files of git processes that were killed. For who holds the workspace only."""
        for left in self._temporary.iterdir():
            left.unlink(missing_ok=True)

    # Reading ----------------------------------------------------------------------------------------------------------

    @property
    def git_dir(self) -> Path:
        """Where git keeps its own."""
        return self.path / ".git"

    @property
    def on_main(self) -> bool:
        """Whether the work tree is on main: the owner may stand on a branch of his own, or on none."""
        try:
            return self.git("symbolic-ref", "--quiet", "HEAD").strip() == MAIN
        except WorkspaceError:  # HEAD is no branch
            return False

    @property
    def main(self) -> str:
        """The commit that is accepted. WorkspaceError when somebody took the branch away."""
        try:
            return self.resolve(MAIN)
        except WorkspaceError:
            way_out = f"To make it again from what traded last: git -C {self.path} branch main {LIVE}"
            raise WorkspaceError(f"{self.path} has no branch main, so nothing is accepted.", way_out) from None

    @property
    def live(self) -> str:
        """The commit that trades. WorkspaceError when its ref is gone; `sorte run` makes it again."""
        try:
            return self.resolve(LIVE)
        except WorkspaceError:
            told = f"{self.path} does not know what trades: {LIVE} is gone."
            raise WorkspaceError(told, "`sorte run` makes it again from main.") from None

    def resolve(self, revision: str) -> str:
        """The full hash of a commit; WorkspaceError when there is none of that name."""
        try:
            found = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except WorkspaceError:
            raise WorkspaceError(f"There is no commit {revision!r}.", "`sorte history` lists them.") from None
        return found.strip()

    def tree(self, commit: str) -> str:
        """The hash of the strategy's tree in a commit: `Source.tree_hash`."""
        return self.git("rev-parse", "--verify", "--end-of-options", f"{checked(commit)}:{FOLDER}").strip()

    def source(self, commit: str) -> Source:
        """The strategy in a commit, from git's objects. Raises StrategyError when it is none."""
        listed = self.git("ls-tree", "-r", "-z", "--full-tree", f"{checked(commit)}:{FOLDER}")
        entries = [entry.split("\t", 1) for entry in listed.split("\0") if entry]
        names: dict[str, str] = {}
        for meta, name in entries:
            mode, kind, blob = meta.split()
            if (mode, kind) != ("100644", "blob"):
                raise WorkspaceError(f"{name} of {commit[:12]} is no ordinary file ({mode}).")
            names[name] = blob
        return Source.of(dict(zip(names, self._blobs(list(names.values())), strict=True)))

    def _blobs(self, hashes: list[str]) -> Iterator[bytes]:
        wanted = "".join(f"{blob}\n" for blob in hashes).encode()
        with tempfile.TemporaryFile() as asked:
            asked.write(wanted)
            asked.seek(0)
            data: bytes = self.repo.git.cat_file(
                "--batch", istream=asked, stdout_as_string=False, strip_newline_in_stdout=False
            )
        position = 0
        for blob in hashes:
            end = data.index(b"\n", position)
            name, kind, size = data[position:end].decode().split()
            if name != blob or kind != "blob":
                raise WorkspaceError(f"Git gave {name} for {blob}.", "Check the workspace with `git fsck --full`.")
            yield data[end + 1 : end + 1 + int(size)]
            position = end + 2 + int(size)

    def diff(self, old: str, new: str) -> str:
        """What a commit changes against another, as a unified diff that git applies."""
        asked = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", checked(old), checked(new))
        return self.git(*asked, strip_newline_in_stdout=False)

    def refs(self, prefix: str) -> dict[str, str]:
        """The refs below `prefix`, and their commits."""
        listed = self.git("for-each-ref", "--format=%(objectname) %(refname)", prefix)
        return {name: commit for commit, _, name in (line.partition(" ") for line in listed.splitlines())}

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `old` is `new`, or lies in its history."""
        return not self.git("rev-list", "-1", checked(old), f"^{checked(new)}").strip()

    # Writing ----------------------------------------------------------------------------------------------------------

    def update_refs(self, moves: Mapping[str, tuple[str, str]]) -> None:
        """Move refs from `old` to `new`, `{ref: (old, new)}`, all of them or none; NOBODY makes or deletes one.

        Raises WorkspaceError, with nothing moved, when one of them is not at `old` any more.
        """
        words = ["start"]
        for ref, (old, new) in moves.items():
            words.append(f"update {ref} {checked(new)} {checked(old)}")
        words += ["prepare", "commit", ""]
        with tempfile.TemporaryFile() as told:
            told.write("\n".join(words).encode())
            told.seek(0)
            self.git("update-ref", "--stdin", istream=told)

    def commit(self, tree: str, parent: str | None, message: str) -> str:
        """A signed commit of a tree (a hash of the repository's root), on no branch yet. No hook ever runs."""
        parents = ["-p", checked(parent)] if parent is not None else []
        return self.git(
            *self.signing.git_options, "commit-tree", "-S", checked(tree), *parents, "-m", as_argument(message)
        ).strip()

    def verify(self, commit: str) -> None:
        """Raise WorkspaceError unless `commit` was signed with this workspace's key: nothing else may trade."""
        checked(commit)
        try:
            self.git(*self.signing.git_options, "verify-commit", commit)
        except WorkspaceError:
            raise WorkspaceError(
                f"The commit {commit[:12]} was not made by this workspace's Sorte, and does not trade.",
                self._way_out(commit),
            ) from None

    def _way_out(self, commit: str) -> str:
        """What to do with a main that is not ours."""
        ours = self.last_signed(commit)
        if ours == commit:  # none of its history is: the key is another one, or gone
            key = self.git_dir / PRIVATE
            return f"No commit before it was either: bring the signing key of this workspace back to {key}."
        on_main = "" if self.on_main else "git -C {path} checkout main, then "
        return f"To take it off main and keep its files: {on_main}git -C {{path}} reset --soft {ours[:12]}".format(
            path=self.path
        )

    def last_signed(self, commit: str) -> str:
        """The nearest commit before `commit` that this workspace signed; `commit` itself when there is none."""
        for earlier in self.git("rev-list", "--first-parent", "-n", "200", checked(commit)).split():
            try:
                self.git(*self.signing.git_options, "verify-commit", earlier)
            except WorkspaceError:
                continue
            return earlier
        return commit

    def git(self, *words: str, **options: Any) -> str:
        """What a git command prints; WorkspaceError when it refuses."""
        from git.exc import CommandError

        try:
            return str(self.repo.git.execute(["git", *words], with_extended_output=False, **options))
        except CommandError as error:
            said = str(error.stderr).strip().removeprefix("stderr:").strip(" '\n") or f"git {words[0]} failed"
            raise WorkspaceError(f"{self.path}: {said}.") from None

    def _configured(self, key: str) -> str:
        try:
            return self.git("config", "--local", "--get", key).strip()
        except WorkspaceError:
            return ""


def checked(commit: str) -> str:
    """A hash may become a word of a git command; what somebody typed may not."""
    if not COMMIT.fullmatch(commit):
        raise WorkspaceError(f"{commit!r} is no commit hash.")
    return commit
