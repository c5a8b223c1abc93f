"""The JSON values in a reply: those meant as a model, what they took, and what is wrong with the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from qagen.llm.replies.json_values import CUT, Found, next_value
from qagen.llm.replies.message import ReplyText
from qagen.llm.replies.shape import shape_of
from qagen.llm.replies.shaping import Fit, faults, recognised

State = Literal["refused", "empty", "no_pairs", "invalid"]

_FENCE = re.compile(r"```[\w+-]*")
_EFFORT = 100_000
_LEAST_EFFORT = 1000
_MAX_OTHERS = 1000
_MAX_TOLD = 10


@dataclass(frozen=True, slots=True)
class ReplyValues:
    """The values in the body of a reply: ``usable`` for the model, and ``others``."""

    model: type[BaseModel]
    reply: ReplyText
    usable: Sequence[Found]
    others: Sequence[Found]

    @classmethod
    def of(cls, reply: ReplyText, model: type[BaseModel]) -> ReplyValues:
        """Look for them, as long as there is hope."""
        text = reply.body
        usable: list[Found] = []
        others: list[Found] = []
        position = 0
        effort = _EFFORT + 6 * len(text)
        while effort > 0 and len(others) < _MAX_OTHERS:
            found = next_value(text, position)
            if found is None:
                return cls(model, reply, usable, others)
            bare = found.cut and found.value in ([], {CUT: True})
            if found.value is not None and not bare and recognised(found.value, model):
                usable.append(found)
                position = found.end
            else:
                others.append(found)
                effort -= max(found.end - found.start, _LEAST_EFFORT) if found.problem else 0
                position = found.start + 1 if found.problem else found.end
        if usable:  # what comes after so much that cannot be read counts as cut off, and is asked for again
            others.append(Found(None, position, len(text), cut=True, problem="too much cannot be read"))
        return cls(model, reply, usable, others)

    def is_cut(self, result: Fit[Any]) -> bool:
        """Whether something is missing behind what was read."""
        if any(found.cut for found in self.usable):
            return True
        if result.listed:
            return False
        # JSON Lines have no end of their own
        return self.reply.at_limit or any(found.cut for found in self.others)

    @property
    def ends_early(self) -> bool:
        """Whether a reply of which nothing could be used was cut off."""
        cut = any(found.cut for found in self.usable or self.others)
        return cut or (self.reply.at_limit and not self.usable)

    def steps(self) -> Iterator[str]:
        """What was taken off around the values, and done to them."""
        body = self.reply.body
        edges = [0, *(edge for found in self.usable for edge in (found.start, found.end)), len(body)]
        outside = "".join(body[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
        around, fences = _FENCE.subn("", outside)
        if fences:
            yield "fences"
        if around.strip(" \t\r\n,;"):
            yield "prose"
        yield from dict.fromkeys(step for found in self.usable for step in found.steps)

    def lost(self) -> Iterator[str]:
        """What looks like JSON, cannot be read, and is not merely around what can."""
        broken = [found for found in self.others if found.problem and found.value is None]
        lost = sum(not any(found.start < part.start < found.end for part in self.usable) for found in broken)
        if lost:
            yield f"dropped {lost} unreadable value{'s' if lost > 1 else ''}"

    def verdict(self, result: Fit[Any]) -> tuple[State, str]:
        """How a reply ended of which nothing could be used, and why."""
        name = self.model.__name__
        if self.reply.withheld:
            return "refused", f"The service withheld the reply (finish reason {self.reply.withheld!r})."
        if result.faults:
            return "invalid", self.told(self.usable, result.faults)
        if self.ends_early:
            where = "at its token limit" if self.reply.at_limit else "in the middle"
            state: State = "invalid" if shape_of(self.model).items is None else "no_pairs"
            return state, f"The reply ends {where}, before anything whole for {name}."
        if self.usable:
            return "no_pairs", f"The reply has the form of {name} but its list is empty."
        if self.others:
            values = [found.value for found in self.others[:_MAX_TOLD] if found.value is not None]
            return "invalid", self.told(
                self.others, [fault for one in values for fault in faults(one, self.model)]
            )
        return self.prose_verdict()

    def told(self, values: Sequence[Found], wrong: Sequence[str]) -> str:
        """What is wrong with values, in a sentence."""
        problems = [f"JSON: {found.problem}" for found in values if found.problem]
        lines = list(dict.fromkeys([*problems[:2], *wrong]))[:_MAX_TOLD]
        said = "; ".join(lines or ["It has another form"])
        return f"The reply cannot be read as {self.model.__name__}. {said}."

    def prose_verdict(self) -> tuple[State, str]:
        """How a reply without JSON ended."""
        reply, name = self.reply, self.model.__name__
        if not reply.body:
            return "empty", "The reply is empty" + (" after its thinking." if reply.text.strip() else ".")
        plain = reply.body.replace("’", "'")
        if reply.declines():
            return "refused", f"The model refused: {plain}"
        return (
            "invalid",
            f"The reply cannot be read as {name}. It has no JSON object; it begins {plain[:80]!r}.",
        )
