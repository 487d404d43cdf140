"""Writing tables: CSV, XLSX and JSON of records, and the empty XLSX to fill in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from records.resources import OwnedResource, escaped

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def write_table(resource: type[OwnedResource], records: Any, *, kind: str) -> bytes:  # noqa: ANN401
    """The records as a file; `kind` is csv, xlsx or json. One query, that of the records."""
    dataset = resource().export(resource.joined(records))
    return _WRITERS[kind](resource, dataset)


def _csv(resource: type[OwnedResource], dataset: Any) -> bytes:  # noqa: ANN401
    """With the mark of UTF-8, without which Excel takes Korean for something else."""
    texts = [column.is_text or column.field.is_relation for column in resource.columns()]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(dataset.headers)
    for row in dataset:
        writer.writerow(
            escaped(cell) if is_text and cell is not None else plain(cell)
            for is_text, cell in zip(texts, row, strict=True)
        )
    return out.getvalue().encode("utf-8-sig")


def plain(value: object) -> object:
    """What a cell holds that knows texts and numbers alone."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def _json(resource: type[OwnedResource], dataset: Any) -> bytes:  # noqa: ANN401
    names = [column.name for column in resource.columns()]
    rows = [dict(zip(names, row, strict=True)) for row in dataset]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _xlsx(resource: type[OwnedResource], dataset: Any) -> bytes:  # noqa: ANN401
    # A tenth of a second and twelve megabytes that most workers never need.
    from records.workbooks import workbook_of

    return workbook_of(resource, dataset)


def write_template(resource: type[OwnedResource]) -> bytes:
    """An empty XLSX of the model: its headers, and a second sheet that says what each column takes. No query."""
    from records.workbooks import template_of

    return template_of(resource)


_WRITERS: dict[str, Callable[[type[OwnedResource], Any], bytes]] = {"csv": _csv, "json": _json, "xlsx": _xlsx}


def file_response(body: bytes, *, name: str, kind: str) -> HttpResponse:
    return HttpResponse(
        body,
        content_type=CONTENT_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"},
    )
