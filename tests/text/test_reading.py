"""A text is read once: what the gates look at is one value."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from qagen.records import Passage
from qagen.text.folding import Placed, fold
from qagen.text.languages import language_of
from qagen.text.numerals.named_months import months
from qagen.text.numerals.reader import numbers
from qagen.text.passages.passage import PassageReading
from qagen.text.proper_names.reader import names
from qagen.text.proper_names.told import has_name
from qagen.text.reading import Reading

TEXTS = [
    "Tilda Vance, 34, beat Odo K. Pym on 3 May 1994; it took ten thousand strokes.",
    "凪迫FC（なぎさこ）は三月に1万２千人の前で凪迫市の選手に勝った。",
    "Ｔｅａ  costs\t½ a pound",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_reading_says_what_each_reader_says(text):
    reading = Reading.of(text)
    assert reading.folded == fold(text)
    assert reading.numbers == numbers(text)
    assert reading.months == months(text)
    assert reading.names == names(text)
    assert reading.language == language_of(text)
    assert all(reading.has_name(name) == has_name(text, name) for name in ("Odo Pym", "凪迫", "Pym Vance"))


def test_a_text_is_read_once():
    text = "The Selby lock has 12 gates."
    assert Reading.of(text) is Reading.of(str(text))
    assert Reading.of(text).numbers is Reading.of(text).numbers


def test_a_reading_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Reading.of("Selby").text = "Norland"


@pytest.mark.parametrize("text", TEXTS)
def test_each_sign_of_the_plain_text_knows_its_place(text):
    for placed in (Placed.spelled(text), Placed.flat(text)):
        assert len(placed.places) == len(placed.signs)
        assert list(placed.places) == sorted(placed.places)
    spelled = Placed.spelled("ａ  ㍍b")
    assert spelled.signs == "a メートルb"
    assert spelled.span(2, 6) == (3, 4)


@pytest.mark.parametrize(
    ("text", "answer", "says"),
    [
        ("The lock has *12 gates* of oak.", "12 gates", True),
        ("The lock has 120 gates.", "12 gates", False),
        ("Oak gates, 12 of them, close the lock.", "gates of oak", True),
        ("水門は十二枚ある。", "十二枚", True),
        ("水門は十二枚ある。", "十三枚", False),
    ],
)
def test_a_text_says_an_answer_word_for_word_or_nearly_so(text, answer, says):
    assert Reading.of(text).says(Reading.of(answer)) is says


def test_a_passage_is_read_with_its_headings():
    text = "## The 2023 regatta\n\nTilda Vance rowed 2000 m. Odo Pym came second."
    passage = Passage(
        id="regatta-1",
        source="regatta.md",
        theme="The Tessimarn Regatta: a history",
        text=text,
        start=0,
        end=len(text),
        tokens=20,
        section=("The Tessimarn Regatta: a history", "The Night Lap of 2023"),
    )
    read = PassageReading.of(passage)
    assert read is PassageReading.of(passage)
    assert (read.title, read.year, read.script) == ("The Tessimarn Regatta", "2023", "en")
    assert "2023 regatta" not in read.body
    assert {"Night Lap", "Tilda Vance"} <= {*read.anchors}
    assert read.sentence_with("Who came second?", "Odo Pym") == "Odo Pym came second."
    assert read.sentence_with("Who came third?", "Ida Molnar") == ""
