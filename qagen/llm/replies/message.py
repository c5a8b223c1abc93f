"""What a message of a model says: its text, its thoughts, how it ended, and whether it says no."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel

from qagen.llm.replies.json_values import inside_string, string_value
from qagen.llm.replies.shaping import readable

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
_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>([ \t\r]*\n)?", re.IGNORECASE)
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
_MAX_THOUGHTS = 8


@dataclass(frozen=True)
class ReplyText:
    """What a message says: ``text`` as it stands, ``body`` without the thinking."""

    text: str
    body: str
    refusal: str = ""
    at_limit: bool = False
    withheld: str = ""
    parsed: Any = None
    steps: tuple[str, ...] = ()

    @classmethod
    def of(cls, message: BaseMessage | str) -> ReplyText:
        """Take a message apart, whatever provider it comes from."""
        if isinstance(message, str):
            message = AIMessage(message)
        ends = _end_reasons(message.response_metadata)
        parsed = message.additional_kwargs.get("parsed")
        text = _seen_text(message)
        text = readable(text if text.strip() else _tool_arguments(message) or _dumped_value(parsed) or text)
        whole = text.removeprefix("\ufeff").strip()
        body = without_thoughts(whole).strip()
        steps = () if body == whole else ("thinking",)
        inner = string_value(body)
        if inner is not None:
            body, steps = inner, (*steps, "string")
        return cls(
            text=text,
            body=body,
            refusal=readable(_refusal_text(message)),
            at_limit=bool(ends & _LIMIT),
            withheld=next(iter(sorted(ends & _WITHHELD)), ""),
            parsed=parsed,
            steps=steps,
        )

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
    return "\n".join([*calls, *(call["args"] or "" for call in message.invalid_tool_calls)])


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


def without_thoughts(text: str) -> str:
    """The text without the marked thinking before the answer; also where only the end of it is marked."""
    for _ in range(_MAX_THOUGHTS):
        thought = _THOUGHT.search(text)
        if thought is None or inside_string(text, thought.start()):
            break
        text = text[: thought.start()] + text[thought.end() :]
    # the opening tag may stand in the prompt's template; a line break inside a JSON string would be escaped
    end = _THOUGHT_END.search(text)
    if end is not None and (end.group(1) or not inside_string(text, end.start())):
        text = text[end.end() :]
    return text
