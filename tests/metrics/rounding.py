"""How documents write a computed figure down, and the nearest figures that no such writing leads to."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from hypothesis import assume
from hypothesis import strategies as st

exact_values = st.decimals(-1_000_000, 1_000_000, places=6)
counts = st.integers(0, 500)
written_places = st.integers(0, 4)
cut = st.sampled_from([ROUND_HALF_UP, ROUND_DOWN])


def written(computed: Decimal, places: int, rounding: str) -> Decimal:
    return computed.quantize(Decimal(1).scaleb(-places), rounding=rounding)


def beyond(computed: Decimal, places: int, direction: int) -> Decimal:
    """One further in its last digit than rounding or cutting off can lead."""
    unit = Decimal(1).scaleb(-places)
    honest = [written(computed, places, rounding) for rounding in (ROUND_HALF_UP, ROUND_DOWN)]
    stated = (max(honest) if direction > 0 else min(honest)) + direction * unit
    # 61.9 + 0.1 is read as 62: written to the one, it says less, and may be right.
    assume(places == 0 or stated % (unit * 10) != 0)
    return stated
