"""Who made a commit: each one that may trade is signed with the workspace's own key, and is verified before it runs.

The key is an SSH key beside the repository's objects, readable by its owner only. It does not leave the machine, and
what is signed names the tree, the parent and the verdict's digest. Needs ssh-keygen, as git's own SSH signatures do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from core.errors import ConfigurationError
from core.files import write_whole
from core.private import child_environment

SIGNER: Final = "sorte"
KEY: Final = "key"
ALLOWED: Final = "allowed_signers"


class Signing:
    """The key of one workspace, in the folder `private` (mode 700)."""

    def __init__(self, private: Path) -> None:
        self._key, self._allowed = private / KEY, private / ALLOWED

    @property
    def git_options(self) -> list[str]:
        """What makes git sign with this key and believe no other."""
        settings = {
            "gpg.format": "ssh",
            "user.signingKey": self._key,
            "gpg.ssh.allowedSignersFile": self._allowed,
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def make_key(self) -> None:
        """Make the key, unless there is one."""
        if self._allowed.is_file():
            return
        program = shutil.which("ssh-keygen")
        if program is None:
            raise ConfigurationError(
                "The program ssh-keygen is missing; releases are signed with it.",
                "Install the system package openssh-client.",
            )
        self._key.parent.mkdir(mode=0o700, exist_ok=True)
        for left in (self._key, self._key.with_suffix(".pub")):
            left.unlink(missing_ok=True)  # of a making that was killed
        environment = child_environment(os.environ)
        words = [program, "-q", "-t", "ed25519", "-N", "", "-C", SIGNER, "-f", str(self._key)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True, env=environment)  # noqa: S603 - our own words
        public = self._key.with_suffix(".pub").read_text(encoding="utf-8").split()
        write_whole(self._allowed, f'{SIGNER} namespaces="git" {public[0]} {public[1]}\n'.encode())
