"""The workspace: a git repository of its own, where the agent edits itself and where what trades is read from.

`main` is what is accepted, `refs/sorte/live` what trades, `refs/sorte/candidates/<change>` what is being judged. Code
is read from git objects by their hash, never from the work tree, which somebody may have touched.

Git runs with our settings only: no system or user configuration, no hooks, no filters, no replaced objects, no network,
and with everything brought to the disk (by default git writes a commit without one fsync).
"""

from __future__ import annotations

import fcntl
import getpass
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from core.encoding import as_argument
from core.errors import ConfigurationError, SorteError
from core.git_access import git_in, repository
from core.signing import Signing
from core.strategy import Source

if TYPE_CHECKING:
    from core.settings import Settings

MAIN: Final = "refs/heads/main"
LIVE: Final = "refs/sorte/live"
CANDIDATES: Final = "refs/sorte/candidates/"
FOLDER: Final = "strategy"
"""Of the strategy package in the repository: the only place that a change may touch."""
COMMIT: Final = re.compile(r"[0-9a-f]{40}")
PRIVATE: Final = "sorte"
"""Folder in the git folder: the signing key, and what the editor works in."""
INSTANCE: Final = "instance"
"""File in it that says where the commander keeps its data."""
NOBODY: Final = "0" * 40
"""The old value of a ref that does not exist yet."""
MARK: Final = "sorte.workspace"
ANOTHER_FOLDER: Final = "Give another folder: `sorte init workspace`."
BESIDE: Final = ".sorte-init-"
"""How the folders begin in which a workspace is made."""
IGNORED: Final = "/data/\n/sorte.toml\n/limits.toml\n__pycache__/\n"
IDENTITY: Final = ("Sorte", "sorte@localhost")

CONFIGURATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        MARK: "1",
        "user.name": IDENTITY[0],
        "user.email": IDENTITY[1],
        "core.hooksPath": os.devnull,
        "core.fsync": "all",
        "core.fsyncMethod": "fsync",
        "core.fsmonitor": "false",
        "core.autocrlf": "false",
        "core.symlinks": "false",
        "core.attributesFile": os.devnull,
        "core.logAllRefUpdates": "always",
        "gc.auto": "0",  # a collection beside a judgement would cost the loop its disk
        "protocol.allow": "never",
    }
)


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
        return self.git("rev-parse", "--verify", "--end-of-options", f"{_checked(commit)}:{FOLDER}").strip()

    def source(self, commit: str) -> Source:
        """The strategy in a commit, from git's objects. Raises StrategyError when it is none."""
        listed = self.git("ls-tree", "-r", "-z", "--full-tree", f"{_checked(commit)}:{FOLDER}")
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
        asked = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", _checked(old), _checked(new))
        return self.git(*asked, strip_newline_in_stdout=False)

    def refs(self, prefix: str) -> dict[str, str]:
        """The refs below `prefix`, and their commits."""
        listed = self.git("for-each-ref", "--format=%(objectname) %(refname)", prefix)
        return {name: commit for commit, _, name in (line.partition(" ") for line in listed.splitlines())}

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `old` is `new`, or lies in its history."""
        return not self.git("rev-list", "-1", _checked(old), f"^{_checked(new)}").strip()

    # Writing ----------------------------------------------------------------------------------------------------------

    def update_refs(self, moves: Mapping[str, tuple[str, str]]) -> None:
        """Move refs from `old` to `new`, `{ref: (old, new)}`, all of them or none; NOBODY makes or deletes one.

        Raises WorkspaceError, with nothing moved, when one of them is not at `old` any more.
        """
        words = ["start"]
        for ref, (old, new) in moves.items():
            words.append(f"update {ref} {_checked(new)} {_checked(old)}")
        words += ["prepare", "commit", ""]
        with tempfile.TemporaryFile() as told:
            told.write("\n".join(words).encode())
            told.seek(0)
            self.git("update-ref", "--stdin", istream=told)

    def commit(self, tree: str, parent: str | None, message: str) -> str:
        """A signed commit of a tree (a hash of the repository's root), on no branch yet. No hook ever runs."""
        parents = ["-p", _checked(parent)] if parent is not None else []
        return self.git(
            *self.signing.git_options, "commit-tree", "-S", _checked(tree), *parents, "-m", as_argument(message)
        ).strip()

    def verify(self, commit: str) -> None:
        """Raise WorkspaceError unless `commit` was signed with this workspace's key: nothing else may trade."""
        _checked(commit)
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
        on_main = "" if self._on_main() else "git -C {path} checkout main, then "
        return f"To take it off main and keep its files: {on_main}git -C {{path}} reset --soft {ours[:12]}".format(
            path=self.path
        )

    def last_signed(self, commit: str) -> str:
        """The nearest commit before `commit` that this workspace signed; `commit` itself when there is none."""
        for earlier in self.git("rev-list", "--first-parent", "-n", "200", _checked(commit)).split():
            try:
                self.git(*self.signing.git_options, "verify-commit", earlier)
            except WorkspaceError:
                continue
            return earlier
        return commit

    def show_main(self, old: str) -> list[str]:
        """Bring the work tree from commit `old` to main. Files that the owner has edited stay, and are answered.

        When he is on another branch, or on none, his files and git's index are none of ours.
        """
        if not self._on_main():
            return []
        main = self.main
        old = self._shown_commit() or _checked(old)
        try:
            self.git("read-tree", "-m", "-u", old, main)
        except WorkspaceError:
            self.git("read-tree", main)
            return self._show_untouched(old, main)
        return []

    def _on_main(self) -> bool:
        try:
            return self.git("symbolic-ref", "--quiet", "HEAD").strip() == MAIN
        except WorkspaceError:  # HEAD is no branch
            return False

    def _shown_commit(self) -> str | None:
        """The commit of main's history that the files were brought to last, by git's index; None when it is no such.

        So a show that failed is made up for by the next.
        """
        recent = self.git("log", "-50", "--format=%T %H", MAIN).split()
        return dict(zip(recent[::2], recent[1::2], strict=True)).get(self.git("write-tree").strip())

    def _show_untouched(self, old: str, main: str) -> list[str]:
        """Bring the files to main that are still those of `old`; the others are answered."""
        edited: list[str] = []
        for name in self.git("diff", "--name-only", "--no-renames", "-z", old, main).split("\0"):
            if not name:
                continue
            file = self.path / name
            now = self.git("hash-object", "--no-filters", "--", str(file)).strip() if file.is_file() else ""
            if now != self._blob(old, name):
                edited.append(name)
            elif self._blob(main, name):
                self.git("checkout-index", "-f", "--", name)
            else:
                file.unlink()
        return edited

    def _blob(self, commit: str, name: str) -> str:
        """The hash of a file in a commit; empty when it has none."""
        return self.git("ls-tree", "--format=%(objectname)", _checked(commit), "--", name).strip()

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


def create(path: Path, source: Source | None = None) -> Workspace:
    """The workspace at `path`, made from the shipped strategy (or `source`) unless it is there already.

    It is made beside its place and renamed, so that a half-made one is never found. Raises ConfigurationError for a
    folder that holds something else.
    """
    path = path.resolve()
    if (path / ".git").exists():
        return Workspace(path)
    if path.exists() and not path.is_dir():
        raise ConfigurationError(f"{path} is no folder.", ANOTHER_FOLDER)
    if path.exists() and not all(entry.name.startswith(BESIDE) for entry in path.iterdir()):
        raise ConfigurationError(f"{path} exists and is not empty.", ANOTHER_FOLDER)
    place = path if path.exists() else path.parent
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=BESIDE, dir=place) as beside:
        fresh = Path(beside, "workspace")
        fresh.mkdir()
        _fill(fresh, source or Source.shipped())
        if place != path:
            fresh.rename(path)
        else:  # it stays the folder that it is: somebody may stand in it, or have mounted a disk there
            for entry in sorted(fresh.iterdir(), key=lambda entry: entry.name == ".git"):
                entry.rename(path / entry.name)  # git's folder, by which it is found, as the last
    return Workspace(path)


