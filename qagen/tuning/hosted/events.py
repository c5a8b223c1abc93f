"""The events of a job, each told once and in order, whatever the service does to their ids."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from qagen.errors import ServiceError
from qagen.tuning.hosted.jobs import number
from qagen.tuning.hosted.services import Page

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJobEvent as Event

    Content = tuple[float, str, str, str, str]

_MOST_PAGES = 1000
_TRIES = 3


class EventLog:
    """What was told of a job's events, and what is new.

    Between two readings an event is known by what it says and when, never by its id: on Azure ids change from
    one call to the next. Events that say the same in the same second are counted, so that the second of two
    is told too. Within one reading ids tell a repeat from such a twin, as long as they prove to be stable.

    Args:
        read: One page of the events, given the id it comes after.
        stable_ids: What is known of the service; found out otherwise.
    """

    def __init__(self, read: Callable[[str | None], Page[Event]], *, stable_ids: bool) -> None:
        self._read = read
        self._stable_ids = stable_ids
        self._told: Counter[Content] = Counter()
        self._ids: set[str] = set()
        self._tries = _TRIES

    def new(self, *, whole: bool = False) -> list[Event]:
        """The events that were not told yet, by time, then by the service's order; now they are told.

        Args:
            whole: Read all pages. Otherwise reading stops at a page that holds nothing new: what a service
                puts in late, far back among old events, is found by the next whole reading.

        Raises:
            ServiceError: The events cannot be read. Nothing counts as told.
        """
        reading = self._reading(whole=whole)
        if not _ascending(reading):
            reading.reverse()
        fresh = sorted(_beyond(self._told, reading), key=_time)  # of twins the older one was told
        self._judge_ids(reading)
        self._told.update(map(_content, fresh))
        if self._stable_ids:
            self._ids.update(map(_id, reading))
        return fresh

    def _reading(self, *, whole: bool) -> list[Event]:
        page = self._read(None)
        found = _once(page.items, set())
        for _ in range(_MOST_PAGES):
            if page.cursor is None or not (whole or self._may_hide_news(page)):
                break
            before, page = page, self._next(page.cursor, found)
            more = self._beyond_found(found, page, before)
            if not more:
                break
            found += more
        self._tries = _TRIES
        return found

    def _next(self, cursor: str, found: Sequence[Event]) -> Page[Event]:
        """The page after a cursor; an empty one where pages cannot be followed (Azure forgets its ids)."""
        try:
            return self._read(cursor)
        except ServiceError as error:
            if error.retryable and self._tries:
                self._tries -= 1
                raise
            if not any(_content(event) in self._told for event in found):
                warnings.warn(
                    f"Only the newest {len(found)} events can be shown: {error}", UserWarning, stacklevel=8
                )
            return Page((), more=False)

    def _may_hide_news(self, page: Page[Event]) -> bool:
        """Whether something new can stand behind this page: it holds some, or lists the oldest first."""
        known = all(_content(event) in self._told for event in page.items)
        return not known or _ascending(page.items)

    def _beyond_found(self, found: Sequence[Event], page: Page[Event], before: Page[Event]) -> list[Event]:
        """What a further page adds; nothing where the service sent the page before once more."""
        fresh = _once(page.items, {_id(event) for event in found})
        if len(fresh) > 1 and Counter(map(_content, fresh)) == Counter(map(_content, before.items)):
            return []
        if self._stable_ids or not fresh or max(map(_time, fresh)) < min(map(_time, found)):
            return fresh
        return _beyond(Counter(map(_content, found)), fresh)

    def _judge_ids(self, reading: Sequence[Event]) -> None:
        """Ids are not stable where what was told before is there, but none of the ids of that time."""
        known = any(_content(event) in self._told for event in reading)
        if known and self._ids.isdisjoint(map(_id, reading)):
            self._stable_ids = False


def _once(events: Iterable[Event], ids: set[str]) -> list[Event]:
    """The events whose ids were not seen; one without an id cannot be told from another, and is kept."""
    kept = []
    for event in events:
        if not _id(event) or _id(event) not in ids:
            kept.append(event)
            ids.add(_id(event))
    return kept


def _beyond(have: Counter[Content], events: Iterable[Event]) -> list[Event]:
    """The events that are more than those we have, each content counted."""
    left, kept = have.copy(), []
    for event in events:
        content = _content(event)
        if left[content] > 0:
            left[content] -= 1
        else:
            kept.append(event)
    return kept


def _ascending(events: Sequence[Event]) -> bool:
    return bool(events) and _time(events[0]) < _time(events[-1])


def _id(event: Event) -> str:
    return event.id if isinstance(event.id, str) else ""


def _time(event: Event) -> float:
    return number(event.created_at)


def _content(event: Event) -> Content:
    data = json.dumps(event.data, sort_keys=True, default=str)
    return (_time(event), str(event.level), str(event.type), str(event.message), data)
