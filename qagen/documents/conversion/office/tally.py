"""What a converter left out, counted while it reads, and told in words."""

from __future__ import annotations

from collections import Counter

from qagen.documents.conversion import DocumentWarning, sentence

_MOST_PLACES = 5


class Tally:
    """Counts by kind and place; the kinds and their words are those of ``telling``."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, kind: str, place: str = "", count: int = 1) -> None:
        """Count something that was left out; nothing, if ``count`` is 0."""
        if count:
            self._counts[kind, place] += count

    def warnings(self) -> tuple[DocumentWarning, ...]:
        """One warning for each kind and place; where the places of a kind are many, one for all."""
        by_kind: dict[str, dict[str, int]] = {}
        for (kind, place), count in self._counts.items():
            by_kind.setdefault(kind, {})[place] = count
        told = []
        for kind, places in by_kind.items():
            if len(places) > _MOST_PLACES:
                first = ", ".join(list(places)[:_MOST_PLACES])
                places = {f"{first} and {len(places) - _MOST_PLACES} more": sum(places.values())}  # noqa: PLW2901
            told += [
                DocumentWarning(kind, sentence(kind, count), count, place) for place, count in places.items()
            ]
        return tuple(told)
