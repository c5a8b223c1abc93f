"""The schema that holds a small model to one passage: answers that code found, and words for questions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qagen.pairs.writing.small_answers import FoundAnswer, answers_in
from qagen.text import FUNCTION_WORDS, WORD, digits_in, without_markup
from qagen.text.passages import CAPITAL, EASTERN, PassageReading

if TYPE_CHECKING:
    from qagen.records import Passage

_ASKING = {
    "when": ("When", "On what date", "On which day", "On which days", "In which years"),
    "clock": ("When", "At what time"),
    "year": ("When", "In which year", "In what year"),
    "amount": (
        "How many", "How much", "How long", "How old", "How high", "How deep", "How far", "How fast",
        "How heavy", "How wide", "How tall", "How often", "What", "At what",
        "By how many", "By how much", "For how long",
    ),
    "count": ("How many", "How long", "For how long", "By how many"),
    "name": ("Who", "Whose", "Which", "What", "Where", "To whom", "By whom", "In which", "At which"),
    "phrase": ("What", "How", "Which", "Where", "Who", "In which", "On which"),
    "because": ("Why",),
}  # fmt: skip
_MOST_WORDS = 60  # capitals and numbers a question may use
_CJK_ASKING = {"when": "(いつ|何年|何月何日|何日)", "who": "誰", "name": "(何|どこ|どの)"}
_JAPANESE = "".join(map(chr, range(0x3041, 0x3094))) + "ー、・年月日回時分人名点数"


def answers_found(passage: Passage) -> int:
    """How many pairs a small model will write: one for each answer that code finds, else one or two."""
    return len(answers_in(PassageReading.of(passage))) or 2


def reply_schema(passage: Passage) -> dict[str, Any]:
    """The JSON schema of a reply about this passage, for an engine that enforces ``pattern``.

    In each pair the answer stands first: most are found by code and fixed (``const``), so that the model only
    writes the question. The patterns use what llama.cpp and Python's ``re`` read alike: literals, groups,
    ``|``, ``+``, ``?``, bounded repeats and positive character classes.
    """
    return {
        "type": "object",
        "properties": {"question_answer_pairs": _pairs_schema(PassageReading.of(passage))},
        "required": ["question_answer_pairs"],
        "additionalProperties": False,
    }


def _pairs_schema(read: PassageReading) -> dict[str, Any]:
    """One item for each answer found; the model chooses answers itself only where none is found."""
    eastern = read.script in EASTERN
    kind = _EasternPattern if eastern else _LatinPattern
    found = [_item({"const": answer.text}, kind(read, answer).whole()) for answer in answers_in(read)]
    if found:
        return {"type": "array", "prefixItems": found}
    sign = _characters(read.passage.text)
    free = f"^{sign}{{1,30}}$" if eastern else f"^({sign}+ ){{0,11}}{sign}+$"
    item = _item({"type": "string", "pattern": free}, kind(read, FoundAnswer("", "phrase")).whole())
    return {"type": "array", "items": item, "minItems": 1, "maxItems": 2}


def _item(answer: dict[str, Any], question: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"answer": answer, "question": {"type": "string", "pattern": question}},
        "required": ["answer", "question"],
        "additionalProperties": False,
    }


def _characters(text: str, extra: str = "") -> str:
    """A character class of the signs of a text, in the syntax that the engine and ``re`` share."""
    signs = {sign for sign in (*text, *extra) if sign.isprintable() and sign not in '"\\[]^?？*_`#|{}- '}
    return "[" + "".join(sorted(signs)) + "-]"


@dataclass(frozen=True, slots=True)
class _LatinPattern:
    """What a question with this answer may be made of, in a script that parts words by spaces."""

    read: PassageReading
    answer: FoundAnswer

    def whole(self) -> str:
        """A question word, words, one of the names, more words, a question mark."""
        word = self.words()
        first = f"({'|'.join(_ASKING[self.answer.kind])}) " if self.read.script == "en" else ""
        names = "|".join(name.replace(".", "\\.") for name in self.told_apart_by())
        if not names:
            return f"^{first}({word} ){{2,18}}{word}\\?$"
        return f"^{first}({word},? ){{0,18}}({names})('s)?(,? {word}){{0,18}}\\?$"

    def told_apart_by(self) -> list[str]:
        """What it may name so that it is understood alone: names, and for a name also telling numbers."""
        folded = without_markup(self.answer.text)
        names = ((name, without_markup(name)) for name in self.read.anchors)
        found = [name for name, plain in names if plain not in folded and folded not in plain]
        if self.answer.kind == "name":
            found += dict.fromkeys(re.findall(r"(?<![\d.,:])\d+[.,]\d+(?![\d.,:])", self.read.passage.text))
        return found

    def words(self) -> str:
        """Small words, and only the text's own capitals and numbers.

        Those of the answer are left out, so that the question cannot give it away.
        """
        read, answer = self.read, self.answer
        about = read.passage.section[-1] if read.event_names else read.title
        around = f"{about}\n{read.body}"
        letters = "".join(sorted({sign for sign in around if sign.isalpha() and not sign.isascii()}))
        if read.script != "en":
            return f"([a-zA-Z{letters}'’-]+|[0-9]+([.,:][0-9]+)?)"
        capitals = (re.sub(r"['’]s$", "", word).rstrip("'’-") for word in re.findall(rf"\b{CAPITAL}", around))
        given = set(WORD.findall(answer.text)) if answer.kind in {"name", "when"} else set()
        small = {"", *FUNCTION_WORDS}
        own = [word for word in dict.fromkeys(capitals) if word not in given and word.casefold() not in small]
        own += [number.replace(".", "\\.") for number in self.numbers()]
        return "(" + "|".join([f"[a-z{letters}'’-]+", *own[:_MOST_WORDS]]) + ")('s)?"

    def numbers(self) -> list[str]:
        """Those of the answer's sentences, but none that could be the answer."""
        answer, year = self.answer.text, self.read.year
        said = (re.sub(r"^\(?\d+[.)]\s+", "", sentence) for sentence in self.read.body_sentences)
        near = " ".join(sentence for sentence in said if answer in sentence)
        found = dict.fromkeys(re.findall(r"\b\d+(?:[.,:]\d+)*(?:st|nd|rd|th|[A-Z])?\b", f"{near} {year}"))
        unit = re.escape((WORD.findall(answer)[-1:] or [""])[0])
        alike = re.findall(rf"(\d[\d.,:]*) {unit}\b", near) if len(answer.split()) > 1 else []
        taken = digits_in(answer).union(alike) - ({year} if answer != year else set())
        return [number for number in found if number not in taken]


