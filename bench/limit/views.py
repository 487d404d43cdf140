"""One SQL statement and strings; the same rows as JSON; and, if asked, the SQL that a page of the app runs."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse

from bench.rows import GOAL_YEAR, LAST_YEAR

_GOALS = """
SELECT g.id, g.metric_id, g.slug, g.statement, g.aim, g.baseline, g.target, m.name, m.unit, r.verdict, r.reason,
  d.title, SUM(x.value), COUNT(x.value), AVG(CASE WHEN x.period >= %s THEN x.value END)
FROM goals_goal g
LEFT JOIN records_document d ON d.id = g.source_id
LEFT JOIN metrics_metric m ON m.id = g.metric_id
LEFT JOIN metrics_measurement x ON x.metric_id = m.id AND x.owner_id = g.owner_id AND x.project_id IS NULL
LEFT JOIN goals_goalresult r ON r.goal_id = g.id
WHERE g.owner_id = %s AND g.set_in >= %s AND g.set_in < %s AND g.parent_id IS NULL
GROUP BY g.id, m.id, r.id, d.id ORDER BY g.due, g.id
"""
_QUARTERS = """
SELECT x.metric_id, x.period, x.value FROM metrics_measurement x
WHERE x.owner_id = %s AND x.period > %s AND x.period < %s AND x.project_id IS NULL
  AND x.metric_id IN (SELECT metric_id FROM goals_goal g WHERE g.owner_id = %s AND g.set_in >= %s AND g.set_in < %s)
ORDER BY x.metric_id, x.period
"""
_EVIDENCE = """
SELECT e.goal_id, a.title, d.title, e.source_lines FROM goals_evidence e
JOIN goals_goal g ON g.id = e.goal_id
LEFT JOIN projects_achievement a ON a.id = e.achievement_id
LEFT JOIN records_document d ON d.id = e.source_id
WHERE e.owner_id = %s AND g.set_in >= %s AND g.set_in < %s ORDER BY e.goal_id, e.position
"""
_UNASKED = """
SELECT m.name, x.value, m.unit, d.title, x.source_lines FROM metrics_measurement x
JOIN metrics_metric m ON m.id = x.metric_id
LEFT JOIN records_document d ON d.id = x.source_id
WHERE x.owner_id = %s AND x.period = %s AND x.project_id IS NULL AND x.value IS NOT NULL
ORDER BY x.id LIMIT 100
"""
_MEASUREMENTS = """
SELECT m.slug AS metric, x.period, p.slug AS project, x.value, x.qualifier, x.as_stated, x.numerator, x.denominator,
  x.sample_size, x.minimum, x.maximum, x.stated_change, x.stated_change_unit, x.breakdown_note, d.year, x.source_lines,
  x.note, x.version, CAST(x.created_at AS text) AS created_at, CAST(x.updated_at AS text) AS updated_at
FROM metrics_measurement x
JOIN metrics_metric m ON m.id = x.metric_id
LEFT JOIN projects_project p ON p.id = x.project_id
LEFT JOIN records_document d ON d.id = x.source_id
WHERE x.owner_id = %s ORDER BY x.id LIMIT 100
"""


def goals(request: HttpRequest) -> HttpResponse:
    """`?replay=/path/` runs the SQL of that page of the app as well, and reads every row."""
    account: Any = request.user
    if not account.is_authenticated:
        return HttpResponse(status=403)
    with connection.cursor() as cursor:
        for sql, params in _statements(request.GET["replay"]) if "replay" in request.GET else ():
            cursor.execute(sql, params)
            cursor.fetchall()
        years = [str(LAST_YEAR), account.pk, str(GOAL_YEAR), str(GOAL_YEAR + 1)]
        cursor.execute(_GOALS, years)
        rows = cursor.fetchall()
    articles = [f"<article>{_cells(facts)}</article>" for _goal, _metric, *facts in rows]
    return HttpResponse(f"<!doctype html><title>Goals</title><h1>{account.username}</h1>{''.join(articles)}")


def whole(request: HttpRequest) -> HttpResponse:
    """The goals with what else their page shows: a picture of the quarters, evidence, figures nobody asked for."""
    account: Any = request.user
    if not account.is_authenticated:
        return HttpResponse(status=403)
    span, last = [str(GOAL_YEAR), str(GOAL_YEAR + 1)], [str(LAST_YEAR), str(LAST_YEAR + 1)]
    with connection.cursor() as cursor:
        cursor.execute(_GOALS, [str(LAST_YEAR), account.pk, *span])
        rows = cursor.fetchall()
        cursor.execute(_QUARTERS, [account.pk, *last, account.pk, *span])
        bars = _grouped(cursor.fetchall(), _bar)
        cursor.execute(_EVIDENCE, [account.pk, *span])
        evidence = _grouped(cursor.fetchall(), _item)
        cursor.execute(_UNASKED, [account.pk, str(LAST_YEAR)])
        unasked = "".join(_item(row) for row in cursor.fetchall())
    articles = "".join(
        f"<article>{_cells(facts)}<svg>{bars[metric]}</svg><ul>{evidence[goal]}</ul></article>"
        for goal, metric, *facts in rows
    )
    return HttpResponse(
        f"<!doctype html><title>Goals</title><h1>{account.username}</h1>{articles}<ul>{unasked}</ul>"
    )


def _grouped(rows: Iterable[tuple[Any, ...]], written: Callable[[tuple[Any, ...]], str]) -> dict[int, str]:
    found: dict[int, str] = defaultdict(str)
    for key, *facts in rows:
        found[key] += written(tuple(facts))
    return found


def _bar(facts: tuple[Any, ...]) -> str:
    period, value = facts
    height = 0 if value is None else round(value)
    return f'<rect class="bar" width="44" height="{height}" rx="2"/><text>{value}</text><text>{period}</text>'


def _item(facts: tuple[Any, ...]) -> str:
    return f"<li>{_cells(facts)}</li>"


def _cells(facts: Iterable[object]) -> str:
    return "".join(f"<p>{escape('–' if fact is None else str(fact))}</p>" for fact in facts)


def measurements(request: HttpRequest) -> HttpResponse:
    """The account is looked up by the token's digest, as the app does."""
    digest = hashlib.sha256(
        request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    ).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id FROM records_apitoken t JOIN records_account a ON a.id = t.owner_id "
            "WHERE t.digest = %s AND a.is_active",
            [digest],
        )
        found = cursor.fetchone()
        if found is None:
            return HttpResponse(status=401)
        cursor.execute(_MEASUREMENTS, [found[0]])
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return HttpResponse(orjson.dumps({"results": rows}, default=str), content_type="application/json")


@cache
def _statements(path: str) -> list[tuple[str, list[Any]]]:
    """What the app was seen to run for that page; see bench/inside.py."""
    seen: dict[str, list[tuple[str, list[Any]]]] = json.loads(
        Path(os.environ["BENCH_STATEMENTS"]).read_text(encoding="utf-8")
    )
    return seen[path]
