"""Boxes that a Docker daemon makes: the same program behind the same filter, over the container's standard streams.

The image is empty; the files are bound from this machine, the same list as for bubblewrap, so the daemon has to be on
it. Bound files belong to their owner and must be readable to everybody, which an environment made by pip is.

Whoever may talk to a daemon is root on its machine. Sorte asks it for containers and images of its own label only.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import os
import resource
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.contracts import Box
from core.errors import SandboxError, first_line
from core.strategy import Source
from sandbox.jail import background_cores, environment
from sandbox.limits import MB
from sandbox.mounts import (
    IN_VIEW,
    JUDGE_FILES,
    JUDGE_PACKAGES,
    PLATFORM,
    STRATEGY,
    Bind,
    Link,
    base_mounts,
    python_command,
)
from sandbox.profile import INT, LOCKED, OPENS_FOR_WRITING, START, Allow, Argument, Profile, compile_profile
from services.guardian.boxes.bubblewrap import CPU_SECONDS, used_ns, variables
from services.guardian.boxes.layout import fill, laid_out
from services.guardian.boxes.owner import lives, owner
from services.guardian.boxes.reading import be_patient, read_exactly
from services.guardian.boxes.session import BoxSession

if TYPE_CHECKING:
    from docker import APIClient

USUAL_URL: Final = "unix:///var/run/docker.sock"
VARIABLE: Final = "DOCKER_HOST"
"""Where every other client of Docker reads the daemon's address, when it is not said."""
ANSWER_SECONDS: Final = 10.0
"""Of the daemon, to one request."""
PING_SECONDS: Final = 2.0
NOBODY: Final = "65534:65534"
WORKSPACE_LABEL: Final = "sorte.box"
OWNER_LABEL: Final = "sorte.owner"
STDERR_BYTES: Final = 16 * 1024
MOST_PROCESSES: Final = 64  # the threads of the program that builds the container count; ours may start none
NOTHING_OF: Final = dict.fromkeys(("fsize", "core", "memlock", "msgqueue", "nice", "rtprio"), 0)
"""As a box by bubblewrap. Docker knows no limit of address space: until our program sets it there is that of `data`."""
OPEN_FILES, STACK_MB = 256, 8
SHARES: Final = 1024 // 3
"""Of processor time, beside other containers: the three boxes of a judgement weigh as one; see `core.priority`."""
_open: Final[set[str]] = set()
"""Containers that this process works with now; what else is its own was left over when a daemon died."""
DOCKERFILE: Final = Path(__file__).parents[3] / "sandbox" / "Dockerfile"
HEADER_BYTES: Final = 8
BUILDER_CALLS: Final = (
    Allow("openat", (Argument(2, OPENS_FOR_WRITING, os.O_WRONLY),)),
    Allow("fstatfs"),
    Allow("prlimit64", (Argument(1, INT, resource.RLIMIT_AS),)),
    *(Allow(f"landlock_{call}") for call in ("create_ruleset", "add_rule", "restrict_self")),
)
"""What runc does between the filter and our program: it opens the pipe by which it is told to begin, a file that is
there already. Nothing inside can be written to. And our own program closes what runc shows beside the binds
(`sandbox.sight`), and limits its address space. The second filter takes all of them back.
"""
STDOUT, STDERR = 1, 2
SIGNALLED: Final = 128
"""What Docker adds to the number of the signal that ended the program."""


