"""What of the answers to an anonymous survey (eNPS) may be shown: the one place that decides it. Pure rules.

Pages, exports, mails and the API ask here before they show a score, a distribution, a comment or a name; what they
count and how they draw it is theirs. Rules: domain section 6. Beyond it (ours), because people can subtract:

- nothing that was said is shown before the wave is finished: of a figure that moves by one answer, everybody who looked
  before and after knows that answer;
- siblings are left out until those left out are together as many as one alone would have to be;
- one cut at a time, and no two groups of different cuts that differ by a few people only (everybody in Germany, and
  everybody who reads German): one could be taken from the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.surveys.metrics import ANONYMOUS, METRICS

Group = TypeVar("Group")
Crossings = Iterable[Mapping[tuple[Group, str], int]]

SAID = frozenset(
    {
        *("score", "band", "drivers", "reasons", "comments", "ratings", "may_contact", "language", "state", "verdict"),
        *("evidence", "answered_at", "completed_at", "changed_at", "said_at"),
    }
)
"""The columns of a person's row that tell what, or when, the person answered."""

ANSWERED = frozenset({"complete", "partial", "break_off", "silent"})

ANONYMOUS_VERSIONS = (
    "(SELECT v.id FROM survey_version v WHERE v.definition ->> 'metric' IN ("
    + ", ".join(f"'{metric}'" for metric in ANONYMOUS)
    + "))"
)
"""SQL: the ids of survey versions whose answers belong to nobody."""

NAMED = f"r.survey_version_id NOT IN {ANONYMOUS_VERSIONS}"
"""SQL condition on a response `r`: its answer may be shown beside the name and the account of who gave it."""


@dataclass(frozen=True, slots=True)
class Anonymity:
    """How many answers it takes to show a score or a detail; `sealed` while an anonymous survey still takes answers.

    A detail is a comment, a distribution or a driver.
    """

    score_from: int = 1
    detail_from: int = 1
    sealed: bool = False

    @property
    def named(self) -> bool:
        """Tell whether people may be shown beside their answers."""
        return self.detail_from <= 1

    def score(self, n: int) -> bool:
        """Tell whether the score of `n` answers may be shown."""
        return not self.sealed and n >= self.score_from

    def detail(self, n: int) -> bool:
        """Tell whether comments, distributions and drivers of `n` answers may be shown."""
        return not self.sealed and n >= self.detail_from

    def scored(self, groups: Mapping[Group, int], crossed: Crossings[Group] = ()) -> frozenset[Group]:
        """Return which groups may show their score; `groups` are all parts of one whole, with their answers.

        `crossed` are other cuts of the same answers that are shown as well: answers by (this group, that group).
        """
        return self._shown(groups, self.score_from, crossed)

    def detailed(self, groups: Mapping[Group, int], crossed: Crossings[Group] = ()) -> frozenset[Group]:
        """Return which groups may show comments, distributions and drivers."""
        return self._shown(groups, self.detail_from, crossed)

    def told(self, groups: Mapping[Group, int], crossed: Crossings[Group] = ()) -> frozenset[Group]:
        """Return which groups of people who were asked may show how many of them answered, none among them.

        It may be told before the wave is over. A group that nobody of answered is left out like any small one.
        """
        if self.named:
            return frozenset(groups)
        shown = replace(self, sealed=False).scored(groups, crossed)
        rest = sorted(shown, key=groups.__getitem__)
        left_out = sum(groups[group] for group in groups if group not in shown)
        while len(rest) < len(groups) and left_out < self.score_from and rest:
            left_out += groups[rest.pop(0)]
        return frozenset(rest)

    def why(self, n: int) -> str | None:
        """Return why something of `n` answers is not shown, in a sentence; None when all of it may be."""
        if self.named or self.detail(n):
            return None
        if self.sealed:
            return "Anonymous survey: what people said opens when the wave has finished."
        if self.score(n):
            return f"Anonymous survey: comments and drivers are shown from {self.detail_from} answers on."
        return f"Anonymous survey: shown from {self.score_from} answers on, so that nobody can be recognised."

    def _shown(self, groups: Mapping[Group, int], least: int, crossed: Crossings[Group]) -> frozenset[Group]:
        if self.sealed:
            return frozenset()
        if self.named:
            return frozenset(groups)
        close = _close(crossed, least)
        waiting = sorted((group for group in groups if groups[group] > 0), key=groups.__getitem__)
        left_out = sum(groups[group] for group in waiting if groups[group] < least or group in close)
        shown = [group for group in waiting if groups[group] >= least and group not in close]
        while 0 < left_out < least and shown:
            left_out += groups[shown.pop(0)]
        return frozenset(shown)


def _close(crossed: Crossings[Group], least: int) -> set[Group]:
    """Return the groups that differ from a group of another cut, large enough to be shown, by fewer than `least`."""
    close = set()
    for table in crossed:
        mine: Counter[Any] = Counter()
        others: Counter[Any] = Counter()
        for (group, other), n in table.items():
            mine[group] += n
            others[other] += n
        for (group, other), n in table.items():
            if others[other] >= least and 0 < mine[group] + others[other] - 2 * n < least:
                close.add(group)
    return close


def anonymity(metric: str, *, finished: bool) -> Anonymity:
    """Return what may be shown of a survey of that metric; `finished` tells whether its wave takes no more answers."""
    found = METRICS[metric]
    return Anonymity(found.score_from, found.detail_from, sealed=found.anonymous and not finished)


def unnamed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a person's row without what the person said, and without whether the person answered at all."""
    bare = {name: _nothing(value) if name in SAID else value for name, value in row.items()}
    if bare.get("disposition") in ANSWERED:
        bare["disposition"] = "asked"
    return bare


def _nothing(value: Any) -> Any:
    return type(value)() if isinstance(value, (list, tuple, dict)) else None
