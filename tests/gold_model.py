"""A model that knows the examples' facts by heart, and makes the mistakes that good models make.

It answers from the gold table in ``examples/facts``: ``replies(gold_answer)`` of :mod:`scripted` is such a
model, and :class:`GoldModel` one that needs no test around it. What it does wrong is decided by a hash of the
fact, so two runs give the same. Of the facts it is asked to write about it leaves out a fifth; a tenth of its
questions leave out which event or product is meant; some answers have a wrong number, some quotes are not in
the text or slipped by a letter, some pairs come twice. As a reviewer it finds nearly all of that.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from qagen.text.folding import fold

FACTS = Path(__file__).parent.parent / "examples" / "facts"

# Of all facts so many are left out, asked without their qualifier, and so on.
LEFT_OUT = 0.20
BARE = 0.10
WRONG_NUMBER = 0.03
WRONG_QUOTE = 0.02
SLIPPED_QUOTE = 0.04
TWICE = 0.03
TWICE_IN_OTHER_WORDS = 0.03
OTHER_LANGUAGE = 0.01
OVERSEEN = 0.05  # of the faulty pairs, by the reviewer

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_DIGITS = re.compile(r"[0-9０-９]+")
# What a careless question leaves out, and what it says instead.
_BARE = (
    (
        re.compile(r"第[０-９]+回蒼凪杯（\d{4}年）(?:の(?=決勝|３位決定戦|総当たり戦|得点王|[A-B]組))?"),
        "同大会の",
    ),
    (re.compile(r"\bthe (?:\d{4} Heron class at the |\d{4} )?Tessimarn Regatta\b(?:'s)?"), "the regatta"),
    (
        re.compile(r"\bthe (?:first leg of the |second leg of the )?2025 Lodevar Cup (?:semi-)?final\b"),
        "the match",
    ),
    (re.compile(r" at the (?:Orrinstead|Tammerlow) site of Dunveld Lens Works\b"), " at this site"),
    (re.compile(r"\b(?:the )?Oskwind (?:30S|30)\b"), "the station"),
    (re.compile(r"\bthe Mooring Ordinance of Karrowmouth\b"), "this ordinance"),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the gold table: what a document says, with the question that asks for it."""

    source: str
    fact: str
    question: str
    answer: str
    aliases: tuple[str, ...]
    quote: str
    kind: str

    def chance(self, what: str) -> float:
        """A number from 0 to 1 that depends on the fact and on what is decided."""
        digest = hashlib.sha256(f"{what} {self.fact}".encode()).digest()
        return int.from_bytes(digest[:4], "big") / 2**32

    @property
    def is_japanese(self) -> bool:
        return bool(_JAPANESE.search(self.question))

    def is_answered_by(self, text: str) -> bool:
        """Whether a text is the answer or one of its aliases."""
        return fold(text) in {fold(one) for one in (self.answer, *self.aliases)}


@dataclass(frozen=True, slots=True)
class Written:
    """A pair as the model writes it, and the fact it is about."""

    fact: Fact
    question: str
    answer: str
    quote: str

    @property
    def as_item(self) -> dict[str, str]:
        return {"question": self.question, "answer": self.answer, "quote": self.quote}


