"""The years that records are filed under, asked of their indexes: a list of all periods would read every record."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, Q

from records.together import read_together


def years_with(*told: tuple[Any, str]) -> tuple[int, ...]:
    """Every year in which one of these querysets has a record, by the period named beside it; the latest first.

    Two queries, one if there is none: the first and the last of each; which of the years in between.
    """
    ends = read_together(
        *(
            rows.order_by(end).values_list(field, flat=True)[:1]
            for rows, field in told
            for end in (field, f"-{field}")
        )
    )
    spans = [
        (rows, field, range(first[0].year, last[0].year + 1))
        for (rows, field), first, last in zip(told, ends[::2], ends[1::2], strict=True)
        if first
    ]
    if not spans:
        return ()
    years = sorted({year for *_, span in spans for year in span}, reverse=True)
    asked = []
    for year in years:
        is_there = Q()
        for rows, field, span in spans:
            if year in span:
                is_there |= Q(Exists(rows.filter(**{f"{field}__in_year": year})))
        asked.append(is_there)
    any_row, field, _span = spans[0]
    found = any_row.order_by(field).values_list(*asked)[:1].get()
    return tuple(year for year, is_there in zip(years, found, strict=True) if is_there)
