"""The months and days of the week as texts write them: the one table for all who read dates."""

from __future__ import annotations

from collections.abc import Iterable

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
SHORT_MONTHS = (*(name[:3] for name in MONTHS), "sept")
MONTH_NUMBERS = {
    **{name: number for number, name in enumerate(MONTHS, 1)},
    **{name[:3]: number for number, name in enumerate(MONTHS, 1)},
    "sept": 9,
}
"""The month that a name stands for, in full or short, in small letters."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of these words: the longer first, so that none hides another that begins with it."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


MONTH = f"(?:{any_of(MONTH_NUMBERS)})"
"""A pattern for a month's name in small letters, full or short."""
