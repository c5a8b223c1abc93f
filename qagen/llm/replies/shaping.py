"""Fit a JSON value to a pydantic model without asking anyone: keys, wrappers, single items, plain scalars.

A model with exactly one list of models (the pairs of a reply) is read item by item, so that one broken item
does not cost the others. Nothing is made up: a value that does not fit stays as it is, and pydantic names the
fault.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic.fields import FieldInfo

from qagen.llm.replies.json_values import CUT, Decimal, Pieces, next_value, string_value

T = TypeVar("T", bound=BaseModel)

_MAX_WRAPPERS = 5
_MAX_FAULTS = 8
_SEPARATORS = re.compile(r"[\W_]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANK = re.compile(r"[\s.…\u200b-\u200d\u2060\ufeff]*")
_LISTS = (list, tuple, set, frozenset, Sequence)
_ASKED = ("question", "answer")


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


@dataclass(frozen=True, slots=True)
class ItemList:
    """The one list of models in a model: its key in the JSON and the model of its items."""

    key: str
    item: type[BaseModel]


@dataclass(slots=True)
class _Gathered:
    items: list[Any] = field(default_factory=list)
    others: dict[str, Any] = field(default_factory=dict)
    listed: bool = False
    reshaped: bool = False


@lru_cache(maxsize=256)
def item_list(model: type[BaseModel]) -> ItemList | None:
    """The list of items of a model, or ``None`` if it has no such list or several."""
    lists = [
        ItemList(_key(name, info), item)
        for name, info in model.model_fields.items()
        if (item := _item_model(info.annotation)) is not None
    ]
    return lists[0] if len(lists) == 1 else None


def fit(values: Sequence[Any], model: type[T]) -> Fit[T]:
    """The model made of the JSON values of a reply: all their items, or the last value that fits."""
    try:
        clean = [_clean(value) for value in values]
        items = item_list(model)
        return _fit_one(clean, model) if items is None else _fit_items(clean, model, items)
    except RecursionError:
        return Fit(None, ("the JSON is nested too deeply",))


def recognised(value: Any, model: type[BaseModel]) -> bool:
    """Whether a JSON value is meant as this model, be it with faults or without items."""
    items = item_list(model)
    try:
        if items is not None:
            return _gather(value, model, items) is not None
        keys = {_key(name, info) for name, info in model.model_fields.items()}
        return any(keys & _renamed(candidate, model).keys() for candidate in _unwrapped(value))
    except RecursionError:
        return False


def faults(value: Any, model: type[BaseModel]) -> tuple[str, ...]:
    """What keeps a value from being the model, each with its place."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        return _faults(error)
    except RecursionError:
        return ("the JSON is nested too deeply",)
    return ()


def readable(text: str) -> str:
    """The text without lone surrogates, which no file and no database can hold."""
    if _SURROGATES.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _fit_one(values: Sequence[Any], model: type[T]) -> Fit[T]:
    result: Fit[T] = Fit(None)
    for value in reversed(values):
        for candidate in _unwrapped(value):
            if CUT in candidate:
                continue
            data = _shaped(candidate, model)
            try:
                return Fit(model.model_validate(data), reshaped=data != value)
            except ValidationError as error:
                result = result if result.faults else Fit(None, _faults(error))
    return result


def _unwrapped(value: Any) -> Iterator[dict[str, Any]]:
    """The object itself, then what a wrapper with a single entry holds."""
    for _ in range(_MAX_WRAPPERS):
        if isinstance(value, Pieces):
            value = {key: part for piece in value for key, part in piece.items()}
        if isinstance(value, dict):
            yield value
            value = list(value.values())
        if not isinstance(value, list) or len(value) != 1:
            return
        value = value[0]


def _fit_items(values: Sequence[Any], model: type[T], items: ItemList) -> Fit[T]:
    gathered = _Gathered()
    for value in values:
        part = _gather(value, model, items)
        if part is None:
            continue
        gathered.items += part.items
        gathered.listed |= part.listed
        gathered.others.update(part.others)
        gathered.reshaped |= part.reshaped
    return _validated(gathered, model, items)