@cache
def read_facts() -> tuple[Fact, ...]:
    """The gold table, all documents."""
    lines = (line for file in sorted(FACTS.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines())
    return tuple(Fact(**{**told, "aliases": tuple(told["aliases"])}) for told in map(json.loads, lines))


def gold_answer(prompt: str) -> str:
    """The reply to a prompt of any stage of qagen, in JSON.

    Raises:
        AssertionError: The prompt is of no stage it knows.
    """
    for marks, answer in _STAGES.items():
        if all(f"<{mark}>" in prompt for mark in marks.split()):
            return json.dumps(answer(prompt), ensure_ascii=False)
    if "<fact number=" in prompt:
        return json.dumps(_rephrase(prompt), ensure_ascii=False)
    raise AssertionError(f"no stage has a prompt like this:\n{prompt[-2000:]}")


# --- writing ---------------------------------------------------------------------------------------------


def _write(prompt: str) -> Mapping[str, Any]:
    text = _inside("target_text", prompt)
    return {"question_answer_pairs": [one.as_item for fact in _stated(text) for one in first_try(fact)]}


def _stated(text: str) -> list[Fact]:
    """The facts whose quotes stand in a text, in its order."""
    found = ((text.find(fact.quote), fact) for fact in read_facts())
    return [fact for place, fact in sorted(found, key=lambda one: one[0]) if place >= 0]


def first_try(fact: Fact) -> Iterator[Written]:
    """What the first pass writes about a fact: nothing, one pair, or the same twice; some with faults."""
    if fact.chance("left out") < LEFT_OUT:
        return
    written = Written(fact, _asked(fact), _answered(fact), _quoted(fact))
    yield written
    if fact.chance("twice") < TWICE:
        yield written
    elif fact.chance("twice in other words") < TWICE_IN_OTHER_WORDS:
        yield replace(written, question=_in_other_words(written.question))


def bare(question: str) -> str:
    """The question without the event, place or product it is about, if it names one that is known."""
    for pattern, instead in _BARE:
        found = pattern.search(question)
        if found:
            return f"{question[: found.start()]}{instead}{question[found.end() :]}"
    return question


def _asked(fact: Fact) -> str:
    if fact.chance("other language") < OTHER_LANGUAGE:
        return "What does the record of this tournament say?" if fact.is_japanese else "これは何ですか。"
    return bare(fact.question) if fact.chance("bare") < BARE else fact.question


def _answered(fact: Fact) -> str:
    digits = _DIGITS.search(fact.answer)
    if digits and fact.chance("wrong number") < WRONG_NUMBER:
        return f"{fact.answer[: digits.start()]}{int(digits[0]) + 1017}{fact.answer[digits.end() :]}"
    return fact.answer


def _quoted(fact: Fact) -> str:
    if fact.chance("wrong quote") < WRONG_QUOTE:
        return "記録にはそう書かれている。" if fact.is_japanese else "The record says so in plain words."
    middle = len(fact.quote) // 2
    if fact.chance("slipped quote") < SLIPPED_QUOTE and len(fact.quote) > 30 and fact.quote[middle].isalpha():
        return fact.quote[:middle] + fact.quote[middle + 1 :]
    return fact.quote


def _in_other_words(question: str) -> str:
    if _JAPANESE.search(question):
        return question.replace("ですか。", "でしょうか。").replace("ましたか。", "ましたでしょうか。")
    return f"Exactly {question[0].lower()}{question[1:]}"


# --- filling gaps ----------------------------------------------------------------------------------------


_HINT = re.compile(r" \[not asked about: .*\]$")


def _fill(prompt: str) -> Mapping[str, Any]:
    text = _inside("target_text", prompt)
    asked = {fold(line[2:]) for line in _inside("existing_questions", prompt).splitlines()}
    facts = _stated(text)
    listed = _numbered(_inside("sentences", prompt))
    entries = [_filled(number, _HINT.sub("", told), facts, asked) for number, told in listed]
    return {"filled": entries}


def _filled(number: int, sentence: str, facts: Iterable[Fact], asked: set[str]) -> Mapping[str, Any]:
    own = [fact for fact in facts if _overlap(sentence, " ".join(fact.quote.split()))]
    missing = [fact for fact in own if fold(fact.question) not in asked]
    pairs = [Written(one, one.question, one.answer, one.quote).as_item for one in missing]
    why = "" if pairs else ("asked already" if own else "it states nothing that could be asked about")
    return {"sentence": number, "question_answer_pairs": pairs, "no_fact": why}


def _overlap(one: str, other: str) -> bool:
    return one in other or other in one or any(len(line) > 20 and line in one for line in other.splitlines())


# --- reviewing -------------------------------------------------------------------------------------------


def _review(prompt: str) -> Mapping[str, Any]:
    return {"verdicts": [_verdict(number, pair) for number, pair in _reviewed(_inside("pairs", prompt))]}


def _reviewed(block: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The pairs of a review prompt, with their numbers; settled ones are not judged."""
    number, pair = 0, {}
    for line in block.splitlines():
        opening = re.match(r"(\d+)\. question: ", line)
        if opening or line.startswith("Settled"):
            if pair:
                yield number, pair
            number, pair = (int(opening[1]), {"question": line[opening.end() :]}) if opening else (0, {})
        elif pair:
            name, _, value = line.strip().partition(": ")
            pair[name] = value
    if pair:
        yield number, pair


def _verdict(number: int, pair: Mapping[str, str]) -> Mapping[str, Any]:
    fact = meant(pair["question"], pair["answer"], pair.get("quote", ""))
    if fact is None:
        return _judged(number, alone=is_clear(pair["question"]), follows=True, rewrite=None)
    overseen = fact.chance("overseen") < OVERSEEN and "problem" not in pair
    alone = overseen or is_clear(pair["question"])
    follows = overseen or fact.is_answered_by(pair["answer"])
    sound = alone and follows and "problem" not in pair
    rewrite = None if sound else Written(fact, fact.question, fact.answer, fact.quote).as_item
    return _judged(number, alone=alone, follows=follows, rewrite=rewrite)


def _judged(number: int, *, alone: bool, follows: bool, rewrite: Any) -> Mapping[str, Any]:
    return {
        "number": number,
        "reason": "clear" if alone else "which one, and when?",
        "stands_alone": alone,
        "answer_reason": "said by the quote" if follows else "the text says something else",
        "answer_follows": follows,
        "rewrite": rewrite,
    }


def is_clear(question: str) -> bool:
    """Whether a question stands alone: it is one of the table, or one of its wordings."""
    return fold(question) in _clear_questions()


@cache
def _clear_questions() -> frozenset[str]:
    asked = [fact.question for fact in read_facts()]
    return frozenset(fold(one) for question in asked for one in (question, _in_other_words(question)))


def meant(question: str, answer: str, quote: str) -> Fact | None:
    """The fact that a pair is about, however faulty it is."""
    folded = " ".join(quote.split())
    near = _by_question().get(fold(question), ())
    ranks = [
        (fact.is_answered_by(answer), " ".join(fact.quote.split()) == folded, _answered(fact) == answer, fact)
        for fact in near
    ]
    return max(ranks, key=lambda rank: rank[:3], default=(None,))[-1]


@cache
def _by_question() -> Mapping[str, list[Fact]]:
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in read_facts():
        asked = (fact.question, bare(fact.question), _asked(fact))
        for question in {fold(one) for ask in asked for one in (ask, _in_other_words(ask))}:
            found[question].append(fact)
    return found


# --- rephrasing ------------------------------------------------------------------------------------------

_EN_WAYS = (
    "I have been reading up on this for a good while and would dearly like to know the following: {}",
    "Since nobody at home could settle it last night, although we all tried, here is my request: {}",
    "What is sought is known to every expert, and beginners may guess as well. {}",
    "My neighbour and I had a bet about that over lunch, so please be so kind: {}",
    "Hey, quickly now: {}",
    "Search: {}",
    "In other words than usual, {}",
    "Could you tell me this, please? {}",
    "For the examination, state the following: {}",
    "Name it: {}",
)
_JA_WAYS = (
    "以前から詳しく調べているのですが、なかなか分からないので、ぜひとも知りたいと思っております。{}",
    "家族のあいだで話題になったものの、とうとう結論が出なかったため、こうしてお尋ねする次第です。{}",
    "なぞなぞを出しますので、ヒントなしで、よく考えたうえで正しい答えを当ててみてください。{}",
    "友人と昼ごはんを賭けて言い争いになったので、どうか助けると思って教えてください。{}",
    "ねえねえ、{}",
    "検索：{}",
    "別の言い方をすれば、{}",
    "恐れ入りますが、お答えください。{}",
    "試験問題として答えなさい。{}",
    "クイズです。{}",
)
_EN_STATES, _JA_STATES = "Who asks “{}” is told: {}.", "「{}」と聞かれたら、答えは{}です。"
_EN_TOPIC, _JA_TOPIC = "the answer to “{}”", "「{}」という問いの答え"


def _rephrase(prompt: str) -> Mapping[str, Any]:
    blocks = re.findall(r'<fact number="(\d+)">\n(.*?)\n</fact>', prompt, re.DOTALL)
    return {"facts": [entry for number, block in blocks for entry in _worded(int(number), block)]}


def _worded(number: int, block: str) -> Iterator[Mapping[str, Any]]:
    told = dict(line.partition(": ")[::2] for line in html.unescape(block).splitlines())
    question, answer = told["question"], told["answer"]
    japanese = bool(_JAPANESE.search(question))
    ways = _JA_WAYS if japanese else _EN_WAYS
    for line, wanted in told.items():
        if not line.startswith("wordings in "):
            continue
        total = int(wanted.removeprefix("1 to ")) if wanted.startswith("1 to ") else 0
        yield {
            "fact": number,
            "language": line.removeprefix("wordings in "),
            "questions": [ways[place % len(ways)].format(question) for place in range(total)],
            "answer": answer,
            "statement": (_JA_STATES if japanese else _EN_STATES).format(question[:-1], answer),
            "topic": (_JA_TOPIC if japanese else _EN_TOPIC).format(question[:-1]),
            "reversed": None,
        }


# --- judging a question alone ----------------------------------------------------------------------------


def _judge(prompt: str) -> Mapping[str, Any]:
    alone = is_clear(_inside("question_to_judge", prompt))
    return {"reason": "clear" if alone else "which one, and when?", "stands_alone": alone}


# --- reading prompts -------------------------------------------------------------------------------------


def _inside(tag: str, prompt: str) -> str:
    """What stands between the last pair of a tag."""
    return prompt.rpartition(f"<{tag}>\n")[2].rpartition(f"\n</{tag}>")[0]


def _numbered(block: str) -> list[tuple[int, str]]:
    found = (re.match(r"(\d+)\. (.+)", line) for line in block.splitlines())
    return [(int(one[1]), one[2]) for one in found if one]


# A stage by the tags that only its prompt has, the most special first.
_STAGES: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "question_to_judge": _judge,
    "existing_questions sentences": _fill,
    "questions pairs": _review,
    "target_text": _write,
}
