"""Whatever a model replies is read exactly, repaired in view of the passage, or ends in a named state."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Annotated, Any, Literal

import pytest
from growth import PROPORTION, TIMES, growth
from hypothesis import example, given, settings
from hypothesis import strategies as st
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel, ConfigDict, Field, RootModel
from scripted import replies

from qagen import OutputFixingParser, QACollection, QAGenError
from qagen.llm.replies.controls import without_eaten_escapes
from qagen.llm.replies.parsing import ReplyError

PARSER = OutputFixingParser(pydantic_object=QACollection)
PASSAGE = "Olva has 412 souls. Its mill burnt in 1803."
PROMPT: list[BaseMessage] = [SystemMessage("Write pairs."), HumanMessage(PASSAGE)]

A = ("How many souls has Olva?", "412")
B = ("When did the mill of Olva burn?", "1803")
C = ("What burnt in 1803?", "the mill")


def reply(*pairs: tuple[str, str], **more: Any) -> str:
    return json.dumps({"question_answer_pairs": [item(pair) for pair in pairs], **more}, ensure_ascii=False)


def item(pair: tuple[str, str]) -> dict[str, str]:
    return {"question": pair[0], "answer": pair[1]}


def pairs(collection: QACollection) -> list[tuple[str, str]]:
    return [(pair.question, pair.answer) for pair in collection.question_answer_pairs]


def ended(text: str, reason: str, key: str = "finish_reason") -> AIMessage:
    return AIMessage(text, response_metadata={key: reason})


def line(pair: tuple[str, str]) -> str:
    return json.dumps(item(pair))


TWO = reply(A, B)
HALF = TWO[: TWO.index('{"question": "When')]
BODY = HALF.removesuffix(", ")

# name: reply, the pairs, the steps
READ: dict[str, tuple[str | AIMessage, list[tuple[str, str]], tuple[str, ...]]] = {
    "plain": (TWO, [A, B], ()),
    "indented": (json.dumps(json.loads(TWO), indent=4), [A, B], ()),
    "an extra key beside the list": (reply(A, note="done"), [A], ()),
    "fence with language": (f"```json\n{TWO}\n```", [A, B], ("fences",)),
    "fence without language": (f"```\n{TWO}\n```", [A, B], ("fences",)),
    "fence with another language": (f"```python\n{TWO}\n```", [A, B], ("fences",)),
    "fence on one line": (f"```json{TWO}```", [A, B], ("fences",)),
    "fence not closed": (f"```json\n{TWO}", [A, B], ("fences",)),
    "two fences": (
        f"```json\n{reply(A)}\n```\nand from the second part\n```json\n{reply(B)}\n```",
        [A, B],
        ("fences", "prose"),
    ),
    "prose before and after": (f"Here they are:\n{TWO}\nAnything else?", [A, B], ("prose",)),
    "prose with brackets": (
        f"From [1] and {{theme}}, see [note: I took {{all}} facts:\n{TWO}\n[end]",
        [A, B],
        ("prose",),
    ),
    "prose with an unmatched bracket and quote": (f'I read "[it:\n{TWO}', [A, B], ("prose",)),
    "prose that ends in a bracket": (f"{TWO}\nI took them from [", [A, B], ("prose",)),
    "thinking before": (f"<think>Two facts. Done.</think>\n{TWO}", [A, B], ("thinking",)),
    "JSON inside the thinking does not win": (
        f"<think>\nMaybe {reply(C)}? No.\n</think>\n\n{TWO}",
        [A, B],
        ("thinking",),
    ),
    "thinking whose opening tag is in the template": (
        f'So I could write {reply(C)} or {{"question": "...\n</think>\n\n{TWO}',
        [A, B],
        ("thinking",),
    ),
    "thinking, prose and a fence": (
        f"<think>Hm {{</think>Sure!\n```json\n{TWO}\n```\nThat is all.",
        [A, B],
        ("thinking", "fences", "prose"),
    ),
    "a tag inside an answer is not thinking": (
        reply(("Which tag ends it?", "</think>, after <think>"), B),
        [("Which tag ends it?", "</think>, after <think>"), B],
        (),
    ),
    "text blocks with reasoning": (
        AIMessage(
            [
                {"type": "reasoning", "reasoning": reply(C)},
                {"type": "thinking", "thinking": "hm", "text": reply(C)},
                {"type": "text", "text": TWO[:40]},
                {"type": "text", "text": TWO[40:]},
            ]
        ),
        [A, B],
        (),
    ),
    "text blocks as strings": (AIMessage([TWO[:9], TWO[9:]]), [A, B], ()),
    "arguments of a tool call": (
        AIMessage("", tool_calls=[{"name": "QACollection", "args": json.loads(TWO), "id": "1"}]),
        [A, B],
        (),
    ),
    "trailing commas": (TWO.replace("}]", "},],"), [A, B], ("tidied",)),
    "single quotes": (str(json.loads(TWO)), [A, B], ("tidied",)),
    "apostrophes in single quotes": (
        (
            "{'question_answer_pairs': [{'question': 'Whose mill?', 'answer': 'Olva\\'s'}, "
            "{'question': 'Whose is it?', 'answer': \"It's Olva's\"}]}"
        ),
        [("Whose mill?", "Olva's"), ("Whose is it?", "It's Olva's")],
        ("tidied",),
    ),
    "smart quotes": (
        "{“question_answer_pairs”: [{“question”: “Who ‘owns’ it?”, “answer”: “Olva, say some: all”}]}",
        [("Who ‘owns’ it?", "Olva, say some: all")],
        ("tidied",),
    ),
    "Python literals": (
        "{'question_answer_pairs': [{'question': 'Did it burn?', 'answer': True, 'quote': None}]}",
        [("Did it burn?", "true")],
        ("tidied", "reshaped"),
    ),
    "keys without quotes": (
        '{question_answer_pairs: [{question: "How many souls has Olva?", answer: "412"}]}',
        [A],
        ("tidied",),
    ),
    "missing commas": (
        (
            '{"question_answer_pairs": [{"question": "How many souls has Olva?" "answer": "412"}\n'
            '{"question": "When did the mill of Olva burn?"\n "answer": "1803"}]}'
        ),
        [A, B],
        ("tidied",),
    ),
    "missing list bracket": (TWO.replace("}]}", "}}"), [A, B], ("tidied",)),
    "missing brace between two": (TWO.replace('412"}', '412"'), [A, B], ("tidied",)),
    "comments": (
        (
            '{"question_answer_pairs": [ // the "pairs"\n'
            f"  {line(A)}, /* {{ first }} */\n  # second\n  {line(B)}\n]}}"
        ),
        [A, B],
        ("tidied",),
    ),
    "an ellipsis as last item": (BODY + ", ...]}", [A], ("tidied",)),
    "quotes inside a text": (
        '{"question_answer_pairs": [{"question": "Who said "hi", and when?", "answer": "The "miller""}]}',
        [('Who said "hi", and when?', 'The "miller"')],
        ("json_repair",),
    ),
    "a value without quotes": (
        '{"question_answer_pairs": [{"question": "When?", "answer": 12.05.2020}]}',
        [("When?", "12.05.2020")],
        ("json_repair",),
    ),
    "raw line breaks and tabs in a text": (
        '{"question_answer_pairs": [{"question": "Which\nlines?", "answer": "one\ttwo\r\nthree"}]}',
        [("Which\nlines?", "one\ttwo\r\nthree")],
        (),
    ),
    "invalid escapes": (
        r'{"question_answer_pairs": [{"question": "Olva\'s \x41?", "answer": "C:\Mill \alpha"}]}',
        [("Olva's A?", r"C:\Mill \alpha")],
        ("tidied",),
    ),
    "line separator and emoji": (
        reply(("Which\u2028sign?", "\U0001f525\u2029")),
        [("Which\u2028sign?", "\U0001f525")],
        (),
    ),
    "byte order mark": ("\ufeff" + TWO, [A, B], ()),
    "no-break spaces between": (TWO.replace(": ", ":\u00a0"), [A, B], ("tidied",)),
    "emoji as two escapes": (
        json.dumps({"question_answer_pairs": [item(("Which sign?", "🔥"))]}),
        [("Which sign?", "🔥")],
        (),
    ),
    "lone surrogate escape": (
        reply(("Which sign?", "here: @")).replace("@", "\\ud83d"),
        [("Which sign?", "here: \ufffd")],
        (),
    ),
    "NaN for an optional text": (
        '{"question_answer_pairs": [' + line(A)[:-1] + ', "quote": NaN}]}',
        [A],
        ("reshaped",),
    ),
    "null for an optional text": (reply(A).replace("}]", ', "quote": null}]'), [A], ("reshaped",)),
    "numbers as answers": (
        (
            '{"question_answer_pairs": [{"question": "How many?", "answer": 412}, '
            '{"question": "How much?", "answer": 1.50}, {"question": "Cold?", "answer": false}]}'
        ),
        [("How many?", "412"), ("How much?", "1.50"), ("Cold?", "false")],
        ("reshaped",),
    ),
    "a number too long for an int": (
        '{"question_answer_pairs": [{"question": "How many?", "answer": ' + "7" * 5000 + "}]}",
        [("How many?", "7" * 5000)],
        (),
    ),
    "a list as answer": (
        '{"question_answer_pairs": [{"question": "Who?", "answer": ["Ana", "Bo", 3]}]}',
        [("Who?", "Ana, Bo, 3")],
        ("reshaped",),
    ),
    "a bare list": (f"[{line(A)}, {line(B)}]", [A, B], ("reshaped",)),
    "a bare list of one": (f"[{line(A)}]", [A], ("reshaped",)),
    "a single pair": (line(A), [A], ("reshaped",)),
    "a single pair where the list belongs": (f'{{"question_answer_pairs": {line(A)}}}', [A], ()),
    "JSON Lines": (f"{line(A)}\n{line(B)}\n", [A, B], ("reshaped",)),
    "JSON Lines with commas": (f"{line(A)},\n{line(B)},\n", [A, B], ("reshaped",)),
    "a numbered list of pairs": (f"1. {line(A)}\n2. {line(B)}", [A, B], ("prose", "reshaped")),
    "keys in another case": (
        '{"Question_Answer_Pairs": [{"Question": "How many souls has Olva?", "ANSWER": "412"}]}',
        [A],
        ("reshaped",),
    ),
    "keys in the plural and other separators": (
        '{"questionAnswerPair": [{"questions": "How many souls has Olva?", "Answers": "412"}]}',
        [A],
        ("reshaped",),
    ),
    "the list under another name": (
        f'{{"title": "Olva", "tags": ["x"], "qa_pairs": [{line(A)}, {line(B)}]}}',
        [A, B],
        ("reshaped",),
    ),
    "wrapped twice": (f'{{"result": {{"data": {TWO}}}}}', [A, B], ("reshaped",)),
    "wrapped in the schema": (f'{{"type": "object", "properties": {TWO}}}', [A, B], ("reshaped",)),
    "a list of collections": (f"[{reply(A)}, {reply(B)}]", [A, B], ("reshaped",)),
    "an object of numbered pairs": (f'{{"1": {line(A)}, "2": {line(B)}}}', [A, B], ("reshaped",)),
    "pairs wrapped one by one": (
        f'{{"question_answer_pairs": [{{"pair": {line(A)}}}, {{"pair": {line(B)}}}]}}',
        [A, B],
        (),
    ),
    "JSON encoded twice": (json.dumps(TWO), [A, B], ("string",)),
    "JSON encoded twice, without the outer quotes": (json.dumps(TWO)[1:-1], [A, B], ("string",)),
    "the list encoded as a string": (
        json.dumps({"question_answer_pairs": json.dumps([item(A), item(B)])}),
        [A, B],
        (),
    ),
    "a key twice in one object": (f"{{{line(A)[1:-1]}, {line(B)[1:-1]}}}", [A, B], ("reshaped",)),
    "the list twice in one object": (
        f'{{"question_answer_pairs": [{line(A)}], "question_answer_pairs": [{line(B)}]}}',
        [A, B],
        ("reshaped",),
    ),
    "one item without an answer": (
        f'{{"question_answer_pairs": [{line(A)}, {{"question": "Why?"}}, {line(B)}]}}',
        [A, B],
        ("dropped 1 invalid item",),
    ),
    "one item that cannot be read": (
        f'{{"question_answer_pairs": [{line(A)}, {{"question": "Far?", "answer": 5 km}}, {line(B)}]}}',
        [A, B],
        ("prose", "reshaped", "dropped 1 unreadable value"),
    ),
    "blank, null and foreign items": (
        (
            f'{{"question_answer_pairs": [{line(A)}, {{"question": " ", "answer": "x"}}, '
            '{"question": "Why?", "answer": null}, "Why?", 7, {"question": "...", "answer": "..."}]}'
        ),
        [A],
        ("dropped 5 invalid items",),
    ),
    "the instructions repeated before": (
        f'As asked ({{"question_answer_pairs": [{{"question": "...", "answer": "..."}}]}}): {reply(A)}',
        [A],
        ("prose", "dropped 1 invalid item"),
    ),
}


@pytest.mark.parametrize(("message", "expected", "steps"), READ.values(), ids=READ)
def test_a_reply_is_read_without_asking_again(message, expected, steps):
    reading = PARSER.read(message)
    assert pairs(reading.value) == expected
    assert reading.steps == steps
    assert not reading.cut_off


# name: reply, the whole pairs
CUT: dict[str, tuple[str | AIMessage, list[tuple[str, str]]]] = {
    "in an answer": (ended(TWO[:-6], "length"), [A]),
    "in an answer, though finished with stop": (ended(TWO[:-6], "stop"), [A]),
    "after the answer's closing quote": (TWO[:-3], [A]),
    "after the last brace of a pair": (TWO[:-2], [A, B]),
    "after the list": (TWO[:-1], [A, B]),
    "after a comma": (HALF, [A]),
    "after an opening brace": (HALF + "{", [A]),
    "in a key": (HALF + '{"quest', [A]),
    "in an escape": (HALF + '{"question": "a\\u00', [A]),
    "with a brace in the open text": (HALF + '{"question": "a }]} b', [A]),
    "inside a fence": (f"```json\n{TWO[:-6]}", [A]),
    "inside a fence that is closed": (f"```json\n{BODY}\n```\nThat {{was}} all.", [A]),
    "behind thinking": (f"<think>{{</think>{TWO[:-6]}", [A]),
    "in single quotes": (str(json.loads(TWO))[:-6], [A]),
    "in a bare list": (f"[{line(A)}, {line(B)[:-4]}", [A]),
    "in JSON Lines": (f"{line(A)}\n{line(B)[:-4]}", [A]),
    "before the first key in JSON Lines": (f'{line(A)}\n{line(B)}\n{{"qu', [A, B]),
    "between JSON Lines": (ended(f"{line(A)}\n{line(B)}\n", "length"), [A, B]),
    "in a wrapper": (f'[{{"part": 1, "pairs": [{line(A)}]}}, {{"part": 2, "pairs": [{line(B)}, {{"q', [A, B]),
    "in a list inside a pair": (HALF + '{"question": "Q?", "answer": "x", "tags": ["a", "b"', [A]),
    "in a pair that holds pairs": (
        HALF + '{"question": "Q?", "forms": [{"question": "W?", "answer": "x"}, {"que',
        [A],
    ),
    "in an answer that quotes a pair": (
        HALF
        + "{\"question\": \"How is one written?\", \"answer\": \"As {'question': 'W?', 'answer': 'x'} or",
        [A],
    ),
    "at max_tokens of Anthropic": (ended(TWO[:-6], "max_tokens", "stop_reason"), [A]),
    "at MAX_TOKENS of Google": (ended(TWO[:-6], "MAX_TOKENS"), [A]),
    "by a filter": (ended(TWO[:-6], "content_filter"), [A]),
}


@pytest.mark.parametrize(("message", "expected"), CUT.values(), ids=CUT)
def test_a_reply_cut_off_keeps_its_whole_pairs_and_says_so(message, expected):
    reading = PARSER.read(message)
    assert pairs(reading.value) == expected
    assert reading.cut_off
    assert "dropped" not in " ".join(reading.steps)


def test_many_unreadable_pairs_do_not_hide_the_others():
    broken = ['{"question": "Far?", "answer": 5 km}'] * 30
    reading = PARSER.read(f'{{"question_answer_pairs": [{", ".join([line(A), *broken, line(B)])}]}}')
    assert pairs(reading.value) == [A, B]
    assert reading.steps[-1] == "dropped 30 unreadable values"


def test_what_is_given_up_counts_as_cut_off():
    nested = '{"a": ' * 20 + '{"question": "Far?", "answer": 5 km}' + " " * 60_000 + "}" * 20
    reading = PARSER.read(f"{line(A)}\n{nested}\n{line(B)}")
    assert pairs(reading.value) == [A]
    assert reading.cut_off
    assert reading.steps[-1].startswith("dropped")


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
def test_a_whole_reply_that_used_all_its_tokens_is_not_cut_off(reason):
    assert not PARSER.read(ended(TWO, reason)).cut_off


LIMITS: list[dict[str, Any]] = [
    {"finish_reason": "length"},
    {"finish_reason": "MAX_TOKENS"},
    {"finish_reason": "FinishReason.MAX_TOKENS"},
    {"finish_reason": "model_length"},
    {"stop_reason": "max_tokens"},
    {"stop_reason": "model_context_window_exceeded"},
    {"stopReason": "max_tokens"},
    {"done_reason": "length"},
    {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
]


@pytest.mark.parametrize("metadata", LIMITS, ids=str)
@pytest.mark.parametrize(
    "text", ["", "<think>Let me see", "Here are the pairs:", '{"question_answer_pairs": [']
)
def test_a_reply_that_met_its_limit_before_any_pair_is_cut_off_and_not_repaired(metadata, text):
    model = replies()
    message = AIMessage(text, response_metadata=metadata)
    with pytest.raises(ReplyError, match="ends at its token limit") as caught:
        PARSER.fix(message, prompt=PROMPT, send=model.invoke)
    assert (caught.value.state, caught.value.cut_off) == ("no_pairs", True)


# name: reply, state, cut off, a part of the message
FAILS: dict[str, tuple[str | AIMessage, str, bool, str]] = {
    "nothing": ("", "empty", False, "empty"),
    "blank": (" \n\t ", "empty", False, "empty"),
    "no content blocks": (AIMessage([]), "empty", False, "empty"),
    "thinking only": (f"<think>Maybe {reply(C)}", "empty", False, "empty after its thinking"),
    "an empty list": ('{"question_answer_pairs": []}', "no_pairs", False, "list is empty"),
    "an empty bare list": ("[]", "no_pairs", False, "list is empty"),
    "an empty list under another name": ('{"pairs": []}', "no_pairs", False, "list is empty"),
    "null for the list": ('{"question_answer_pairs": null}', "no_pairs", False, "list is empty"),
    "an empty list that a provider parsed": (
        AIMessage("", additional_kwargs={"parsed": QACollection(question_answer_pairs=[])}),
        "no_pairs",
        False,
        "list is empty",
    ),
    "cut off in the first pair": (
        '{"question_answer_pairs": [{"question": "Who?", "answer": "The m',
        "no_pairs",
        True,
        "ends in the middle",
    ),
    "cut off in a single pair": (
        '{"question": "Who?", "answer": "The miller"',
        "no_pairs",
        True,
        "in the middle",
    ),
    "cut off in the first key": ('{"question_ans', "no_pairs", True, "ends in the middle"),
    "prose": (
        "Olva has 412 souls, and its mill burnt.",
        "invalid",
        False,
        "has no JSON object; it begins 'Olva",
    ),
    "questions as prose": ("Q: How many souls?\nA: 412", "invalid", False, "no JSON object"),
    "only sorry": ("sorry", "invalid", False, "no JSON object"),
    "an apology for a mistake": (
        "I'm sorry for the confusion! Here are the pairs you wanted.",
        "invalid",
        False,
        "no JSON object",
    ),
    "a long text about what one cannot help": (
        "I cannot help it. " + "Olva is old. " * 60,
        "invalid",
        False,
        "JSON",
    ),
    "null": ("null", "invalid", False, "no JSON object"),
    "a number": ("7", "invalid", False, "no JSON object"),
    "an empty object": ("{}", "invalid", False, "question_answer_pairs: Field required"),
    "another object": ('{"summary": "old"}', "invalid", False, "question_answer_pairs: Field required"),
    "pairs without answers": (
        '{"question_answer_pairs": [{"question": "Why?"}]}',
        "invalid",
        False,
        "question_answer_pairs.0.answer: Field required",
    ),
    "null answers": (
        '{"question_answer_pairs": [{"question": "Why?", "answer": null}]}',
        "invalid",
        False,
        "question_answer_pairs.0.answer: Input should be a valid string (got None)",
    ),
    "NaN answers": (
        '{"question_answer_pairs": [{"question": "Why?", "answer": NaN}]}',
        "invalid",
        False,
        "question_answer_pairs.0.answer",
    ),
    "objects as answers": (
        '{"question_answer_pairs": [{"question": "Why?", "answer": {"text": "x"}}]}',
        "invalid",
        False,
        "question_answer_pairs.0.answer: Input should be a valid string (got {'text': 'x'})",
    ),
    "blank pairs": (
        '{"question_answer_pairs": [{"question": "\u200b", "answer": "…"}]}',
        "invalid",
        False,
        "question_answer_pairs.0.question: Value is blank",
    ),
    "two lists of pairs": (
        f'{{"good": [{line(A)}], "bad": [{line(B)}]}}',
        "invalid",
        False,
        "question_answer_pairs: Field required",
    ),
    "the schema itself": (
        json.dumps(QACollection.model_json_schema()),
        "invalid",
        False,
        "question_answer_pairs",
    ),
    "a text without its closing quote": (
        '{"question_answer_pairs": [{"question": "Why?", "answer": "old}]}',
        "no_pairs",
        True,
        "ends in the middle",
    ),
    "a value without quotes of which a repair keeps one word": (
        '{"question_answer_pairs": [{"question": "How far?", "answer": 5 km}]}',
        "invalid",
        False,
        "JSON: Expecting ',' delimiter",
    ),
    "a number with leading zeros": (
        '{"question": "Which key?", "answer": 007}',
        "invalid",
        False,
        "delimiter",
    ),
    "nested too deeply": ("[" * 100_000, "invalid", False, "nested too deeply"),
    "nested too deeply, closed": (
        '{"question_answer_pairs": ' + "[" * 100_000 + "]" * 100_000 + "}",
        "invalid",
        False,
        "nested too deeply",
    ),
    "a refusal field": (
        AIMessage(TWO, additional_kwargs={"refusal": "I will not."}),
        "refused",
        False,
        "refused: I will not.",
    ),
    "a refusal block": (AIMessage([{"type": "refusal", "refusal": "No."}]), "refused", False, "refused: No."),
    "a refusal in a standard block": (
        AIMessage([{"type": "non_standard", "value": {"type": "refusal", "refusal": "No."}}]),
        "refused",
        False,
        "refused: No.",
    ),
    "a content filter": (ended("", "content_filter"), "refused", False, "withheld"),
    "the safety filter of Google": (ended("", "SAFETY"), "refused", False, "'safety'"),
    "the refusal of Anthropic": (ended("I", "refusal", "stop_reason"), "refused", False, "'refusal'"),
    "a blocked prompt": (
        AIMessage("", response_metadata={"prompt_feedback": {"block_reason": "PROHIBITED_CONTENT"}}),
        "refused",
        False,
        "withheld",
    ),
    "an apology": ("I'm sorry, but I can't assist with that.", "refused", False, "refused: I'm sorry"),
    "an apology with a typographic apostrophe": (
        "I’m sorry, I can’t help with this.",
        "refused",
        False,
        "refused",
    ),
    "an apology after thinking": (
        f"<think>{reply(C)} is not allowed.</think>As an AI, I am unable to provide that content.",
        "refused",
        False,
        "refused",
    ),
    "an apology in Japanese": (
        "申し訳ありませんが、そのご依頼にはお応えできません。",
        "refused",
        False,
        "refused",
    ),
}


@pytest.mark.parametrize(("message", "state", "cut_off", "told"), FAILS.values(), ids=FAILS)
def test_a_reply_that_cannot_be_used_ends_in_its_own_state(message, state, cut_off, told):
    with pytest.raises(ReplyError) as caught:
        PARSER.read(message)
    error = caught.value
    assert (error.state, error.cut_off) == (state, cut_off)
    assert told in str(error)
    assert isinstance(error, QAGenError)
    assert isinstance(error, OutputParserException)
    assert isinstance(error, ValueError)
    if isinstance(message, str):
        assert error.reply == message


def test_an_error_in_the_json_is_told_with_its_line_and_column():
    with pytest.raises(ReplyError, match=r"JSON: Expecting ':' delimiter at line 2 column 15"):
        PARSER.read('{"question_answer_pairs": [\n  {"question" "Why?",}]}')


def test_what_the_provider_parsed_comes_first():
    parsed = QACollection.model_validate_json(TWO)
    reading = PARSER.read(AIMessage("not JSON", additional_kwargs={"parsed": parsed}))
    assert reading.value is parsed
    reading = PARSER.read(AIMessage(reply(C), additional_kwargs={"parsed": json.loads(TWO)}))
    assert pairs(reading.value) == [A, B]
    assert reading.steps == ("provider",)


def test_the_text_is_read_when_the_provider_parsed_nothing_usable():
    assert pairs(PARSER.read(AIMessage(TWO, additional_kwargs={"parsed": None})).value) == [A, B]
    assert pairs(PARSER.read(AIMessage(TWO, additional_kwargs={"parsed": {"x": 1}})).value) == [A, B]


def test_what_the_provider_parsed_is_named_when_it_does_not_fit():
    message = AIMessage("", additional_kwargs={"parsed": {"question_answer_pairs": [{"question": "Why?"}]}})
    with pytest.raises(ReplyError, match=r"question_answer_pairs\.0\.answer: Field required"):
        PARSER.read(message)


# --- any schema ---


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    question: str
    answer: str | None = Field(default=None, alias="the_answer")
    level: Literal["easy", "hard"] = "easy"
    weight: float = 1.0


class Notes(BaseModel):
    theme: str
    notes: Annotated[tuple[Note, ...], Field(max_length=3)]


class Verdict(BaseModel):
    reason: str
    score: float
    tags: list[str] = []


class Quiz(BaseModel):
    questions: list[Note]
    level: str | None = None


NoteList = RootModel[list[Note]]


def test_a_schema_of_ones_own_keeps_its_other_fields():
    parser = OutputFixingParser(pydantic_object=Notes)
    text = '{"Theme": "Olva", "notes": [{"question": "Q?", "The-Answer": 7, "weight": 0.5, "level": "hard"}]}'
    [note] = parser.read(text).value.notes
    assert note == Note(question="Q?", the_answer="7", weight=0.5, level="hard")
    assert type(note.weight) is float


@pytest.mark.parametrize(
    "text",
    [
        '{"questions": [{"question": "Q?"}, {"question": "W?"}], "level": 3}',
        '{"Question": [{"question": "Q?"}, {"Questions": "W?"}], "Levels": 3}',
        '[{"question": "Q?"}, {"question": "W?"}]',
        '{"question": "Q?"}\n{"question": "W?"}',
        '{"quiz": {"questions": [{"question": "Q?"}, {"question": "W?"}]}}',
    ],
)
def test_a_list_may_have_almost_the_name_of_a_field_of_its_items(text):
    quiz = OutputFixingParser(pydantic_object=Quiz).read(text).value
    assert quiz.questions == [Note(question="Q?"), Note(question="W?")]
    assert quiz.level == ("3" if "evel" in text else None)


def test_a_reply_cut_off_before_a_required_field_is_an_error():
    parser = OutputFixingParser(pydantic_object=Notes)
    with pytest.raises(ReplyError, match="theme: Field required") as caught:
        parser.read('{"notes": [{"question": "Q?"}, {"ques')
    assert (caught.value.state, caught.value.cut_off) == ("invalid", True)


def test_a_list_that_is_too_long_is_an_error_and_not_cut_short():
    text = json.dumps({"theme": "Olva", "notes": [{"question": f"{n}?"} for n in range(4)]})
    with pytest.raises(ReplyError, match="notes: Tuple should have at most 3 items"):
        OutputFixingParser(pydantic_object=Notes).read(text)


def test_a_root_model_of_a_list_reads_a_bare_list():
    parser = OutputFixingParser(pydantic_object=NoteList)
    assert parser.read('[{"question": "Q?"}, {"question": "W?",').value.root == [Note(question="Q?")]


@pytest.mark.parametrize(
    "text",
    [
        '{"reason": "as told", "score": 0.5}',
        "{'reason': 'as told', 'score': 0.5,}",
        '```json\n{"Reason": "as told", "SCORES": 0.5}\n```',
        '{"verdict": {"reason": "as told", "score": "0.5"}}',
        '[{"reason": "as told", "score": 0.5}]',
        'First {"reason": "a draft", "score": 0.1}, but rather {"reason": "as told", "score": 0.5}.',
        '{"reason": "a draft", "score": 0.5, "reason": "as told"}',
    ],
)
def test_a_model_without_a_list_of_items_is_read_as_one_object(text):
    assert OutputFixingParser(pydantic_object=Verdict).read(text).value == Verdict(
        reason="as told", score=0.5
    )


@pytest.mark.parametrize(
    ("text", "state", "cut_off"),
    [
        ('{"reason": "as told", "score": 0.5', "invalid", True),
        ('{"reason": "as to', "invalid", True),
        ('{"reason": "as told", "score": NaN}', "invalid", False),
        ('{"reason": "as told"}', "invalid", False),
        ("[]", "invalid", False),
        ("", "empty", False),
    ],
)
def test_a_broken_object_is_never_completed(text, state, cut_off):
    with pytest.raises(ReplyError) as caught:
        OutputFixingParser(pydantic_object=Verdict).read(text)
    assert (caught.value.state, caught.value.cut_off) == (state, cut_off)


# --- repair by the model ---


@pytest.mark.parametrize(
    "bad", ["sorry", "{'question_answer_pairs': []}", '{"question_answer_pairs": [', "{}"]
)
def test_a_repair_sees_the_passage_the_reply_and_the_error(bad):
    model = replies(TWO)
    reading = PARSER.fix(bad, prompt=PROMPT, send=model.invoke)
    assert pairs(reading.value) == [A, B]
    assert reading.steps == ("llm_repair",)
    with pytest.raises(ReplyError) as caught:
        PARSER.read(bad)
    [prompt] = model.prompts
    assert PASSAGE in prompt
    assert bad in prompt
    assert str(caught.value) in prompt
    assert [message.type for message in model.messages[0]] == ["system", "human", "ai", "human"]


@pytest.mark.parametrize("allowed", [0, 1, 2, 5])
def test_an_empty_list_that_is_given_again_is_not_asked_about_a_second_time(allowed):
    model = replies(*['{"question_answer_pairs": []}'] * min(allowed, 1))
    parser = OutputFixingParser(pydantic_object=QACollection, max_repairs=allowed)
    with pytest.raises(ReplyError) as caught:
        parser.fix('{"question_answer_pairs": []}', prompt=PROMPT, send=model.invoke)
    assert (caught.value.state, model.calls) == ("no_pairs", min(allowed, 1))


def test_an_empty_reply_is_asked_for_again_without_an_empty_message():
    model = replies("", TWO)
    reading = PARSER.fix("", prompt=PROMPT, send=model.invoke)
    assert reading.steps == ("llm_repair", "llm_repair")
    assert all(message.text for call in model.messages for message in call)


@pytest.mark.parametrize("allowed", [0, 1, 2, 5])
def test_there_are_no_more_repairs_than_allowed_and_the_last_error_is_told(allowed):
    model = replies(*(f"bad reply {number}" for number in range(1, allowed + 1)))
    parser = OutputFixingParser(pydantic_object=QACollection, max_repairs=allowed)
    with pytest.raises(ReplyError, match=f"bad reply {allowed}"):
        parser.fix("bad reply 0", prompt=PROMPT, send=model.invoke)
    assert model.calls == allowed


@pytest.mark.parametrize("refusal", ["I'm sorry, but I can't help with that.", ended("", "content_filter")])
def test_a_refusal_is_not_repaired_into_pairs(refusal):
    model = replies()
    with pytest.raises(ReplyError) as caught:
        PARSER.fix(refusal, prompt=PROMPT, send=model.invoke)
    assert caught.value.state == "refused"


def test_a_refusal_of_the_repair_is_final():
    model = replies("I cannot help with that.")
    with pytest.raises(ReplyError) as caught:
        PARSER.fix("oops", prompt=PROMPT, send=model.invoke)
    assert caught.value.state == "refused"


@pytest.mark.parametrize("bad", ["", "{'question_answer_pairs': []}"])
def test_nothing_is_asked_for_when_the_passage_is_not_known(bad):
    with pytest.raises(ReplyError):
        PARSER.fix(bad, prompt=[], send=replies().invoke)


def test_a_huge_reply_is_shown_in_part():
    model = replies(TWO)
    PARSER.fix("word " * 100_000, prompt=PROMPT, send=model.invoke)
    assert len(model.prompts[0]) < 30_000


def test_good_pairs_are_not_asked_for_again_because_of_a_bad_one():
    text = f'{{"question_answer_pairs": [{line(A)}, {{"question": "Why?"}}]}}'
    reading = PARSER.fix(text, prompt=PROMPT, send=replies().invoke)
    assert reading.steps == ("dropped 1 invalid item",)


def test_a_cut_off_reading_is_handed_over_as_it_is():
    reading = PARSER.fix(ended(TWO[:-6], "length"), prompt=PROMPT, send=replies().invoke)
    assert (pairs(reading.value), reading.cut_off) == ([A], True)


# --- as a LangChain parser ---


def test_it_stands_behind_a_model_in_a_chain():
    chain = ChatPromptTemplate.from_messages([("human", "{text}")]) | replies(f"```json\n{TWO}\n```") | PARSER
    assert pairs(chain.invoke({"text": PASSAGE})) == [A, B]
    assert chain.get_output_schema().model_json_schema()["title"] == "QACollection"


def test_a_chain_passes_the_finish_reason_on():
    chain = replies(ended("", "length"), AIMessage("", additional_kwargs={"refusal": "No."})) | PARSER
    with pytest.raises(ReplyError) as caught:
        chain.invoke(PASSAGE)
    assert caught.value.cut_off
    with pytest.raises(OutputParserException, match="refused: No"):
        chain.invoke(PASSAGE)


def test_a_chain_runs_in_batches_with_the_errors_as_values():
    model = replies(lambda prompt: TWO if prompt == "good" else "bad")
    good, bad = (model | PARSER).batch(["good", "worse"], return_exceptions=True)
    assert pairs(good) == [A, B]
    assert isinstance(bad, ReplyError)


def test_a_chain_runs_asynchronously():
    chain = replies(TWO) | PARSER
    assert pairs(asyncio.run(chain.ainvoke(PASSAGE))) == [A, B]


def test_parse_result_reads_the_first_generation():
    message = ChatGeneration(message=ended(TWO, "stop"))
    assert pairs(PARSER.parse_result([message, Generation(text="bad")])) == [A, B]
    assert pairs(PARSER.parse_result([Generation(text=TWO)])) == [A, B]
    assert pairs(PARSER.parse(TWO)) == [A, B]


def test_with_a_model_parse_repairs_and_without_a_prompt_it_keeps_to_the_form():
    model = replies("still bad", TWO)
    parser = OutputFixingParser(pydantic_object=QACollection, llm=model)
    assert pairs(parser.parse("bad")) == [A, B]
    assert "bad" in model.prompts[0]
    assert "still bad" in model.prompts[1]
    assert [message.type for message in model.messages[0]] == ["human"]


def test_with_a_model_parse_with_prompt_shows_the_prompt():
    model = replies(TWO)
    parser = OutputFixingParser(pydantic_object=QACollection, llm=model)
    prompt = ChatPromptTemplate.from_messages([("human", "{text}")]).invoke({"text": PASSAGE})
    assert pairs(parser.parse_with_prompt("", prompt)) == [A, B]
    assert PASSAGE in model.prompts[0]


def test_a_partial_result_is_not_repaired():
    parser = OutputFixingParser(pydantic_object=QACollection, llm=replies())
    assert pairs(parser.parse_result([Generation(text=TWO[:-6])], partial=True)) == [A]
    with pytest.raises(ReplyError):
        parser.parse_result([Generation(text=TWO[:10])], partial=True)


def test_the_format_instructions_show_the_schema_and_the_shape():
    text = PARSER.get_format_instructions()
    assert text.splitlines()[0].startswith("Reply with the JSON object only")
    schema = json.loads(text.splitlines()[1].removeprefix("JSON schema: "))
    shape = json.loads(text.splitlines()[2].removeprefix("Shape: "))
    assert set(schema["properties"]["question_answer_pairs"]["items"]["properties"]) == set(
        shape["question_answer_pairs"][0]
    )
    assert "$ref" not in text
    assert '"title"' not in text


def test_the_shape_repeated_as_it_is_gives_no_pair():
    shape = PARSER.get_format_instructions().splitlines()[2].removeprefix("Shape: ")
    with pytest.raises(ReplyError) as caught:
        PARSER.read(shape)
    assert caught.value.state == "invalid"


# --- anything at all ---

LETTERS = st.text(alphabet=st.sampled_from("aé日🔥 \"'\\{}[],:`\n\t/#<>“”\u2028\x00"), max_size=20)
WORDS = st.one_of(
    st.text(max_size=20), LETTERS, st.sampled_from(["</think>", "<think>\n", "```\n", '"}]}', "//x"])
)
PAIRS = st.lists(
    st.tuples(WORDS, WORDS).map(lambda pair: {"question": f"q{pair[0]}", "answer": f"a{pair[1]}"}), max_size=5
)
BEFORE = st.sampled_from(
    ["", "Here:\n", "```json\n", "```\n", '[1] See {x} (it\'s "all"):\n\n', "<think>{</think>"]
)
AFTER = st.sampled_from(["", "\n```", "\n```\nDone [2].", "\n\nThat's all {of} it."])


def whole(items: list[dict[str, str]]) -> list[tuple[str, str]]:
    clean = [{key: without_eaten_escapes(text) for key, text in one.items()} for one in items]
    return pairs(QACollection.model_validate({"question_answer_pairs": clean})) if items else []


WRITTEN = st.sampled_from(
    [json.dumps, partial(json.dumps, ensure_ascii=False), partial(json.dumps, indent=2), repr]
)


@given(items=PAIRS, around=st.tuples(BEFORE, AFTER), written=WRITTEN, at=st.floats(0, 1))
@example(items=[item(("q", "a</think>{"))], around=("", ""), written=json.dumps, at=0.9)
@settings(max_examples=300, deadline=None)
def test_cut_anywhere_a_reply_gives_exactly_its_whole_pairs(items, around, written, at):
    before, after = around
    text = before + '{"question_answer_pairs": ['
    ends = []
    for number, one in enumerate(items):
        text += (", " if number else "") + written(one)
        ends.append(len(text))
    text += "]}"
    end = len(text)
    text += after
    cut = round(at * len(text))
    expected = whole([one for one, one_end in zip(items, ends, strict=True) if one_end <= cut])
    if expected:
        reading = PARSER.read(text[:cut])
        assert pairs(reading.value) == expected
        assert reading.cut_off == (cut < end)
    else:
        with pytest.raises(ReplyError) as caught:
            PARSER.read(text[:cut])
        assert caught.value.cut_off == (cut < end) or cut <= len(before)


SLIPS = {
    "trailing comma": lambda text: text.removesuffix("]}") + ",]}",
    "no commas between pairs": lambda text: text.replace('"}, {"', '"} {"'),
    "no commas between keys": lambda text: text.replace('", "answer": "a', '" "answer": "a'),
    "no braces between pairs": lambda text: text.replace('"}, {"', '", {"'),
    "no brackets at the end": lambda text: text.removesuffix("]}"),
    "keys in single quotes": lambda text: text.replace('"answer": "a', "'answer': \"a"),
    "the start is missing": lambda text: text[1:],
    "comments": lambda text: text.replace('"}, {"', '"}, // next "pair" {\n{"'),
}


@given(items=PAIRS, slip=st.sampled_from(sorted(SLIPS)), at=st.one_of(st.just(1.0), st.floats(0, 1)))
@settings(max_examples=300, deadline=None)
def test_a_malformed_reply_never_gives_a_pair_that_was_not_in_it(items, slip, at):
    text = SLIPS[slip](json.dumps({"question_answer_pairs": items}, ensure_ascii=False))
    try:
        reading = PARSER.read(text[: round(at * len(text))])
    except ReplyError:
        return
    assert set(pairs(reading.value)) <= set(whole(items))


MANY = [{"question": f"{number}: it's?", "answer": "x" * 100, "quote": ""} for number in range(6510)]
ANYTHING = st.one_of(
    st.text(alphabet=st.characters()),
    st.text(alphabet=st.sampled_from("{}[]\"',:\\ \n`/*#aqnu01-.<>tT“”\ud800\ufeff"), max_size=60),
    st.lists(
        st.sampled_from(
            [
                '{"question": ',
                '"answer": ',
                "[",
                "{",
                "}",
                "]",
                '"',
                "'",
                ",",
                "\\",
                "x",
                "```",
                "<think>",
                "</think>",
                '"question_answer_pairs": ',
                "null",
                "NaN",
                "1e999",
                "\\ud83d",
                "//",
                "\n",
                '{"a": "b"}',
                "-",
                "\ud83d",
            ]
        ),
        max_size=25,
    ).map("".join),
)


@given(text=ANYTHING, model=st.sampled_from([QACollection, Verdict, Notes, NoteList]))
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_ends_in_a_state_and_can_be_written_to_a_file(text, model):
    parser = OutputFixingParser(pydantic_object=model)
    try:
        written = parser.read(text).value.model_dump_json()
    except ReplyError as error:
        written = f"{error.state}: {error}\n{error.reply}"
    assert written.encode("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "write",
    [
        lambda pairs: json.dumps({"question_answer_pairs": pairs}),
        lambda pairs: json.dumps({"question_answer_pairs": pairs})[:-9],
        lambda pairs: repr({"question_answer_pairs": pairs})[:-9],
        lambda pairs: "\n".join(map(json.dumps, pairs)),
    ],
    ids=["whole", "cut off", "single quotes, cut off", "JSON Lines"],
)
def test_a_megabyte_is_read_in_proportion(write):
    def read(made):
        pairs, text = made
        assert len(PARSER.read(text).value.question_answer_pairs) in (pairs, pairs - 1)

    made = lambda pairs: (pairs, write(MANY[:pairs]))  # noqa: E731
    assert growth(read, len(MANY) // TIMES, made) < PROPORTION


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", ["[", "{", '{"', '{"a": [', '{"question": "a", ', '"', "'", "```", "<think>", "{}"]
)
def test_much_nonsense_is_turned_down_in_proportion(part):
    def read(text):
        with pytest.raises(ReplyError):
            PARSER.read(text)

    assert growth(read, 40_000 // len(part), lambda parts: part * parts) < PROPORTION
