"""The pages of what belongs to an account rather than to a year: its API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from records.forms import TokenForm
from records.models import ApiToken

TOKENS_PER_PAGE = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """The tokens of the account, and a form for a new one.

    The text of a new token stands in the answer to the form itself: not in an address, not in the session, and not
    on the page any more when it is loaded again.
    """
    today, made = timezone.localdate(), None
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = form.save()
            form = TokenForm()
        except IntegrityError:
            form = TokenForm(
                request.POST
            )  # the same form twice at once; validation finds the name in use now
    page = Paginator(ApiToken.objects.latest_first(), TOKENS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "made": made,
        "page": page,
        "rows": [(token, token.state(as_of=today)) for token in page],
    }
    return TemplateResponse(request, "account/tokens.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: HttpRequest) -> HttpResponse:
    """Asks first, then revokes the token named by `token`. A name may hold anything, so it is no part of the path."""
    asked = request.POST if request.method == "POST" else request.GET
    token = get_object_or_404(ApiToken.objects.latest_first(), name=asked.get("token", "").replace("\0", ""))
    if request.method == "POST":
        token.revoke(at=timezone.now())
        messages.success(request, _("“%(name)s” is revoked.") % {"name": token.name})
        return redirect("account_tokens")
    return TemplateResponse(request, "account/token_revoke.html", {"token": token})
