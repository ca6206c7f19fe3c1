"""Serves the metrics of all workers on a port of their own, from the parent of the workers."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead


class _LivingWorkers(MultiProcessCollector):
    """Adds the workers up. What a worker that is dead had open is not counted any more."""

    def __init__(self, folder: Path) -> None:
        super().__init__(None, str(folder))  # type: ignore[no-untyped-call]
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        for file in self._folder.glob("gauge_live*_*.db"):
            worker = int(file.stem.rpartition("_")[2])
            if not _lives(worker):
                mark_process_dead(worker, str(self._folder))  # type: ignore[no-untyped-call]
        metrics: Iterable[Metric] = super().collect()  # type: ignore[no-untyped-call]
        return metrics


def serve_metrics(host: str, port: int, folder: str) -> None:
    """Serve what the workers write to ``folder``, or without one what this process counts, in a thread."""
    registry = REGISTRY
    if folder:
        registry = CollectorRegistry()
        registry.register(_LivingWorkers(Path(folder)))
    start_http_server(port, host, registry)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
