"""What the page of a plan shows: no plan, a preview that may still change, or the frozen plan. Reads only."""

from __future__ import annotations

import re
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.accounts.places import country_name
from app.campaigns.asking_again import find_contacts
from app.campaigns.browsing import PER_PAGE, Found, Key, Wanted, find, is_level, is_outcome
from app.campaigns.confirming import GONE
from app.campaigns.deciding import WORDS, decisions_at, in_words, person_name
from app.campaigns.excluding import seats_lost
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.campaigns.plan_models import WavePlan
from app.campaigns.plan_queue import work_on
from app.campaigns.since_preview import since_preview
from app.campaigns.tallying import SEATS, Tally, tally
from app.core import navigation, progress
from app.core.listing import text_asked
from app.sampling.selection import LEVELS

OTHERS_SHOWN = 10
LAST_ID = 2**63 - 1
GOING = (CampaignState.SCHEDULED, CampaignState.RUNNING)

_PLACE = re.compile(r"([0-9]{1,19})\.([0-9]{1,19})")


def plan_context(session: Session, wave: Wave, campaign: Campaign) -> dict[str, Any]:
    """Return what the template of the plan's page needs."""
    plan = session.get(WavePlan, wave.id)
    shown: dict[str, Any] = {"wave": wave, "campaign": campaign, "plan": plan, "words": WORDS, "levels": LEVELS}
    shown |= _work(wave, plan)
    if (plan is None and wave.planned_at is None) or shown["waiting"]:
        return shown | {"preview": False, "there": False}
    counted = counted_plan(session, wave, plan)
    preview = wave.state is WaveState.DRAFT
    shown |= {"there": True, "preview": preview, "counted": counted, "seats_lost": seats_lost(counted)}
    shown["mails"] = counted.chosen * (1 + len(campaign.reminders))
    shown["outcomes"] = [
        {"reason": outcome, "people": people, "chosen": outcome in SEATS} for outcome, people in counted.outcomes()
    ]
    shown["goes_on_its_day"] = campaign.state in GOING and (wave.approved_at is not None or campaign.goes_by_itself)
    if preview and plan is not None:
        shown |= {"since": since_preview(session, wave, plan), "changed": _changed(session, plan)}
    shown |= {"country_name": lambda code: country_name(code) or code, "csv_filters": _filters()}
    return shown | _decisions(session, wave, plan, counted)


def counted_plan(session: Session, wave: Wave, plan: WavePlan | None) -> Tally:
    """Return what a plan came to; one that was made before plans were counted is counted now."""
    return Tally(plan.totals if plan is not None else tally(session, wave.id))


def wanted_asked(session: Session, wave_id: int) -> Wanted:
    """Return which decisions the address asks for; what it does not mean is left out."""
    reason, level = text_asked("reason"), text_asked("level")
    account = text_asked("account")
    account_id = int(account) if re.fullmatch(r"[0-9]{1,18}", account) else None
    return Wanted(
        wave_id,
        reason=reason if is_outcome(reason) else "",
        level=level if is_level(level) else "",
        search=text_asked(),
        account_id=account_id,
        manager="" if account_id else text_asked("manager"),
        country="" if account_id else text_asked("country"),
    )


def _filters() -> dict[str, str]:
    """Return the filters of the address, for the file of what is shown."""
    given = {name: text_asked(name) for name in ("q", "reason", "level", "account", "manager", "country")}
    return {name: value for name, value in given.items() if value}


def decision_row(row: dict[str, Any], wave_id: int) -> dict[str, Any]:
    """Return a decision as the table shows it: with words and the address of «why?»."""
    outcome = row["seat"] or row["reason"]
    return {
        **row,
        "name": person_name(row),
        "why": in_words(outcome, row["detail"]),
        "href": url_for("plans.person", wave_id=wave_id, contact_id=row["contact_id"]),
        "account_href": navigation.url_with(account=row["account_id"], after=None, before=None, n=None),
    }


def _work(wave: Wave, plan: WavePlan | None) -> dict[str, Any]:
    """Return how far a worker is, why the last one failed, and whether to wait for one."""
    standing, failure = progress.standing(work_on(wave.id)), progress.failure(work_on(wave.id))
    awaited, revision = _number_asked("begun"), plan.revision if plan is not None else 0
    waits = wave.state is WaveState.DRAFT and not failure and (standing is not None or revision < awaited)
    return {"standing": standing, "failure": failure if wave.state is WaveState.DRAFT else None, "waiting": waits}


def _changed(session: Session, plan: WavePlan) -> dict[str, Any] | None:
    """Return what a try to confirm found, in words, with some of the accounts it is about."""
    if not plan.changed:
        return None
    lost = [
        (WORDS[reason] if reason != GONE else "no longer in this account or audience", people)
        for reason, people in sorted(plan.changed["lost"].items(), key=lambda pair: -pair[1])
    ]
    named = [session.get(Account, id) for id in plan.changed["named"][:OTHERS_SHOWN]]
    return {**plan.changed, "lost": lost, "named": [account for account in named if account is not None]}


def _decisions(session: Session, wave: Wave, plan: WavePlan | None, counted: Tally) -> dict[str, Any]:
    """Return one page of decisions with what leads to the pages beside it."""
    wanted = wanted_asked(session, wave.id)
    after, before = _place("after"), _place("before")
    found = find(session, wanted, counted, after=after, before=before)
    if not found.keys and (after or before):
        after = before = None
        found = find(session, wanted, counted)
    passed = _number_asked("n") if after or before else 0
    rows = [decision_row(row, wave.id) for row in decisions_at(session, wave.id, found.keys)]
    account = session.get(Account, wanted.account_id) if wanted.account_id is not None else None
    return {
        "wanted": wanted,
        "wanted_account": account,
        "choices": plan.choices if plan is not None else {},
        "rows": rows,
        "others": [] if rows or not wanted.search else find_contacts(session, wanted.search)[:OTHERS_SHOWN],
        "turn": _turning(found, passed, more=found.more or before is not None),
    }


def _turning(found: Found, passed: int, *, more: bool) -> dict[str, Any]:
    keys = found.keys
    first = last = None
    if keys and passed:
        place = f"{keys[0].account_id}.{keys[0].contact_id}"
        first = navigation.url_with(before=place, after=None, n=max(passed - PER_PAGE, 0) or None)
        if passed <= PER_PAGE:
            first = navigation.url_with(before=None, after=None, n=None)
    if keys and more:
        place = f"{keys[-1].account_id}.{keys[-1].contact_id}"
        last = navigation.url_with(after=place, before=None, n=passed + len(keys))
    shown = {"from": passed + 1, "to": passed + len(keys), "total": found.total, "exact": found.exact}
    return shown | {"previous": first, "next": last, "beginning": passed > 0}


def _place(name: str) -> Key | None:
    found = _PLACE.fullmatch(request.args.get(name, ""))
    if found is None:
        return None
    return Key(min(int(found[1]), LAST_ID), min(int(found[2]), LAST_ID))


def _number_asked(name: str) -> int:
    given = request.args.get(name, "")
    return int(given) if re.fullmatch(r"[0-9]{1,9}", given) else 0
