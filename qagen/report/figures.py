"""Plots as inline SVG, made by code: what the pairs of a dataset are like, in five pictures.

Colours are left to the page's style sheet, so that a plot is readable in dark mode too. Each plot comes with
the table of its numbers, for readers who do not see it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from qagen.records import QAPair

WIDTH = 360
_HEIGHT = 190
_FOOT = 22  # room under the bars for their names
_HEAD = 18  # room over the tallest for its number
_ROW = 26
_NAME = 116  # of a horizontal bar
_MOST_BARS = 12
_MOST_ROWS = 12
_MOST_NAME = 14  # characters
_SIGN = 8.5  # a character of a name, at its widest

_FORM_TYPES = {"cloze": "fill the gap", "statement": "tell about", "yes_no": "yes or no"}
# The first that is found anywhere in the question counts; longer ones stand before those they contain.
_TYPES = (
    (
        "yes or no",
        r"^\W*(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)\b",
    ),
    ("how many", r"\bhow (?:many|much|long|far|old|often|tall|big|large|high|fast|deep|wide)\b"),
    ("who", r"\b(?:who|whom|whose)\b"),
    ("when", r"\b(?:when|(?:what|which) (?:year|month|day|date|time|century|decade))\b"),
    ("where", r"\bwhere\b|\b(?:what|which) (?:city|town|village|country|place)\b"),
    ("why", r"\bwhy\b"),
    ("how", r"\bhow\b"),
    ("which", r"\bwhich\b"),
    ("what", r"\bwhat\b"),
    ("who", r"誰|だれ|どなた|何者"),
    ("when", r"いつ|何年(?!間)|何月|何日(?!間)|何曜日|何時(?!間)|何世紀"),
    ("where", r"どこ|(?:どの|何という)(?:国|都市|町|村|場所|県|州)"),
    ("why", r"なぜ|何故|どうして"),
    (
        "how many",
        r"いくつ|いくら|ど(?:れ|の)(?:くらい|ぐらい|ほど)|どれだけ|何(?:人|名|個|本|冊|台|回|点|歳|枚|頭|匹|社|校|席|位|度|対|倍|割|組|勝|敗|分|秒|軒|隻|戸|番|年間|日間|時間|か月|ヶ月|キロ|メートル|センチ|パーセント|％|%)",
    ),
    ("how", r"ど(?:のよう|うやって|うな|う)|いかに"),
    ("which", r"どの|どれ|どちら|いずれ"),
    ("what", r"何|なに|なん"),
    ("yes or no", r"か[。？?]?$"),
)
_TYPE = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _TYPES)
_FIRST_WORD = re.compile(r"[^\W\d_][\w'’]*")
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture with its words: ``rows`` are all its numbers, ``heads`` what their two columns are."""

    title: str
    caption: str
    svg: str
    heads: tuple[str, str]
    rows: tuple[tuple[str, int], ...]


def question_type(pair: QAPair) -> str:
    """What a question asks for, by its interrogative word (English and Japanese) or its form."""
    by_form = _FORM_TYPES.get(pair.form)
    if by_form:
        return by_form
    return next((name for name, pattern in _TYPE if pattern.search(pair.question)), "other")


def first_word(question: str) -> str | None:
    """The first word of a question, folded; ``None`` in a script that puts no spaces between words."""
    found = _FIRST_WORD.search(question)
    if found is None or _WITHOUT_SPACES.match(found[0]):
        return None
    return found[0].casefold()


def draw_plots(pairs: Iterable[QAPair], passages: int) -> list[Plot]:
    """The plots of a dataset's pairs, in one pass over them; none for a dataset without pairs.

    Args:
        pairs: The kept pairs.
        passages: How many passages were asked about, with those that gave nothing.
    """
    of_passage: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    words: Counter[str] = Counter()
    questions: Counter[int] = Counter()
    answers: Counter[int] = Counter()
    for pair in pairs:
        of_passage[pair.passage] += pair.form == "canonical"
        kinds[question_type(pair)] += 1
        word = first_word(pair.question)
        words.update([word] if word else [])
        questions[len(pair.question)] += 1
        answers[len(pair.answer)] += 1
    if not kinds:
        return []
    each = Counter(of_passage.values())
    each[0] += max(0, passages - len(of_passage))
    drawn = [
        _histogram_plot(
            "Pairs per passage", "Other wordings of a pair are not counted.", +each, ("pairs", "passages")
        ),
        _histogram_plot("Length of the questions", "In characters.", questions, ("characters", "questions")),
        _histogram_plot("Length of the answers", "In characters.", answers, ("characters", "answers")),
        _ranking_plot("Question types", _types_caption(kinds), kinds, ("type", "questions")),
        _ranking_plot(
            "First words", _words_caption(words, kinds.total()), words, ("first word", "questions")
        ),
    ]
    return [plot for plot in drawn if plot.rows]


def _types_caption(kinds: Counter[str]) -> str:
    return f"By the interrogative word or the form: {len(kinds)} types among {kinds.total():,} questions."


