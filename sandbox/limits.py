"""What one box may use, and how that is told to the kernel.

The memory limit is RLIMIT_AS. It needs no root, no delegation and no cgroup version, it cannot be raised from inside,
and it bounds the whole box, because the box is one process without a writable file system: all that it can fill is its
own address space. Past the limit an allocation fails, and the program sees MemoryError or crashes; the host's memory is
never short. A cgroup would count what is touched instead of what is reserved, which matters to programs that reserve
freely; a host of the shipped strategy has 181 MB resident in 334 MB of address space (measured, `bench/box.py`).

There is no limit of processes to set: both filters refuse every clone, fork and thread. RLIMIT_NPROC would not do: it
does not bind root, and it counts a user's processes outside of the box too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import SandboxError
from sandbox.mounts import HOST_PACKAGES, PLATFORM_FILES

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Jail:
    """The limits of one box; beside them always: files of size 0, no core dump, no locked memory, no real time."""

    memory_mb: int = 1024
    """Address space."""
    cpu_seconds: int | None = None
    """Processor time until it is killed; None for a host that lives as long as its release."""
    open_files: int = 64
    stack_mb: int = 8
    packages: tuple[str, ...] = HOST_PACKAGES
    """Top-level packages of this environment that can be imported inside."""
    files: tuple[str, ...] = PLATFORM_FILES
    """Files and folders of the platform that can be imported inside."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the environment inside has beside the usual."""
    background: bool = False
    """Whether it yields to everything else: least priority, and never on the first core when there are two."""

    def __post_init__(self) -> None:
        numbers = (self.memory_mb, self.open_files, self.stack_mb, 1 if self.cpu_seconds is None else self.cpu_seconds)
        if min(numbers) <= 0:
            raise SandboxError("Every limit of a box must be above zero.", "Leave cpu_seconds None for no such limit.")

    def prlimit_arguments(self) -> list[str]:
        """For util-linux' prlimit, which sets them and then becomes bubblewrap. Soft is hard: none can be raised."""
        limits = {
            "as": self.memory_mb * MB,
            "stack": self.stack_mb * MB,
            "nofile": self.open_files,
            "fsize": 0,
            "core": 0,
            "memlock": 0,
            "msgqueue": 0,
            "nice": 0,
            "rtprio": 0,
        }
        if self.cpu_seconds is not None:
            limits["cpu"] = self.cpu_seconds  # at the hard limit the kernel kills; the soft one's signal can be ignored
        return [f"--{name}={value}:{value}" for name, value in limits.items()]
