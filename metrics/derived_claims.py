"""The claims of metrics that repeat a part of another metric's figures: issues left of issues found and resolved.

The same contract as metrics/claims.py: rows in, no query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from metrics import record_checks
from metrics.aggregation import Aggregation
from metrics.claims import Claim, claim, claim_text
from metrics.models import Derivation
from metrics.rows import Row
from metrics.units import plain
from records.periods import Period, Precision


@dataclass(frozen=True, slots=True)
class _Repeated:
    """A part of another metric's figures, with the records it was read from."""

    value: Decimal
    formula: str
    rows: tuple[Row, ...]


def claims_of_derived(
    derived: Sequence[Row], origins: Mapping[tuple[int, Period], Sequence[Row]]
) -> Iterator[Claim]:
    """Figures that repeat a part of another metric's: of the same period, or added up over shorter ones."""
    own: dict[tuple[int, Period], list[Row]] = defaultdict(list)
    for row in derived:
        own[row.metric_id, row.period].append(row)
    for row in derived:
        if row.value is None:
            continue
        origin = row.metric.derived_from_id
        assert origin is not None  # noqa: S101
        found = _repeated(row, origins.get((origin, row.period), ()))
        is_complete = True
        if found is None and row.metric.aggregation == Aggregation.SUM:
            found, is_complete = _added_up(row, origins=origins, own=own)
        if found is not None:
            check = record_checks.check_derived(
                claim=partial(claim_text, row),
                stated=row.value,
                qualifier=row.qualifier,
                part=found.value,
                formula=f"{row.metric.derived_from}: {found.formula}",
                unit=row.metric.unit,
                is_complete=is_complete,
            )
            yield claim(check, row, *found.rows, year=row.period.year, detail="derived")


def _repeated(row: Row, origins: Sequence[Row]) -> _Repeated | None:
    """The part `row` repeats, from the origin's figure of its project; of all projects, else from each of them."""
    same = [each for each in origins if each.denominator is not None and each.project_id == row.project_id]
    if row.project_id is None and not same:
        same = [each for each in origins if each.denominator is not None]
    if not same:
        return None
    numerator = sum((each.numerator or Decimal(0) for each in same), Decimal(0))
    denominator = sum((each.denominator or Decimal(0) for each in same), Decimal(0))
    match row.metric.derivation:
        case Derivation.NUMERATOR:
            return _Repeated(numerator, plain(numerator), tuple(same))
        case Derivation.DENOMINATOR:
            return _Repeated(denominator, plain(denominator), tuple(same))
        case _:
            rest = denominator - numerator
            return _Repeated(rest, f"{plain(denominator)} − {plain(numerator)} = {plain(rest)}", tuple(same))


def _added_up(
    row: Row,
    *,
    origins: Mapping[tuple[int, Period], Sequence[Row]],
    own: Mapping[tuple[int, Period], Sequence[Row]],
) -> tuple[_Repeated | None, bool]:
    """Over the quarters (or months) the origin was measured in, and whether all are known.

    Where the origin is silent, the metric's own figures of that quarter stand in.
    """
    origin = row.metric.derived_from_id
    assert origin is not None  # noqa: S101
    for precision in (Precision.HALF, Precision.QUARTER, Precision.MONTH):
        periods = [period for period in row.period.split(precision) if period != row.period]
        parts = {period: _repeated(row, origins.get((origin, period), ())) for period in periods}
        if any(parts.values()):
            break
    else:
        return None, False
    values: list[Decimal] = []
    used: list[Row] = []
    for period, part in parts.items():
        if part is not None:
            values.append(part.value)
            used += part.rows
            continue
        stated = [each for each in own.get((row.metric_id, period), ()) if each.value is not None]
        totals = [each for each in stated if each.project_id == row.project_id]
        stand_in = totals or (stated if row.project_id is None else [])
        if stand_in:
            values.append(sum((each.value for each in stand_in if each.value is not None), Decimal(0)))
            used += stand_in
    total = sum(values, Decimal(0))
    formula = f"{' + '.join(plain(value) for value in values)} = {plain(total)}"
    return _Repeated(total, formula, tuple(used)), len(values) == len(periods)