class Docker:
    """Makes judge boxes by one daemon. The containers of a judge that died are removed by the next `sweep`."""

    def __init__(self, memory_mb: int, url: str, image: str, workspace: Path | None) -> None:
        """Raises SandboxError when no daemon answers, or it cannot make the image."""
        from docker import APIClient
        from docker.errors import DockerException

        self.memory_mb = memory_mb
        self.label = hashlib.sha256(str(workspace.resolve() if workspace else "").encode()).hexdigest()[:16]
        url = url or os.environ.get(VARIABLE, "") or USUAL_URL
        try:
            self.client = APIClient(base_url=url, version="auto", timeout=PING_SECONDS)
            self.client.timeout = ANSWER_SECONDS
            self.image = find_image(self.client, image)
        except (DockerException, OSError) as error:
            raise SandboxError(
                f"No Docker daemon answers at {url}: {first_line(error).rstrip('.')}.",
                "Start it, or set guardian.sandbox to bubblewrap.",
            ) from None
        start = docker_profile(START)
        filters = hashlib.sha256(start.encode() + compile_profile(LOCKED)).hexdigest()
        self.box = Box(kind="docker", image=self.image, profile=filters)
        self.limits = {"data": memory_mb * MB, "stack": STACK_MB * MB, "nofile": OPEN_FILES, "cpu": CPU_SECONDS}
        self.own = {"SORTE_VIEW": ":".join(IN_VIEW), "SORTE_MEMORY": str(memory_mb * MB)}
        self.security = ["no-new-privileges", f"seccomp={start}"]

    def open(self, source: Source, *, jit: bool = True, room: str = "") -> BoxSession:  # noqa: ARG002 - as in Boxes
        """A box with `source` in it, and with Numba's compiler or without."""
        from docker.errors import DockerException

        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(laid_out(source.files, for_nobody=True))
            try:
                made = self._create(folder, jit=jit)
                _open.add(made)
                stack.callback(_open.discard, made)
                stack.callback(remove, self.client, made)
                stream = self.client.attach_socket(made, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})._sock
                stack.callback(hang_up, stream)
                self.client.start(made)
            except (DockerException, OSError) as error:
                raise SandboxError(f"The box could not be built: {first_line(error).rstrip('.')}.") from None
            lay_out = functools.partial(fill, folder, for_nobody=True)
            return BoxSession(_StreamLine(self.client, made, stream, stack.pop_all()), lay_out)

    def _create(self, folder: Path, *, jit: bool) -> str:
        host = self.client.create_host_config(
            binds=binds([*base_mounts(JUDGE_PACKAGES, JUDGE_FILES), Bind(folder, STRATEGY)]),
            network_mode="none",
            ipc_mode="none",  # without it there is /dev/shm, which can be written to
            read_only=True,
            cap_drop=["ALL"],
            security_opt=self.security,
            pids_limit=MOST_PROCESSES,
            mem_limit=f"{self.memory_mb}m",
            memswap_limit=f"{self.memory_mb}m",
            nano_cpus=1_000_000_000,
            cpu_shares=SHARES,
            cpuset_cpus=",".join(map(str, background_cores())),
            ulimits=[
                {"Name": name, "Soft": limit, "Hard": limit} for name, limit in {**NOTHING_OF, **self.limits}.items()
            ],
            log_config={"Type": "none"},
        )
        made = self.client.create_container(
            self.image,
            entrypoint=python_command(f"{PLATFORM}/sandbox/judge.py", "pipes"),
            environment={**environment(), **variables(jit=jit), **self.own},
            user=NOBODY,
            hostname="box",
            stdin_open=True,
            host_config=host,
            labels={WORKSPACE_LABEL: self.label, OWNER_LABEL: owner()},
        )
        return str(made["Id"])

    def sweep(self) -> None:
        """Remove the boxes of this workspace whose judge is no more, or has closed them while no daemon answered."""
        from docker.errors import DockerException

        with contextlib.suppress(DockerException, OSError):
            for found in self.client.containers(all=True, filters={"label": f"{WORKSPACE_LABEL}={self.label}"}):
                made_by = found["Labels"].get(OWNER_LABEL, "")
                if not lives(made_by) or (made_by == owner() and found["Id"] not in _open):
                    remove(self.client, found["Id"])

    def close(self) -> None:
        """Hang up."""
        self.client.close()


