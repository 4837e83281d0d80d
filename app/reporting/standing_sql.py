"""The statements that tell standings and totals; how they work together is in `standing`.

Each comes twice: for whole waves (`waves`), with what was frozen, and for some accounts (`waves`, `accounts`), of which
only the live part is told anew.
"""

from __future__ import annotations

from sqlalchemy import text

from app.accounts.models import Level
from app.reporting.counting import ANSWERS, DISPOSITION

TARGETED = (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)
SCALES = ("metrics", "scores", "bands", "worths")
"""The parameters that say, answer by answer of each metric, its band and the score it would be alone."""

_FROZEN = ("annual_value", "required")
_COUNTED = (
    *(f"target_{level}" for level in TARGETED),
    *(f"seats_{level}" for level in Level),
    *("shortage", "contacts"),
)
_ROSTER = tuple(f"contacts_{level}" for level in Level)

_LIVE: dict[str, str] = {
    **{
        f"sent_{level}": f"coalesce(sum(people) FILTER (WHERE c.level = '{level}' AND disposition <> 'not_sent'), 0)"
        for level in Level
    },
    **{
        f"answers_{level}": (
            f"coalesce(sum(people) FILTER (WHERE c.level = '{level}' AND disposition IN ('complete', 'partial')), 0)"
        )
        for level in Level
    },
    "bounced": "coalesce(sum(people) FILTER (WHERE disposition = 'bounced'), 0)",
    **{
        f"{band}s": f"coalesce(sum(people) FILTER (WHERE band = '{band}'), 0)"
        for band in ("promoter", "passive", "detractor")
    },
    **{
        f"{band}s_decision_maker": (
            f"coalesce(sum(people) FILTER (WHERE band = '{band}' AND c.level = 'decision_maker'), 0)"
        )
        for band in ("promoter", "detractor")
    },
    "score_sum": "coalesce(sum(c.score * people), 0)",
    "score": "sum(worth * people) / sum(people) FILTER (WHERE c.score IS NOT NULL)",
    "heard_at": "max(heard_at)",
    "tally": "jsonb_object_agg(c.level || '.' || coalesce(disposition, c.score::text), people)",
}
_EMPTY = {"score": "NULL", "heard_at": "NULL", "tally": "'{}'"}

# One line per invitation for how it ended and one for its score, counted; then one line per account.
_TOLD = f"""
    metric AS MATERIALIZED (
        SELECT w.id AS wave_id, v.definition ->> 'metric' AS metric
        FROM wave w JOIN survey_version v ON v.id = w.survey_version_id WHERE w.id = ANY(CAST(:waves AS bigint[]))
    ), scale AS (
        SELECT * FROM unnest(CAST(:metrics AS text[]), CAST(:scores AS int[]), CAST(:bands AS text[]),
                             CAST(:worths AS numeric[])) AS s (metric, score, band, worth)
    ), counted AS (
        SELECT i.wave_id, i.account_id, i.level, ended.disposition, ended.score, count(*) AS people,
               max(r.answered_at) AS heard_at
        FROM {{invitations}}
        LEFT JOIN {ANSWERS} r ON r.invitation_id = i.id
        LEFT JOIN message m ON m.invitation_id = i.id AND m.number = 0
        CROSS JOIN LATERAL (VALUES ({DISPOSITION}, NULL), (NULL, r.score)) AS ended (disposition, score)
        WHERE ended.disposition IS NOT NULL OR ended.score IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5
    ), live AS (
        SELECT c.wave_id, c.account_id, {", ".join(f"{how} AS {column}" for column, how in _LIVE.items())}
        FROM counted c
        LEFT JOIN metric t ON t.wave_id = c.wave_id
        LEFT JOIN scale s ON s.metric = t.metric AND s.score = c.score
        GROUP BY 1, 2
    )
"""
_COLUMNS = ", ".join(("wave_id", "account_id", *_FROZEN, *_COUNTED, *_ROSTER, *_LIVE))
_LIVE_VALUES = ", ".join(f"coalesce(l.{column}, {_EMPTY.get(column, '0')})" for column in _LIVE)

FORGET = (
    text("DELETE FROM standing WHERE wave_id = ANY(CAST(:waves AS bigint[]))"),
    text("DELETE FROM tally WHERE wave_id = ANY(CAST(:waves AS bigint[]))"),
)

TELL_ALL = text(
    f"""
    WITH {_TOLD.format(invitations="(SELECT * FROM invitation WHERE wave_id = ANY(CAST(:waves AS bigint[]))) i")},
    roster AS (
        SELECT wave_id, account_id,
               {", ".join(f"count(*) FILTER (WHERE level = '{level}') AS contacts_{level}" for level in Level)}
        FROM decision
        WHERE wave_id = ANY(CAST(:waves AS bigint[])) AND reason IS DISTINCT FROM 'account_inactive'
        GROUP BY wave_id, account_id
    )
    INSERT INTO standing ({_COLUMNS})
    SELECT wave_id, account_id, {", ".join(f"f.{column}" for column in _FROZEN)},
           {", ".join(f"coalesce(f.{column}, 0)" for column in _COUNTED)},
           {", ".join(f"coalesce(r.{column}, 0)" for column in _ROSTER)}, {_LIVE_VALUES}
    FROM (
        SELECT f.* FROM wave_account f JOIN wave w ON w.id = f.wave_id
        WHERE w.id = ANY(CAST(:waves AS bigint[])) AND w.state <> 'draft' AND w.planned_at IS NOT NULL
    ) f
    FULL JOIN live l USING (wave_id, account_id)
    LEFT JOIN roster r USING (wave_id, account_id)
    """
)