@dataclass(frozen=True, slots=True)
class _EasternPattern:
    """What a question with this answer may be made of, in Japanese and Chinese."""

    read: PassageReading
    answer: FoundAnswer

    def whole(self) -> str:
        """Signs, one of the names, more signs, in Japanese the words that ask, and the end of a question."""
        around, answer = self.read.around.text, self.answer.text
        own = [
            name for name in self.read.anchors if not answer or (name not in answer and answer not in name)
        ]
        names = f"({'|'.join(name.replace('.', chr(92) + '.') for name in own)})" if own else ""
        if self.read.script == "zh":
            sign = _characters(around, "是谁什么多少哪年几")
            return f"^{sign}{{0,30}}{names}{sign}{{2,40}}？$"
        sign = _characters(re.sub(r"[何誰。（）「」『』\s]", "", around), _JAPANESE)
        end = "(ですか|でしたか|ましたか|ますか|たか|るか)"
        return f"^{sign}{{0,24}}{names}{sign}{{1,20}}{self.asking()}{sign}{{0,10}}{end}？$"

    def asking(self) -> str:
        """The words that ask for an answer of this kind, the counter of an amount included."""
        if self.answer.kind == "amount":
            counter = re.sub(r"^約?[\d,，.．一二三四五六七八九十百千]+", "", self.answer.text)
            return "(いくら|何円)" if counter.endswith("円") else f"何{counter}"
        return _CJK_ASKING.get(self.answer.kind, "(何|誰|どこ|いつ|なぜ)")
