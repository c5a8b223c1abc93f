"""What is known of one passage, read once: title, body, year, names, and which sentence gives an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from qagen.records import Passage
from qagen.text import CJK, COMMONEST, KANA, WORD, Reading, share_of
from qagen.text.passages.capitals import capitalised_names, eastern_names, in_full
from qagen.text.passages.pieces import HEADING, body_of, sentences_in

YYYY = r"(?:1\d|20)\d\d"
EASTERN = frozenset({"ja", "zh"})
"""What :attr:`PassageReading.script` calls the scripts without spaces between words."""
_HAS_KANA = re.compile(f"[{KANA}]")
_MOST_NAMES = 24


@dataclass(frozen=True)
class PassageReading:
    """A passage with what can be read in it and around it; each part is read when it is first asked for."""

    passage: Passage

    @staticmethod
    @lru_cache(maxsize=256)
    def of(passage: Passage) -> PassageReading:
        """The reading of a passage, the same one each time as long as it is remembered."""
        return PassageReading(passage)

    @cached_property
    def around(self) -> Reading:
        """All that is known of it: title, section, context and text."""
        passage = self.passage
        return Reading("\n".join((self.title, *passage.section, passage.context, passage.text)))

    @cached_property
    def body(self) -> str:
        """What it says: plain, without the headings, which stand in ``section``, and without tables."""
        return body_of(self.passage.text)

    @cached_property
    def title(self) -> str:
        """The title up to its colon or bracket: a subtitle's words get into every question."""
        return re.split(r"\s*[:(|]\s|\s[-–—]\s|\u3000", self.passage.theme.strip())[0].strip()

    @cached_property
    def year(self) -> str:
        """The one year the nearest heading puts it in; ``""`` for none, several, or *after 2024*."""
        for heading in (*reversed(self.passage.section), self.passage.theme):
            years = set(re.findall(r"(?<![\d.,])(?:1\d|20)\d\d(?![\d,]|\.\d)", heading))
            if years:
                bound = re.search(r"(?i)\b(?:after|before|since|until|from|to)\b|[-–—～~以後前]", heading)
                return years.pop() if len(years) == 1 and not bound else ""
        return ""

    @cached_property
    def script(self) -> str:
        """``ja``, ``zh``, ``en``, or ``other``: only as fine as patterns and filters need."""
        text = self.passage.text
        if len(CJK.findall(text)) > len(text) / 5:
            return "ja" if _HAS_KANA.search(text) else "zh"
        words = [word.casefold() for word in WORD.findall(text)]
        common = sum(word in COMMONEST for word in words)
        return "en" if common * 12 >= len(words) else "other"

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Its sentences, each an exact piece of its text."""
        return tuple(sentences_in(self.passage.text))

    @cached_property
    def body_sentences(self) -> tuple[str, ...]:
        """The sentences of :attr:`body`."""
        return tuple(sentences_in(self.body))

    @cached_property
    def event_names(self) -> tuple[str, ...]:
        """The names in the nearest heading if it has a year: *The Night Lap of 2023*, not *General Rules*."""
        section = self.passage.section
        heading = section[-1] if section and section[-1] != self.passage.theme else ""
        named = self.names_in(heading) if re.search(YYYY, heading) else []
        return tuple(form for name in named if " " in name for form in (name, name.lower()))

    @cached_property
    def anchors(self) -> tuple[str, ...]:
        """The names of which a question must hold one: its own, and those of its event or document."""
        context = self.passage.context
        known = self.names_in(f"{self.title}\n{context}\n{self.body}")
        own = in_full(self.names_in(self.body), known)
        document = () if self.event_names else self.names_in(self.title)
        found = [*self.event_names, *own, *document] or self.names_in(context)
        safe = [name for name in found if re.fullmatch(r"[\w .'’&・ー-]{2,40}", name) and not name.isdigit()]
        # Not the class of "14 Herons".
        telling = [name for name in safe if " " in name or not name.endswith("s")]
        return tuple(dict.fromkeys(telling or safe))[:_MOST_NAMES]

    def names_in(self, text: str) -> list[str]:
        """The names in a text of its script, each once."""
        return eastern_names(text) if self.script in EASTERN else capitalised_names(text)

    def sentence_with(self, question: str, answer: str) -> str:
        """The sentence that gives the answer, exactly as it stands there; ``""`` if none does."""
        said, asked = Reading.of(answer), Reading.of(question).terms
        sentences = (Reading.of(one) for one in self.sentences if not HEADING.match(one))
        giving = [sentence for sentence in sentences if sentence.says(said)]
        best = max(giving, key=lambda sentence: share_of(asked, sentence.term_set), default=None)
        return best.text if best else ""


def sentence_with(question: str, answer: str, passage: Passage) -> str:
    """The sentence of the passage that gives the answer, exactly as it stands there; ``""`` if none does."""
    return PassageReading.of(passage).sentence_with(question, answer)
