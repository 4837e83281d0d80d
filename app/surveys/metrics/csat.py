"""Customer satisfaction, 1–5: the share of 4 and 5, with a Wilson interval."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from app.surveys.metrics.scoring import Metric, Score, Z, bounded, root


def _satisfied_share(metric: Metric, counts: Counter[int]) -> Score:
    n = counts.total()
    share = Fraction(metric.bands(counts)["promoter"], n)
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    margin = Z * root(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return bounded(100 * share, 100 * centre, 100 * margin, n, 0, 100)


METRIC = Metric("csat", range(1, 6), 3, 4, _satisfied_share)
