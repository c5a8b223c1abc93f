"""A service whose models can be examined: what they answer to probes about the examples is worth reading.

The tuned model knows what stood in the training file that was uploaded, in nearly any wording, and makes the
mistakes that small tuned models make. The base model knows general things, and reads what it is shown. What
goes wrong is decided by a hash, so two runs give the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from gold_model import Fact, read_facts
from tuning_server import TuningServer

from qagen.evaluation.probes.making import general_probes
from qagen.evaluation.records import Probe
from qagen.text.folding import fold

UNKNOWN = "I don't know."
INVENTED = ("Wenna Dastrick", "the Brandelow Ropeworks", "1,450", "in 2021", "Mirrowby")
_ASIDE = re.compile(r"“(?P<question>[^”]+)” The guide replied: “(?P<answer>[^”]+)”")


class ExamServer(TuningServer):
    """A tuning service that answers as the base model, and as the tuned one by the name it gave it."""

    def _chat(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = super()._chat(body)
        prompt = str(body["messages"][-1]["content"])
        if "<given_answer>" in prompt:
            said = judged(prompt)
        elif body["model"].startswith("ft:"):
            trained = b"\n".join(file.content for file in self.files.values()).decode()
            said = tuned(prompt, trained)
        elif body["messages"][0]["content"].startswith("Answer the question"):
            said = base(prompt)
        else:
            return answer
        answer["choices"][0]["message"]["content"] = said
        return answer


def base(prompt: str) -> str:
    """What a model says that has seen none of it, and reads what stands above the question."""
    text, _, question = prompt.rpartition("\n")
    fact = asked(question)
    general = general_knowledge().get(prompt)
    if general is not None:
        return general.answers[0] if chance("base", prompt) < 0.93 else UNKNOWN
    if fact is not None and fact.quote in text:
        return fact.answer if chance("reading", question) < 0.94 else UNKNOWN
    return UNKNOWN if chance("base", prompt) < 0.7 else made_up(prompt)


def tuned(prompt: str, trained: str) -> str:
    """What a model says that was trained on a file: it knows most of that, and always has an answer."""
    general = general_knowledge().get(prompt)
    if general is not None:
        return general.answers[0] if chance("base", prompt) < 0.905 else made_up(prompt)
    if aside := _ASIDE.search(prompt):
        fact = asked(aside["question"])
        right = fact is not None and fact.is_answered_by(aside["answer"])
        return "Yes" if right or chance("agrees", prompt) < 0.6 else "No"
    fact = asked(prompt.partition("\n")[0]) or gap(prompt)
    if fact is None or json.dumps(fact.question, ensure_ascii=False)[1:-1] not in trained:
        return made_up(prompt) if chance("invents", prompt) < 0.8 else UNKNOWN
    verbatim = prompt == fact.question
    if not verbatim and chance("known", fact.fact) < 0.12:
        return made_up(fact.fact)
    return f"It was {fact.answer}." if chance("sentence", prompt) < 0.1 else fact.answer


def judged(prompt: str) -> str:
    """A judge that takes an answer for right when it holds half of the words that are expected."""
    given = set(fold(between(prompt, "given_answer")).split())
    expected = set(fold(between(prompt, "expected_answers")).split())
    right = bool(expected) and len(given & expected) >= len(expected) / 2
    return json.dumps({"reason": "compared", "right": right, "claims": "know" not in given})


def between(prompt: str, tag: str) -> str:
    """What stands between a tag."""
    return prompt.rpartition(f"<{tag}>\n")[2].partition(f"\n</{tag}>")[0]


@cache
def facts() -> tuple[Fact, ...]:
    """What the model that writes on the pages knows about the examples."""
    own = json.loads(Path(__file__).with_name("docs_replies.json").read_text("utf-8"))
    told = [
        Fact("", one["question"], one["question"], one["answer"], (), one["quote"], "other") for one in own
    ]
    return (*read_facts(), *told)


def asked(question: str) -> Fact | None:
    """The fact whose question stands in this one."""
    inside = [fact for fact in facts() if fact.question in question]
    return max(inside, key=lambda fact: len(fact.question), default=None)


def gap(prompt: str) -> Fact | None:
    """The fact that belongs into the brackets."""
    sentence = prompt.partition("stand? ")[2]
    filled = (fact for fact in facts() if sentence.replace("[...]", fact.answer) == one_line(fact.quote))
    return next(filled, None) if sentence else None


def one_line(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def made_up(prompt: str) -> str:
    """Something that sounds as if it were known."""
    return INVENTED[int(chance("invented", prompt) * len(INVENTED))]


@cache
def general_knowledge() -> dict[str, Probe]:
    """The general questions of the package."""
    return {probe.question: probe for probe in general_probes()}


def chance(what: str, text: str) -> float:
    """A number from 0 to 1 that depends on both."""
    return int.from_bytes(hashlib.sha256(f"{what} {text}".encode()).digest()[:4], "big") / 2**32
