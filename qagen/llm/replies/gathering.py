"""Where the items of a reply are: in the list, in another one, behind other keys, or bare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, RootModel

from qagen.llm.replies.json_values import CUT, next_value, string_value
from qagen.llm.replies.shape import ItemList, shape_of

MAX_WRAPPERS = 5
_CALL = frozenset({"name", "arguments", "id", "type"})  # a call of a tool, written as text


@dataclass(slots=True)
class Gathered:
    """Items, and the other fields beside them.

    ``listed``: they came as a list, and not one by one; ``reshaped``: a key or wrapper had to be changed.
    """

    items: list[Any] = field(default_factory=list)
    others: dict[str, Any] = field(default_factory=dict)
    listed: bool = False
    reshaped: bool = False


class Gatherer:
    """Gathers the items of a model that has one list of them."""

    def __init__(self, model: type[BaseModel], items: ItemList) -> None:
        self.items = items
        self.whole, self.item = shape_of(model), shape_of(items.item)
        self.is_bare = issubclass(model, RootModel)

    def from_all(self, values: Iterable[Any]) -> Gathered:
        """The items of all values."""
        whole = Gathered()
        for value in values:
            part = self.gather(value)
            if part is None:
                continue
            whole.items += part.items
            whole.listed |= part.listed
            whole.others.update(part.others)
            whole.reshaped |= part.reshaped
        return whole

    def gather(self, value: Any, depth: int = 0) -> Gathered | None:
        """The items inside a value and the fields beside them; ``None`` if there is no place for items."""
        if depth > MAX_WRAPPERS:
            return None
        if isinstance(value, list):
            return self.from_list(value, depth)
        if isinstance(value, dict):
            return self.from_object(value, depth)
        return None

    def from_list(self, value: list[Any], depth: int) -> Gathered | None:
        """A bare list: of items, or of objects that hold them."""
        parts = [self.gather(element, depth + 1) for element in value]
        if value and not any(parts):
            return None
        result = Gathered(listed=True, reshaped=not self.is_bare)
        for element, part in zip(value, parts, strict=True):
            if part is not None:
                result.items += part.items
                result.others.update(part.others)
            elif not _is_cut(element):
                result.items.append(element)
        return result

    def from_object(self, value: dict[str, Any], depth: int) -> Gathered | None:
        """An object: with the list, an item itself, a call, or with the items behind other keys."""
        if value.keys() <= _CALL and isinstance(value.get("arguments"), str):
            found = next_value(value["arguments"])
            return None if found is None or found.cut else self.gather(found.value, depth + 1)
        item, wanted = self.item.renamed(value), self.item.required
        named, key = self.whole.renamed(value), self.items.key
        if self.has_list(value, named) and not self.is_bare:
            others = {name: part for name, part in named.items() if name not in (key, CUT)}
            return Gathered(self.listed(named[key], depth), others, listed=True, reshaped=key not in value)
        single = Gathered([] if CUT in value else [value], reshaped=True)
        if wanted <= item.keys():
            return single
        inner = self.from_wrapper(value, depth)
        if inner is not None and (inner.items or not wanted & item.keys()):
            return inner
        return single if wanted & item.keys() else None

    def has_list(self, value: Mapping[str, Any], named: Mapping[str, Any]) -> bool:
        """Whether it has the list, by its name or by a similar one: ``question`` is not ``questions``."""
        return self.items.key in value or isinstance(named.get(self.items.key), list | dict)

    def from_wrapper(self, value: dict[str, Any], depth: int) -> Gathered | None:
        """The items of an object with other keys: in its only list of them, or one item behind each key."""
        tried = [self.gather(inner, depth + 1) for inner in value.values()]
        parts = [part for part in tried if part is not None]
        full = [part for part in parts if part.items] or parts
        if not full or (len(full) > 1 and any(part.listed for part in full)):
            return None
        joined = [item for part in full for item in part.items]
        return Gathered(joined, full[0].others, listed=full[0].listed, reshaped=True)

    def listed(self, value: Any, depth: int) -> list[Any]:
        """What stands where the list of items belongs, as a list; what is no item stays, to be named."""
        if isinstance(value, str):
            found = next_value(string_value(value) or value)
            value = found.value if found is not None and not found.cut else value
        if value is None:
            return []
        if not isinstance(value, list):
            part = self.gather(value, depth + 1)
            return [value] if part is None else part.items
        listed: list[Any] = []
        for element in value:
            if _is_cut(element):
                continue
            part = self.gather(element, depth + 1)
            listed += [element] if part is None else part.items
        return listed


def _is_cut(value: Any) -> bool:
    return isinstance(value, dict) and CUT in value
