"""Groups of people side by side: sums over sums, never a mean of percentages, and the scores that may be shown. Pure.

Rules: domain sections 6 to 8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.reporting.anonymity import Anonymity
from app.surveys.metrics import METRICS, Score

SMALL_GROUP = 10
"""Below so many answers a group's score is flagged: one person more or less moves it by ten points and more (ours)."""


@dataclass(frozen=True)
class Group:
    """One group: its people, accounts and money as sums; `score` is None where none may be shown.

    `revenue` is the value of its accounts as far as it is known, in the currency of the wave. `lone` is the one answer
    of a group that has no more, where people may be named. A `closed` group may not even tell how many answered.
    """

    value: str
    sent: int = 0
    answers: int = 0
    accounts: int = 0
    accounts_heard: int = 0
    target: int = 0
    heard: int = 0
    revenue: Decimal = Decimal(0)
    revenue_heard: Decimal = Decimal(0)
    values_unknown: int = 0
    scores: Mapping[int, int] = field(default_factory=dict, repr=False)
    score: Score | None = None
    lone: int | None = None
    closed: bool = False

    @property
    def response(self) -> Fraction | None:
        """Return answers per invitation sent."""
        return None if self.closed else _share(self.answers, self.sent)

    @property
    def coverage(self) -> Fraction | None:
        """Return wanted answers that are there per answer wanted."""
        return None if self.closed else _share(self.heard, self.target)

    @property
    def of_revenue(self) -> Fraction | None:
        """Return the share of the known revenue that is heard."""
        return None if self.closed else _share(self.revenue_heard, self.revenue)

    @property
    def small(self) -> bool:
        """Tell whether its score rests on few answers."""
        return not self.closed and 0 < self.answers < SMALL_GROUP


def added(value: str, groups: Iterable[Group]) -> Group:
    """Return several groups as one: sums over sums, scores of all answers together; `judged` gives it its score."""
    listed = list(groups)
    scores: Counter[int] = Counter()
    for group in listed:
        scores.update(group.scores)
    sums: dict[str, Any] = {name: sum(getattr(group, name) for group in listed) for name in _ADDED}
    return Group(value, **sums, scores=scores)


_ADDED = (
    *("sent", "answers", "accounts", "accounts_heard", "target", "heard"),
    *("revenue", "revenue_heard", "values_unknown"),
)


def judged(
    groups: Iterable[Group],
    metric: str,
    allowed: Anonymity,
    crossed: Iterable[Mapping[tuple[str, str], int]] = (),
) -> list[Group]:
    """Return groups that are all parts of one whole with the scores that may be shown.

    `crossed` are other cuts of the same answers, for `anonymity`. At one answer there is the answer, not a score
    (domain section 6).
    """
    listed, crossings = list(groups), list(crossed)
    shown = allowed.scored({group.value: group.answers for group in listed}, crossings)
    asked = {group.value: group.answers for group in listed if group.sent or group.answers}
    closed = asked.keys() - allowed.told(asked, crossings)
    marked = (replace(group, closed=group.value in closed) for group in listed)
    return [_judged(group, metric, group.value in shown, named=allowed.named) for group in marked]


def _judged(group: Group, metric: str, shown: bool, *, named: bool) -> Group:
    if group.answers == 1:
        return replace(group, lone=next(iter(group.scores)) if named else None, score=None)
    return replace(group, score=METRICS[metric].score(group.scores) if shown else None)


def _share(part: Decimal | int, whole: Decimal | int) -> Fraction | None:
    return Fraction(part) / Fraction(whole) if whole else None
