"""A month of the calendar: what stands on which day."""

from __future__ import annotations

from datetime import date

import pytest

from app.delivery.foreseeing import Coming, Send
from app.delivery.months import busiest, days_of, last_day, later, mails_of, month_asked

TODAY = date(2026, 12, 3)


def coming(day: date, kind: Send, mails: int | None) -> Coming:
    return Coming(day, kind, 1, "Programme", 1, "Q4", mails)


@pytest.mark.parametrize(
    ("asked", "month"),
    [
        ("2026-12", date(2026, 12, 1)),
        ("2027-05", date(2027, 5, 1)),
        ("2028-11", date(2028, 11, 1)),
        *(
            (odd, date(2026, 12, 1))
            for odd in ("", "2026-11", "2028-12", "9999-99", "x", "2027-1", "0000-01", "2027-05-03")
        ),
    ],
)
def test_only_months_to_come_are_shown(asked: str, month: date) -> None:
    assert month_asked(asked, TODAY, ahead=23) == month


def test_months_follow_each_other_over_the_end_of_a_year() -> None:
    assert later(date(2026, 12, 1), 1) == date(2027, 1, 1)
    assert later(date(2027, 1, 1), -1) == date(2026, 12, 1)
    assert later(date(2026, 11, 1), 14) == date(2028, 1, 1)
    assert last_day(date(2028, 2, 1)) == date(2028, 2, 29)


def test_each_day_has_its_sends_its_holidays_and_its_closings() -> None:
    christmas = date(2026, 12, 25)
    sends = [
        coming(date(2026, 12, 4), Send.WAVE, 40),
        coming(date(2026, 12, 4), Send.INVITATION, 10),
        coming(date(2026, 12, 7), Send.INVITATION, 10),
        coming(date(2026, 12, 7), Send.REMINDER, 2),
        coming(date(2027, 1, 4), Send.INVITATION, 99),
    ]
    days = days_of(date(2026, 12, 1), date(2026, 12, 31), TODAY, sends, {"DE", "US"}, {christmas: ["Closed"]})
    by_day = {day.day: day for day in days}
    assert len(days) == 31
    assert [day.is_past for day in days[:4]] == [True, True, False, False]
    assert by_day[TODAY].is_today
    assert by_day[date(2026, 12, 4)].mails == 10  # the beginning of a wave is no mail
    assert by_day[christmas].holidays == {"Christmas Day": ["DE", "US"]}
    assert by_day[christmas].closed == ["Closed"]
    assert by_day[date(2026, 12, 8)].is_quiet
    assert not by_day[christmas].is_quiet
    assert by_day[date(2026, 12, 6)].column == 7
    assert busiest(days) == (date(2026, 12, 7), 12)
    assert mails_of(one for day in days for one in day.coming) == 22
    assert busiest([]) is None
