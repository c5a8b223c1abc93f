"""What a run with several models will ask, against what it does ask."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from conftest import ROOT
from gold_model import gold_answer
from langchain_core.messages import AIMessage
from scripted import ScriptedModel, replies

from qagen import QA_PROMPT, count_tokens, generate_pairs
from qagen.errors import SettingsError
from qagen.flow.estimate import estimate_pairs

OSKWIND = ROOT / "examples" / "documents" / "oskwind-weather-stations.md"
PRICED = "openai:gpt-4.1-mini"
STEP_OF = {"filler": "fill gaps", "reviewer": "review", "rephraser": "wordings"}
EVERY_OPTION = pytest.mark.parametrize("option", [*STEP_OF])


class Small(ScriptedModel):
    """A model that runs on this machine, as far as qagen can tell, and is held to schemas."""

    local_name: str = "scripted"
    engine: None = None

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Small:  # type: ignore[override] # one kind is enough here
        return self


def counted(text, prompt):
    read, written = int(count_tokens(prompt)), int(count_tokens(text))
    used = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
    return AIMessage(text, usage_metadata=used)


def gold(prompt):
    return counted(gold_answer(prompt), prompt)


def small_answer(prompt):
    """Answers, wordings or pairs, whatever a small model is asked for."""
    asked = prompt.rpartition("\nQuestions:\n")[2]
    if asked != prompt:
        answers = [
            {"number": int(number), "answer": " ".join(question.split()[-3:]).rstrip("?")}
            for number, question in re.findall(r"(?m)^(\d+)\. (.*)$", asked)
        ]
        return counted(json.dumps({"answers": answers}), prompt)
    return counted(json.dumps({"questions": [], "question_answer_pairs": []}), prompt)


def small_gold(prompt):
    """What the gold model writes about the text, as a small model is asked for it."""
    text = prompt.rpartition("\nText: ")[2]
    made = json.loads(gold_answer(f"<target_text>\n{text}\n</target_text>"))["question_answer_pairs"]
    pairs = [{"answer": one["answer"], "question": one["question"]} for one in made]
    return counted(json.dumps({"question_answer_pairs": pairs}), prompt)


def steps_of(source, llm, **options):
    return {step.name: step for step in estimate_pairs(source, llm, **options).steps}


# --- each step with its own model ---


@pytest.mark.parametrize(
    ("option", "writer", "other"),
    [
        ("reviewer", gold, Small(answer=small_answer)),
        ("rephraser", gold, Small(answer=small_answer)),
        ("reviewer", small_gold, replies(gold)),
        ("filler", small_gold, replies(gold)),
    ],
)
def test_a_step_is_reckoned_as_its_own_model_is_asked(option, writer, other):
    llm = replies(writer) if writer is gold else Small(answer=writer)
    only = {} if option == "rephraser" else {"forms": 1, "held_out": 0, "kinds": ()}
    expected = steps_of(OSKWIND, llm, **only, **{option: other})[STEP_OF[option]]
    dataset = generate_pairs(OSKWIND, llm, progress=False, **only, **{option: other})
    real = {step.name: step.usage for step in dataset.steps}[STEP_OF[option]]
    assert expected.calls == pytest.approx(real.calls, rel=0.25, abs=2)
    assert expected.input_tokens == pytest.approx(real.input_tokens, rel=0.4)


@EVERY_OPTION
@pytest.mark.parametrize("writer", ["local", PRICED])
def test_a_step_costs_what_its_own_model_costs(option, writer, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    other = PRICED if writer == "local" else "local"
    steps = steps_of(OSKWIND, writer, **{option: other})
    assert {*steps} == {"write", *STEP_OF.values()}
    priced = {name for name, step in steps.items() if step.cost}
    assert priced == ({STEP_OF[option]} if writer == "local" else {*steps} - {STEP_OF[option]})
    for name in priced:  # US dollars for a million tokens of gpt-4.1-mini: 0.40 in, 1.60 out
        step = steps[name]
        assert step.cost == pytest.approx((0.4 * step.input_tokens + 1.6 * step.output_tokens) / 1e6)


@EVERY_OPTION
def test_the_other_steps_before_it_are_reckoned_as_without_it(option):
    large, small = replies(), Small()
    usual, mixed = steps_of(OSKWIND, large), steps_of(OSKWIND, large, **{option: small})
    order = ["write", *STEP_OF.values()]
    before = order[: order.index(STEP_OF[option])]
    assert [mixed[name] for name in before] == [usual[name] for name in before]
    assert mixed[STEP_OF[option]] != usual[STEP_OF[option]]


@EVERY_OPTION
def test_a_provider_that_holds_no_reply_to_a_schema_is_sent_format_instructions(option, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    native, bare = (steps_of(OSKWIND, replies(), **{option: other}) for other in (PRICED, replies()))
    assert native[STEP_OF[option]].calls == bare[STEP_OF[option]].calls
    assert native[STEP_OF[option]].input_tokens < bare[STEP_OF[option]].input_tokens
    assert native["write"] == bare["write"]


def test_a_model_of_a_step_that_is_off_is_not_made(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    off = {"fill_rounds": 0, "review": False, "forms": 1, "held_out": 0, "kinds": ()}
    assert [*steps_of(OSKWIND, replies(), **off, **dict.fromkeys(STEP_OF, PRICED))] == ["write"]


def test_local_may_be_the_name_of_a_model_on_a_server_of_ones_own():
    step = steps_of(OSKWIND, "local", base_url="http://127.0.0.1:9/v1")["write"]
    assert step.cost is None
    assert step.calls < steps_of(OSKWIND, "local")["write"].calls


def test_a_small_model_reviews_no_japanese_and_words_in_the_language_of_the_pair():
    documents = [*OSKWIND.parent.glob("aonagi-cup.*")]
    steps = steps_of(documents, replies(), reviewer=Small(), rephraser=Small(), languages=["ja", "en"])
    alone = steps_of(documents, replies(), reviewer=Small(), rephraser=Small())
    assert "review" not in steps
    assert steps["wordings"].calls == alone["wordings"].calls


# --- how long it takes ---


def test_the_embedded_model_is_reckoned_by_the_tokens_it_writes_and_a_smaller_one_is_quicker():
    usual, small = (estimate_pairs(OSKWIND, llm) for llm in ("local", "local:qwen2.5-coder-0.5b"))
    assert usual.total.seconds == pytest.approx(usual.total.output_tokens / 9.9, rel=0.02)
    assert small.total.seconds == pytest.approx(small.total.output_tokens / 22.7, rel=0.05)
    assert "about 10 tokens written a second on two cores" in usual.timing


def test_a_hosted_model_is_reckoned_by_calls_at_once():
    many, one = (estimate_pairs(OSKWIND, replies(), max_concurrency=calls) for calls in (16, 1))
    assert many.total.calls == one.total.calls > 16
    assert many.total.seconds < one.total.seconds / 4
    assert "1 call at once: a guess" in one.timing


# --- what is given to it ---


def test_the_arguments_of_the_run_are_taken_as_they_are(tmp_path):
    run = {"out": tmp_path / "run", "format": "alpaca", "system_prompt": None, "progress": False}
    assert steps_of(OSKWIND, replies(), **run, on_pair=print, config={}) == steps_of(OSKWIND, replies())
    assert not [*tmp_path.iterdir()]


def test_a_misspelt_option_is_told():
    with pytest.raises(SettingsError, match="'froms': did you mean forms"):
        estimate_pairs(OSKWIND, replies(), froms=3)


def test_only_a_prompt_of_ones_own_is_not_filled():
    instructed = steps_of(OSKWIND, replies(), prompt=QA_PROMPT.partial(instructions="Ask about dates."))
    usual = steps_of(OSKWIND, replies())
    assert instructed["fill gaps"].input_tokens > usual["fill gaps"].input_tokens
    assert "fill gaps" not in steps_of(OSKWIND, replies(), prompt="Ask about dates: {text}")
