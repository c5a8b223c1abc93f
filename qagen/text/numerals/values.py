"""Numbers as they are compared: in digits, without separators or needless zeros."""

from __future__ import annotations

from decimal import Decimal

_LONGEST = 40  # signs of a number that is read as one


def written(value: Decimal) -> str:
    """In digits, without an exponent or needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def canonical(number: str) -> str:
    """A number in digits in the form that all of its value have."""
    if number.count(".") > 1 or len(number) > _LONGEST:
        return number
    if number.isdecimal():
        return str(int(number))
    return written(Decimal(number)) if number.strip("-.") else number


def multiplied(number: str, scale: int) -> str:
    """So many times a scale: 2.5 million in digits."""
    return written(Decimal(number) * scale)
