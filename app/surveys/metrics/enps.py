"""Employee Net Promoter Score: as NPS, shown from five answers on, in detail from eight."""

from __future__ import annotations

from app.surveys.metrics.scoring import Metric, net_promoters

METRIC = Metric("enps", range(11), 7, 9, net_promoters, score_from=5, detail_from=8)
