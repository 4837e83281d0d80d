"""Customer Effort Score 2.0: how easy was it, 1–7; the mean, and the share of 5–7 beside it."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from app.surveys.metrics.scoring import Metric, Score, mean_score


def _mean_ease(metric: Metric, counts: Counter[int]) -> Score:
    score = mean_score(counts, metric.scale[0], metric.scale[-1])
    easy = Fraction(100 * metric.bands(counts)["promoter"], score.n)
    return Score(score.value, score.low, score.high, score.n, share=easy)


METRIC = Metric("ces", range(1, 8), 4, 5, _mean_ease)
