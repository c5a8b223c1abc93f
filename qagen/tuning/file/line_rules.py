"""What may stand in one line of a training file, for each of the formats.

Sources: OpenAI's specification (``FineTuneChatRequestInput``, ``FineTunePreferenceRequestInput``), guide and
cookbook, and the formats of TRL, LLaMA-Factory and Axolotl for the others; checked 2026-11-22.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qagen.llm.replies import CONTROL, named_control
from qagen.tuning.file.finding import Finding, short
from qagen.tuning.file.line_shapes import FileFormat, Line, dicts, texts_of
from qagen.tuning.file.message_rules import Messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def find_problems(name: FileFormat, line: Line) -> Iterator[Finding]:
    """Everything wrong with a line of this format, taken by itself."""
    yield from _RULES[name](LineRules(line))
    texts = texts_of(name, line)
    for sign in dict.fromkeys(sign for text in texts for sign in CONTROL.findall(text)):
        yield _control_character(sign)
    for token in dict.fromkeys(token for text in texts for token in _TOKEN_LIKE.findall(text)):
        yield _special_token(token)


def unfit_part(text: str) -> str:
    """What in a text no training file should hold: a control character, or a token that services refuse.

    As it is to be told; empty where there is neither.
    """
    tokens = (token for token in _TOKEN_LIKE.findall(text) if token in _OPENAI_TOKENS)
    return named_control(text) or next(tokens, "")


def _control_character(sign: str) -> Finding:
    name, advice = named_control(sign), "Repair the text it comes from, or leave the example out."
    if sign == "\0":
        return Finding.error(
            "control-character", f"The text holds {name}, where many programs cut it off. {advice}"
        )
    return Finding.warning(
        "control-character",
        f"The text holds the control character {name}, often what is left of a backslash. {advice}",
    )


def _special_token(token: str) -> Finding:
    advice = f"Write it in another way, such as {token.replace('|', ' ')}, or leave the example out."
    if token in _OPENAI_TOKENS:
        return Finding.error("special-token", f"The text holds {token}, which the service refuses. {advice}")
    return Finding.warning(
        "special-token-like", f"The text holds {token}, a special token of some models. {advice}"
    )


@dataclass(frozen=True, slots=True)
class LineRules:
    """A line, or a turn in it, and the rules of each format."""

    value: Line
    place: str = "The line"

    def of_chat(self) -> Iterator[Finding]:
        """``{"messages": [...]}``."""
        yield from self.of_keys({"messages", "tools", "parallel_tool_calls", "functions"}, refused=True)
        yield from self.of_tools()
        yield from Messages(self.value.get("messages"), "'messages'").problems()
        messages = dicts(self.value.get("messages"))
        if not messages:
            return
        roles = [message.get("role") for message in messages]
        answers = [message for message in messages if message.get("role") == "assistant"]
        if not answers:
            yield Finding.error(
                "no-assistant",
                "No message has the role 'assistant': there is nothing to learn. Add the answer.",
            )
        elif roles[-1] != "assistant":
            yield Finding.warning(
                "last-not-assistant",
                f"The last message is of {short(roles[-1])}: nothing after the last answer is learnt.",
            )
        elif all(message.get("weight") == 0 for message in answers):
            yield Finding.warning(
                "no-weight", "Every answer has the weight 0: nothing is learnt. Set one to 1."
            )
        if "user" not in roles:
            yield Finding.warning(
                "no-user", "No message has the role 'user': the answer follows no question."
            )

    def of_dpo(self) -> Iterator[Finding]:
        """``input``, and a reply that is preferred to another."""
        yield from self.of_keys({"input", "preferred_output", "non_preferred_output"}, refused=True)
        asked = self.value.get("input")
        if isinstance(asked, dict):
            inner = LineRules(asked)
            yield from inner.of_keys({"messages", "tools", "parallel_tool_calls"}, refused=True)
            yield from inner.of_tools()
            yield from Messages(asked.get("messages"), "'input.messages'").problems()
        else:
            yield Finding.error("no-input", f"'input' must be an object with 'messages', not {short(asked)}.")
        for key in ("preferred_output", "non_preferred_output"):
            yield from Messages(self.value.get(key), f"'{key}'").problems()
            replies = dicts(self.value.get(key))
            if len(replies) > 1 or any(reply.get("role") != "assistant" for reply in replies):
                yield Finding.error(
                    "reply", f"'{key}' must be a list of one message with the role 'assistant'."
                )
        if self.value.get("preferred_output") == self.value.get("non_preferred_output"):
            yield Finding.warning(
                "same-reply", "Both replies are the same: no preference can be learnt. Leave the example out."
            )

    def of_prompt_completion(self) -> Iterator[Finding]:
        """``prompt`` and ``completion``, as text or as messages."""
        yield from self.of_keys({"prompt", "completion", "tools"})
        for key in ("prompt", "completion"):
            if isinstance(self.value.get(key), list):
                yield from Messages(self.value[key], f"'{key}'").problems()
            else:
                yield from self.of_text(key)

    def of_alpaca(self) -> Iterator[Finding]:
        """``instruction``, ``input`` and ``output``."""
        yield from self.of_keys({"instruction", "input", "output", "system", "history"})
        yield from self.of_text("instruction")
        yield from self.of_text("output")
        for key in ("input", "system"):
            if not isinstance(self.value.get(key, ""), str):
                yield Finding.error(
                    "content-type", f"'{key}' must be a string, not {short(self.value[key])}."
                )

    def of_sharegpt(self) -> Iterator[Finding]:
        """``{"conversations": [...]}``."""
        yield from self.of_keys({"conversations", "system", "tools"})
        turns = self.value.get("conversations")
        if not isinstance(turns, list) or not turns:
            yield Finding.error(
                "no-messages", f"'conversations' must be a list of turns, not {short(turns)}."
            )
            return
        for number, turn in enumerate(turns, 1):
            place = f"Turn {number}"
            if isinstance(turn, dict):
                yield from LineRules(turn, place).of_turn()
            else:
                yield Finding.error(
                    "message-type", f"{place} must be an object with 'from' and 'value', not {short(turn)}."
                )
        if not any(turn.get("from") in ("gpt", "assistant", "function_call") for turn in dicts(turns)):
            yield Finding.error(
                "no-assistant", "No turn is from 'gpt': there is nothing to learn. Add the answer."
            )

    def of_turn(self) -> Iterator[Finding]:
        """Who speaks, and what is said."""
        speaker = self.value.get("from")
        if not isinstance(speaker, str) or speaker not in _SPEAKERS:
            yield Finding.error("role", f"{self.place} is from {short(speaker)}. Use system, human or gpt.")
        yield from self.of_text("value")

    def of_keys(self, known: set[str], *, refused: bool = False) -> Iterator[Finding]:
        """Keys that the format does not have."""
        for key in sorted(self.value.keys() - known):
            if refused:
                yield Finding.error(
                    "unknown-key", f"The service refuses the key {short(key)}. Remove it from the line."
                )
            else:
                yield Finding.warning(
                    "unknown-key", f"The key {short(key)} is not part of the format: most trainers ignore it."
                )

    def of_tools(self) -> Iterator[Finding]:
        """Tools are objects in a list."""
        for key in ("tools", "functions"):
            tools = self.value.get(key)
            if key in self.value and not (isinstance(tools, list) and tools and dicts(tools) == tools):
                yield Finding.error("tools", f"'{key}' must be a list of objects, not {short(tools)}.")
        parallel = self.value.get("parallel_tool_calls", True)
        if not isinstance(parallel, bool):
            yield Finding.error(
                "tools", f"'parallel_tool_calls' must be true or false, not {short(parallel)}."
            )

    def of_text(self, key: str) -> Iterator[Finding]:
        """A key under which text must stand."""
        value = self.value.get(key)
        if not isinstance(value, str):
            yield Finding.error(
                "content-type", f"{self.place} needs a string as '{key}', not {short(value)}."
            )
        elif not value.strip():
            yield Finding.error(
                "empty", f"{self.place} has nothing in '{key}'. Fill it, or leave the example out."
            )


_RULES: dict[FileFormat, Callable[[LineRules], Iterator[Finding]]] = {
    "chat": LineRules.of_chat,
    "dpo": LineRules.of_dpo,
    "prompt-completion": LineRules.of_prompt_completion,
    "alpaca": LineRules.of_alpaca,
    "sharegpt": LineRules.of_sharegpt,
}