def _fill(folder: Path, source: Source) -> None:
    git = git_in(folder)
    git.execute(["git", "init", "--quiet", "--initial-branch=main", "--template="])
    for key, value in CONFIGURATION.items():
        git.execute(["git", "config", "--local", key, value])
    for name, data in source.files.items():
        file = folder / FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    with Workspace(folder) as workspace:
        workspace.git("add", "--", FOLDER, ".gitignore")
        workspace.signing.make_key()
        text = f"Start from the shipped strategy\n\nSorte-Owner: {user_name()}\n"
        first = workspace.commit(workspace.git("write-tree").strip(), None, text)
        workspace.update_refs({MAIN: (NOBODY, first), LIVE: (NOBODY, first)})


def _checked(commit: str) -> str:
    """A hash may become a word of a git command; what somebody typed may not."""
    if not COMMIT.fullmatch(commit):
        raise WorkspaceError(f"{commit!r} is no commit hash.")
    return commit


def user_name() -> str:
    """Who runs us, for the record; in a container that may be a number without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


@contextmanager
def sole_commander(workspace: Workspace) -> Iterator[None]:
    """The right to change the workspace; ConfigurationError when another process holds it. Its death gives it back."""
    descriptor = os.open(workspace.git_dir / "sorte.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with _held(descriptor, f"Another Sorte works on {workspace.path}.", "Wait for it, or talk to the one that runs."):
        yield


@contextmanager
def sole_keeper(folder: Path) -> Iterator[None]:
    """The right to keep records in a data folder, as `sole_commander`: two workspaces would mix their stories."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    hint = "Give this one a data_dir of its own, or wait."
    with _held(descriptor, f"Another Sorte keeps its records in {folder.resolve()}.", hint):
        yield


@contextmanager
def _held(descriptor: int, refusal: str, hint: str) -> Iterator[None]:
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(refusal, hint) from None
        yield
    finally:
        os.close(descriptor)


def note_instance(workspace: Workspace, data_dir: Path) -> None:
    """Leave word in the workspace where its commander keeps its data, for who asks from another folder."""
    place = str(data_dir.resolve())
    if str(instance_of(workspace.path)) != place:
        noted = workspace.git_dir / PRIVATE / INSTANCE
        fresh = noted.with_suffix(".new")
        fresh.write_text(place, encoding="utf-8", errors="surrogateescape")
        fresh.replace(noted)


def instance_of(workspace: Path) -> Path | None:
    """The data folder of who worked on a workspace last; None when nobody did."""
    noted = workspace / ".git" / PRIVATE / INSTANCE
    place = noted.read_text(encoding="utf-8", errors="surrogateescape") if noted.is_file() else ""
    return Path(place) if place else None


def trader_file(workspace: Path) -> Path:
    """What a trader of the workspace holds (see `core.presence`) for as long as it runs, whatever else is down."""
    return workspace / ".git" / PRIVATE / "trader.pid"


def starting_file(workspace: Path) -> Path:
    """What the trader holds while it starts a commander, which takes long on a busy machine."""
    return workspace / ".git" / PRIVATE / "starting.pid"


def data_folders(settings: Settings) -> list[Path]:
    """Where somebody may run: our data folder, and that of who worked on our workspace last, where they exist.

    In a folder of a workspace that is this one: the owner's word must reach who trades.
    """
    workspace = find(settings) or next((path for path in Path.cwd().parents if _is_marked(path)), None)
    known = instance_of(workspace) if workspace is not None else None
    found: dict[Path, Path] = {}
    for folder in (settings.data_dir, known):
        if folder is not None and folder.is_dir():
            found.setdefault(folder.resolve(), folder)
    return list(found.values())


def find(settings: Settings) -> Path | None:
    """The workspace to work on: that of the settings, else this folder, else ./workspace; None when there is none."""
    if settings.workspace is not None:
        return settings.workspace
    return next((path for path in (Path(), Path("workspace")) if _is_marked(path)), None)


def _is_marked(path: Path) -> bool:
    """Whether Sorte made the repository in `path`; asks no git, for a command line that has to be quick."""
    config = path / ".git" / "config"
    return config.is_file() and f"[{MARK.split('.')[0]}]" in config.read_text(encoding="utf-8", errors="replace")
