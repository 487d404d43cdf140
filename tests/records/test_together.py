from __future__ import annotations

from decimal import Decimal

from django.db.models import Count
from pytest_django import DjangoAssertNumQueries

from metrics.models import Measurement, Metric
from projects.models import Activity, Project
from records.models import Account, Document
from records.ownership import join_in_hand, owner_scope
from records.together import read_together
from tests import factories as make


def test_several_questions_are_answered_as_if_asked_alone(
    owner: Account, stranger: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    document = make.create_document(owner=owner, year=2024)
    metric = make.create_metric(owner=owner, name="Lead time", source=document)
    for period, value in (("2024-Q2", "7.5"), ("2024-Q1", None), ("2023", "12")):
        make.create_measurement(owner=owner, metric=metric, period=period, value=value)
    make.create_activity(owner=owner, title="On queues", hours=Decimal("1.5"))
    make.create_activity(owner=stranger, title="Somebody else's")
    questions = (
        lambda: Measurement.objects.select_related("metric__source").order_by("-period")[:2],
        lambda: Activity.objects.lean(),
        lambda: Metric.objects.values_list("name", flat=True),
        lambda: Measurement.objects.order_by("period").values("period").annotate(found=Count("id")),
        lambda: Project.objects.all(),
    )
    with owner_scope(owner):
        alone = [list(question()) for question in questions]
        with django_assert_num_queries(1):
            together = read_together(*(question() for question in questions))
        assert list(together) == alone
        with django_assert_num_queries(0):
            first = together[0][0]
            assert first.value == Decimal("7.5")
            assert first.metric.source.created_at == document.created_at
            assert together[1][0].hours == Decimal("1.5")


def test_questions_that_can_have_no_answer_are_not_asked(
    owner: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with owner_scope(owner), django_assert_num_queries(0):
        assert read_together(Document.objects.none(), Project.objects.filter(pk__in=[])) == ([], [])


def test_records_in_hand_are_joined_without_a_query(
    owner: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    document = make.create_document(owner=owner)
    make.create_project(owner=owner, name="with", source=document)
    make.create_project(owner=owner, name="without")
    with owner_scope(owner):
        projects = list(Project.objects.order_by("name"))
        with django_assert_num_queries(0):
            join_in_hand(projects, source={document.pk: document})
            assert [project.source for project in projects] == [document, None]
