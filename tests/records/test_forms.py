"""A form belongs to the account in whose scope it is validated."""

from __future__ import annotations

import pytest
from django.forms import modelform_factory

from projects.models import Project
from records.forms import OwnedModelForm
from records.models import Account
from records.ownership import ScopeError, owner_scope
from tests import factories


def test_form_outside_of_a_scope_raises(owner: Account) -> None:
    form_class = modelform_factory(Project, form=OwnedModelForm, fields=["name", "kind"])
    with pytest.raises(ScopeError):
        form_class({"name": "Harbour survey", "kind": "client"}).is_valid()


def test_form_for_a_record_of_another_account_raises(owner: Account, stranger: Account) -> None:
    project = factories.create_project(owner=owner)
    form_class = modelform_factory(Project, form=OwnedModelForm, fields=["name", "kind"])
    with owner_scope(stranger), pytest.raises(ScopeError):
        form_class({"name": "Mine", "kind": "client", "version": "1"}, instance=project).is_valid()
