"""How mails that wait spread over the days to come, as far as the caps let them go. Pure rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from app.campaigns.calendar import daily_allowance

_ONE_DAY = timedelta(days=1)


def spread(
    due: Mapping[date, int],
    *,
    cap: int,
    until: date,
    used: Counter[date],
    opens: Callable[[date], bool],
    days_left: Callable[[date], int | None] = lambda day: None,
) -> Iterator[tuple[date, int]]:
    """Yield the days before `until` on which mails leave, with how many.

    `due` says how many may leave from which day on. `cap` is the most of a day, `used` what of it is spoken for, which
    grows by what is yielded. `opens` tells working days; `days_left` how many of them an even spread still has.
    """
    waiting = dict(due)
    total, ready = sum(waiting.values()), 0
    day = min(waiting, default=until)
    while total and day < until:
        ready += waiting.pop(day, 0)
        if ready and opens(day):
            mails = max(0, min(ready, cap - used[day], daily_allowance(cap, total, days_left(day))))
            if mails:
                used[day] += mails
                yield day, mails
            ready, total = ready - mails, total - mails
        day += _ONE_DAY
