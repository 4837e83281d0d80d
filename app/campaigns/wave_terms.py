"""Deed on a wave that is not planned yet: the quota table and the fixed rates it is to be planned with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.campaigns.models import Wave, WaveState
from app.campaigns.quota_tables import chosen_table, key_of
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused


def settle_terms(wave_id: int, *, table: str, rates: Mapping[str, Decimal], actor: str) -> None:
    """Give a draft wave the quota table `table`, empty for the one it has, and its rates.

    Raises NotFound for an unknown wave or table, and Refused for a wave whose plan is made: its figures are frozen.
    """
    with transaction() as session:
        wave = session.get(Wave, wave_id, with_for_update=True)
        if wave is None:
            raise NotFound("There is no such wave.")
        if wave.state is not WaveState.DRAFT:
            raise Refused(f"«{wave.name}» is planned; its table and rates stay as they are.")
        before = {"table": key_of(wave.quota), "rates": wave.rates}
        if table:
            wave.quota = chosen_table(session, table)
        wave.rates = {code: str(rate) for code, rate in sorted(rates.items())}
        after = {"table": key_of(wave.quota), "rates": wave.rates}
        subject = f"wave {wave_id}"
        audit.record(session, actor=actor, deed="wave terms settled", subject=subject, before=before, after=after)
