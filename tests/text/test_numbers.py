from fractions import Fraction

import pytest
from growth import PROPORTION, growth

from qagen.text.measures import read_measure, same_measure
from qagen.text.numerals.named_months import months
from qagen.text.numerals.parts import shares
from qagen.text.numerals.reader import numbers

CASES = [
    ("10⁶ joules", "1000000"), ("10^6 joules", "1000000"), ("2 × 10⁻³ m", "0.002"), ("1e6", "1000000"),
    ("1931¹", "1931"), ("2⅔ cups", "2 3"), ("12 m^2", "12"), ("100 km² of CO₂", "100"), ("H2O, C6H12O6", ""),
    ("F1 in 1897", "1 1897"), ("1,5 Millionen", "1.5"), ("1.234,56 Euro", "1234.56"), ("1,2,3", "1 2 3"),
    ("1.234.567", "1234567"), ("1,500", "1500"), ("version 2.10.3", "2.10.3"), ("4, 5", "4 5"),
    ("10,000", "10000"), ("１０，０００", "10000"),
    ("1万", "10000"), ("一万", "10000"), ("ten thousand", "10000"),
    ("10 000", "10000"), ("2 500 000", "2500000"), ("三百万", "3000000"), ("1億2千万", "120000000"),
    ("2.5 million", "2500000"), ("$5m", "5000000"),
    ("£2.5bn", "2500000000"), ("half a million", "500000"),
    ("5 m", "5"), ("50 m²", "50"), ("50㎡", "50"),
    ("3.50", "3.5"), ("2½", "2.5"), ("two and a half", "2.5"),
    ("3年半", "3.5"), ("3割2分", "32"), ("-5 degrees", "-5"),
    ("−5", "-5"), ("氷点下5度", "-5"), ("10-5", "10 5"),
    ("3–1", "3 1"), ("3対1", "3 1"), ("三対一", "3 1"), ("三分の二", "3 2"), ("two-thirds", "2 3"),
    ("6:02", "6:02"), ("3 p.m.", "15:00"),
    ("午後3時半", "15:30"), ("half past six", "6:30"), ("正午", "12:00"),
    ("the 1990s", "1990s"), ("the nineteen-nineties", "1990s"),
    ("1990年代", "1990s"), ("the '90s", "90s"),
    ("30代", "30s"), ("1888–92", "1888 1892"),
    ("2023/24", "2023 2024"), ("2011-12-25", "2011 12 25"),
    ("令和5年", "2023"), ("昭和三十九年", "1964"), ("令和元年", "2019"), ("二〇二三年八月", "2023 8"),
    ("4 March 1888", "4 3 1888"), ("1st of May, 1999", "1 5 1999"), ("4.3.1888", "4 3 1888"),
    ("nineteen ninety-nine", "1999"),
    ("nineteen oh five", "1905"), ("two hundred and twenty-five", "225"),
    ("three hundred thousand and five", "300005"), ("twenty-first", "21"),
    ("twice", "2"), ("a dozen", "12"),
    ("二年連続", "2"), ("第三回", "3"), ("ふたり", "2"), ("二、三人", "2 3"), ("三十分", "30"),
    ("one boat", "1"),
    ("the one who won", ""), ("No one of them, one of us", ""),
    ("one second", "1"), ("several hundred", ""),
    ("九州の四国で三重県", ""), ("一般に一部の十分な", ""), ("五十嵐さん", ""), ("数百人", ""),
    ("| 優勝 | 千艘浜 |", ""), ("千艘浜漁港と千本松", ""), ("二本松市と百人町", ""), ("千羽鶴と百人一首", ""),
    ("六クラブ", "6"), ("千艘の船", "1000"), ("三艘港を出た", "3"), ("三百万円", "3000000"),
    ("十二名様", "12"), ("千人以上", "1000"), ("三千本松を植えた", "3000"), ("千人町民が集まる", "1000"),
    ("三本の松", "3"),
    ("May I go?", ""), ("Theresa May and Mrs. May", ""), ("When did May resign?", ""),
    ("Theresa May resigned on 24 May 2019.", "24 5 2019"), ("in May", "5"), ("mid-May", "5"), ("May", "5"),
    ("April and May", "4 5"), ("May–June", "5 6"), ("the 5th of May", "5"), ("YOU MAY NOT", ""),
    ("90 m", "90"), ("5M", "5000000"), ("$5 m", "5000000"), ("USD 5m", "5000000"), ("5 million", "5000000"),
    ("NİNE sıx five", "5"),
    ("", ""), ("{}", ""), ("1.2.3", "1.2.3"), ("٣ قوارب", "3"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_numbers_have_one_value_however_they_are_written(text, expected):
    assert numbers(text) == frozenset(expected.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("in March", "3"), ("Dec 4", "12"), ("十月三日", "10"), ("a march", ""), ("Theresa May", "")],
)
def test_months_are_told_from_other_numbers(text, expected):
    assert months(text) == frozenset(expected.split())


@pytest.mark.parametrize(
    "piece", ["1", "1,", "一", "one ", "1 000", "1:", "the one ", "1.", "十五", "- ", "$1"]
)
def test_time_grows_with_the_length_of_the_text(piece):
    assert growth(numbers, 10_000 // len(piece), lambda pieces: piece * pieces) < PROPORTION


@pytest.mark.parametrize(
    "text",
    ["25 %", "25 percent", "0.25", "0,25", "¼", "1/4", "a quarter", "one quarter", "四分の一", "2割5分"],
)
def test_a_share_is_the_same_in_any_notation(text):
    assert shares(text) == {Fraction(1, 4)}


@pytest.mark.parametrize("text", ["half past six", "quarter to six", "25", "3.25", "25 kg", ""])
def test_what_is_no_share_is_none(text):
    assert shares(text) == frozenset()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12 m²", "12 square metres", True),
        ("12 m²", "12平方メートル", True),
        ("12 m2", "120000 cm²", True),
        ("2 ha", "20000 sq m", True),
        ("3 cubic metres", "3 m³", True),
        ("12 m", "12 m²", False),
        ("12 m²", "12 m³", False),
        ("12 m²", "13 square metres", None),
    ],
)
def test_a_length_an_area_and_a_volume_differ(one, other, same):
    assert same_measure(read_measure(one), read_measure(other)) is same
