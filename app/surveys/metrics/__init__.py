"""The scores, one file a metric, found by itself: NPS, CES, CSAT and eNPS. Pure: the standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from app.surveys.metrics.scoring import BANDS, Band, Metric, Score, display, rounded

__all__ = ["ANONYMOUS", "BANDS", "METRICS", "Band", "Metric", "Score", "display", "rounded"]


def _found() -> Mapping[str, Metric]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    metrics = [module.METRIC for module in modules if hasattr(module, "METRIC")]
    return MappingProxyType({metric.key: metric for metric in metrics})


METRICS: Mapping[str, Metric] = _found()
ANONYMOUS: tuple[str, ...] = tuple(key for key, metric in METRICS.items() if metric.anonymous)
"""The metrics whose answers may never be shown beside a name."""
