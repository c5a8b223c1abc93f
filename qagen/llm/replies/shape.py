"""What a pydantic model wants of JSON: its keys, its list of items, and text where it wants text."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from qagen.llm.replies.json_values import Decimal

T = TypeVar("T", bound=BaseModel)

_MAX_FAULTS = 8
_SHOWN = 80  # characters of a value that does not fit
_SEPARATORS = re.compile(r"[\W_]+")
_LISTS = (list, tuple, set, frozenset, Sequence)


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list of models in a model: its field, its key in the JSON, and the model of its items.

    ``plain``: it is annotated as a ``list`` of them, and as nothing else.
    """

    field: str
    key: str
    item: type[BaseModel]
    plain: bool


class Shape(Generic[T]):
    """A pydantic model as JSON has to fit it.

    Attributes:
        keys: By field, its key in the JSON.
        lists: The fields that are lists of models.
        required: The keys that must be there; all of them where none must.
    """

    def __init__(self, model: type[T]) -> None:
        self.model = model
        fields = model.model_fields
        aliases = {name: info.validation_alias for name, info in fields.items()}
        self.keys = {name: alias if isinstance(alias, str) else name for name, alias in aliases.items()}
        self.lists = tuple(
            ItemList(name, self.keys[name], item, plain)
            for name, info in fields.items()
            for item, plain in _item_models(info.annotation)
        )
        required = frozenset(self.keys[name] for name, info in fields.items() if info.is_required())
        self.required = required or frozenset(self.keys.values())
        self._spellings = self._clear_spellings()

    @property
    def items(self) -> ItemList | None:
        """The one list of models, or ``None`` if there is no such list or several."""
        return self.lists[0] if len(self.lists) == 1 else None

    def renamed(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The object with keys that differ by case, plural or separators spelt as the model spells them."""
        known = self._spellings
        data = {key: part for key, part in value.items() if key in known.values()}
        for key, part in value.items():
            if key not in data:
                target = known.get(_spelling(key), key)
                data[key if target in data else target] = part
        return data

    def shaped(self, value: Any) -> Any:
        """The object with its keys as the model names them and scalars as text where it wants text."""
        if not isinstance(value, dict):
            return value
        data = self.renamed(value)
        for name, info in self.model.model_fields.items():
            key = self.keys[name]
            if key not in data:
                continue
            if data[key] is None and not info.is_required() and not _allows(info.annotation, type(None)):
                del data[key]
            elif _allows(info.annotation, str):
                data[key] = _as_text(data[key])
        return data

    def made(self, data: Any, place: str = "") -> tuple[T | None, tuple[str, ...]]:
        """The model made of a value, or ``None``, and what keeps it from being one, each with its place."""
        try:
            return self.model.model_validate(data), ()
        except ValidationError as error:
            return None, _told_faults(error, place)

    def _clear_spellings(self) -> Mapping[str, str]:
        """By spelling, the key that it stands for; without those that could stand for two."""
        keys: dict[str, str] = {}
        unclear = set()
        for name, key in self.keys.items():
            for spelling in {_spelling(name), _spelling(key)}:
                if spelling in keys:
                    unclear.add(spelling)
                keys[spelling] = key
        return {spelling: key for spelling, key in keys.items() if spelling not in unclear}


@lru_cache(maxsize=256)
def shape_of(model: type[T]) -> Shape[T]:
    """The shape of a model, worked out once."""
    return Shape(model)


def _spelling(key: str) -> str:
    return _SEPARATORS.sub("", key).casefold().removesuffix("s")


def _item_models(annotation: Any) -> list[tuple[type[BaseModel], bool]]:
    """The model that a field is a list of, if it is one, and whether it is plainly that."""
    for part in _alternatives(annotation):
        if get_origin(part) in _LISTS and (arguments := get_args(part)):
            [item, *_] = _alternatives(arguments[0])
            if isinstance(item, type) and issubclass(item, BaseModel):
                return [(item, get_origin(annotation) is list and get_args(annotation) == (item,))]
    return []


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(part for inner in get_args(annotation) for part in _alternatives(inner))
    return (annotation,)


def _allows(annotation: Any, kind: type) -> bool:
    """Whether the annotation is this type, or this type or ``None``."""
    parts = _alternatives(annotation)
    return kind in parts and all(part in (kind, type(None)) for part in parts)


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return value.text
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and value and all(isinstance(part, str | int | float) for part in value):
        return ", ".join(_as_text(part) for part in value)
    return value


def _told_faults(error: ValidationError, place: str) -> tuple[str, ...]:
    lines = []
    for fault in error.errors(include_url=False, include_context=False)[:_MAX_FAULTS]:
        path = ".".join(filter(None, [place, *map(str, fault["loc"])]))
        given = "" if fault["type"] == "missing" else f" (got {_shown_value(fault['input'])})"
        lines.append(f"{path or 'the object'}: {fault['msg']}{given}")
    return tuple(lines)


def _shown_value(value: Any) -> str:
    text = repr(value[: _SHOWN * 2] if isinstance(value, str | list) else value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
