"""Thoughts taken off a reply, in whatever marks a model puts them.

The marks are those of Qwen and DeepSeek (tags), Seed, Magistral, Kimi, Gemma 4, OpenThinker, Command A,
MedGemma and Apertus, and OpenAI's Harmony format.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice

from qagen.llm.replies.json_values import inside_string, next_value

_TAG = r"(?:\w+[:_])?(?:think|thinking|thoughts?|reasoning)"
# By the name of its group, how a thought that was opened so is closed.
_OPENING = re.compile(
    rf"""(?i:<(?P<tag>{_TAG})>) | (?P<brackets>\[THINK\]) | (?P<triangles>◁think▷)
    | (?P<channel><\|channel>\s*(?:thoughts?|thinking|analysis|reasoning)\b)
    | (?P<begin><\|begin_of_thought\|>) | (?P<start><\|START_THINKING\|>)
    | (?P<unused><unused94>) | (?P<inner><\|inner_prefix\|>)""",
    re.VERBOSE,
)
_CLOSED_BY = {
    "brackets": "[/THINK]",
    "triangles": "◁/think▷",
    "channel": "<channel|>",
    "begin": "<|end_of_thought|>",
    "start": "<|END_THINKING|>",
    "unused": "<unused95>",
    "inner": "<|inner_suffix|>",
}
_CLOSING = re.compile(
    rf"(?:(?i:</{_TAG}>)|{'|'.join(map(re.escape, _CLOSED_BY.values()))})(?P<break>[ \t\r]*\n)?"
)
_CHANNEL = re.compile(
    r"(?P<start><\|start\|>\s*assistant\b[^<\n]{0,80})?<\|channel\|>\s*(?P<name>analysis|commentary|final)"
    r"(?P<message>[^<{\[\n]{0,80}(?:<\|constrain\|>\s*\w+\s*)?<\|message\|>)?"
)
_END_MARKS = re.compile(r"(?:\s*<\|(?:end|return|call|start)\|>(?:assistant\b)?)+\s*\Z")
_BARE_CHANNELS = re.compile(r"analysis\S.*?assistantfinal", re.DOTALL)  # where special tokens were left out
_SOME_MARK = re.compile(rf"{_CLOSING.pattern}|{re.escape('<|channel|>')}|\A\s*analysis\S")
_JSON_BEGINS = ("{", "[{", "[]", '["', "```")
_MAX_THOUGHTS = 8
_MAX_LOOKED_AT = 32


def without_thoughts(text: str) -> str:
    """The text without the marked thinking before the answer; also where only the end of it is marked.

    Of Harmony's channels only ``final`` is left. Thinking that never ends leaves nothing behind it. What a
    string of the answer's JSON says of such marks stays.
    """
    if not (_SOME_MARK.search(text) or _OPENING.search(text)) or is_json(text):
        return text
    text = _answer_channel(text)
    for _ in range(_MAX_THOUGHTS):
        thought = _Thought.first_in(text)
        if thought is None:
            break
        text = text[: thought.start] + text[thought.end :]
    return _behind_lone_ends(text)


def is_json(text: str) -> bool:
    """Whether the whole text is one JSON value: then there is nothing around it."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Thought:
    """A marked thought: ``text[start:end]``, its marks included."""

    start: int
    end: int

    @classmethod
    def first_in(cls, text: str) -> _Thought | None:
        """The first one outside a string of JSON."""
        for opening in islice(_OPENING.finditer(text), _MAX_LOOKED_AT):
            end = cls.end_of(opening, text)
            if end is not None and not inside_string(text, opening.start()):
                return cls(opening.start(), end)
        return None

    @staticmethod
    def end_of(opening: re.Match[str], text: str) -> int | None:
        """Where a thought ends; ``None``: the mark is only spoken of, in the middle of a last line."""
        kind = opening.lastgroup or ""
        mark = _CLOSED_BY.get(kind) or f"</{opening['tag']}>"
        own = re.compile(re.escape(mark), re.IGNORECASE).search(text, opening.end())
        closing = own or _CLOSING.search(text, opening.end())
        if closing is not None:
            return closing.end() if closing is own else closing.end() - len(closing["break"] or "")
        line_before = text[: opening.start()].rpartition("\n")[2]
        rest = text[opening.end() :]
        spoken_of = line_before.strip() and not any(sign in rest.rstrip() for sign in "\n{[")
        return None if spoken_of else len(text)


def _behind_lone_ends(text: str) -> str:
    """What stands behind a closing mark alone: the opening one may stand in the prompt's template."""
    for _ in range(_MAX_THOUGHTS):
        # a line break inside a JSON string would be escaped
        ends = (
            end
            for end in islice(_CLOSING.finditer(text), _MAX_LOOKED_AT)
            if end["break"] or not inside_string(text, end.start())
        )
        end = next(ends, None)
        if end is None:
            return text
        before, behind = text[: end.start()], text[end.end() :]
        answered = before.lstrip().startswith(_JSON_BEGINS) and not ("{" in behind or "[" in behind)
        if answered:  # the closing mark came after the answer
            return before
        text = behind
    return text


def _answer_channel(text: str) -> str:
    """What Harmony's channels say for others to read: ``final``, or else the calls in ``commentary``."""
    bare = _BARE_CHANNELS.match(text.lstrip())
    if bare is not None:
        return text.lstrip()[bare.end() :]
    headers = _channel_headers(text)
    if not headers:
        return text
    ends = [*(header.start() for header in headers[1:]), len(text)]
    said = [
        (header["name"], _END_MARKS.sub("", text[header.end() : end]))
        for header, end in zip(headers, ends, strict=True)
    ]
    final = [part for name, part in said if name == "final"]
    return "\n".join(final or [part for name, part in said if name == "commentary"])


def _channel_headers(text: str) -> list[re.Match[str]]:
    """The headers of the channels; none where the text only speaks of them."""
    headers: list[re.Match[str]] = []
    for header in islice(_CHANNEL.finditer(text), _MAX_LOOKED_AT):
        if not headers and not _begins_channels(header, text):
            return []
        # thoughts may break off in the middle of a string; an answer does not
        is_answer = bool(headers) and headers[-1]["name"] == "final"
        if not (is_answer and inside_string(text[headers[-1].end() :], header.start() - headers[-1].end())):
            headers.append(header)
    return headers


def _begins_channels(header: re.Match[str], text: str) -> bool:
    before = text[: header.start()].strip()
    if not before:
        return True
    if before.startswith(_JSON_BEGINS) or not (header["message"] or header["start"]):
        return False
    if before.endswith("<|end|>"):
        return not _is_inside_value(text, header.start())
    return not inside_string(text, header.start())


def _is_inside_value(text: str, place: int) -> bool:
    """Whether a whole JSON value reaches over a place; a draft that breaks off there is none."""
    position = 0
    for _ in range(_MAX_LOOKED_AT):
        found = next_value(text, position)
        if found is None or found.start > place:
            return False
        if not found.problem and found.end > place:
            return True
        position = found.start + 1 if found.problem else found.end
    return False