def _validated(gathered: _Gathered, model: type[T], items: ItemList) -> Fit[T]:
    good: list[Any] = []
    wrong: list[str] = []
    reshaped = gathered.reshaped
    for number, raw in enumerate(gathered.items):
        data = _shaped(raw, items.item)
        found = _item_faults(data, items, number)
        wrong += found
        if not found:
            good.append(data)
            reshaped |= data != raw
    told = tuple(wrong[:_MAX_FAULTS])
    dropped = len(gathered.items) - len(good)
    if not good:
        return Fit(None, told, dropped)
    whole = good if issubclass(model, RootModel) else _shaped({**gathered.others, items.key: good}, model)
    try:
        value = model.model_validate(whole)
    except ValidationError as error:
        return Fit(None, _faults(error))
    return Fit(value, told, dropped, gathered.listed, reshaped)


def _item_faults(data: Any, items: ItemList, number: int) -> tuple[str, ...]:
    place = f"{items.key}.{number}"
    try:
        items.item.model_validate(data)
    except ValidationError as error:
        return _faults(error, place)
    blank = [name for name in _ASKED if isinstance(data.get(name), str) and _BLANK.fullmatch(data[name])]
    return tuple(f"{place}.{name}: Value is blank" for name in blank)


def _faults(error: ValidationError, place: str = "") -> tuple[str, ...]:
    lines = []
    for fault in error.errors(include_url=False, include_context=False)[:_MAX_FAULTS]:
        path = ".".join(filter(None, [place, *map(str, fault["loc"])]))
        given = "" if fault["type"] == "missing" else f" (got {_short(fault['input'])})"
        lines.append(f"{path or 'the object'}: {fault['msg']}{given}")
    return tuple(lines)


def _short(value: Any, limit: int = 80) -> str:
    text = repr(value[: limit * 2] if isinstance(value, str | list) else value)
    return text if len(text) <= limit else text[:limit] + "…"


# --- where the items are ---


def _gather(value: Any, model: type[BaseModel], items: ItemList, depth: int = 0) -> _Gathered | None:
    """The items inside a value and the other fields beside them; ``None`` if there is no place for items."""
    if depth > _MAX_WRAPPERS:
        return None
    if isinstance(value, list):
        return _gather_list(value, model, items, depth)
    if isinstance(value, dict):
        return _gather_object(value, model, items, depth)
    return None


def _gather_list(value: list[Any], model: type[BaseModel], items: ItemList, depth: int) -> _Gathered | None:
    """A bare list: of items, or of objects that hold them."""
    parts = [_gather(element, model, items, depth + 1) for element in value]
    if value and not any(parts):
        return None
    result = _Gathered(listed=True, reshaped=not issubclass(model, RootModel))
    for element, part in zip(value, parts, strict=True):
        if part is not None:
            result.items += part.items
            result.others.update(part.others)
        elif not _is_cut(element):
            result.items.append(element)
    return result


def _gather_object(
    value: dict[str, Any], model: type[BaseModel], items: ItemList, depth: int
) -> _Gathered | None:
    item = _renamed(value, items.item)
    wanted = _required(items.item)
    single = _Gathered([] if CUT in value else [value], reshaped=True)
    named = _renamed(value, model)
    if _holds_list(value, named, items) and not issubclass(model, RootModel):
        others = {key: part for key, part in named.items() if key not in (items.key, CUT)}
        listed = _listed(named[items.key], model, items, depth)
        return _Gathered(listed, others, listed=True, reshaped=items.key not in value)
    if wanted <= item.keys():
        return single
    inner = _gather_wrapped(value, model, items, depth)
    if inner is not None and (inner.items or not wanted & item.keys()):
        return inner
    return single if wanted & item.keys() else None


def _holds_list(value: Mapping[str, Any], named: Mapping[str, Any], items: ItemList) -> bool:
    """Whether the object has the list, by its name or by a similar one: ``question`` is not ``questions``."""
    return items.key in value or isinstance(named.get(items.key), list | dict)


