"""Thoughts come off a reply whatever their marks, and what a document says of such marks stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from qagen import OutputFixingParser, QACollection
from qagen.llm.replies.parsing import PlainReader, ReplyError
from qagen.llm.replies.thoughts import without_thoughts

PARSER = OutputFixingParser(pydantic_object=QACollection)
END = "<|end|><|start|>assistant"


def reply(*answers: str) -> str:
    items = [{"question": "What is it?", "answer": answer} for answer in answers]
    return json.dumps({"question_answer_pairs": items}, ensure_ascii=False)


def answers(text: str | AIMessage) -> list[str]:
    return [pair.answer for pair in PARSER.read(text).value.question_answer_pairs]


TWO, DRAFT = reply("412", "1803"), reply("draft")

THOUGHT = {
    "Harmony": f"<|channel|>analysis<|message|>Hm {DRAFT}{END}<|channel|>final<|message|>{TWO}<|return|>",
    "Harmony with its first mark": (
        f"<|start|>assistant<|channel|>analysis<|message|>{DRAFT}{END}<|channel|>final<|message|>{TWO}"
    ),
    "Harmony without messages": f"<|channel|>analysis {DRAFT}<|channel|>final {TWO}",
    "Harmony with a constraint": (
        f"<|channel|>analysis<|message|>{DRAFT}{END}<|channel|>final <|constrain|>json<|message|>{TWO}"
    ),
    "Harmony with a remark on the way": (
        f"<|channel|>analysis<|message|>{DRAFT}{END}<|channel|>commentary<|message|>Let me see. {DRAFT}"
        f"{END}<|channel|>final<|message|>{TWO}<|return|>"
    ),
    "Harmony that calls a tool": (
        f"<|channel|>analysis<|message|>{DRAFT}{END}"
        f"<|channel|>commentary to=functions.save <|constrain|>json<|message|>{TWO}<|call|>"
    ),
    "Harmony whose first mark is in the template": (
        f'So {{"question": "x{END}<|channel|>final<|message|>{TWO}<|return|>'
    ),
    "Harmony without its special tokens": f"analysisWe need {DRAFT}assistantfinal{TWO}",
    "square brackets": f"[THINK]Hm {DRAFT}[/THINK]{TWO}",
    "one bar": f"<|channel>thought\nHm {DRAFT}<channel|>{TWO}",
    "triangles": f"◁think▷Hm {DRAFT}◁/think▷{TWO}",
    "a prefixed tag": f"<seed:think>{DRAFT}</seed:think>{TWO}",
    "marks of thought": f"<|begin_of_thought|>{DRAFT}<|end_of_thought|>{TWO}",
    "capital marks": f"<|START_THINKING|>{DRAFT}<|END_THINKING|>{TWO}",
    "an end of another kind": f"<thinking>{DRAFT}</think>{TWO}",
    "two thoughts": f"<think>{DRAFT}</think>\n<think>{DRAFT}</think>\n{TWO}",
    "one thought in another": f"<think>a<think>{DRAFT}</think>b</think>{TWO}",
    "a tag that ends alone": f"Hm {DRAFT}</think>{TWO}",
    "a bracket that ends alone": f"Hm {DRAFT}\n[/THINK]\n{TWO}",
    "a triangle that ends alone": f"{DRAFT}◁/think▷{TWO}",
    "an end behind the answer": f"{TWO}\n</think>\n",
}


@pytest.mark.parametrize("text", THOUGHT.values(), ids=THOUGHT)
def test_only_what_stands_behind_the_thoughts_is_read(text):
    assert answers(text) == ["412", "1803"]


UNFINISHED = {
    "a tag": f"<think>Hm {DRAFT}",
    "a bracket": f"[THINK]\n{DRAFT}",
    "a triangle": f"◁think▷{DRAFT}",
    "one bar": f"<|channel>thought\n{DRAFT}",
    "Harmony": f"<|channel|>analysis<|message|>Hm {DRAFT}",
}


@pytest.mark.parametrize("text", UNFINISHED.values(), ids=UNFINISHED)
def test_thoughts_that_never_end_are_no_answer(text):
    with pytest.raises(ReplyError, match="empty after its thinking") as caught:
        PARSER.read(text)
    assert caught.value.state == "empty"


MARKS = [
    "<think>",
    "</think>",
    "<thinking>a</thinking>",
    "[THINK]",
    "[/THINK]",
    "<|channel>thought",
    "<channel|>",
    "<|channel|>analysis<|message|>",
    f"{END}<|channel|>final<|message|>",
    "<|return|>",
    "◁think▷",
    "◁/think▷",
    "<|begin_of_thought|>",
    "assistantfinal",
]
AROUND = [
    ("", ""),
    ("Here they are:\n", "\nThat is all."),
    ("```json\n", "\n```"),
    ("<think>Hm.</think>\n", ""),
    (f"<|channel|>analysis<|message|>Hm.{END}<|channel|>final<|message|>", "<|return|>"),
]
SPOKEN = st.lists(st.one_of(st.sampled_from(MARKS), st.text('ab .\n"{[', max_size=5)), min_size=1).map(
    lambda parts: "x" + "".join(parts) + "x"
)


@given(said=st.lists(SPOKEN, min_size=1, max_size=3), around=st.sampled_from(AROUND))
@settings(max_examples=400, deadline=None)
def test_what_a_document_says_of_such_marks_stays(said, around):
    before, after = around
    assert answers(before + reply(*said) + after) == said


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["512", "Lodevar", "In 1904."]))
def test_a_plain_answer_without_marks_is_left_alone(text, answer):
    plain = text.replace("<", "(").replace("[", "(").replace("◁", "(")
    if not plain.lstrip().startswith("analysis"):
        assert without_thoughts(plain + answer) == plain + answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>\n\n</think>\n\n512", "512"),
        (
            "<|channel|>analysis<|message|>Easy.<|end|><|start|>assistant<|channel|>final<|message|>512<|return|>",
            "512",
        ),
        ("[THINK]Easy.[/THINK]512", "512"),
        ("<|channel>thought\n<channel|>512", "512"),
        ("Use the <think> tag.", "Use the <think> tag."),
        ("The channel is <|channel|>final there.", "The channel is <|channel|>final there."),
        ("<think>Let me see, the height", ""),
    ],
)
def test_a_plain_answer_stands_behind_its_thoughts(text, answer):
    assert PlainReader().fix(text).value.text == answer


CALL = {"name": "QACollection", "id": "1", "args": json.loads(TWO)}


def test_the_arguments_of_a_call_beside_a_remark_are_read():
    reading = PARSER.read(AIMessage("I save what I found.", tool_calls=[CALL]))
    assert [pair.answer for pair in reading.value.question_answer_pairs] == ["412", "1803"]
    assert "tool call" in reading.steps


def test_the_arguments_of_a_call_behind_thoughts_are_read():
    assert answers(AIMessage(f"<think>{DRAFT}</think>", tool_calls=[CALL])) == ["412", "1803"]


def test_a_text_with_pairs_comes_before_a_call_beside_it():
    other = {"name": "log", "id": "1", "args": {"level": "info"}}
    assert answers(AIMessage(TWO, tool_calls=[other])) == ["412", "1803"]


@pytest.mark.parametrize("arguments", [json.loads(TWO), TWO], ids=["an object", "a string"])
def test_a_call_that_is_written_as_text_is_read(arguments):
    call = json.dumps({"name": "save", "arguments": arguments})
    assert answers(f"<tool_call>\n{call}\n</tool_call>") == ["412", "1803"]


def test_a_whole_answer_among_the_reasoning_is_read_and_a_draft_there_is_not():
    reading = PARSER.read(AIMessage("", additional_kwargs={"reasoning_content": TWO}))
    assert len(reading.value.question_answer_pairs) == 2
    assert "reasoning" in reading.steps
    with pytest.raises(ReplyError) as caught:
        PARSER.read(AIMessage("", additional_kwargs={"reasoning_content": f"Maybe {DRAFT}?"}))
    assert caught.value.state == "empty"
