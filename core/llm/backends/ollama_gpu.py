"""What Ollama tells of the graphics card: how much of the model lies in its memory.

Strong evidence, and no proof. Before 0.30 the figure was what the server expected; since then it is read from the log
of what runs the model, and when that cannot be read both sizes are the file's, which looks like all of it
(ollama/ollama, `llm/llama_server.go`). Loaded there is not computed there either: see docs/local-models.md.
"""

from __future__ import annotations

import re
from typing import Any, Final

from core.llm.request import Gpu, GpuVerdict

MEASURED_SINCE: Final = (0, 30)


async def seen(client: Any, model: str) -> tuple[GpuVerdict, str, str]:
    """The verdict, the model's digest and the server's version, as the server tells now."""
    version = str((await _get(client, "/api/version")).get("version", ""))
    loaded = _named((await _get(client, "/api/ps")).get("models", ()), model)
    if loaded is None:
        return GpuVerdict(evidence={"loaded": False}), "", version
    size, in_vram = int(loaded.get("size", 0)), int(loaded.get("size_vram", 0))
    file_size = 0
    if size == in_vram:
        listed = _named((await _get(client, "/api/tags")).get("models", ()), model)
        file_size = int(listed.get("size", 0)) if listed else 0
    return verdict(size, in_vram, file_size, version), str(loaded.get("digest", "")), version


def verdict(size: int, in_vram: int, file_size: int, version: str) -> GpuVerdict:
    """What the sizes say, in bytes; `file_size` is the model's on disk, 0 where it was not asked for."""
    evidence: dict[str, Any] = {"size": size, "size_vram": in_vram, "version": version}
    if size <= 0:
        return GpuVerdict(Gpu.UNKNOWN, evidence)
    if in_vram <= 0:
        return GpuVerdict(Gpu.NO, evidence)
    if _number(version) < MEASURED_SINCE:
        return GpuVerdict(Gpu.UNKNOWN, evidence | {"doubt": "a server before 0.30 tells what it expects"})
    if size == in_vram == file_size:
        return GpuVerdict(Gpu.UNKNOWN, evidence | {"doubt": "both sizes are the file's: nothing was measured"})
    return GpuVerdict(Gpu.YES if in_vram >= size else Gpu.PARTIAL, evidence)


def _number(version: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0,)


def _named(models: Any, model: str) -> dict[str, Any] | None:
    """The entry of a model; `qwen3.5` is `qwen3.5:latest` there."""
    wanted = {model, f"{model}:latest"}
    return next((each for each in models if wanted & {each.get("name"), each.get("model")}), None)


async def _get(client: Any, path: str) -> dict[str, Any]:
    """An answer of the server, as it is: the client's own types refuse what a newer server adds or leaves out."""
    response = await client._client.get(path)
    response.raise_for_status()
    found = response.json()
    return found if isinstance(found, dict) else {}
