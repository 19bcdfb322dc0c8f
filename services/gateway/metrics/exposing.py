"""Puts what was counted and what is painted into Prometheus' text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from services.gateway.metrics.counting import Counts
from services.gateway.metrics.painted import painted
from services.gateway.picture import Picture
from services.gateway.pictures import Pictures

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


class Metrics(Collector):
    """Hears what is told from its making on, and shows it with the picture of the moment."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)  # first: it counts what is shown after it
        self._counts = Counts(self._registry)
        about = "Times that a process of ours was seen to be another one than before."
        self._restarts = Counter("sorte_restarts", about, ("process",), registry=self._registry)
        self._pids: dict[str, int] = {}
        ProcessCollector(namespace="sorte_gateway", registry=self._registry)
        pictures.hear(self._counts.hear)

    def text(self) -> bytes:
        """All of it, as it is now."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """For the registry: what the picture has."""
        picture = self._pictures.current
        self._see_restarts(picture)
        return painted(picture)

    def describe(self) -> list[Metric]:
        """For the registry: names are told by what is collected."""
        return []

    def _see_restarts(self, picture: Picture) -> None:
        for process in picture.processes:
            if process.pid is not None:
                another = self._pids.setdefault(process.name, process.pid) != process.pid
                self._restarts.labels(process.name).inc(another)
                self._pids[process.name] = process.pid
