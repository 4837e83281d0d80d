"""What counts, as SQL: which answers, and how an invitation ended (domain sections 7 and 10). No queries of its own."""

from __future__ import annotations

ANSWERS = "(SELECT * FROM response WHERE verdict <> 'machine')"
"""The answers that count: what a mail gateway pressed is kept and left out (domain section 10)."""

DISPOSITION = """
    CASE WHEN r.state = 'complete' THEN 'complete' WHEN r.state = 'partial' THEN 'partial'
         WHEN i.refused_at IS NOT NULL THEN 'refused' WHEN i.bounced_at IS NOT NULL THEN 'bounced'
         WHEN i.opened_at IS NOT NULL THEN 'break_off'
         WHEN m.state = 'unknown' THEN 'unknown' WHEN i.sent_at IS NOT NULL THEN 'silent' ELSE 'not_sent' END
"""
"""How an invitation `i` stands, given its answer `r` and its first message `m`; an answer outweighs all else."""
