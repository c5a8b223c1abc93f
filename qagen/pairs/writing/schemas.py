"""What a reply must be: the default schema, or a user's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from qagen.errors import SchemaError
from qagen.llm.replies import shape_of

_NEEDED = ("question", "answer")
_OWN = (*_NEEDED, "quote")


@dataclass(frozen=True, slots=True)
class Item:
    """One pair as the model wrote it; ``extra`` holds the further fields of a user's schema."""

    question: str
    answer: str
    quote: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplySchema:
    """A pydantic model with one list field whose items have ``question`` and ``answer``."""

    model: type[BaseModel]
    field: str

    @classmethod
    def of(cls, model: type[BaseModel]) -> ReplySchema:
        """The schema of a pydantic model.

        Raises:
            SchemaError: It is not a pydantic model, or has no such list or more than one.
        """
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise SchemaError(f"a schema is a pydantic model class, not {model!r}")
        lists = {one.field: one.item for one in shape_of(model).lists if one.plain}
        if len(lists) != 1:
            raise SchemaError(
                f"{model.__name__} must have exactly one field that is a list of pydantic models, and has "
                f"{len(lists)}. For example: question_answer_pairs: list[QA]"
            )
        [(name, item)] = lists.items()
        missing = [need for need in _NEEDED if need not in item.model_fields]
        if missing:
            raise SchemaError(
                f"the items of {model.__name__}.{name} ({item.__name__}) lack the field "
                f"{' and '.join(missing)}; they need question and answer and may have quote and others"
            )
        return cls(model=model, field=name)

    @property
    def item(self) -> type[BaseModel]:
        """The model of its items."""
        return next(one.item for one in shape_of(self.model).lists if one.field == self.field)

    def items(self, reply: BaseModel) -> Iterator[Item]:
        """The pairs of a reply."""
        for item in getattr(reply, self.field):
            values = item.model_dump(mode="json")
            yield Item(
                question=str(values["question"]).strip(),
                answer=str(values["answer"]).strip(),
                quote=str(values.get("quote") or ""),
                extra={name: value for name, value in values.items() if name not in _OWN},
            )
