"""The commits that the commander makes: an accepted release, and the taking back of one. No hook ever runs.

What the owner said goes into a message only, on one line, so that it can be no trailer; who reads a trailer reads what
was written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.contracts import Candidate, Change, Upgrade, Verdict
from core.workspace import Workspace

CHANGE: Final = "Sorte-Change"
OWNER: Final = "Sorte-Owner"
MESSAGE: Final = "Sorte-Message"
VERDICT: Final = "Sorte-Verdict"
TARGET: Final = "Sorte-Target"
"""Of a commit that takes something back: the commit whose tree it brings back."""
FRAME: Final = "Sorte-Frame"
"""Of an upgrade: the shipped strategy, by its tree hash, that the tree was brought to."""
LONGEST_QUOTE: Final = 200
ASKED: Final = 'Asked: "'
"""How the line of a release commit begins that quotes its sentence."""


def commit_release(workspace: Workspace, change: Change, candidate: Candidate, verdict: Verdict) -> str:
    """The release commit: the candidate's tree on top of what it edits, bound to its verdict."""
    planned = candidate.plan.operations if candidate.plan is not None else ()
    upgraded = next((made.frame for made in planned if isinstance(made, Upgrade)), "")
    trailers = {**_origin(change), VERDICT: verdict.digest, FRAME: upgraded}
    quoted = f'{ASKED}{one_line(change.utterance.text)}"'
    return _commit(workspace, f"{candidate.commit}^{{tree}}", candidate.base, candidate.summary, quoted, trailers)


def commit_return(workspace: Workspace, change: Change, base: str, target: str) -> str:
    """A commit on top of `base` that brings the tree of `target` back, and says why."""
    trailers = {**_origin(change), TARGET: target}
    subject = f"Go back to {target[:12]}: {subject_of(workspace, target)}"
    return _commit(workspace, f"{target}^{{tree}}", base, subject, one_line(change.reason or ""), trailers)


def subject_of(workspace: Workspace, commit: str) -> str:
    """The first line of what a commit says."""
    return workspace.git("show", "-s", "--format=%s", workspace.resolve(commit)).strip()


def asked(workspace: Workspace, commit: str) -> str:
    """The sentence that led to a release commit; empty for one that no sentence brought."""
    said = workspace.git("show", "-s", "--format=%b", workspace.resolve(commit)).splitlines()
    return next((line[len(ASKED) : -1] for line in said[:1] if line.startswith(ASKED)), "")


def trailer(workspace: Workspace, commit: str, key: str) -> str:
    """The value of a commit's trailer; empty when it has none."""
    wanted = f"--format=%(trailers:key={key},valueonly,separator=%x2C)"
    return workspace.git("show", "-s", wanted, workspace.resolve(commit)).strip()


def effective(workspace: Workspace, commit: str) -> str:
    """The commit that brought the tree of `commit`: what a return went back to, or itself."""
    while target := trailer(workspace, commit, TARGET):
        commit = workspace.resolve(target)
    return commit


def before(workspace: Workspace, commit: str) -> str | None:
    """What traded before `commit` came: the way back. None for the first commit."""
    parents = workspace.git("rev-list", "--parents", "-1", workspace.resolve(effective(workspace, commit))).split()[1:]
    return effective(workspace, parents[0]) if parents else None


def _origin(change: Change) -> dict[str, str]:
    said = change.utterance
    return {CHANGE: change.id, OWNER: one_line(said.owner), MESSAGE: one_line(said.message)}


def _commit(workspace: Workspace, tree: str, parent: str, subject: str, why: str, trailers: Mapping[str, str]) -> str:
    tree = workspace.git("rev-parse", "--verify", "--end-of-options", tree).strip()
    block = "\n".join(f"{key}: {value}" for key, value in trailers.items() if value)
    message = "\n\n".join(filter(None, [one_line(subject), why, block]))
    return workspace.commit(tree, parent, message)


def one_line(text: str) -> str:
    """Text that cannot end a line, and is not too long to be quoted."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split())[:LONGEST_QUOTE]