_THESE = "unnest(CAST(:waves AS bigint[]), CAST(:accounts AS bigint[])) AS t (wave_id, account_id)"

TELL_SOME = text(
    f"""
    WITH {_TOLD.format(invitations=f"{_THESE} JOIN invitation i USING (wave_id, account_id)")}
    INSERT INTO standing ({_COLUMNS})
    SELECT wave_id, account_id, NULL, NULL, {", ".join("0" for _ in (*_COUNTED, *_ROSTER))}, {_LIVE_VALUES}
    FROM {_THESE} LEFT JOIN live l USING (wave_id, account_id)
    ON CONFLICT (wave_id, account_id) DO UPDATE SET {", ".join(f"{column} = excluded.{column}" for column in _LIVE)}
    """
)

_WORTH = "greatest(annual_value, 0)"


def _level_sums(level: Level) -> dict[str, str]:
    """Return the totals of one level, over the accounts of which somebody on it is wanted."""
    target, answers, wanted = f"target_{level}", f"answers_{level}", f"FILTER (WHERE target_{level} > 0)"
    heard = f"least({answers}, {target})"
    return {
        f"target_{level}": f"sum({target})",
        f"heard_{level}": f"sum({heard})",
        f"accounts_{level}": f"count(*) {wanted}",
        f"accounts_surveyed_{level}": f"count(*) FILTER (WHERE {target} > 0 AND sent_{level} > 0)",
        f"accounts_heard_{level}": f"count(*) FILTER (WHERE {target} > 0 AND {answers} > 0)",
        f"accounts_covered_{level}": f"count(*) FILTER (WHERE {target} > 0 AND {answers} >= {target})",
        f"revenue_{level}": f"sum({_WORTH}) {wanted}",
        f"revenue_surveyed_{level}": f"sum({_WORTH}) FILTER (WHERE {target} > 0 AND sent_{level} > 0)",
        f"revenue_heard_{level}": f"sum({_WORTH}) FILTER (WHERE {target} > 0 AND {answers} > 0)",
        f"revenue_weighted_{level}": f"sum({_WORTH} * {heard} / nullif({target}, 0)) {wanted}",
    }


_SUMS: dict[str, str] = {
    "accounts": "count(*) FILTER (WHERE wanted > 0)",
    "accounts_surveyed": "count(*) FILTER (WHERE wanted > 0 AND sent > 0)",
    "accounts_heard": "count(*) FILTER (WHERE wanted > 0 AND answers > 0)",
    "accounts_covered": "count(*) FILTER (WHERE wanted > 0 AND heard = wanted)",
    "decision_makers_heard": "count(*) FILTER (WHERE wanted > 0 AND answers_decision_maker > 0)",
    "accounts_short": "count(*) FILTER (WHERE wanted > 0 AND shortage > 0)",
    "shortage": "sum(shortage) FILTER (WHERE wanted > 0)",
    "values_unknown": "count(*) FILTER (WHERE wanted > 0 AND annual_value IS NULL)",
    "revenue": f"sum({_WORTH}) FILTER (WHERE wanted > 0)",
    "revenue_surveyed": f"sum({_WORTH}) FILTER (WHERE wanted > 0 AND sent > 0)",
    "revenue_heard": f"sum({_WORTH}) FILTER (WHERE wanted > 0 AND answers > 0)",
    "revenue_weighted": f"sum({_WORTH} * heard / nullif(wanted, 0))",
    **{f"roster_{level}": f"sum(contacts_{level})" for level in Level},
    **{name: how for level in TARGETED for name, how in _level_sums(level).items()},
}
SUMS = tuple(_SUMS)
"""The totals of the accounts of a wave, by their names in `tally`."""

# Taken away before accounts are told anew and added afterwards, so that totals move by what changed.
_ADD = f"""
    WITH these AS (SELECT s.* FROM {{standings}}), sums AS (
        SELECT wave_id, {", ".join(f"{how} AS {name}" for name, how in _SUMS.items())} FROM these GROUP BY wave_id
    ), parts AS (
        SELECT wave_id, split_part(key, '.', 1) AS level, split_part(key, '.', 2) AS what, value::numeric AS amount
        FROM these, jsonb_each_text(tally)
        UNION ALL
        SELECT wave_id, '', key, value::numeric
        FROM sums, jsonb_each_text(jsonb_strip_nulls(to_jsonb(sums) - 'wave_id'))
    )
    INSERT INTO tally (wave_id, level, what, amount)
    SELECT wave_id, level, what, CAST(:sign AS int) * sum(amount) FROM parts GROUP BY wave_id, level, what
    ON CONFLICT (wave_id, level, what) DO UPDATE SET amount = tally.amount + excluded.amount
"""
ADD_ALL = text(_ADD.format(standings="standing s WHERE wave_id = ANY(CAST(:waves AS bigint[]))"))
ADD_SOME = text(_ADD.format(standings=f"{_THESE} JOIN standing s USING (wave_id, account_id)"))
