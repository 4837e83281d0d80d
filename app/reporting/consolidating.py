"""Own figures of an account and those of everything below it: Σ numerators / Σ denominators, never a mean of means.

Values are those a wave froze, in the wave's one currency; amounts in the accounts' own currencies stay apart. What a
wave froze of an account that was merged since goes with the account that took it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import text
from sqlalchemy.orm import Session

_BELOW = """
    WITH RECURSIVE below (top, id) AS (
        SELECT id, id FROM account WHERE id = ANY(CAST(:tops AS bigint[]))
        UNION SELECT b.top, k.id FROM below b JOIN account k ON k.parent_id = b.id
    )
"""

_LEVELS = ("decision_maker", "influencer", "user")
_SUMMED = (
    *("wanted", "heard", "sent", "answers", "bounced", "contacts", "shortage"),
    *(f"{what}_{level}" for what in ("target", "answers", "seats") for level in _LEVELS),
)
_HEARD = {level: f"least(s.answers_{level}, s.target_{level})" for level in _LEVELS}

_SUMS = text(
    f"""
    {_BELOW}, known AS (
        SELECT top, id, 1 AS there FROM below
        UNION ALL SELECT b.top, k.old_id, 0 FROM below b JOIN merged_account k ON k.account_id = b.id
    )
    SELECT b.top, sum(b.there) AS accounts, count(s.wave_id) AS accounts_asked,
           {", ".join(f"coalesce(sum(s.{name}), 0) AS {name}" for name in _SUMMED)},
           {", ".join(f"coalesce(sum({heard}), 0) AS heard_{level}" for level, heard in _HEARD.items())},
           sum(s.annual_value) AS annual_value, coalesce(sum(s.required), 0) AS required,
           count(*) FILTER (WHERE s.wanted > 0 AND s.annual_value IS NULL) AS values_unknown,
           coalesce(sum(round(s.score * s.answers)), 0) AS worth
    FROM known b LEFT JOIN standing s ON s.wave_id = :wave_id AND s.account_id = b.id
    GROUP BY b.top
    """
)
_LIFETIME = text(
    f"""
    {_BELOW}
    SELECT a.currency, sum(a.lifetime_value) AS amount FROM below b JOIN account a ON a.id = b.id
    WHERE a.lifetime_value IS NOT NULL GROUP BY a.currency ORDER BY a.currency
    """
)


@dataclass(frozen=True)
class Consolidated:
    """An account with all that is below it: `accounts` counts it too; `sums` are counts of a standing, by name.

    `annual_value` leaves out the `values_unknown` and is None when no value is known.
    """

    accounts: int
    accounts_asked: int
    annual_value: Decimal | None
    values_unknown: int
    worth: int
    sums: dict[str, int]

    @property
    def coverage(self) -> Fraction | None:
        """Return Σ heard / Σ wanted, None when nothing is wanted."""
        return Fraction(self.sums["heard"], self.sums["wanted"]) if self.sums["wanted"] else None

    @property
    def score(self) -> Fraction | None:
        """Return the score of all answers together, None below two: what each answer is worth is summed."""
        answers = self.sums["answers"]
        return Fraction(self.worth, answers) if answers > 1 else None

    def coverage_of(self, level: str) -> Fraction | None:
        """Return the coverage of one level."""
        target = self.sums[f"target_{level}"]
        return Fraction(self.sums[f"heard_{level}"], target) if target else None


def consolidated(session: Session, tops: Sequence[int], wave_id: int) -> dict[int, Consolidated]:
    """Return the consolidated figures of each of these accounts in a wave."""
    found = session.execute(_SUMS, {"tops": list(tops), "wave_id": wave_id}).mappings()
    names = (*_SUMMED, "required", *(f"heard_{level}" for level in _LEVELS))
    return {
        row["top"]: Consolidated(
            accounts=int(row["accounts"]),
            accounts_asked=row["accounts_asked"],
            annual_value=row["annual_value"],
            values_unknown=row["values_unknown"],
            worth=int(row["worth"]),
            sums={name: int(row[name]) for name in names},
        )
        for row in found
    }


def lifetime_below(session: Session, top: int) -> list[tuple[str | None, Decimal]]:
    """Return the lifetime value of an account and all below it, one sum for each currency: they are never added."""
    return [(row.currency, row.amount) for row in session.execute(_LIFETIME, {"tops": [top]})]
