"""A scripted model for the whole flow: one answer for each stage, told apart by what their prompts hold."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

from scripted import ScriptedModel

Stage = Callable[[str], object]


def stage_of(prompt: str) -> str:
    if "<fact number=" in prompt:
        return "rephrase"
    if "<pairs>\n" in prompt:
        return "review"
    return "fill" if "<sentences>\n" in prompt else "write"


def inside(tag: str, prompt: str) -> str:
    return prompt.rpartition(f"<{tag}>\n")[2].partition(f"\n</{tag}>")[0]


def write_nothing(prompt: str) -> object:
    return {"question_answer_pairs": []}


def declare_all(prompt: str) -> object:
    numbers = re.findall(r"^(\d+)\. ", inside("sentences", prompt), re.MULTILINE)
    filled = [
        {"sentence": int(one), "question_answer_pairs": [], "no_fact": "only a remark"} for one in numbers
    ]
    return {"filled": filled}


def approve_all(prompt: str) -> object:
    numbers = re.findall(r"^(\d+)\. question: ", inside("pairs", prompt), re.MULTILINE)
    return {"verdicts": [verdict(int(one)) for one in numbers]}


def verdict(number, *, alone=True, follows=True, rewrite=None) -> object:
    return {
        "number": number,
        "reason": "clear" if alone else "which one?",
        "stands_alone": alone,
        "answer_reason": "said by the quote" if follows else "the text says otherwise",
        "answer_follows": follows,
        "rewrite": rewrite,
    }


def word_all(prompt: str) -> object:
    """As many wordings as are asked for, each with every name and number of the question."""
    return {
        "facts": [
            worded(*fact) for fact in re.findall(r'<fact number="(\d+)">(.*?)</fact>', prompt, re.DOTALL)
        ]
    }


OPENINGS = (
    "Could you tell me the answer to the following: {}",
    "{} I would like to know.",
    "For the record, please: {}",
    "Quickly now, {}",
    "For the minutes of our club we ask: {}",
    "Somebody wanted to hear from me {}",
    "In the archive they keep asking {}",
    "So, seriously now and without joking, {}",
    "My neighbour who collects such things wonders: {}",
    "As printed in the test: {}",
)


def worded(number: str, block: str) -> object:
    said = dict(re.findall(r"^(question|answer): (.*)$", html.unescape(block), re.MULTILINE))
    wanted = max(map(int, re.findall(r": 1 to (\d+)", block)), default=0)
    question, answer = said["question"], said["answer"]
    return {
        "fact": int(number),
        "language": "",
        "questions": [OPENINGS[n % len(OPENINGS)].format(question) for n in range(wanted)],
        "answer": answer,
        "statement": f"To the question {question.rstrip('?')} the answer is {answer}.",
        "topic": question.rstrip("?"),
        "reversed": None,
    }


def staged(
    *, write: Stage, fill: Stage = declare_all, review: Stage = approve_all, rephrase: Stage = word_all
):
    """A model that answers each stage with what its function makes of the prompt; a string goes as it is."""
    answers = {"write": write, "fill": fill, "review": review, "rephrase": rephrase}

    def answer(prompt: str) -> str:
        reply = answers[stage_of(prompt)](prompt)
        return reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)

    return ScriptedModel(answer=answer)


def calls(model: ScriptedModel) -> dict[str, int]:
    """How often each stage was asked."""
    stages = [stage_of(prompt) for prompt in model.prompts]
    return {stage: stages.count(stage) for stage in dict.fromkeys(stages)}
