"""Import and export of what was counted."""

from __future__ import annotations

from metrics.models import Change, Incident, Measurement, Mention, Metric, Settlement
from records.resources import register

register(Metric, Measurement, Mention, Incident, Change, Settlement)
