"""Deletes one wall of the ownership layer after the other, in a copy of the project, and says which nobody missed.

    python -m tests.trust.deletions [PART OF A NAME]

A deletion is found if `manage.py check` or the quick sweep fails. Exit code 1 where fewer than 95 of 100 are found.
"""

# ruff: noqa: E501  # lines of other files, as they stand there

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

from tests.trust.edits import PACKAGES, ROOT, Edit, report, survivors, tests

SWEEP = (
    *("tests/records/test_guards.py", "tests/records/test_same_owner.py", "tests/records/test_ownership.py"),
    *("tests/records/test_models.py", "tests/records/test_natural_keys.py", "tests/records/test_keys.py"),
    "tests/records/test_admin.py::test_each_wall_of_admin_stands_by_itself",
    *("tests/records/test_forms.py", "tests/records/test_tokens.py", "tests/records/test_sessions.py"),
    *("tests/trust/test_token_states.py", "tests/trust/test_isolation.py"),
)
ENOUGH = 95  # of 100

# What stands in the place of each base: what a hurried person would have written.
BASES = {
    "Owned": "models.Model",
    "Record": "models.Model",
    "OwnedQuerySet": "models.QuerySet",
    "OwnedAdmin": '__import__("django.contrib.admin").contrib.admin.ModelAdmin',
    "RecordAdmin": '__import__("django.contrib.admin").contrib.admin.ModelAdmin',
    "OwnedInline": '__import__("django.contrib.admin").contrib.admin.TabularInline',
    "OwnedStackedInline": '__import__("django.contrib.admin").contrib.admin.StackedInline',
    "OwnedSerializer": '__import__("rest_framework.serializers").serializers.ModelSerializer',
    "OwnedViewSet": '__import__("rest_framework.viewsets").viewsets.ModelViewSet',
    "OwnedAPIView": '__import__("rest_framework.views").views.APIView',
    "OwnedModelForm": '__import__("django.forms").forms.ModelForm',
}
# File, what stands there, and what is left of it.
WALLS = [
    ("records/ownership.py", "return super().get_queryset().filter(_InScope())", "return super().get_queryset()"),
    ("records/ownership.py", 'return f"{sql} = %s", [*params, current["owner"]]', 'return "1 = 1", []'),
    ("records/ownership.py", 'if current.get("owner") is None:', "if False:"),
    ("records/ownership.py", 'if getattr(account, "pk", None) is None:', "if False:"),
    ("records/ownership.py", "with scope(owner=account.pk):", "with scopes_disabled():"),
    ("records/ownership.py", "with owner_scope(request.user):\n            return", "with every_owner():\n            return"),
    ("records/ownership.py", "if not same:", "if False:"),
    ("records/ownership.py", "same = cached.owner_id == owner_id", "same = True"),
    ("records/ownership.py", "filter(pk=value, owner_id=owner_id)", "filter(pk=value)"),
    ("records/ownership.py", '**{"owner_id" if by_id else "owner__username": owner}, ', ""),
    ("records/ownership.py", 'f"({quote(parent_owner.column)}, {quote(parent._meta.pk.column)}) "', 'f"({quote(parent._meta.pk.column)}) "'),
    ("records/models/owned.py", "return super().get_queryset().filter(_InScope())", "return super().get_queryset()"),
    ("records/models/owned.py", "bases=[_OwnedHistory], ", ""),
    ("records/models/owned.py", ", history_manager=_OwnedHistoryManager", ""),
    ("records/models/owned.py", "filter(owner_id=self.owner_id, slug__startswith=base)", "filter(slug__startswith=base)"),
    ("records/models/tokens.py", "token.owner.is_active and ", ""),
    ("records/models/tokens.py", " and token.state(as_of=as_of) == cls.State.VALID", ""),
    ("records/models/tokens.py", "if self.revoked_at is not None:\n            return", "if False:\n            return"),
    ("records/models/tokens.py", "if self.password_seal != self.owner.password_seal:", "if False:"),
    ("records/models/tokens.py", "if self.expires_on is not None and self.expires_on < as_of:", "if False:"),
    ("records/models/owned.py", 'models.UniqueConstraint(fields=["owner", "id"], name="%(app_label)s_%(class)s_owner_id"),', ""),
    ("records/api/base.py", "owner_scope(request.user)", '__import__("records.ownership").ownership.every_owner()'),
    ("records/api/base.py", "authentication_classes = [TokenAuthentication, SessionAuthentication]", "authentication_classes = []"),
    ("records/api/base.py", "[TokenAuthentication, SessionAuthentication]", "[SessionAuthentication]"),
    ("records/tokens.py", "if token is None:", "if False:"),
    ("records/tokens.py", "not in SAFE_METHODS and not token.may_write", "not in SAFE_METHODS and False"),
    ("records/sessions.py", "and account.is_active\n", "\n"),
    ("records/sessions.py", "and str(account.pk) == named\n", "\n"),
    ("records/sessions.py", 'and constant_time_compare(session.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash())\n', "\n"),
    ("records/api/fields.py", "queryset: Any = self.get_queryset()", "queryset: Any = self.get_queryset().model._base_manager.all()"),
    ("records/keys.py", "Subquery(parent.objects.filter", "Subquery(parent._base_manager.filter"),
    ("records/api/viewsets.py", "found = model.objects.all()", "found = model._base_manager.all()"),
    ("records/api/viewsets.py", "record = self.model().objects.filter(self._named(key))", "record = self.model()._base_manager.filter(self._named(key))"),
    ("records/api/viewsets.py", "self.model().objects.select_for_update()", "self.model()._base_manager.select_for_update()"),
    ("records/references.py", "model._default_manager.values_list", "model._base_manager.values_list"),
    ("records/forms.py", "elif self.instance.owner_id != owner:", "elif False:"),
    ("records/forms.py", "if owner is None:\n            raise ScopeError", "if False:\n            raise ScopeError"),
    ("records/admin.py", "may and (obj is None or obj.owner_id in (None, account.pk))", "may"),
    ("records/admin.py", "may = account.is_active and account.is_staff", "may = True"),
    ("records/admin.py", "rows = super().get_queryset(request)  # type", "rows = self.model._base_manager.all()  # type"),
    ("records/admin.py", "if not self.model.history.filter(**key).exists():", "if False:"),
    ("records/admin.py", 'return not lookup.startswith("owner") and super()', "return super()"),
    ("records/admin.py", ' if getattr(url, "name", "") != "view_on_site"', ""),
    ("records/admin.py", "records = self.model._default_manager.filter", "records = self.model._base_manager.filter"),
    ("records/admin.py", "return accounts if self._is_operator(request) else accounts.none()", "return accounts"),
    ("records/admin.py", "if admin_class is None or not issubclass(admin_class, OwnedAdmin | UserAdmin):", "if False:"),
    ("careertrack/settings.py", '    "records.ownership.OwnerScopeMiddleware",\n', ""),
    ("careertrack/settings.py", '    "django.contrib.auth.middleware.LoginRequiredMiddleware",\n', ""),
    ("careertrack/settings.py", '"rest_framework.permissions.IsAuthenticated"', '"rest_framework.permissions.AllowAny"'),
]  # fmt: skip


