"""A house with leaks, one a view, of the kinds that other products shipped. The sweep must find each of them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core import mail
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path

from careertrack import urls
from goals.models import Goal
from tests.trust.estate import Keys
from tests.trust.sweep import Ask, Asks

View = Callable[..., HttpResponseBase]


def _any_goal(key: int) -> Any:  # noqa: ANN401
    return Goal._base_manager.filter(pk=key).first()


def _goal_of_anybody(key: int) -> Any:  # noqa: ANN401
    goal = _any_goal(key)
    if goal is None:
        raise Http404
    return goal


def shows_the_record(request: HttpRequest, key: int) -> HttpResponse:
    return HttpResponse(_goal_of_anybody(key).statement)


def tells_in_a_header(request: HttpRequest, key: int) -> HttpResponse:
    goal = _any_goal(key)
    return HttpResponse(status=404, headers={"X-Title": goal.note if goal else ""})


def forbids_instead_of_missing(request: HttpRequest, key: int) -> HttpResponse:
    return HttpResponse(status=403 if _any_goal(key) else 404)


def names_the_record_in_a_refusal(request: HttpRequest, key: int) -> HttpResponse:
    goal = _any_goal(key)
    return HttpResponse(f"You may not read {goal.statement}." if goal else "No.", status=404)


def says_that_it_exists(request: HttpRequest, key: int) -> HttpResponse:
    return HttpResponse(b"taken" if _any_goal(key) else b"free")


def remembers_without_the_owner(request: HttpRequest, key: int) -> HttpResponse:
    if (body := cache.get(request.path)) is None:
        own = Goal.objects.filter(pk=key).first()
        if own is None:
            raise Http404
        body = own.statement
        cache.set(request.path, body)
    return HttpResponse(body)


def offers_the_choices_of_all(request: HttpRequest, key: int) -> HttpResponse:
    options = (f"<option>{goal.statement}" for goal in Goal._base_manager.all())
    return HttpResponse(f"<select>{''.join(options)}</select>")


def completes_from_all(request: HttpRequest, key: int) -> HttpResponse:
    found = Goal._base_manager.filter(statement__contains=request.GET.get("term", ""))
    return JsonResponse({"results": [goal.statement for goal in found]})


def answers_a_write_with_the_record(request: HttpRequest, key: int) -> HttpResponse:
    if request.method != "POST":
        raise Http404
    return JsonResponse({"saved": False, "was": _goal_of_anybody(key).statement})


def counts_everybody(request: HttpRequest, key: int) -> HttpResponse:
    return HttpResponse(f"{Goal._base_manager.count()} goals")


def averages_everybody(request: HttpRequest, key: int) -> HttpResponse:
    lengths = [len(goal.statement) for goal in Goal._base_manager.all()]
    return HttpResponse(f"{sum(lengths) / max(len(lengths), 1)}")


def streams_an_export(request: HttpRequest, key: int) -> StreamingHttpResponse:
    return StreamingHttpResponse(f"{goal.statement},".encode() for goal in Goal._base_manager.all())


def keeps_a_file_by_a_guessable_name(request: HttpRequest, key: int) -> HttpResponse:
    own, name = Goal.objects.filter(pk=key).first(), f"export-{key}.csv"
    if own is not None:
        default_storage.delete(name)
        default_storage.save(name, ContentFile(own.statement))
    if not default_storage.exists(name):
        raise Http404
    with default_storage.open(name) as file:
        return HttpResponse(file.read())


def views_on_site(request: HttpRequest, key: int) -> HttpResponse:
    return HttpResponse(status=302, headers={"Location": f"/goals/2023/{_goal_of_anybody(key).slug}/"})


def saves_any_row_of_a_list(request: HttpRequest, key: int) -> HttpResponse:
    if request.method == "POST":
        Goal._base_manager.filter(pk=request.POST.get("form-0-id", 0)).update(note="x")
    return HttpResponse("saved")


def refuses_a_name_that_anybody_has(request: HttpRequest, key: int) -> HttpResponse:
    is_taken = Goal._base_manager.filter(slug=request.GET.get("slug", "")).exists()
    return HttpResponse("Choose another name." if is_taken else "Free.")


def reads_no_owner_as_no_filter(request: HttpRequest, key: int) -> HttpResponse:
    wanted: dict[str, Any] = {"owner": request.GET["owner"]} if "owner" in request.GET else {}
    return HttpResponse("".join(goal.statement for goal in Goal._base_manager.filter(**wanted)))


def filters_by_any_owner(request: HttpRequest, key: int) -> HttpResponse:
    found = Goal._base_manager.filter(owner=int(request.GET.get("owner", 0)))
    return HttpResponse("".join(goal.statement for goal in found))


def counts_by_any_look_up(request: HttpRequest, key: int) -> HttpResponse:
    wanted = {name: value for name, value in request.GET.items() if name.startswith("owner__")}
    return HttpResponse(str(Goal._base_manager.filter(**wanted).count() if wanted else 0))


def asks_with_raw_sql(request: HttpRequest, key: int) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM goals_goal WHERE id = %s", [key])
        row = cursor.fetchone()
    if row is None:
        raise Http404
    return HttpResponse(row[0])


def tells_in_a_message(request: HttpRequest, key: int) -> HttpResponse:
    if goal := _any_goal(key):
        messages.info(request, f"Not saved: {goal.statement}")
    return HttpResponse(status=404)


def sets_a_cookie(request: HttpRequest, key: int) -> HttpResponse:
    response = HttpResponse(status=404)
    if goal := _any_goal(key):
        response.set_cookie("last", goal.slug + goal.note)
    return response


def mails_the_text(request: HttpRequest, key: int) -> HttpResponse:
    if goal := _any_goal(key):
        mail.send_mail("Reminder", goal.statement, None, [request.user.get_username()])
    return HttpResponse(status=404)


def logs_the_text(request: HttpRequest, key: int) -> HttpResponse:
    if goal := _any_goal(key):
        logging.getLogger("planted").warning("Refused: %s", goal.statement)
    return HttpResponse(status=404)


def packs_an_archive(request: HttpRequest, key: int) -> HttpResponse:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("goals.csv", "".join(goal.statement for goal in Goal._base_manager.all()))
    return HttpResponse(packed.getvalue(), content_type="application/zip")


def encodes_the_text(request: HttpRequest, key: int) -> HttpResponse:
    text = "".join(goal.statement for goal in Goal._base_manager.all()).encode()
    return HttpResponse(f"data:text/plain;base64,{base64.b64encode(text).decode()}")


def compresses_the_text(request: HttpRequest, key: int) -> HttpResponse:
    return HttpResponse(gzip.compress("".join(g.statement for g in Goal._base_manager.all()).encode()))


def has_a_digest_for_what_exists(request: HttpRequest, key: int) -> HttpResponse:
    digest = hashlib.sha256(str(_any_goal(key)).encode()).hexdigest() if _any_goal(key) else "none"
    return HttpResponse(status=404, headers={"ETag": f'"{digest}"'})


def answers_options_with_the_record(request: HttpRequest, key: int) -> HttpResponse:
    if request.method != "OPTIONS":
        raise Http404
    return JsonResponse({"example": _goal_of_anybody(key).statement})


def tells_in_head_only(request: HttpRequest, key: int) -> HttpResponse:
    goal = _any_goal(key) if request.method == "HEAD" else None
    return HttpResponse(status=404, headers={"X-Title": goal.note if goal else ""})


def changes_by_put(request: HttpRequest, key: int) -> HttpResponse:
    if request.method == "PUT":
        Goal._base_manager.filter(pk=key).update(note=json.loads(request.body).get("note", "x"))
    return HttpResponse(status=404)


def changes_by_patch(request: HttpRequest, key: int) -> HttpResponse:
    if request.method == "PATCH":
        Goal._base_manager.filter(pk=key).update(note="x")
    return HttpResponse(status=404)


def deletes_by_delete(request: HttpRequest, key: int) -> HttpResponse:
    if request.method == "DELETE":
        Goal.history.model._base_manager.filter(id=key).delete()
    return HttpResponse(status=404)


def shows_earlier_versions(request: HttpRequest, key: int) -> HttpResponse:
    versions = Goal.history.model._base_manager.filter(id=key)
    if not versions:
        raise Http404
    return HttpResponse("".join(version.statement for version in versions))


def takes_references_of_anybody(request: HttpRequest, key: int) -> HttpResponse:
    known = Goal._base_manager.filter(slug=request.POST.get("goal", "")).exists()
    return HttpResponse("1 row" if known else "row 1, goal: no such goal")


def fails_on_what_it_may_not_show(request: HttpRequest, key: int) -> HttpResponse:
    if _any_goal(key) and not Goal.objects.filter(pk=key).exists():
        raise PermissionError("not yours")
    return HttpResponse(status=404)


def leads_to_the_neighbour(request: HttpRequest, key: int) -> HttpResponse:
    following = Goal._base_manager.order_by("pk").last()
    return HttpResponse(f"next: {following.pk if following else '-'}")


def _asked(view: View, *asks: tuple[str, Callable[[Keys], dict[str, Any]]]) -> Asks:
    def ask(keys: Keys) -> list[Ask]:
        address = f"/leak/{view.__name__}/{keys.id_of(Goal)}/"
        return [Ask(method, address, data(keys)) for method, data in asks or [("get", lambda keys: {})]]

    return ask


_PLAIN: dict[View, Asks] = {
    view: _asked(view)
    for view in (
        shows_the_record,
        tells_in_a_header,
        forbids_instead_of_missing,
        names_the_record_in_a_refusal,
        says_that_it_exists,
        remembers_without_the_owner,
        offers_the_choices_of_all,
        counts_everybody,
        averages_everybody,
        streams_an_export,
        keeps_a_file_by_a_guessable_name,
        views_on_site,
        reads_no_owner_as_no_filter,
        asks_with_raw_sql,
        tells_in_a_message,
        sets_a_cookie,
        mails_the_text,
        logs_the_text,
        packs_an_archive,
        encodes_the_text,
        compresses_the_text,
        has_a_digest_for_what_exists,
        answers_options_with_the_record,
        tells_in_head_only,
        changes_by_put,
        changes_by_patch,
        deletes_by_delete,
        shows_earlier_versions,
        fails_on_what_it_may_not_show,
        leads_to_the_neighbour,
    )
}
PLANTED = _PLAIN | {
    completes_from_all: _asked(completes_from_all, ("get", lambda keys: {"term": "qmar"})),
    answers_a_write_with_the_record: _asked(answers_a_write_with_the_record, ("post", lambda keys: {"note": "x"})),
    saves_any_row_of_a_list: _asked(
        saves_any_row_of_a_list, ("post", lambda keys: {"form-0-id": keys.id_of(Goal)})
    ),
    refuses_a_name_that_anybody_has: _asked(
        refuses_a_name_that_anybody_has, ("get", lambda keys: {"slug": keys.slug_of(Goal)})
    ),
    filters_by_any_owner: _asked(filters_by_any_owner, ("get", lambda keys: {"owner": keys.account})),
    counts_by_any_look_up: _asked(
        counts_by_any_look_up, ("get", lambda keys: {"owner__id": keys.account})
    ),
    takes_references_of_anybody: _asked(
        takes_references_of_anybody, ("post", lambda keys: {"goal": keys.slug_of(Goal)})
    ),
}  # fmt: skip

urlpatterns = [
    *urls.urlpatterns,
    *(path(f"leak/{view.__name__}/<int:key>/", view, name=view.__name__) for view in PLANTED),
]
