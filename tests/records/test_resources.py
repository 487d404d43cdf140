"""Columns and their headers."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import override

from records.models import ApiToken, Owned
from records.resources import LANGUAGES, register, registered, resource_of


@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.model_name)
def test_every_header_means_one_column_in_both_languages(model: type[Owned]) -> None:
    resource = resource_of(model)
    columns = resource.columns()
    for language in LANGUAGES:
        with override(language):
            found = resource.recognised([column.label for column in columns])
        assert [column.name for column in found.values()] == [column.name for column in columns]
    assert [*resource.recognised([column.name for column in columns]).values()] == [*columns]


def test_import_of_the_library_is_shut() -> None:
    """It keeps the good rows of a bad file, and asks no scope."""
    with pytest.raises(TypeError, match=r"records\.merging"):
        resource_of(registered()[0])().import_data(None)


def test_what_is_never_imported_gets_no_resource() -> None:
    with pytest.raises(ImproperlyConfigured, match="ApiToken is neither imported nor exported"):
        register(ApiToken)
    assert ApiToken not in registered()