def deletions() -> Iterator[Edit]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from _deletions_in(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    for file, stands, left in WALLS:
        start = (
            (ROOT / file).read_text(encoding="utf-8").index(stands)
        )  # whoever rewrites a wall tells this list
        yield Edit(file, start, start + len(stands), left)


def _deletions_in(file: str, text: str) -> Iterator[Edit]:
    bases = "|".join(BASES)
    patterns: list[tuple[str, Callable[[re.Match[str]], str]]] = [
        (rf"(?m)(?<=^class )(\w+)\(({bases})\)(?=:)", lambda found: f"{found[1]}({BASES[found[2]]})")
    ]
    if "/migrations/" in file:
        patterns = [(r"records\.ownership\.SameOwner\([^)]*\), ?", lambda found: "")]
    elif "/models" in file:
        patterns += [
            (r"(?<!\w)SameOwner\(\"\w+\"\), ?", lambda found: ""),
            (r"\*\(SameOwner\(name\) for name in \w+\),", lambda found: ""),
            (r"\*(?:Owned|Record)\.Meta\.constraints, ?", lambda found: ""),
            (r"OwnedManager\.from_queryset", lambda found: "models.Manager.from_queryset"),
        ]
    for pattern, left in patterns:
        for found in re.finditer(pattern, text):
            yield Edit(file, *found.span(), left(found))


def main(part: str) -> int:
    wanted = [deletion for deletion in deletions() if part in deletion.name]
    return report(wanted, survivors(wanted, lambda file: SWEEP, _commands), enough=ENOUGH)


def _commands(file: str) -> list[list[str]]:
    """The sweep, which takes longest, comes last; the checks read no migration."""
    checked = [] if "/migrations/" in file else [[sys.executable, "manage.py", "check"]]
    *others, sweep = SWEEP
    return [*checked, tests(*others), tests(sweep)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
