"""Net Promoter Score: would you recommend us, 0–10."""

from __future__ import annotations

from app.surveys.metrics.scoring import Metric, net_promoters

METRIC = Metric("nps", range(11), 7, 9, net_promoters)
