"""Unanswerable twins: a question with another year, number or name, of which no document says anything.

A model that was tuned on facts becomes sure of itself on their variants; a twin shows whether it still says
that it does not know. What is put in stands nowhere in the dataset nor, where their texts are at hand, in its
documents. A name is made of two that do, so that it looks like one of them: *Odo Vance* of *Tilda Vance* and
*Odo Pym*, 篠渡市 of 凪迫市 and 篠渡FC.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from qagen.evaluation import Probe
from qagen.evaluation.probes.facts import Fact, digest, probe_id
from qagen.pairs.wordings import LANGUAGES
from qagen.text import CJK, THINGS, fold
from qagen.text.numerals import numbers
from qagen.text.proper_names import names

_TRIED = 80  # values looked at in place of one
_YEARS_BEFORE, _YEARS_AFTER = 40, 15
_FIRST_YEAR, _LAST_YEAR = 1000, 2099
_LONGEST_SPAN = 120  # years between two that are the ends of a range

_UNIT = r"m|km|metres?|meters?|miles?|yards?|feet|kg|people|persons|tonnes?|pounds?|dollars?|euros?|yen"
_YEAR = re.compile(
    r"(?<![A-Za-z\d.,:/$€£¥#–-])(?:[1１]\d{3}|[2２][0０]\d{2})(?:(?=年(?!間))|(?:(?=['’]s\b)|(?![\w,:/%–-]|\.\d))"
    rf"(?!\s*(?:{_UNIT})\b))"
)
_ERA = re.compile(r"(?P<era>明治|大正|昭和|平成|令和)(?P<year>\d{1,2})年")
_ERA_YEARS = {"明治": 44, "大正": 14, "昭和": 63, "平成": 30, "令和": 5}
_NUMBER = re.compile(
    r"(?<![A-Za-z\d.,:/$€£¥対–−-])\d{1,3}(?![A-Za-z\d,:/%対–−-]|\.\d| ?(?:年|月|日|時|分|点))"
)
_DATE = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2}\b"
    r"|\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
)
# A number that bounds: what is asked may be answered by what is said of another one.
_BOUND = re.compile(
    r"\b(?:since|after|before|until|till|between|from|by|over|under|above|below|least|most|than|up to|past)"
    r" (?:[a-z]+ ){0,2}\d|\d\S{0,3} (?:\S{1,3} )?(?:and|to|or) [−-]?\d"
    r"|\d{1,4}[^\s\d、。]{0,3}(?:から|まで|より|以|未満|を超|前|後)",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(\d{4})年?\s?(?:-|–|—|〜|～|to|and|until|till|から)\s?(?:[a-z]+ )?(\d{4})")
# What stands here says more of a name before it, or of one after it, which is known without it.
_OPENING = re.compile(
    r"\A(?:In|At|On|During|For|From|Of|Under|After|With)\s(?!which|what|whose|whom|how)[^,]*,"
)
_BESIDES = re.compile(
    r"(?:,\s|(?<=[A-Z]\w)\s|(?<=\w)\s(?=who\b))(?:(?<=,\s)(?:the|an?|one|his|her|its|their|formerly|then|now)\b"
    r"|(?:who|whom|whose|which|where)\b|(?<=,\s)[a-z-]+(?: [a-z-]+)? (?:of|at|in|for|from|to|by|on)\b)[^,?]*"
    r"|[(（](?!\s*\d{4}年?\s*[)）])[^)）]*[)）]"
    r"|[^、。は]{0,60}(?:である|を務める|を率いる|で知られる)(?=[^\sかこのと、。])"
)
_NUMBERED = re.compile(
    r"(?P<which>(?:第\s?[\d〇一二三四五六七八九十百]+回|\b\d+(?:st|nd|rd|th)\b)[^（(?？、。]{0,40})"
    r"[（(]\s*(?:\d{4}年?|(?:明治|大正|昭和|平成|令和)\d{1,2}年)\s*[)）]"
)
_BELONGS = re.compile(r"\w['’]?\s(?:of|at|in|from|on|near|for)\s(?:the\s)?\Z")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class _Name:
    """A name in three: what is exchanged for the same of another name of its kind stands in the middle."""

    before: str
    own: str
    after: str
    kind: str


_Cut = Callable[[str], "_Name | None"]


class Twins:
    """Makes the probes of kind ``U``.

    Args:
        facts: All facts of the dataset.
        texts: Its documents, as far as they are at hand.
        seed: Decides what is swapped for what.
    """

    def __init__(self, facts: Sequence[Fact], *, texts: Iterable[str] = (), seed: int = 0) -> None:
        self._seed = seed
        self._asked = {fold(pair.question) for fact in facts for pair in fact.pairs}
        self._numbers: set[str] = set()
        self._names: set[str] = set()
        self._spanned: set[int] = set()
        self._parts: dict[str, list[str]] = defaultdict(list)
        for text in texts:
            self._hear_text(text)
        for fact in facts:
            self._learn_fact(fact)
        for kind, parts in self._parts.items():
            self._parts[kind] = sorted(set(parts))

    def twin(self, fact: Fact, originals: Iterable[Probe]) -> Probe | None:
        """The twin of the first of these answerable probes that has one."""
        for original in originals:
            for form, question in self._swapped_questions(fact, original.question):
                if fold(question) not in self._asked:
                    changes = {
                        "id": probe_id("U", question, form),
                        "kind": "U",
                        "question": question,
                        "answers": (),
                        "wrong": original.answers,
                        "original": original.id,
                        "form": form,
                        "seen": False,
                    }
                    return original.model_copy(update=changes)
        return None

    def _hear_text(self, text: str) -> None:
        plain = unicodedata.normalize("NFKC", text)
        self._numbers.update(re.findall(r"\d+", plain))
        if not plain.isascii():
            self._numbers |= numbers(plain)
        self._names |= names(plain)
        for first, last in _SPAN.findall(plain):
            if 0 < int(last) - int(first) <= _LONGEST_SPAN:
                self._spanned.update(range(int(first), int(last)))

    def _learn_fact(self, fact: Fact) -> None:
        head = fact.head
        said = f"{head.question}\n{head.answer}\n{head.quote}"
        self._hear_text(said)
        self._numbers |= numbers(said)
        for pair in fact.pairs:
            self._numbers.update(re.findall(r"\d+", unicodedata.normalize("NFKC", pair.question)))
        for name in names(head.question) | names(head.answer):
            if written := _name_as_written(name, said):
                for part in (_split_name(written), _lone_name(written)):
                    if part:
                        self._parts[part.kind].append(part.own)

    def _swapped_questions(self, fact: Fact, question: str) -> Iterator[tuple[str, str]]:
        """The question with one thing swapped, the surest ways first; which one of those a hash decides."""
        quote = unicodedata.normalize("NFKC", fact.head.quote)
        bound = _BOUND.search(unicodedata.normalize("NFKC", question)) or _BOUND.search(quote)
        dated = _NUMBERED.search(question)  # either of the two still says which one it is
        years = (
            () if bound or dated else (("year", text) for text in self._questions_of_other_years(question))
        )
        named = (("name", text) for text in self._renamed_questions(fact, question, _split_name))
        first, second = (years, named) if digest(self._seed, "twin", fact.id) % 2 else (named, years)
        yield from chain(first, second)
        if not bound:
            undated = _NUMBERED.sub(r"\g<which>", question)
            yield from (("number", text) for text in self._renumbered_questions(undated))
        yield from (("name", text) for text in self._renamed_questions(fact, question, _lone_name))

    def _questions_of_other_years(self, question: str) -> Iterator[str]:
        eras = [*_ERA.finditer(question)]
        years = {int(found[0]) for found in _YEAR.finditer(question)}
        aside = _aside_spans(question)
        found = (*eras, *_YEAR.finditer(question))
        if len(eras) + len(years) != 1 or any(_is_inside_any(one.span(), aside) for one in found):
            return
        if eras:
            yield from self._questions_of_other_eras(question, eras[0])
            return
        [year] = years
        before = self._drawn_values(question, range(year - _YEARS_BEFORE, year))
        after = self._drawn_values(question, range(year + 1, year + _YEARS_AFTER + 1))
        for other in chain(before, after):  # of a year to come a model may well say that it cannot know
            decade = {f"{other // 10 * 10}s", f"{other // 10 * 10}"} & self._numbers
            if _FIRST_YEAR <= other <= _LAST_YEAR and other not in self._spanned and not decade:
                yield _YEAR.sub(lambda found, other=other: _digits_like(other, found[0]), question)  # type: ignore[misc]

    def _questions_of_other_eras(self, question: str, found: re.Match[str]) -> Iterator[str]:
        era = found["era"]
        for other in self._drawn_values(question, range(2, _ERA_YEARS[era] + 1)):
            if not numbers(f"{era}{other}年") & self._numbers:
                new = f"{era}{_digits_like(other, found['year'])}年"
                yield question[: found.start()] + new + question[found.end() :]

    def _renumbered_questions(self, question: str) -> Iterator[str]:
        if _DATE.search(question):
            return
        aside = _aside_spans(question)
        for found in _NUMBER.finditer(question):
            if _is_inside_any(found.span(), aside):
                continue
            old = int(found[0])
            for other in self._drawn_values(question, range(2, 4 * old + 30)):
                new = _digits_like(other, found[0])
                yield question[: found.start()] + new + question[found.end() :]

    def _drawn_values(self, question: str, values: Iterable[int]) -> Iterator[int]:
        """Values of which nothing is said, in an order that a hash decides."""
        unknown = [value for value in values if str(value) not in self._numbers]
        ordered = sorted(unknown, key=lambda value: digest(self._seed, question, str(value)))
        return islice(iter(ordered), _TRIED)

    def _renamed_questions(self, fact: Fact, question: str, cut: _Cut) -> Iterator[str]:
        """The question with a name that is made of two."""
        if fact.language not in (*LANGUAGES, None):
            return  # German nouns, for one, are written like names
        named = {name: _name_as_written(name, question) for name in names(question)}
        heads = _head_names(question, filter(None, named.values()))
        quoted = fold(
            fact.head.quote
        )  # of what the documents say there, more than of what goes without saying

        def turn(name: str) -> tuple[bool, int]:
            return name not in quoted, digest(self._seed, question, name)

        for name in sorted(named, key=turn):
            written = named[name]
            part = cut(written) if written in heads else None
            for new in self._new_names(part, question) if part else ():
                yield question.replace(written, new)

    def _new_names(self, part: _Name, question: str) -> Iterator[str]:
        others = self._parts.get(part.kind, [])
        start = digest(self._seed, question, part.own) % max(1, len(others))
        turned = chain(islice(others, start, None), islice(others, start))
        for other in islice(turned, _TRIED):
            own = other if part.kind not in _BLENDED else _blended_word(part.own, other)
            new = f"{part.before}{own}{part.after}"
            if own and other != part.own and not names(new) & self._names and fold(new) not in self._names:
                yield new


def _aside_spans(question: str) -> list[tuple[int, int]]:
    """Where it only says more of what it names: in an apposition, a relative clause, brackets."""
    opening = _OPENING.match(question)
    start = opening.end() if opening else 0
    return [found.span() for found in _BESIDES.finditer(question, start)]


def _is_inside_any(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)


def _head_names(question: str, written: Iterable[str]) -> set[str]:
    """The names that others belong to: Odo Pym in *Odo Pym of the Wexley Works, winner of the Marrow Cup*."""
    aside = _aside_spans(question)
    places = {name: question.find(name) for name in written}
    ends = {place + len(name) for name, place in places.items()}

    def belongs(place: int) -> bool:
        link = _BELONGS.search(question, 0, place)
        return link is not None and link.start() + 1 in ends

    return {
        name
        for name, place in places.items()
        if not _is_inside_any((place, place + len(name)), aside) and not belongs(place)
    }


def _digits_like(number: int, old: str) -> str:
    """A number in digits as wide as the old ones."""
    return str(number) if old.isascii() else str(number).translate(_WIDE)


_LATIN_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_KATAKANA = re.compile(r"[ァ-ヶー]{4,}")
_KANJI_NAME = re.compile(r"[\u3400-\u9fff々]{3,5}")
_SUFFIX = re.compile(
    r"(?:FC|SC|AC|ユナイテッド|シティ|大学|高校|中学校|小学校|神社|会社|銀行|病院|空港|新聞|大会|カップ"
    r"|市|町|村|県|府|区|島|川|山|橋|駅|港|湖|寺|城|岬|峠|湾|杯)\Z"
)
_COUNTER = re.compile("[回年月日]")  # of 第９回蒼凪杯
_SHORT_KANA = "ァィゥェォャュョッー"
_BLENDED = frozenset({"word", "katakana"})
_SHORTEST_WORD, _SHORTEST_STEM, _MOST_WORDS, _TWO = 4, 2, 4, 2
_VOWELS = "aeiouyàâäáéèêíóòôöúùûü"


def _name_as_written(name: str, text: str) -> str:
    """A folded name as the text writes it; empty where it cannot be found."""
    start = text.lower().find(name) if text.isascii() else text.find(name)
    if start >= 0:  # mostly; a pattern for each name takes its time
        return text[start : start + len(name)]
    found = re.search(r"\W{1,3}".join(map(re.escape, name.split())), text, re.IGNORECASE)
    return found[0] if found else ""


def _split_name(name: str) -> _Name | None:
    """A name of parts: the first name of a person, what a place or club is called."""
    if "・" in name:
        first, _, rest = name.partition("・")
        return _Name("", first, f"・{rest}", "first name in katakana")
    if CJK.search(name):
        return _split_kanji(name)
    words = name.split()
    if not 1 < len(words) <= _MOST_WORDS or not all(
        word[0].isupper() and _LATIN_WORD.fullmatch(word) for word in words
    ):
        return None
    if words[0].casefold() in THINGS:
        return _Name(f"{words[0]} ", " ".join(words[1:]), "", "thing") if len(words) == _TWO else None
    kind = "thing" if words[-1].casefold() in THINGS or len(words) > _TWO else "first name"
    return _Name("", words[0], f" {' '.join(words[1:])}", kind)


def _split_kanji(name: str) -> _Name | None:
    counter = _COUNTER.match(name)
    start = counter.end() if counter else 0
    suffix = _SUFFIX.search(name)
    if suffix and suffix.start() - start >= _SHORTEST_STEM:
        return _Name(name[:start], name[start : suffix.start()], suffix[0], "stem")
    if _KANJI_NAME.fullmatch(name) and not suffix:
        return _Name("", name[:2], name[2:], "surname")
    return None


def _lone_name(name: str) -> _Name | None:
    """A name of one word."""
    if _KATAKANA.fullmatch(name):
        return _Name("", name, "", "katakana")
    whole = _LATIN_WORD.fullmatch(name) and not CJK.search(name) and name[:1].isupper()
    return _Name("", name, "", "word") if whole and len(name) >= _SHORTEST_WORD else None


def _blended_word(one: str, other: str) -> str:
    """The beginning of one word with the end of another, where they can be spoken; empty if nowhere."""
    middle, end = (len(one) + 1) // 2, len(other) // 2
    for cut in (end, end + 1, end - 1):
        head, tail = one[:middle], other[cut:]
        if len(tail) < _SHORTEST_STEM or cut < 1 or tail[0] in _SHORT_KANA:
            continue
        if CJK.match(tail) or (head[-1].casefold() in _VOWELS) != (tail[0].casefold() in _VOWELS):
            return head + (tail if CJK.match(tail) else tail.casefold())
    return ""
