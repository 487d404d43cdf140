"""Pages of lists that may be long: counted no further than their numbers are shown, their rows chosen by an index."""

from __future__ import annotations

from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property


class BoundedPaginator(Paginator):  # not generic when the program runs
    """Counts so far as the page numbers shown reach, not to the end of a long list, and chooses the rows of a page
    before it joins to them: where an index serves the order, it alone leads to a page far down.

    `shown` is the page somebody asks for, as an address has it: anything that is no number is the first.
    """

    pages_ahead = 20

    def __init__(self, rows: Any, per_page: int, *args: Any, shown: str = "1", **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(rows, per_page, *args, **kwargs)
        number = int(shown) if shown.isascii() and shown.isdecimal() and len(shown) < 8 else 1
        self._limit = (number + self.pages_ahead) * per_page

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self._limit + 1].count())

    @cached_property
    def count(self) -> int:
        """At most so many as there are on the page shown, those before it and the next twenty."""
        return min(self._found, self._limit)

    @property
    def is_cut(self) -> bool:
        return self._found > self._limit

    def page(self, number: Any) -> Page[Any]:  # noqa: ANN401
        page = super().page(number)
        rows, chosen = cast(QuerySet[Any], self.object_list), cast(QuerySet[Any], page.object_list)
        page.object_list = rows.filter(pk__in=chosen.values("pk"))
        return page


def page_of(rows: Any, *, asked: str, size: int) -> Page[Any]:  # noqa: ANN401
    """The page an address asks for, the nearest if there is none of that number. Two queries: count and rows."""
    return BoundedPaginator(rows, size, shown=asked).get_page(asked or 1)
