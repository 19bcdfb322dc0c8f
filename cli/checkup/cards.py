"""The graphics cards, asked of whatever program is there: Vulkan's, ROCm's, NVIDIA's, and the kernel itself.

Of what these print only the lines that name a device or a driver are taken.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from cli.checkup.finding import Finding, State

SECONDS: Final = 15.0
MOST_LINES: Final = 24
PROGRAMS: Final = {
    "vulkan": (("vulkaninfo", "--summary"), re.compile(r"(deviceName|deviceType|driverName|driverInfo|apiVersion)")),
    "rocm": (("rocminfo",), re.compile(r"(Marketing Name|^\s*Name:\s+gfx|Runtime Version)")),
    "nvidia": (
        ("nvidia-smi", "--query-gpu=name,driver_version,memory.total,compute_cap", "--format=csv,noheader"),
        re.compile(r"\S"),
    ),
}
"""The question, and the lines of its answer that are kept."""
SYSFS: Final = Path("/sys/class/drm")
VENDORS: Final = {"0x1002": "AMD", "0x10de": "NVIDIA", "0x8086": "Intel"}
VARIABLES: Final = ("HSA_OVERRIDE_GFX_VERSION", "OLLAMA_VULKAN", "GGML_VK_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")


def cards() -> Finding:
    """Every card that something knows of."""
    facts: dict[str, Any] = {name: _told(*asked) for name, asked in PROGRAMS.items()}
    facts["kernel"] = _of_the_kernel()
    facts["render_node"] = _render_node()
    facts["variables"] = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    named = facts["nvidia"] or facts["vulkan"] or facts["rocm"] or facts["kernel"]
    if not named:
        return Finding("cards", State.OFF, "cards_none", facts)
    if facts["kernel"] and facts["render_node"] == "closed":
        return Finding("cards", State.WARN, "cards_closed", facts)
    facts["first"] = named[0]
    return Finding("cards", State.OK, "cards", facts)


def _told(words: tuple[str, ...], kept: re.Pattern[str]) -> list[str]:
    program = shutil.which(words[0])
    if program is None:
        return []
    try:
        done = subprocess.run(  # noqa: S603 - the driver's own program, found in the owner's PATH
            [program, *words[1:]], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return [f"{words[0]}: {type(error).__name__}"]
    lines = (" ".join(line.split()) for line in done.stdout.decode(errors="replace").splitlines() if kept.search(line))
    return list(dict.fromkeys(lines))[:MOST_LINES] if done.returncode == 0 else [f"{words[0]}: {done.returncode}"]


def _of_the_kernel() -> list[str]:
    """`AMD 0x73ff amdgpu, 8176 MB`, for each card that has a driver."""
    found = []
    for device in sorted(SYSFS.glob("card[0-9]*/device")):
        vendor, model = _read(device / "vendor"), _read(device / "device")
        if vendor in VENDORS:
            memory = _read(device / "mem_info_vram_total")
            size = f", {int(memory) >> 20} MB" if memory.isdigit() else ""
            found.append(f"{VENDORS[vendor]} {model} {(device / 'driver').resolve().name}{size}")
    return list(dict.fromkeys(found))


def _render_node() -> str:
    """Whether we may use a card: `open`, `closed` (the group render is missing), or `none`."""
    nodes = list(Path("/dev/dri").glob("renderD*"))
    if not nodes:
        return "none"
    return "open" if any(os.access(node, os.R_OK | os.W_OK) for node in nodes) else "closed"


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
