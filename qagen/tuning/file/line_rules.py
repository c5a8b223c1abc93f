"""What may stand in one line of a training file, for each of the formats.

Sources: OpenAI's specification (``FineTuneChatRequestInput``, ``FineTunePreferenceRequestInput``), guide and
cookbook, and the formats of TRL, LLaMA-Factory and Axolotl for the others; checked 2026-11-22.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from qagen.tuning.file.line_shapes import PART_TEXT, FileFormat, Line, dicts, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in one line, whose number is known to whoever reads the file."""

    severity: Severity
    code: str
    message: str


def find_problems(name: FileFormat, line: Line) -> Iterator[Finding]:
    """Everything wrong with a line of this format, taken by itself."""
    yield from _RULES[name](line)
    texts = texts_of(name, line)
    for token in dict.fromkeys(token for text in texts for token in _TOKEN_LIKE.findall(text)):
        yield _special_token(token)


def short(value: object) -> str:
    """A value as a message shows it: on one line, not too long."""
    text = repr(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


_SHORT = 60
_ROLES = frozenset({"system", "user", "assistant", "tool"})
_MESSAGE_KEYS = frozenset({"role", "content", "name", "weight"})
_MESSAGE_KEYS_OF = {
    "assistant": _MESSAGE_KEYS | {"tool_calls", "function_call", "refusal", "audio"},
    "tool": _MESSAGE_KEYS | {"tool_call_id"},
}
_SPEAKERS = frozenset({"system", "human", "user", "gpt", "assistant", "tool", "observation", "function_call"})

_TOKEN_LIKE = re.compile(r"<\|[A-Za-z0-9_]{1,40}\|>")
_OPENAI_TOKENS = frozenset(
    f"<|{name}|>"
    for name in (
        *("endoftext", "startoftext", "endofprompt", "im_start", "im_end", "im_sep"),
        *("fim_prefix", "fim_middle", "fim_suffix"),
        *("start", "end", "message", "channel", "constrain", "return", "call"),
    )
)


def _special_token(token: str) -> Finding:
    advice = f"Write it in another way, such as {token.replace('|', ' ')}, or leave the example out."
    if token in _OPENAI_TOKENS:
        return Finding(
            "error", "special-token", f"The text holds {token}, which the service refuses. {advice}"
        )
    return Finding(
        "warning", "special-token-like", f"The text holds {token}, a special token of some models. {advice}"
    )


def _error(code: str, message: str) -> Finding:
    return Finding("error", code, message)


def _warning(code: str, message: str) -> Finding:
    return Finding("warning", code, message)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _chat(line: Line) -> Iterator[Finding]:
    yield from _unknown_keys(line, {"messages", "tools", "parallel_tool_calls", "functions"}, refused=True)
    yield from _tools(line)
    yield from _messages(line.get("messages"), "'messages'")
    messages = dicts(line.get("messages"))
    if not messages:
        return
    roles = [message.get("role") for message in messages]
    if "assistant" not in roles:
        yield _error(
            "no-assistant", "No message has the role 'assistant': there is nothing to learn. Add the answer."
        )
    elif roles[-1] != "assistant":
        yield _warning(
            "last-not-assistant",
            f"The last message is of {short(roles[-1])}: nothing after the last answer is learnt.",
        )
    elif all(message.get("weight") == 0 for message in messages if message.get("role") == "assistant"):
        yield _warning("no-weight", "Every answer has the weight 0: nothing is learnt. Set one to 1.")
    if "user" not in roles:
        yield _warning("no-user", "No message has the role 'user': the answer follows no question.")


def _dpo(line: Line) -> Iterator[Finding]:
    yield from _unknown_keys(line, {"input", "preferred_output", "non_preferred_output"}, refused=True)
    asked = line.get("input")
    if isinstance(asked, dict):
        yield from _unknown_keys(asked, {"messages", "tools", "parallel_tool_calls"}, refused=True)
        yield from _tools(asked)
        yield from _messages(asked.get("messages"), "'input.messages'")
    else:
        yield _error("no-input", f"'input' must be an object with 'messages', not {short(asked)}.")
    for key in ("preferred_output", "non_preferred_output"):
        yield from _messages(line.get(key), f"'{key}'")
        replies = dicts(line.get(key))
        if len(replies) > 1 or any(reply.get("role") != "assistant" for reply in replies):
            yield _error("reply", f"'{key}' must be a list of one message with the role 'assistant'.")
    if line.get("preferred_output") == line.get("non_preferred_output"):
        yield _warning(
            "same-reply", "Both replies are the same: no preference can be learnt. Leave the example out."
        )


def _prompt_completion(line: Line) -> Iterator[Finding]:
    yield from _unknown_keys(line, {"prompt", "completion", "tools"})
    for key in ("prompt", "completion"):
        if isinstance(line.get(key), list):
            yield from _messages(line[key], f"'{key}'")
        else:
            yield from _text(line, key)


def _alpaca(line: Line) -> Iterator[Finding]:
    yield from _unknown_keys(line, {"instruction", "input", "output", "system", "history"})
    yield from _text(line, "instruction")
    yield from _text(line, "output")
    for key in ("input", "system"):
        if not isinstance(line.get(key, ""), str):
            yield _error("content-type", f"'{key}' must be a string, not {short(line[key])}.")


def _sharegpt(line: Line) -> Iterator[Finding]:
    yield from _unknown_keys(line, {"conversations", "system", "tools"})
    turns = line.get("conversations")
    if not isinstance(turns, list) or not turns:
        yield _error("no-messages", f"'conversations' must be a list of turns, not {short(turns)}.")
        return
    for number, turn in enumerate(turns, 1):
        place = f"Turn {number}"
        if not isinstance(turn, dict):
            yield _error(
                "message-type", f"{place} must be an object with 'from' and 'value', not {short(turn)}."
            )
            continue
        if not isinstance(turn.get("from"), str) or turn["from"] not in _SPEAKERS:
            yield _error("role", f"{place} is from {short(turn.get('from'))}. Use system, human or gpt.")
        yield from _text(turn, "value", place)
    if not any(turn.get("from") in ("gpt", "assistant", "function_call") for turn in dicts(turns)):
        yield _error("no-assistant", "No turn is from 'gpt': there is nothing to learn. Add the answer.")


_RULES: dict[FileFormat, Callable[[Line], Iterator[Finding]]] = {
    "chat": _chat,
    "dpo": _dpo,
    "prompt-completion": _prompt_completion,
    "alpaca": _alpaca,
    "sharegpt": _sharegpt,
}


def _unknown_keys(line: Line, known: set[str], *, refused: bool = False) -> Iterator[Finding]:
    for key in sorted(line.keys() - known):
        if refused:
            yield _error("unknown-key", f"The service refuses the key {short(key)}. Remove it from the line.")
        else:
            yield _warning(
                "unknown-key", f"The key {short(key)} is not part of the format: most trainers ignore it."
            )


def _tools(line: Line) -> Iterator[Finding]:
    for key in ("tools", "functions"):
        if key in line and not (isinstance(line[key], list) and line[key] and dicts(line[key]) == line[key]):
            yield _error("tools", f"'{key}' must be a list of objects, not {short(line[key])}.")
    if not isinstance(line.get("parallel_tool_calls", True), bool):
        yield _error(
            "tools", f"'parallel_tool_calls' must be true or false, not {short(line['parallel_tool_calls'])}."
        )


def _text(line: Line, key: str, place: str = "The line") -> Iterator[Finding]:
    value = line.get(key)
    if not isinstance(value, str):
        yield _error("content-type", f"{place} needs a string as '{key}', not {short(value)}.")
    elif not value.strip():
        yield _error("empty", f"{place} has nothing in '{key}'. Fill it, or leave the example out.")


def _messages(messages: object, where: str) -> Iterator[Finding]:
    if not isinstance(messages, list) or not messages:
        yield _error("no-messages", f"{where} must be a list of messages, not {short(messages)}.")
        return
    for number, message in enumerate(messages, 1):
        place = f"Message {number} of {where}"
        if isinstance(message, dict):
            yield from _message(message, place)
        else:
            yield _error("message-type", f"{place} must be an object, not {short(message)}.")


def _message(message: Line, place: str) -> Iterator[Finding]:
    role = message.get("role")
    if role == "function":
        yield _warning("old-role", f"{place} has the role 'function', an older form. Use 'tool'.")
    elif not isinstance(role, str) or role not in _ROLES:
        yield _error("role", f"{place} has the role {short(role)}. Use system, user, assistant or tool.")
    extra = message.keys() - _MESSAGE_KEYS_OF.get(str(role), _MESSAGE_KEYS)
    if extra:
        yield _warning(
            "unknown-message-key", f"{place} has keys no service knows: {short(sorted(extra))}. Remove them."
        )
    if "weight" in message:
        yield from _weight(message["weight"], role, place)
    if role == "tool" and not _is_text(message.get("tool_call_id")):
        yield _error("tool-call-id", f"{place} needs 'tool_call_id', the id of the call it answers.")
    yield from _content(message, place)


def _weight(weight: object, role: object, place: str) -> Iterator[Finding]:
    if role != "assistant":
        yield _error(
            "weight", f"{place} has a weight, which only messages of the assistant may have. Remove it."
        )
    elif type(weight) is not int or weight not in {0, 1}:  # true and 1.0 are refused
        yield _error("weight", f"{place} has the weight {short(weight)}. Use 0 (not learnt) or 1 (learnt).")


def _content(message: Line, place: str) -> Iterator[Finding]:
    content, role = message.get("content"), message.get("role")
    if role == "assistant" and content in (None, "", []) and _has_reply(message):
        return
    if isinstance(content, list) and content:
        if role == "tool":  # seen: "key "content": Input should be a valid string"
            yield _warning(
                "content-type", f"{place} has parts; services have refused that of a tool. Use a string."
            )
        for number, part in enumerate(content, 1):
            yield from _part(part, role, f"Part {number} of {place[0].lower()}{place[1:]}")
    elif content is None or isinstance(content, (str, list)):
        if not _is_text(content):
            yield _error("empty", f"{place} has no content. Fill it, or leave the example out.")
    else:
        yield _error(
            "content-type", f"{place} needs a string or a list of parts as content, not {short(content)}."
        )


def _has_reply(message: Line) -> bool:
    return any(message.get(key) for key in ("tool_calls", "function_call", "refusal"))


def _part(part: object, role: object, place: str) -> Iterator[Finding]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "image_url" and role == "user":
        return
    key = PART_TEXT.get(kind) if isinstance(kind, str) else None
    if key is None or (kind == "refusal" and role != "assistant") or not isinstance(part, dict):
        yield _error("content-type", f"{place} is {short(part)}. Use {{'type': 'text', 'text': ...}}.")
    elif not _is_text(part.get(key)):
        yield _error("empty", f"{place} has no text. Fill it, or remove the part.")
