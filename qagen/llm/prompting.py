"""A prompt's name, its hash, and its messages for one call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from langchain_core.messages import BaseMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate


def prompt_id(prompt: ChatPromptTemplate) -> str:
    """``name@version``; what was changed by ``partial``, and a user's prompt, are told apart by a hash."""
    metadata = prompt.metadata or {}
    digest = template_hash(prompt)[:8]
    if "name" not in metadata:
        return f"{prompt.name or 'custom'}@{digest}"
    released = f"{metadata['name']}@{metadata['version']}"
    return released if metadata.get("hash", digest) == digest else f"{released}+{digest}"


def template_hash(prompt: ChatPromptTemplate) -> str:
    """The sha256 of a prompt's templates and of the values of its slots."""
    slots = {name: str(value) for name, value in sorted(prompt.partial_variables.items())}
    text = json.dumps([[_template_text(message) for message in prompt.messages], slots], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def prompt_messages(
    prompt: ChatPromptTemplate, variables: Mapping[str, str], *, format_instructions: str
) -> Sequence[BaseMessage]:
    """The messages that ask about one passage.

    A prompt that has no place for the format instructions gets them as its last line or its system message.
    """
    values = {**variables, "format_instructions": format_instructions}
    messages = prompt.format_messages(**{k: v for k, v in values.items() if k in prompt.input_variables})
    if not format_instructions or "format_instructions" in prompt.input_variables:
        return messages
    first = messages[0]
    if isinstance(first, SystemMessage) and isinstance(first.content, str):
        return [SystemMessage(f"{first.content}\n\n{format_instructions}"), *messages[1:]]
    return [SystemMessage(format_instructions), *messages]


def as_line(text: str) -> str:
    """A text in one line, as an entry of a list in a prompt is."""
    return " ".join(text.split())


def _template_text(message: object) -> list[str]:
    inner = getattr(message, "prompt", None)
    return [type(message).__name__, str(getattr(inner, "template", None) or message)]
