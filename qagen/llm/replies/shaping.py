"""Fit a JSON value to a pydantic model without asking anyone: keys, wrappers, single items, plain scalars.

A model with exactly one list of models (the pairs of a reply) is read item by item, so that one broken item
does not cost the others. Nothing is made up: a value that does not fit stays as it is, and pydantic names the
fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from qagen.llm.replies.controls import without_eaten_escapes
from qagen.llm.replies.gathering import MAX_WRAPPERS, Gathered, Gatherer
from qagen.llm.replies.json_values import CUT, Pieces
from qagen.llm.replies.shape import Shape, shape_of

T = TypeVar("T", bound=BaseModel)

_MAX_FAULTS = 8
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANK = re.compile(r"[\s.…\u200b-\u200d\u2060\ufeff]*")
_ASKED = ("question", "answer")
_TOO_DEEP = ("the JSON is nested too deeply",)


@dataclass(frozen=True, slots=True)
class Fit(Generic[T]):
    """What the values gave; ``value`` is ``None`` when nothing fits.

    ``faults`` says what does not fit and where, ``dropped`` how many items that are, ``listed`` whether the
    items came as a list (and not one by one), and ``reshaped`` whether keys, wrappers or scalars had to be
    changed.
    """

    value: T | None
    faults: tuple[str, ...] = ()
    dropped: int = 0
    listed: bool = True
    reshaped: bool = False

    def steps(self) -> Iterator[str]:
        """What it took."""
        if self.reshaped:
            yield "reshaped"
        if self.dropped:
            yield f"dropped {self.dropped} invalid item{'s' if self.dropped > 1 else ''}"

    @classmethod
    def of_items(cls, gathered: Gathered, gatherer: Gatherer, shape: Shape[T]) -> Fit[T]:
        """The model with the items that are whole; the others are named."""
        good: list[Any] = []
        wrong: list[str] = []
        reshaped = gathered.reshaped
        for number, raw in enumerate(gathered.items):
            data = gatherer.item.shaped(raw)
            found = _item_faults(data, gatherer.item, f"{gatherer.items.key}.{number}")
            wrong += found
            if not found:
                good.append(data)
                reshaped |= data != raw
        told = tuple(wrong[:_MAX_FAULTS])
        dropped = len(gathered.items) - len(good)
        if not good:
            return cls(None, told, dropped)
        whole = good if gatherer.is_bare else shape.shaped({**gathered.others, gatherer.items.key: good})
        value, faults = shape.made(whole)
        return cls(None, faults) if value is None else cls(value, told, dropped, gathered.listed, reshaped)

    @classmethod
    def of_objects(cls, values: Sequence[Any], shape: Shape[T]) -> Fit[T]:
        """The model made of the last value that fits."""
        first: tuple[str, ...] = ()
        for value in reversed(values):
            for candidate in _unwrapped(value):
                if CUT in candidate:
                    continue
                data = shape.shaped(candidate)
                made, faults = shape.made(data)
                if made is not None:
                    return cls(made, reshaped=data != value)
                first = first or faults
        return cls(None, first)


def fit(values: Sequence[Any], model: type[T]) -> Fit[T]:
    """The model made of the JSON values of a reply: all their items, or the last value that fits."""
    shape = shape_of(model)
    try:
        clean = [_clean_value(value) for value in values]
        if shape.items is None:
            return Fit.of_objects(clean, shape)
        gatherer = Gatherer(model, shape.items)
        return Fit.of_items(gatherer.from_all(clean), gatherer, shape)
    except RecursionError:
        return Fit(None, _TOO_DEEP)


def recognised(value: Any, model: type[BaseModel]) -> bool:
    """Whether a JSON value is meant as this model, be it with faults or without items."""
    shape = shape_of(model)
    try:
        if shape.items is not None:
            return Gatherer(model, shape.items).gather(value) is not None
        keys = {*shape.keys.values()}
        return any(keys & shape.renamed(candidate).keys() for candidate in _unwrapped(value))
    except RecursionError:
        return False


def faults(value: Any, model: type[BaseModel]) -> tuple[str, ...]:
    """What keeps a value from being the model, each with its place."""
    try:
        return shape_of(model).made(value)[1]
    except RecursionError:
        return _TOO_DEEP


def readable(text: str) -> str:
    """The text without lone surrogates, which no file and no database can hold."""
    if _SURROGATES.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unwrapped(value: Any) -> Iterator[dict[str, Any]]:
    """The object itself, then what a wrapper with a single entry holds."""
    for _ in range(MAX_WRAPPERS):
        if isinstance(value, Pieces):
            value = {key: part for piece in value for key, part in piece.items()}
        if isinstance(value, dict):
            yield value
            value = list(value.values())
        if not isinstance(value, list) or len(value) != 1:
            return
        value = value[0]


def _item_faults(data: Any, item: Shape[Any], place: str) -> tuple[str, ...]:
    value, found = item.made(data, place)
    if value is None:
        return found
    blank = [name for name in _ASKED if isinstance(data.get(name), str) and _BLANK.fullmatch(data[name])]
    return tuple(f"{place}.{name}: Value is blank" for name in blank)


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return without_eaten_escapes(readable(value))
    if isinstance(value, list):
        return type(value)(_clean_value(part) for part in value)
    if isinstance(value, dict):
        return {readable(key): _clean_value(part) for key, part in value.items()}
    return value
