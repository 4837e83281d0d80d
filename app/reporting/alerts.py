"""What is to be looked at at an account: each alert as a phrase, and as the condition that finds its accounts.

Conditions speak of a standing `s`, its account `a`, the standing `b` of the wave before and the bound `:today`; the row
of a list, its filter and the mails read the same ones, so that they never tell two stories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

RENEWAL_DAYS = 120
"""Days before a renewal in which it is near (domain section 4)."""


@dataclass(frozen=True)
class Alert:
    """An alert as a phrase of its own; `of_answers` when it tells what somebody said.

    `clause` is how it goes on after «accounts», where that is more than «where» and the phrase.
    """

    phrase: str
    sql: str
    of_answers: bool = False
    clause: str = ""

    @property
    def filter(self) -> str:
        """Return it as a filter of accounts: «where nobody has answered»."""
        return self.clause or f"where {self.phrase}"


ALERTS: Mapping[str, Alert] = MappingProxyType(
    {
        "silent": Alert("nobody has answered", "s.wanted > 0 AND s.answers = 0"),
        "decision_makers_silent": Alert(
            "others have answered, but no decision maker",
            "s.target_decision_maker > 0 AND s.answers_decision_maker = 0 AND s.answers > 0",
        ),
        "decision_makers_low": Alert(
            "decision makers are unhappy",
            "s.detractors_decision_maker > s.promoters_decision_maker",
            of_answers=True,
        ),
        "falling": Alert(
            "the score has fallen", "s.answers > 1 AND b.answers > 1 AND s.score < b.score", of_answers=True
        ),
        "short": Alert(
            "not enough contacts for this revenue value",
            "s.shortage > 0",
            clause="with not enough contacts for their value",
        ),
        "bounced": Alert("every mail came back", "s.sent > 0 AND s.bounced = s.sent"),
        "renewal_near": Alert(
            f"renewal within {RENEWAL_DAYS} days",
            f"a.renewal_on BETWEEN CAST(:today AS date) AND CAST(:today AS date) + {RENEWAL_DAYS}",
            clause=f"with a renewal within {RENEWAL_DAYS} days",
        ),
        "value_unknown": Alert("value unknown", "s.wanted > 0 AND s.annual_value IS NULL", clause="of unknown value"),
    }
)
"""Every alert by its name in addresses, the gravest first."""


def alerts_shown(named: bool) -> dict[str, Alert]:
    """Return the alerts that may be shown: of an anonymous survey none that tells what somebody said."""
    return {key: alert for key, alert in ALERTS.items() if named or not alert.of_answers}
