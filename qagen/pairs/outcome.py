"""What a piece of work on pairs gave, and how many of those become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, Self

from qagen.records import Dropped, Failure, Passage, QAPair, Usage


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a passage, a call or a step gave. Steps have kinds of their own, with further fields.

    Attributes:
        pairs: Those it kept or made.
        dropped: Those it did not keep, with the reasons.
        failures: What gave nothing.
        usage: What the calls used.
        stopped: Why no more was asked (the budget), or ``""``.
    """

    pairs: tuple[QAPair, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    failures: tuple[Failure, ...] = ()
    usage: Usage = Usage()
    stopped: str = ""

    @classmethod
    def failed(cls, passage: Passage, state: str, detail: str, *, usage: Usage | None = None) -> Self:
        """Nothing but a failure: what a passage did not give, and why."""
        failure = Failure(source=passage.source, passage=passage.id, state=state, detail=detail)
        return cls(failures=(failure,), usage=usage or Usage())

    @classmethod
    def joined(cls, parts: Iterable[Outcome]) -> Self:
        """All as one, in their order; of the further fields of this kind, those that the parts have.

        What is many is put together, numbers and usages are added, and the first reason to stop stays.
        """
        listed = list(parts)
        told = {
            one.name: [getattr(part, one.name) for part in listed if hasattr(part, one.name)]
            for one in fields(cls)
        }
        return cls(**{name: _in_one(values) for name, values in told.items() if values})

    def __add__(self, other: Outcome) -> Self:
        """Both, one after the other."""
        return self.joined((self, other))


def _in_one(values: Sequence[Any]) -> Any:
    first, *others = values
    if isinstance(first, tuple):
        return tuple(chain.from_iterable(values))
    if isinstance(first, Mapping):
        return {key: value for one in values for key, value in one.items()}
    if isinstance(first, str | bool):
        return next(filter(None, values), first)
    return sum(others, first)