class _StreamLine:
    """Standard input and output of a container. Its error output comes the same way, and its end is kept."""

    def __init__(self, client: APIClient, made: str, stream: socket.socket, held: contextlib.ExitStack) -> None:
        self.client = client
        self.made = made
        self.stream = stream
        self.held = held
        self.answered = bytearray()
        self.said = b""
        self.cause = ""
        self._pid: int | None = None

    @property
    def pid(self) -> int:
        """Of the program inside, as the machine sees it; 0 when nobody tells."""
        from docker.errors import DockerException

        if self._pid is None:
            try:
                self._pid = int(self.client.inspect_container(self.made)["State"]["Pid"])
            except (DockerException, OSError, KeyError, ValueError):
                self._pid = 0
        return self._pid

    def cpu_ns(self) -> int | None:
        return used_ns(self.pid) if self.pid else None

    def send(self, data: bytes, deadline: float) -> None:
        be_patient(self.stream, deadline)
        self.stream.sendall(data)

    def receive(self, count: int, deadline: float) -> bytes:
        while len(self.answered) < count:
            header = read_exactly(self.stream, HEADER_BYTES, deadline)
            kind, length = header[0], int.from_bytes(header[4:], "big")
            chunk = read_exactly(self.stream, length, deadline)
            if kind == STDOUT:
                self.answered += chunk
            elif kind == STDERR:
                self.said = (self.said + chunk)[-STDERR_BYTES:]
        taken = bytes(self.answered[:count])
        del self.answered[:count]
        return taken

    def close(self) -> str:
        if not self.cause:
            self.cause = self._cause()
            self.held.close()
        return self.cause

    def _cause(self) -> str:
        from docker.errors import DockerException

        try:
            state = self.client.inspect_container(self.made)["State"]
        except (DockerException, OSError):
            return "the Docker daemon does not answer"
        if state["Running"]:
            return "killed by us"
        if state["OOMKilled"]:
            return f"out of its memory{self._last_words()}"
        return f"{ended_by(state['ExitCode'])}{self._last_words()}"

    def _last_words(self) -> str:
        lines = [line for line in self.said.decode("utf-8", "backslashreplace").splitlines() if line.strip()]
        return f", {lines[-1]}" if lines else ""


def ended_by(code: int) -> str:
    """An exit code in the words of a box by bubblewrap."""
    number = code - SIGNALLED
    if number == signal.SIGSYS:
        return "made a forbidden system call and was killed by seccomp"
    known = number in set(signal.Signals)
    return f"crashed with {signal.Signals(number).name}" if known else f"ended with exit code {code}"


def find_image(client: APIClient, name: str) -> str:
    """The id of the image; made from our Dockerfile when the daemon has none of that name, which takes no network."""
    from docker.errors import ImageNotFound

    try:
        return str(client.inspect_image(name)["Id"])
    except ImageNotFound:
        return build_image(client, name)


def build_image(client: APIClient, name: str) -> str:
    """Make the image, and answer its id. Raises SandboxError with what the daemon said."""
    told = list(client.build(fileobj=io.BytesIO(DOCKERFILE.read_bytes()), tag=name, rm=True, forcerm=True, decode=True))
    errors = [str(line["error"]) for line in told if "error" in line]
    if errors:
        raise SandboxError(f"The image {name} could not be built: {errors[0].strip()}.", "See docs/guardian.md.")
    return str(client.inspect_image(name)["Id"])


def binds(mounts: Sequence[Bind | Link]) -> list[str]:
    """The mounts for a container, all read-only. It can have no links, so what one leads to is bound there too."""
    places = {mount.target: mount.source for mount in mounts if isinstance(mount, Bind)}
    for link in (mount for mount in mounts if isinstance(mount, Link)):
        goal = os.path.normpath(Path(link.path).parent / link.to)
        for target, source in list(places.items()):
            if target == goal or target.startswith(f"{goal}/"):
                places[link.path + target.removeprefix(goal)] = source
    return [f"{source.resolve()}:{target}:ro" for target, source in places.items()]


def docker_profile(profile: Profile) -> str:
    """A profile in Docker's own words; see docs.docker.com/engine/security/seccomp."""
    allowed = [
        {
            "names": [rule.call],
            "action": "SCMP_ACT_ALLOW",
            "args": [
                {"index": a.index, "value": a.mask, "valueTwo": a.value, "op": "SCMP_CMP_MASKED_EQ"} for a in rule.only
            ],
        }
        for rule in (*profile.allowed, *BUILDER_CALLS)
    ]
    return json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "archMap": architectures(), "syscalls": allowed})


def architectures() -> list[dict[str, Any]]:
    """This machine's own calls and none of its foreign entrances."""
    machine = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}[os.uname().machine]
    return [{"architecture": machine, "subArchitectures": []}]


def hang_up(stream: socket.socket) -> None:
    """End the conversation before the container ends: while we could still read, the daemon waits for us to have read
    all that the box said, and of a box that talks without end it removes nothing (seen with 20.10).

    The client's own `close` only forgets its file over the socket, which then stays open.
    """
    with contextlib.suppress(OSError):  # the daemon has gone first
        stream.shutdown(socket.SHUT_RDWR)
    stream.close()


def remove(client: APIClient, made: str) -> None:
    """Kill and remove a container; what cannot be done now is done by the next sweep."""
    from docker.errors import DockerException

    with contextlib.suppress(DockerException, OSError):
        client.remove_container(made, force=True, v=True)
