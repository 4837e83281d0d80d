"""Tables of groups side by side: the segments of a wave, waves of a campaign, campaigns; with what they link to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign, Wave
from app.core.errors import Refused
from app.reporting.cuts import ATTRIBUTE, DIMENSIONS, LEVEL, PERSON, Cut, is_dimension, label_of, of_accounts
from app.reporting.cutting import parameters, value_in_words
from app.reporting.groups import Group, added, judged
from app.reporting.seen import Seen, seen
from app.reporting.segmenting import attributes_of, segments, waves_side_by_side

WAVES, CAMPAIGNS = "wave", "campaign"
MOST_WAVES = 100

_SIDES = {ATTRIBUTE: "of the account", PERSON: "of the person"}


@dataclass(frozen=True)
class Line:
    """One group of a table; `before` is the same group in the wave it is held against, `links` lead to its answers."""

    label: str
    group: Group
    before: Group | None = None
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def change(self) -> Fraction | None:
        """Return by how much the score has moved; None where one of the two is not there."""
        if self.before is None or self.before.score is None or self.group.score is None:
            return None
        return self.group.score.value - self.before.score.value


@dataclass(frozen=True)
class SegmentTable:
    """Groups side by side; `whole` is all of them together, `hidden` why some scores are not shown.

    `refused` tells why there is no such table at all.
    """

    seen: Seen
    by: str
    lines: list[Line]
    whole: Line | None = None
    before: Seen | None = None
    hidden: str | None = None
    refused: str | None = None
    choices: Sequence[tuple[str, str]] = ()

    @property
    def has_targets(self) -> bool:
        """Tell whether its groups have a target to be covered."""
        return self.by in (LEVEL, WAVES, CAMPAIGNS) or of_accounts(self.by)

    @property
    def label(self) -> str:
        """Return what its groups are."""
        return dict(self.choices).get(self.by) or label_of(self.by)


def can_be_by(name: str) -> bool:
    """Tell whether there is a table by something of that name."""
    return name in (WAVES, CAMPAIGNS) or is_dimension(name)


def segment_table(session: Session, wave_id: int, by: str, before_id: int | None = None) -> SegmentTable:
    """Return the table of a wave by a dimension, or of its campaign's waves, or of campaigns; raises NotFound.

    `before_id` is the wave to hold segments against.
    """
    found = seen(session, wave_id)
    choices = _choices(attributes_of(session, wave_id) if found.anonymity.named else ())
    if by == WAVES:
        return SegmentTable(found, by, _wave_lines(session, found), choices=choices)
    if by == CAMPAIGNS:
        return SegmentTable(found, by, _campaign_lines(session, found), choices=choices)
    before = seen(session, before_id) if before_id is not None and before_id != wave_id else None
    try:
        groups = segments(session, wave_id, by, found.metric, found.anonymity)
        earlier = _earlier(session, before, by) if before is not None and before.metric == found.metric else {}
    except Refused as why:
        return SegmentTable(found, by, [], refused=str(why), choices=choices)
    return _side_by_side(found, by, groups, before, earlier, choices)


def _side_by_side(
    found: Seen,
    by: str,
    groups: list[Group],
    before: Seen | None,
    earlier: Mapping[str, Group],
    choices: Sequence[tuple[str, str]],
) -> SegmentTable:
    whole_before = _whole(before, earlier.values()) if before is not None and earlier else None
    return SegmentTable(
        seen=found,
        by=by,
        lines=[_line(found, by, group, earlier.get(group.value)) for group in groups],
        whole=Line("All together", _whole(found, groups), whole_before, _links(found, Cut())),
        before=before,
        hidden=_why_hidden(found, groups),
        choices=choices,
    )


def _choices(attributes: Sequence[str]) -> list[tuple[str, str]]:
    more = [(name, f"{label_of(name)} {_SIDES[name.partition('.')[0] + '.']}") for name in attributes]
    return [*DIMENSIONS.items(), *more, (WAVES, "Wave"), (CAMPAIGNS, "Campaign")]


def _whole(of: Seen, groups: Iterable[Group]) -> Group:
    [whole] = judged([added("", groups)], of.metric, of.anonymity)
    return whole


def _earlier(session: Session, before: Seen, by: str) -> dict[str, Group]:
    groups = segments(session, before.wave.id, by, before.metric, before.anonymity)
    return {group.value: group for group in groups}


def _line(found: Seen, by: str, group: Group, before: Group | None) -> Line:
    return Line(value_in_words(by, group.value), group, before, _links(found, Cut({by: group.value})))


def _links(found: Seen, cut: Cut) -> dict[str, str]:
    """Return where the answers of a group stand; nowhere if nobody may be named."""
    if not found.anonymity.named:
        return {}
    of: dict[str, Any] = {"wave": found.wave.id, **parameters(cut)}
    return {"answers": url_for("answers.index", **of), "drivers": url_for("drivers.index", **of)}


def _why_hidden(found: Seen, groups: Sequence[Group]) -> str | None:
    if found.anonymity.named or all(group.score for group in groups if group.answers or group.closed):
        return None
    small = (
        f"a group below {found.anonymity.score_from} answers shows neither a score nor how many answered, and neither"
        " does the next smallest where it could be worked out from the others."
    )
    before = f"{found.anonymity.why(0)} Until then, too," if found.anonymity.sealed else "Anonymous survey:"
    return f"{before} {small}"


def _wave_lines(session: Session, found: Seen) -> list[Line]:
    """Return the launched waves of the campaign in view, each against the one before, the newest first."""
    of_campaign = select(Wave.id).where(Wave.campaign_id == found.campaign.id, Wave.launched_at.is_not(None))
    ids = session.scalars(of_campaign.order_by(Wave.id.desc()).limit(MOST_WAVES)).all()
    waves = {id: seen(session, id) for id in ids}
    groups = _whole_waves(session, waves)
    before = [*(groups[id] for id in ids[1:]), None]
    return [_whole_line(waves[id].wave.name, waves[id], groups[id], at) for id, at in zip(ids, before, strict=False)]


def _campaign_lines(session: Session, found: Seen) -> list[Line]:
    """Return the campaigns that ask the same metric, each with all answers of all its waves."""
    launched = select(Wave.id).join(Campaign).where(Wave.launched_at.is_not(None)).order_by(Wave.id.desc())
    waves = {id: seen(session, id) for id in session.scalars(launched.limit(MOST_WAVES))}
    same = {id: each for id, each in waves.items() if each.metric == found.metric}
    groups = _whole_waves(session, same)
    campaigns: dict[int, list[int]] = {}
    for id, each in same.items():
        campaigns.setdefault(each.campaign.id, []).append(id)
    return [_together([same[id] for id in ids], [groups[id] for id in ids]) for ids in campaigns.values()]


def _whole_waves(session: Session, waves: Mapping[int, Seen]) -> dict[int, Group]:
    asked = {id: (each.metric, each.anonymity) for id, each in waves.items()}
    return waves_side_by_side(session, asked)


def _together(waves: Sequence[Seen], groups: Sequence[Group]) -> Line:
    """Return the waves of a campaign as one; of an anonymous survey only those that may be shown by themselves."""
    newest = waves[0]
    pairs = zip(waves, groups, strict=True)
    shown = [group for each, group in pairs if each.anonymity.named or each.anonymity.score(group.answers)]
    opened = replace(newest.anonymity, sealed=False)
    [whole] = judged([added(newest.campaign.name, shown)], newest.metric, opened)
    if len({each.wave.currency for each in waves}) > 1:
        whole = replace(whole, revenue=Decimal(0), revenue_heard=Decimal(0))
    return _whole_line(newest.campaign.name, newest, whole, None, campaign=newest.campaign.id)


def _whole_line(label: str, of: Seen, group: Group, before: Group | None, campaign: int | None = None) -> Line:
    links = {"page": url_for("reporting.board", wave_id=of.wave.id)}
    if of.anonymity.named and campaign is None:
        links |= _links(of, Cut())
    elif of.anonymity.named:
        links["answers"] = url_for("answers.index", campaign=campaign)
    return Line(label, group, before, links)