def _gather_wrapped(
    value: dict[str, Any], model: type[BaseModel], items: ItemList, depth: int
) -> _Gathered | None:
    """The items of an object with other keys: in its only list of them, or one item behind each key."""
    tried = [_gather(inner, model, items, depth + 1) for inner in value.values()]
    parts = [part for part in tried if part is not None]
    full = [part for part in parts if part.items] or parts
    if not full or (len(full) > 1 and any(part.listed for part in full)):
        return None
    joined = [item for part in full for item in part.items]
    return _Gathered(joined, full[0].others, listed=full[0].listed, reshaped=True)


def _listed(value: Any, model: type[BaseModel], items: ItemList, depth: int) -> list[Any]:
    """What stands where the list of items belongs, as a list; what is no item stays, to be named."""
    if isinstance(value, str):
        found = next_value(string_value(value) or value)
        value = found.value if found is not None and not found.cut else value
    if value is None:
        return []
    if not isinstance(value, list):
        part = _gather(value, model, items, depth + 1)
        return [value] if part is None else part.items
    listed: list[Any] = []
    for element in value:
        if _is_cut(element):
            continue
        part = _gather(element, model, items, depth + 1)
        listed += [element] if part is None else part.items
    return listed


def _is_cut(value: Any) -> bool:
    return isinstance(value, dict) and CUT in value


# --- keys and scalars ---


def _shaped(value: Any, model: type[BaseModel]) -> Any:
    """The object with its keys as the model names them and scalars as text where it wants text."""
    if not isinstance(value, dict):
        return value
    data = _renamed(value, model)
    for name, info in model.model_fields.items():
        key = _key(name, info)
        if key not in data:
            continue
        if data[key] is None and not info.is_required() and not _allows(info.annotation, type(None)):
            del data[key]
        elif _allows(info.annotation, str):
            data[key] = _as_text(data[key])
    return data


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


def _allows(annotation: Any, kind: type) -> bool:
    """Whether the annotation is this type, or this type or ``None``."""
    return all(part in (kind, type(None)) for part in _alternatives(annotation)) and (
        kind in _alternatives(annotation)
    )


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(part for inner in get_args(annotation) for part in _alternatives(inner))
    return (annotation,)


def _item_model(annotation: Any) -> type[BaseModel] | None:
    for part in _alternatives(annotation):
        if get_origin(part) in _LISTS and (arguments := get_args(part)):
            [item, *_] = _alternatives(arguments[0])
            if isinstance(item, type) and issubclass(item, BaseModel):
                return item
    return None


def _key(name: str, info: FieldInfo) -> str:
    alias = info.validation_alias
    return alias if isinstance(alias, str) else name


@lru_cache(maxsize=256)
def _required(model: type[BaseModel]) -> frozenset[str]:
    keys = {_key(name, info): info.is_required() for name, info in model.model_fields.items()}
    return frozenset(key for key, required in keys.items() if required) or frozenset(keys)


@lru_cache(maxsize=256)
def _names(model: type[BaseModel]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    unclear = set()
    for name, info in model.model_fields.items():
        for spelling in {_plain(name), _plain(_key(name, info))}:
            if spelling in names:
                unclear.add(spelling)
            names[spelling] = _key(name, info)
    return {spelling: key for spelling, key in names.items() if spelling not in unclear}


def _renamed(value: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """The object with keys that differ by case, plural or separators spelt as the model spells them."""
    names = _names(model)
    data = {key: part for key, part in value.items() if key in names.values()}
    for key, part in value.items():
        if key not in data:
            target = names.get(_plain(key), key)
            data[key if target in data else target] = part
    return data


def _plain(key: str) -> str:
    return _SEPARATORS.sub("", key).casefold().removesuffix("s")


def _clean(value: Any) -> Any:
    """The value without lone surrogates."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return type(value)(_clean(part) for part in value)
    if isinstance(value, dict):
        return {readable(key): _clean(part) for key, part in value.items()}
    return value
