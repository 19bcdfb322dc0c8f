"""On which device a model lies, by what llama.cpp says as it loads (`offloaded 25/29 layers to GPU`, buffer sizes)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from core.llm.request import Gpu, GpuVerdict

LAYERS: Final = re.compile(r"offloaded (\d+)/(\d+) layers")
BUFFER: Final = re.compile(r"(\w+)\s+model buffer size =\s*([\d.]+) MiB")
ON_CPU: Final = re.compile(r"CPU|BLAS|AMX|_Host$")


def verdict(log: str, devices: Sequence[dict[str, Any]]) -> GpuVerdict:
    """What the lines say; without any, a machine whose runtime sees no graphics card computed on none."""
    buffers: dict[str, float] = {}
    for name, size in BUFFER.findall(log):
        buffers[name] = max(buffers.get(name, 0.0), float(size))
    evidence: dict[str, Any] = {"buffers_mib": buffers, "devices": list(devices)}
    if found := LAYERS.findall(log):
        done, of = map(int, found[-1])
        evidence["layers"] = f"{done}/{of}"
        return GpuVerdict(Gpu.NO if done == 0 else Gpu.YES if done == of else Gpu.PARTIAL, evidence)
    if devices and all("GPU" not in device["kind"] for device in devices):
        return GpuVerdict(Gpu.NO, evidence)
    on_card = sum(size for name, size in buffers.items() if not ON_CPU.search(name))
    if not buffers:
        return GpuVerdict(Gpu.UNKNOWN, evidence)
    return GpuVerdict(
        Gpu.NO if on_card == 0 else Gpu.YES if on_card > sum(buffers.values()) / 2 else Gpu.PARTIAL, evidence
    )
