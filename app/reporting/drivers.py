"""What the reasons behind the answers add to the score, and which revenue goes with them. Pure rules.

Rules: domain section 9. An answer's weight of one is split evenly over its tier-1 drivers, each share again over the
tier-2 drivers under it; so the contributions of all drivers add up to the score. Sums are exact fractions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.surveys.metrics import BANDS, METRICS, Band

NONE = ""
"""The driver of answers that name none."""

UNSPECIFIED = "/"
"""What ends the path of a tier-1 driver that was named without any under it: `support/`."""


class Part(NamedTuple):
    """A driver an answer named, to the finest tier: the answer counts for `1 / (tops * parts)` under `path`.

    `tops` is how many tier-1 drivers it named, `parts` how many under this one.
    """

    path: str
    tops: int
    parts: int


class Count(NamedTuple):
    """Answers of one band that named one driver alike, from accounts with equally many answers.

    `value` is the sum of their accounts' values, once for each answer, of which it carries 1 / `of_account`. Where
    nobody knows the value an answer carries none: `valued` of the `answers` carry one.
    """

    part: Part
    band: Band
    of_account: int
    answers: int
    valued: int
    value: Decimal | Fraction | int


def parts(named: Iterable[str]) -> tuple[Part, ...]:
    """Return the finest drivers among `named`; a child stands for its parent too, and nothing counts twice."""
    under: dict[str, set[str]] = {}
    for path in named:
        top, _, child = path.partition("/")
        if top:
            under.setdefault(top, set()).update({path} if child else ())
    if not under:
        return (Part(NONE, 1, 1),)
    return tuple(
        Part(path, len(under), len(paths))
        for top, found in under.items()
        for paths in [sorted(found) or [top + UNSPECIFIED]]
        for path in paths
    )


def top_of(path: str) -> str:
    """Return the tier-1 driver of a path."""
    return path.partition("/")[0]


def points(metric: str) -> Mapping[Band, int]:
    """Return what an answer of each band adds to the score of a metric, before it is divided by all answers.

    NPS and eNPS: promoters for, detractors against. CSAT and CES have no minus: the satisfied (4–5) and the easy (5–7)
    answers are counted, so that the contributions add up to their share in percent.
    """
    against = -1 if METRICS[metric].key in ("nps", "enps") else 0
    return {"promoter": 1, "passive": 0, "detractor": against}


class Sums:
    """Exact sums of quotients by band: whole numbers are added up by their divisor first, since fractions are slow."""

    def __init__(self) -> None:
        self._parts: dict[tuple[Band, int], Decimal | Fraction | int] = {}

    def add(self, band: Band, number: Decimal | Fraction | int, divisor: int) -> None:
        """Add `number / divisor`."""
        self._parts[band, divisor] = self._parts.get((band, divisor), 0) + number  # type: ignore[operator]

    def of(self, *bands: Band) -> Fraction:
        """Return the sum of some bands, or of all when none is named."""
        wanted = bands or BANDS
        found = (Fraction(number) / divisor for (band, divisor), number in self._parts.items() if band in wanted)
        return sum(found, Fraction(0))


class Driver:
    """What goes with one driver, by band: `answers`, each counted once, their `weight` and their `revenue`.

    `valued` are the answers that carry revenue.
    """

    def __init__(self) -> None:
        self.answers, self.valued, self.weight, self.revenue = Sums(), Sums(), Sums(), Sums()

    def add(self, count: Count, of: int) -> None:
        """Add answers; `of` is in how many parts of this driver each of them is counted."""
        divisor = count.part.tops * count.part.parts
        self.answers.add(count.band, count.answers, of)
        self.valued.add(count.band, count.valued, of)
        self.weight.add(count.band, count.answers, divisor)
        self.revenue.add(count.band, count.value, divisor * count.of_account)

    @property
    def net(self) -> Fraction:
        """Return the revenue that goes with promoters less that with detractors."""
        return self.revenue.of("promoter") - self.revenue.of("detractor")


@dataclass(frozen=True)
class Drivers:
    """All drivers of `n` answers: `tops` by tier-1 key, `paths` to the finest tier; `bands` counts all answers."""

    metric: str
    n: int
    bands: Mapping[Band, int]
    tops: Mapping[str, Driver]
    paths: Mapping[str, Driver]

    def contribution(self, driver: Driver, *bands: Band) -> Fraction:
        """Return how many points of the score go with a driver, or only those of some bands."""
        worth = points(self.metric)
        total = sum((worth[band] * driver.weight.of(band) for band in bands or BANDS), Fraction(0))
        return 100 * total / self.n if self.n else Fraction(0)

    @property
    def total(self) -> Fraction | None:
        """Return what all contributions add up to; None without answers."""
        worth = points(self.metric)
        return Fraction(100 * sum(worth[band] * n for band, n in self.bands.items()), self.n) if self.n else None

    def under(self, top: str) -> dict[str, Driver]:
        """Return the finest drivers under a tier-1 driver, those it was named without first."""
        return {path: self.paths[path] for path in sorted(self.paths) if top and top_of(path) == top}


def add_up(metric: str, bands: Mapping[Band, int], counts: Iterable[Count]) -> Drivers:
    """Return the drivers of answers that were counted already; `bands` are all of them, by band."""
    tops: dict[str, Driver] = defaultdict(Driver)
    paths: dict[str, Driver] = defaultdict(Driver)
    for count in counts:
        tops[top_of(count.part.path)].add(count, count.part.parts)
        paths[count.part.path].add(count, 1)
    return Drivers(metric, sum(bands.values()), dict(bands), dict(tops), dict(paths))


class Said(NamedTuple):
    """One answer: its score, the drivers it named, its account's value and how many answers share that value."""

    score: int
    drivers: tuple[str, ...]
    value: Decimal | Fraction | int | None
    of_account: int


def contributions(metric: str, answers: Iterable[Said]) -> Drivers:
    """Return the drivers of some answers; reports count in the database instead and call `add_up`."""
    bands: Counter[Band] = Counter()
    counts: list[Count] = []
    for said in answers:
        band = METRICS[metric].band(said.score)
        bands[band] += 1
        carried = (0, 0) if said.value is None else (1, said.value)
        counts.extend(Count(part, band, said.of_account, 1, *carried) for part in parts(said.drivers))
    return add_up(metric, bands, counts)
