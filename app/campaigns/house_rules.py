"""The contact rules of the house: read by whoever asks somebody; a change is on record with what was before."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.campaigns.asking_models import HouseRules
from app.campaigns.contact_rules import Rules
from app.core import audit
from app.core.db import transaction

_ONE = 1


def house_rules(session: Session) -> Rules:
    """Return the rules that hold for every campaign."""
    return Rules.read(session.scalar(select(HouseRules.rules)) or {})


def change_house_rules(rules: Mapping[str, int], *, actor: str) -> Rules:
    """Set the rules of the house, which hold from the next decision on; return them."""
    new = Rules.read(rules)
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("house_rules"))))
        before = house_rules(session).as_json()
        values = {"rules": new.as_json(), "changed_at": func.now(), "changed_by": actor}
        row = insert(HouseRules).values(id=_ONE, **values)
        session.execute(row.on_conflict_do_update(index_elements=[HouseRules.id], set_=values))
        changed = {name: {"from": before[name], "to": days} for name, days in new.as_json().items()}
        changed = {name: change for name, change in changed.items() if change["from"] != change["to"]}
        audit.record(session, actor=actor, deed="contact_rules.changed", subject="contact rules", **changed)
    return new
