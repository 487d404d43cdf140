"""One operation behind many doors: rows of values become records, all of them or none.

    plan = plan_rows(Measurement, rows)      # in the owner's scope; writes nothing
    if not plan.problems:
        receipt = apply(plan, by=account, reason="Imported from kpi.csv")
        …
        undo(receipt, by=account)            # for as long as nothing else has touched the records

Table import, archive, API and grid translate into rows, call this, and translate plan and receipt back.
"""

from records.merging.applying import apply
from records.merging.planning import in_dependency_order, is_mergeable, plan_merge, plan_rows, writable_fields
from records.merging.plans import Changed, Created, FieldChange, Part, Plan, Problem, Row, Unchanged
from records.merging.undoing import Receipt, Touched, remove, undo

__all__ = [
    "Changed",
    "Created",
    "FieldChange",
    "Part",
    "Plan",
    "Problem",
    "Receipt",
    "Row",
    "Touched",
    "Unchanged",
    "apply",
    "in_dependency_order",
    "is_mergeable",
    "plan_merge",
    "plan_rows",
    "remove",
    "undo",
    "writable_fields",
]
