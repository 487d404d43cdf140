"""The decision table of goals/evaluation.py, row by row."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goals.evaluation import Aim, Terms, Verdict, evaluate
from metrics.units import Direction

UP, DOWN, NEUTRAL = Direction.UP, Direction.DOWN, Direction.NEUTRAL
A, P, M, NC = Verdict.ACHIEVED, Verdict.PARTLY, Verdict.MISSED, Verdict.NOT_COMPARABLE


def _decimal(value: int | str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


@pytest.mark.parametrize(
    ("aim", "direction", "baseline", "target", "upper", "actual", "expected"),
    [
        pytest.param(Aim.AT_LEAST, UP, None, 30, None, 30, A, id="at-least-met-exactly"),
        pytest.param(Aim.AT_LEAST, UP, 10, 30, None, 31, A, id="at-least-exceeded"),
        pytest.param(Aim.AT_LEAST, UP, 10, 30, None, 20, P, id="at-least-moved-towards-it"),
        pytest.param(Aim.AT_LEAST, UP, 10, 30, None, 10, M, id="at-least-did-not-move"),
        pytest.param(Aim.AT_LEAST, UP, 10, 30, None, 5, M, id="at-least-moved-away"),
        pytest.param(Aim.AT_LEAST, UP, None, 26, None, 2, M, id="at-least-not-met-without-baseline"),
        pytest.param(Aim.AT_LEAST, DOWN, 10, 30, None, 20, P, id="at-least-ignores-the-metric's-direction"),
        pytest.param(Aim.AT_MOST, DOWN, 40, 10, None, 10, A, id="at-most-met-exactly"),
        pytest.param(Aim.AT_MOST, DOWN, 40, 10, None, 20, P, id="at-most-moved-towards-it"),
        pytest.param(Aim.AT_MOST, DOWN, 40, 10, None, 40, M, id="at-most-did-not-move"),
        pytest.param(Aim.AT_MOST, DOWN, None, 10, None, 11, M, id="at-most-not-met-without-baseline"),
        pytest.param(Aim.BETWEEN, UP, None, 10, 20, 10, A, id="between-on-the-lower-bound"),
        pytest.param(Aim.BETWEEN, UP, None, 10, 20, 20, A, id="between-on-the-upper-bound"),
        pytest.param(Aim.BETWEEN, UP, 40, 10, 20, 25, P, id="between-moved-towards-it-from-above"),
        pytest.param(Aim.BETWEEN, UP, 2, 10, 20, 25, P, id="between-overshot-but-closer"),
        pytest.param(Aim.BETWEEN, UP, 5, 10, 20, 4, M, id="between-moved-away"),
        pytest.param(Aim.IMPROVE, UP, 62, None, None, "80.5", A, id="improve-higher-is-better"),
        pytest.param(Aim.IMPROVE, UP, 62, None, None, 62, M, id="improve-equal"),
        pytest.param(Aim.IMPROVE, UP, 62, None, None, 50, M, id="improve-worse"),
        pytest.param(Aim.IMPROVE, DOWN, 14, None, None, 28, M, id="improve-lead-time-got-longer"),
        pytest.param(Aim.IMPROVE, DOWN, 14, None, None, 10, A, id="improve-lead-time-got-shorter"),
        pytest.param(Aim.IMPROVE, DOWN, None, None, None, 28, NC, id="improve-first-measured"),
        pytest.param(Aim.IMPROVE, NEUTRAL, 14, None, None, 28, NC, id="improve-without-a-direction-of-good"),
        pytest.param(Aim.KEEP, UP, 17, None, None, 17, A, id="keep-equal"),
        pytest.param(Aim.KEEP, UP, 17, None, None, 18, A, id="keep-better"),
        pytest.param(Aim.KEEP, UP, 17, None, None, 7, P, id="keep-worse-but-not-nothing"),
        pytest.param(Aim.KEEP, UP, 17, None, None, 0, M, id="keep-nothing"),
        pytest.param(Aim.KEEP, DOWN, 10, None, None, 0, A, id="keep-nothing-is-best-where-lower-is-better"),
        pytest.param(Aim.KEEP, UP, None, None, None, 3, NC, id="keep-without-baseline"),
        pytest.param(Aim.DO, UP, None, None, None, 6, None, id="do-is-for-a-person-even-with-a-figure"),
    ],
)
def test_evaluate_proposes_by_the_table_when_there_is_a_figure(
    aim: Aim,
    direction: Direction,
    baseline: int | None,
    target: int | None,
    upper: int | None,
    actual: int | str,
    expected: Verdict | None,
) -> None:
    terms = Terms(
        aim=aim,
        direction=direction,
        baseline=_decimal(baseline),
        target=_decimal(target),
        upper_target=_decimal(upper),
    )
    for is_documented in (True, False):
        found = evaluate(terms=terms, actual=Decimal(actual), is_documented=is_documented)
        assert found.proposal == expected


@pytest.mark.parametrize("aim", Aim)
def test_evaluate_awaits_when_the_document_is_missing_and_nothing_was_measured(aim: Aim) -> None:
    found = evaluate(terms=Terms(aim=aim, baseline=Decimal(1)), actual=None, is_documented=False)

    assert found.proposal == Verdict.AWAITING
    assert found.change is None


@pytest.mark.parametrize("aim", [aim for aim in Aim if aim != Aim.DO])
def test_evaluate_finds_no_evidence_when_the_document_is_silent(aim: Aim) -> None:
    found = evaluate(terms=Terms(aim=aim), actual=None, is_documented=True)

    assert found.proposal == Verdict.NO_EVIDENCE


def test_evaluate_leaves_words_to_a_person() -> None:
    assert evaluate(terms=Terms(aim=Aim.DO), actual=None, is_documented=True).proposal is None


def test_evaluate_never_takes_an_absent_figure_for_nothing() -> None:
    """A measured 0 misses a goal to keep; an absent figure is no evidence."""
    terms = Terms(aim=Aim.KEEP, direction=UP, baseline=Decimal(17))

    assert evaluate(terms=terms, actual=Decimal(0), is_documented=True).proposal == M
    assert evaluate(terms=terms, actual=None, is_documented=True).proposal == Verdict.NO_EVIDENCE


@pytest.mark.parametrize(
    ("baseline", "target", "actual", "expected"),
    [
        pytest.param(62, 80, "80", "1", id="reached"),
        pytest.param(62, 80, "71", "0.5", id="half-way"),
        pytest.param(0, 10, "25", "2.5", id="unclamped-above"),
        pytest.param(10, 20, "5", "-0.5", id="unclamped-below"),
        pytest.param(40, 10, "25", "0.5", id="downwards"),
        pytest.param(None, 10, "5", None, id="no-baseline"),
        pytest.param(10, None, "5", None, id="no-target"),
        pytest.param(10, 10, "5", None, id="target-is-the-baseline"),
    ],
)
def test_attainment_is_the_share_of_the_way_from_baseline_to_target(
    baseline: int | None, target: int | None, actual: str, expected: str | None
) -> None:
    terms = Terms(aim=Aim.AT_LEAST, baseline=_decimal(baseline), target=_decimal(target))

    assert evaluate(terms=terms, actual=Decimal(actual), is_documented=True).attainment == _decimal(expected)


figures = st.decimals(min_value=-10_000, max_value=10_000, places=4)


@given(baseline=figures, actual=figures)
def test_improve_is_achieved_one_way_exactly_when_it_is_missed_the_other(
    baseline: Decimal, actual: Decimal
) -> None:
    up = evaluate(
        terms=Terms(aim=Aim.IMPROVE, direction=UP, baseline=baseline), actual=actual, is_documented=True
    )
    down = evaluate(
        terms=Terms(aim=Aim.IMPROVE, direction=DOWN, baseline=baseline), actual=actual, is_documented=True
    )

    assert ({up.proposal, down.proposal} == {A, M}) == (actual != baseline)
    assert up.change == down.change == actual - baseline


@given(baseline=figures, target=figures, actual=figures)
def test_a_target_is_met_exactly_when_the_proposal_says_achieved(
    baseline: Decimal, target: Decimal, actual: Decimal
) -> None:
    terms = Terms(aim=Aim.AT_LEAST, baseline=baseline, target=target)

    found = evaluate(terms=terms, actual=actual, is_documented=True)

    assert (found.proposal == A) == (actual >= target)
    assert (found.proposal == P) == (baseline < actual < target)
