"""What may stand in the messages of an example: their roles, weights, content and its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qagen.tuning.file.finding import Finding, short
from qagen.tuning.file.line_shapes import PART_TEXT, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROLES = frozenset({"system", "user", "assistant", "tool"})
_KEYS = frozenset({"role", "content", "name", "weight"})
_KEYS_OF = {
    "assistant": _KEYS | {"tool_calls", "function_call", "refusal", "audio"},
    "tool": _KEYS | {"tool_call_id"},
}


def is_said(value: object) -> bool:
    """Text, and more than blanks."""
    return isinstance(value, str) and bool(value.strip())


@dataclass(frozen=True, slots=True)
class Messages:
    """A value that should be a list of messages, and what it is called."""

    value: object
    name: str

    def problems(self) -> Iterator[Finding]:
        """Everything wrong with the list and with each message."""
        if not isinstance(self.value, list) or not self.value:
            yield Finding.error(
                "no-messages", f"{self.name} must be a list of messages, not {short(self.value)}."
            )
            return
        for number, message in enumerate(self.value, 1):
            place = f"Message {number} of {self.name}"
            if isinstance(message, dict):
                yield from Message(message, place).problems()
            else:
                yield Finding.error("message-type", f"{place} must be an object, not {short(message)}.")


@dataclass(frozen=True, slots=True)
class Message:
    """One message, and where it stands."""

    value: Line
    place: str

    def problems(self) -> Iterator[Finding]:
        """Everything wrong with it."""
        yield from self.of_role()
        if "weight" in self.value:
            yield from self.of_weight()
        if self.value.get("role") == "tool" and not is_said(self.value.get("tool_call_id")):
            yield Finding.error(
                "tool-call-id", f"{self.place} needs 'tool_call_id', the id of the call it answers."
            )
        yield from self.of_content()

    def of_role(self) -> Iterator[Finding]:
        """A role that there is not, and keys that it does not have."""
        role, place = self.value.get("role"), self.place
        if role == "function":
            yield Finding.warning("old-role", f"{place} has the role 'function', an older form. Use 'tool'.")
        elif not isinstance(role, str) or role not in _ROLES:
            yield Finding.error(
                "role", f"{place} has the role {short(role)}. Use system, user, assistant or tool."
            )
        extra = self.value.keys() - _KEYS_OF.get(str(role), _KEYS)
        if extra:
            yield Finding.warning(
                "unknown-message-key",
                f"{place} has keys no service knows: {short(sorted(extra))}. Remove them.",
            )

    def of_weight(self) -> Iterator[Finding]:
        """A weight is 0 or 1, and of an answer."""
        weight = self.value["weight"]
        if self.value.get("role") != "assistant":
            yield Finding.error(
                "weight",
                f"{self.place} has a weight, which only messages of the assistant may have. Remove it.",
            )
        elif type(weight) is not int or weight not in {0, 1}:  # true and 1.0 are refused
            yield Finding.error(
                "weight", f"{self.place} has the weight {short(weight)}. Use 0 (not learnt) or 1 (learnt)."
            )

    def of_content(self) -> Iterator[Finding]:
        """Text, or parts that are."""
        content, role, place = self.value.get("content"), self.value.get("role"), self.place
        if role == "assistant" and content in (None, "", []) and self.has_other_reply:
            return
        if isinstance(content, list) and content:
            if role == "tool":  # seen: "key "content": Input should be a valid string"
                yield Finding.warning(
                    "content-type", f"{place} has parts; services have refused that of a tool. Use a string."
                )
            for number, part in enumerate(content, 1):
                yield from Part(part, role, f"Part {number} of {place[0].lower()}{place[1:]}").problems()
        elif content is None or isinstance(content, (str, list)):
            if not is_said(content):
                yield Finding.error("empty", f"{place} has no content. Fill it, or leave the example out.")
        else:
            yield Finding.error(
                "content-type", f"{place} needs a string or a list of parts as content, not {short(content)}."
            )

    @property
    def has_other_reply(self) -> bool:
        """What stands in place of content: a call of a tool, or a refusal."""
        return any(self.value.get(key) for key in ("tool_calls", "function_call", "refusal"))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the content of a message, and whose it is."""

    value: object
    role: object
    place: str

    def problems(self) -> Iterator[Finding]:
        """A part that is no text, unless it is an image that a user shows."""
        part = self.value
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "image_url" and self.role == "user":
            return
        key = PART_TEXT.get(kind) if isinstance(kind, str) else None
        if key is None or (kind == "refusal" and self.role != "assistant") or not isinstance(part, dict):
            yield Finding.error(
                "content-type", f"{self.place} is {short(part)}. Use {{'type': 'text', 'text': ...}}."
            )
        elif not is_said(part.get(key)):
            yield Finding.error("empty", f"{self.place} has no text. Fill it, or remove the part.")
