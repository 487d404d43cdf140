"""Stated figures beside recomputed ones.

How far a stated figure may lie from the recomputed one follows from how it was written: `62` allows everything
that rounds or truncates to 62, `~20` a tenth more or less, `3+` anything from 3 upwards.

Pure: no database, no clock.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from metrics.units import Qualifier

# "About" promises a neighbourhood, not a rounding; a tenth is what readers grant it.
ABOUT = Decimal("0.1")


class Agreement(models.TextChoices):
    EXACT = "exact", _("exact")
    ROUNDED = "rounded", _("agrees by rounding")
    TRUNCATED = "truncated", _("agrees by truncation")
    ABOUT = "about", _("agrees approximately")
    CONTRADICTS = "contradicts", _("contradicts")
    NOT_CHECKABLE = "not_checkable", _("not checkable")


def agreement(
    *, stated: Decimal | None, computed: Decimal | None, qualifier: str = Qualifier.EXACTLY
) -> Agreement:
    """How a stated figure relates to the recomputed one; not checkable if either is absent.

    The stated figure's own last digit is the precision: 62 is compared at whole numbers, 80.5 at tenths.
    """
    if stated is None or computed is None:
        return Agreement.NOT_CHECKABLE
    if computed == stated:
        return Agreement.EXACT
    match qualifier:
        case Qualifier.AT_LEAST:
            return Agreement.ABOUT if computed >= stated else Agreement.CONTRADICTS
        case Qualifier.AT_MOST:
            return Agreement.ABOUT if computed <= stated else Agreement.CONTRADICTS
        case Qualifier.ABOUT:
            close = abs(computed - stated) <= abs(stated) * ABOUT
            return Agreement.ABOUT if close else Agreement.CONTRADICTS
    last_digit = _last_digit(stated)
    if computed.quantize(last_digit, rounding=ROUND_HALF_UP) == stated:
        return Agreement.ROUNDED
    if computed.quantize(last_digit, rounding=ROUND_DOWN) == stated:
        return Agreement.TRUNCATED
    return Agreement.CONTRADICTS


def _last_digit(stated: Decimal) -> Decimal:
    """The unit of the last digit written: 1 for 62, 0.1 for 80.5. A round 100 counts as written to the one."""
    exponent = stated.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101
    return Decimal(1).scaleb(min(exponent, 0))
