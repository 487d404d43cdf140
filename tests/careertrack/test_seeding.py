from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from careertrack.seeding import LAST_YEAR
from careertrack.stories import tell_story
from goals.comparisons import compare_year
from metrics.models import Measurement, Metric
from projects.models import Project
from records.models import Account
from records.ownership import owner_scope
from records.periods import Period, Precision
from tests.goals.test_comparisons import AS_OF


def _seed(**options: Any) -> str:  # noqa: ANN401
    told = StringIO()
    call_command("seed_demo", stdout=told, **options)
    return told.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("measurements", [1, 7, 200, 1500])
def test_seed_makes_as_many_measurements_of_each_as_asked(measurements: int) -> None:
    told = _seed(owners=3, measurements=measurements)
    for name in ("seed-1", "seed-2", "seed-3"):
        with owner_scope(Account.objects.get(username=name)):
            assert Measurement.objects.count() == measurements
            assert Measurement.history.count() == 0
    assert f"{3 * measurements:,}  Measurement" in told


@pytest.mark.django_db
def test_seeded_records_are_valid_and_the_same_for_everybody() -> None:
    _seed(owners=2, measurements=1000)
    facts = []
    for account in Account.objects.order_by("username"):
        with owner_scope(account):
            for record in [*Metric.objects.all()[:20], *Measurement.objects.all()[:50]]:
                record.full_clean()
            measured = Measurement.objects.values_list("metric__slug", "period", "project__slug", "value")
            facts.append(list(measured.order_by("id")))
            comparison = compare_year(set_in=2023, as_of=AS_OF)
            assert len(comparison.comparisons) == 50
            assert len(comparison.unasked_figures) == 100
    assert facts[0] == facts[1]


@pytest.mark.django_db
@pytest.mark.parametrize("measurements", [1000, 6000])
def test_a_seeded_project_shows_the_same_figures_whatever_the_size(measurements: int) -> None:
    _seed(owners=1, measurements=measurements)
    with owner_scope(Account.objects.get(username="seed-1")):
        story = tell_story(project=Project.objects.get(slug="project-1"))
    (table,) = story.figures.rows
    assert table.periods == tuple(Period(LAST_YEAR).split(Precision.MONTH))
    assert [line.metric.slug for line in table.lines] == [f"metric-{number}" for number in range(51, 76)]
    assert all(None not in line.cells for line in table.lines)


@pytest.mark.django_db
def test_seed_stays_out_of_a_database_of_people_unless_told(owner: Account) -> None:
    with pytest.raises(CommandError, match="--beside-others"):
        _seed(owners=1, measurements=1)
    assert Account.objects.count() == 1
    _seed(owners=1, measurements=1, beside_others=True)
    assert Account.objects.count() == 2
    with pytest.raises(CommandError, match="seeded already"):
        _seed(owners=1, measurements=1, beside_others=True)


@pytest.mark.django_db
def test_seeded_accounts_sign_in_with_the_password_given_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "a password of the seed")
    _seed(owners=1, measurements=1)
    account = Account.objects.get(username="seed-1")
    assert account.check_password("a password of the seed")