def _words_caption(words: Counter[str], questions: int) -> str:
    without = questions - words.total()
    left = f" {without:,} begin with no word or in a script without spaces." if without else ""
    most = f"The {_MOST_ROWS} most frequent of {len(words):,}." if len(words) > _MOST_ROWS else "All of them."
    return most + left


def _histogram_plot(title: str, caption: str, counts: Counter[int], heads: tuple[str, str]) -> Plot:
    rows = tuple(_value_bins(counts))
    return Plot(title, caption, _column_svg(title, caption, rows), heads, rows)


def _ranking_plot(title: str, caption: str, counts: Counter[str], heads: tuple[str, str]) -> Plot:
    rows = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_ROWS])
    return Plot(title, caption, _bar_svg(title, caption, rows), heads, rows)


def _value_bins(counts: Mapping[int, int]) -> Iterable[tuple[str, int]]:
    """At most a dozen bins of equal width; the last one takes the longest hundredth too."""
    if not counts:
        return
    low, high, top = min(counts), _value_percentile(counts, 0.99), max(counts)
    width = _round_width((high - low + 1) / _MOST_BARS)
    start = low - low % width
    last = start + width * ((high - start) // width)
    for first in range(start, last + 1, width):
        end = top if first == last else first + width - 1
        total = sum(count for value, count in counts.items() if first <= value <= end)
        is_open = first == last and top >= first + width
        yield (f"{first:,}+" if is_open else f"{first:,}" if width == 1 else f"{first:,}–{end:,}"), total


def _value_percentile(counts: Mapping[int, int], share: float) -> int:
    wanted, seen = share * sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return max(counts)


def _round_width(width: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 and so on."""
    ten = 1
    while True:
        for step in (1, 2, 5):
            if step * ten >= width:
                return step * ten
        ten *= 10


def drawing(title: str, caption: str, height: int) -> Element:
    """An empty picture, ``WIDTH`` wide, which says what it shows."""
    picture = Element(
        "svg",
        {
            "class": "plot",
            "viewBox": f"0 0 {WIDTH} {height}",
            "role": "img",
            "aria-label": f"{title}. {caption}",
        },
    )
    SubElement(picture, "title").text = title
    return picture


def _column_svg(title: str, caption: str, rows: Sequence[tuple[str, int]]) -> str:
    picture = drawing(title, caption, _HEIGHT)
    most = max((count for _, count in rows), default=1)
    step = WIDTH / max(len(rows), 1)
    base = _HEIGHT - _FOOT
    longest = max((len(name.split("–")[0]) for name, _ in rows), default=1)
    named = 1 + int(longest * _SIGN > step)  # every name, or every second one where they would touch
    for place, (name, count) in enumerate(rows):
        height = max(1.5, (base - _HEAD) * count / most) if count else 0
        middle = place * step + step / 2
        wide = min(step * 0.78, 44)
        _draw_rectangle(
            picture, f"{name}: {count:,}", x=middle - wide / 2, y=base - height, width=wide, height=height
        )
        label(picture, middle, base - height - 5, _short_count(count) if count else "", "value middle")
        if place % named == 0:
            label(picture, middle, _HEIGHT - 6, name.split("–")[0], "name middle")
    SubElement(
        picture, "line", {"class": "axis", "x1": "0", "x2": str(WIDTH), "y1": f"{base}", "y2": f"{base}"}
    )
    return tostring(picture, encoding="unicode")


def _bar_svg(title: str, caption: str, rows: Sequence[tuple[str, int]]) -> str:
    picture = drawing(title, caption, max(len(rows), 1) * _ROW)
    most = max((count for _, count in rows), default=1)
    room = WIDTH - _NAME - 54
    for place, (name, count) in enumerate(rows):
        top = place * _ROW
        width = max(1.5, room * count / most)
        shown = name if len(name) <= _MOST_NAME + 4 else f"{name[:_MOST_NAME]}…"
        label(picture, _NAME - 8, top + 17, shown, "name end")
        _draw_rectangle(picture, f"{name}: {count:,}", x=_NAME, y=top + 4, width=width, height=_ROW - 8)
        label(picture, _NAME + width + 6, top + 17, f"{count:,}", "value")
    return tostring(picture, encoding="unicode")


def _draw_rectangle(picture: Element, says: str, **box: float) -> None:
    """``box``: x, y, width and height."""
    places = {name: f"{value:.1f}" for name, value in box.items()}
    bar = SubElement(picture, "rect", {"class": "bar", "rx": "2", **places})
    SubElement(bar, "title").text = says


def label(picture: Element, x: float, y: float, text: str, kind: str) -> None:
    """Text in a picture; ``kind`` are its classes."""
    SubElement(picture, "text", {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}"}).text = text


def _short_count(count: int) -> str:
    """At most four signs, to stand over a narrow bar: 999, 1.2k, 12k, 1.2M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            number = count / size
            return f"{number:.1f}{letter}" if number < 10 else f"{number:.0f}{letter}"  # noqa: PLR2004 - ten
    return str(count)
