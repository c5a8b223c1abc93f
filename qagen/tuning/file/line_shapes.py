"""Where each format of a training file keeps its text, its prompt and its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

FileFormat = Literal["chat", "dpo", "prompt-completion", "alpaca", "sharegpt"]
Line = dict[str, Any]

PART_TEXT = {"text": "text", "refusal": "refusal"}
"""The types of the parts of a message that hold text, and the key it stands under."""

# The keys that hold what is to be learnt; they also tell the formats apart.
_ANSWERS: dict[FileFormat, frozenset[str]] = {
    "chat": frozenset({"messages"}),
    "dpo": frozenset({"preferred_output", "non_preferred_output"}),
    "sharegpt": frozenset({"conversations"}),
    "prompt-completion": frozenset({"completion"}),
    "alpaca": frozenset({"output"}),
}


def detect_format(line: Line) -> FileFormat | None:
    """The first format that has one of this line's keys to itself, or None."""
    return next((name for name, keys in _ANSWERS.items() if not keys.isdisjoint(line)), None)


def texts_of(name: FileFormat, line: Line) -> list[str]:
    """All text of the line that the model would see, as far as the line has the right shape."""
    if name == "dpo":
        asked = line.get("input")
        texts = texts_of("chat", asked) if isinstance(asked, dict) else []
        return texts + [text for key in sorted(_ANSWERS["dpo"]) for text in _texts_of_messages(line.get(key))]
    if name == "chat":
        texts = _texts_of_messages(line.get("messages"))
    elif name == "sharegpt":
        texts = _strings(
            [line.get("system"), *(turn.get("value") for turn in dicts(line.get("conversations")))]
        )
    else:
        sides = [
            line.get(key) for key in ("system", "instruction", "prompt", "input", "completion", "output")
        ]
        texts = _strings(sides) + [text for side in sides for text in _texts_of_messages(side)]
    return texts + [_dumps(line[key]) for key in ("tools", "functions") if line.get(key)]


def messages_of(name: FileFormat, line: Line) -> list[Line]:
    """The messages of a line as the service counts them: each costs a few tokens besides its text."""
    if name == "chat":
        return dicts(line.get("messages"))
    if name == "dpo":
        asked = line.get("input")
        replies = [message for key in _ANSWERS["dpo"] for message in dicts(line.get(key))]
        return (messages_of("chat", asked) if isinstance(asked, dict) else []) + replies
    return []


def prompt_and_answer(name: FileFormat, line: Line) -> tuple[str, str] | None:
    """What is asked and what is to be learnt, as text to compare; None when that cannot be told apart."""
    keys = _ANSWERS[name]
    prompt: Any = {key: value for key, value in line.items() if key not in keys}
    answer: Any = {key: line.get(key) for key in keys}
    if name in {"chat", "sharegpt"}:
        [(key, turns)] = answer.items()
        if not isinstance(turns, list) or not turns:
            return None
        prompt[key], answer = turns[:-1], turns[-1]
    return _dumps(prompt), _dumps(answer)


def answer_text(name: FileFormat, line: Line) -> str | None:
    """The answer, where it is a column of its own; None where it stands in a list of messages."""
    key = {"prompt-completion": "completion", "alpaca": "output"}.get(name)
    return None if key is None else line.get(key)


def dicts(value: object) -> list[Line]:
    """The objects of a list; none of anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts_of_messages(messages: object) -> list[str]:
    return [text for message in dicts(messages) for text in _texts_of_message(message)]


def _texts_of_message(message: Line) -> list[str]:
    content = message.get("content")
    parts = [part.get(key) for part in dicts(content) for key in PART_TEXT.values()]
    texts = _strings([content, message.get("name"), message.get("refusal"), *parts])
    return texts + [_dumps(message[key]) for key in ("tool_calls", "function_call") if message.get(key)]


def _strings(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
