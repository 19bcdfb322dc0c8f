"""What Prometheus scrapes: `Metrics(pictures).text()`, of the kind `CONTENT_TYPE`."""

from services.gateway.metrics.exposing import CONTENT_TYPE, Metrics

__all__ = ["CONTENT_TYPE", "Metrics"]
