"""What calls cost, in the words that stand everywhere: terminal, page, card."""

from __future__ import annotations

FREE = "free"
UNKNOWN = "unknown"
NOTHING_ASKED = "–"

_LEAST = 0.0001
_DOLLAR = 1.0


def cost_text(cost: float | None, *, tokens: int) -> str:
    """US dollars as people read them; a price of nothing is never shown as a number.

    From a dollar on there are two decimals, below it four, as calls cost fractions of a cent.

    Args:
        cost: US dollars; ``None`` is unknown.
        tokens: Read and written. Where there are none, nothing was asked that could cost; tokens without a
            cost are those of a model on this machine, or of a free one.

    Returns:
        ``"$12.35"``, ``"$0.0042"``, ``"under $0.0001"``, ``"free"``, ``"unknown"`` or ``"–"``.
    """
    if cost is None:
        return UNKNOWN
    if not cost:
        return FREE if tokens else NOTHING_ASKED
    if cost < _LEAST:
        return f"under ${_LEAST}"
    return f"${cost:,.2f}" if cost >= _DOLLAR else f"${cost:.4f}"
