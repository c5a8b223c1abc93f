"""What a message of a model says: its text, its thoughts, how it ended, and whether it says no."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel

from qagen.llm.replies.json_values import string_value
from qagen.llm.replies.shaping import readable
from qagen.llm.replies.thoughts import is_json, without_thoughts

# How the providers' LangChain packages say that a reply ended at its limit, or was withheld.
_FINISH_KEYS = ("finish_reason", "stop_reason", "stopReason", "finishReason", "done_reason")
_LIMIT = frozenset(
    {
        "length",
        "max_tokens",
        "max_output_tokens",
        "max_length",
        "model_length",
        "model_context_window_exceeded",
        "token_limit",
    }
)
_WITHHELD = frozenset(
    {
        "content_filter",
        "content_filtered",
        "refusal",
        "safety",
        "prohibited_content",
        "blocklist",
        "spii",
        "recitation",
        "guardrail_intervened",
        "error_toxic",
    }
)
_SEEN = ("text", "output_text")
_REFUSAL = re.compile(
    r"""\bI\s?(?:can't|cannot|can\snot|won't|will\snot|must\sdecline|decline
        |(?:am|'m)\s(?:unable|not\sable|not\scomfortable|not\sallowed))\b[^.!?]{0,40}?
    \b(?:help|assist|comply|provid|generat|creat|fulfil|answer|discuss|continue|process|writ|produc|engag|support
        |complet|do\s(?:that|this|so)\b|with\s(?:that|this)\b)""",
    re.VERBOSE | re.IGNORECASE,
)
_REFUSAL_JA = re.compile(
    r"(?:申し訳|すみません|恐れ入りますが|残念ながら)[^。]{0,120}?"
    r"(?:できません|できかね|致しかね|いたしかね|お応えでき|お答えでき|控えさせて|お断り)"
)
_MAX_REFUSAL = 500


@dataclass(frozen=True)
class ReplyText:
    """What a message says: ``text`` as it stands, ``body`` without the thinking.

    ``arguments`` are those of tool calls beside a text; without one they are the text.
    """

    text: str
    body: str
    refusal: str = ""
    at_limit: bool = False
    withheld: str = ""
    parsed: Any = None
    arguments: str = ""
    steps: tuple[str, ...] = ()

    @classmethod
    def of(cls, message: BaseMessage | str) -> ReplyText:
        """Take a message apart, whatever provider it comes from."""
        if isinstance(message, str):
            message = AIMessage(message)
        ends = _end_reasons(message.response_metadata)
        parsed = message.additional_kwargs.get("parsed")
        text = _seen_text(message)
        whole = readable(text).removeprefix("\ufeff").strip()
        body = without_thoughts(whole).strip()
        steps = () if body == whole else ("thinking",)
        arguments = _tool_arguments(message)
        if not body:
            other, taken = _said_elsewhere(message, arguments, parsed)
            text, arguments = other or text, ""
            body, steps = readable(other).strip(), (*steps, *taken)
        inner = string_value(body)
        if inner is not None:
            body, steps = inner, (*steps, "string")
        return cls(
            text=readable(text),
            body=body,
            refusal=readable(_refusal_text(message)),
            at_limit=bool(ends & _LIMIT),
            withheld=next(iter(sorted(ends & _WITHHELD)), ""),
            parsed=parsed,
            arguments=readable(arguments),
            steps=steps,
        )

    def of_arguments(self) -> ReplyText:
        """The same with the arguments of its tool calls as what it says."""
        return replace(self, body=self.arguments, arguments="", steps=(*self.steps, "tool call"))

    def declines(self) -> bool:
        """Whether it is a short text that says no, in English or Japanese."""
        plain = self.body.replace("’", "'")
        return len(plain) <= _MAX_REFUSAL and bool(_REFUSAL.search(plain) or _REFUSAL_JA.search(plain))


def _content_blocks(message: BaseMessage) -> list[dict[str, Any]]:
    content = message.content
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block if isinstance(block, dict) else {"type": "text", "text": block} for block in content]


def _seen_text(message: BaseMessage) -> str:
    """The text a reader sees: reasoning and other blocks are left out."""
    seen = (block.get("text") for block in _content_blocks(message) if block.get("type", "text") in _SEEN)
    return "".join(part for part in seen if isinstance(part, str))


def _tool_arguments(message: BaseMessage) -> str:
    """The arguments of tool calls, for models that give structured output that way."""
    if not isinstance(message, AIMessage):
        return ""
    calls = [_dumped_value(call["args"]) for call in message.tool_calls]
    calls += [call["args"] or "" for call in message.invalid_tool_calls]
    old = message.additional_kwargs.get("function_call")
    if not calls and isinstance(old, Mapping) and isinstance(old.get("arguments"), str):
        calls.append(old["arguments"])
    return "\n".join(calls)


def _said_elsewhere(message: BaseMessage, arguments: str, parsed: Any) -> tuple[str, tuple[str, ...]]:
    """What a message without text says otherwise, and the step to tell if that was no place to look in.

    Some servers put a whole answer among the reasoning; thoughts that hold a draft are no answer.
    """
    if arguments or parsed is not None:
        return arguments or _dumped_value(parsed), ()
    for key in ("reasoning_content", "reasoning"):
        thoughts = message.additional_kwargs.get(key)
        if isinstance(thoughts, str) and is_json(thoughts):
            return thoughts, ("reasoning",)
    return "", ()


def _dumped_value(parsed: Any) -> str:
    if isinstance(parsed, BaseModel):
        return parsed.model_dump_json(by_alias=True)
    return "" if parsed is None else json.dumps(parsed, ensure_ascii=False, default=str)


def _refusal_text(message: BaseMessage) -> str:
    said = [message.additional_kwargs.get("refusal")]
    for block in _content_blocks(message):
        value = block.get("value")
        said += [block.get("refusal"), value.get("refusal") if isinstance(value, dict) else None]
    return next((text for text in said if isinstance(text, str) and text.strip()), "")


def _end_reasons(metadata: Mapping[str, Any]) -> frozenset[str]:
    """The reasons given for the end of a reply, in lower case."""
    reasons = [metadata.get(key) for key in _FINISH_KEYS]
    for outer, inner in (("incomplete_details", "reason"), ("prompt_feedback", "block_reason")):
        details = metadata.get(outer)
        if isinstance(details, Mapping):
            reasons.append(details.get(inner))
    return frozenset(str(reason).rsplit(".", 1)[-1].casefold() for reason in reasons if reason)
