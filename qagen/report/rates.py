"""Shares of right answers as bars with their intervals, as inline SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import east_asian_width
from xml.etree.ElementTree import Element, SubElement, tostring

from qagen.report.figures import WIDTH, drawing, label

if TYPE_CHECKING:
    from qagen.evaluation.showing import Bar, Chart

MOST_BARS = 12
"""Of a group without a name; the table has more."""
_LINE = {"group": 20, "name": 16}  # of a group's name, and of what stands there in brackets
_ROW = 20
_GAP = 6  # before and after the bars of a group
_NAME = 84  # of who answered
_VALUE = 124  # the share and its interval
_INTERVAL = 70
_THICK = 11
_TICK = 3  # half of the stroke at the end of an interval
_MOST_NAME = 10  # Latin letters
_MOST_TITLE = 42
_MOST_NOTE = 46


def draw_rates(chart: Chart) -> str:
    """The bars of a chart from the top down, each with its number and interval.

    Bars of a group with a name stand below it, beside who answered; others below their own names.
    """
    groups: list[tuple[str, tuple[Bar, ...]]] = []
    for group in chart.groups:
        apart = [(bar.name, (bar,)) for bar in group.bars[:MOST_BARS]]
        groups += [(group.title, group.bars)] if group.title else apart
    left = _NAME if any(group.title for group in chart.groups) else 0
    picture = drawing(chart.title, "", 1)
    picture.set("class", "plot rates")
    top = 0
    for title, bars in groups:
        for kind, line in _title_lines(title):
            top += _LINE[kind]
            label(picture, 0, top, line, kind)
        for bar in bars:
            _draw_bar(picture, bar, top + _GAP, left)
            top += _ROW
        top += 2 * _GAP
    picture.set("viewBox", f"0 0 {WIDTH} {top or 1}")
    return tostring(picture, encoding="unicode")


def _title_lines(title: str) -> list[tuple[str, str]]:
    """A group's name and how much was asked; of one that is too wide, the rest on lines of their own."""
    if _cut_text(title, _MOST_TITLE) == title:
        return [("group", title)]
    named, dot, counted = title.partition(" · ")
    name, bracket, rest = named.partition(" (")
    asked, about, facts = counted.partition(" about ")
    room = _MOST_TITLE - len(dot + asked)
    notes = [f"({rest}"] * bool(bracket) + [f"about {facts}"] * bool(about)
    return [
        ("group", _cut_text(name, room) + dot + asked),
        *(("name", _cut_text(one, _MOST_NOTE)) for one in notes),
    ]


def _draw_bar(picture: Element, bar: Bar, top: int, left: int) -> None:
    from qagen.evaluation.showing import interval, share

    rate = bar.rate
    room = WIDTH - left - _VALUE
    middle = top + _ROW / 2
    if left:
        label(picture, left - 8, middle + 5, _cut_text(bar.name, _MOST_NAME), "name end")
    _draw_box(picture, "track", left, middle, room)
    row = _draw_box(picture, "bar" if bar.strong else "bar beside", left, middle, room * rate.share)
    says = f"{bar.name}: {share(rate)} {interval(rate)} ({rate.right:,} of {rate.asked:,})"
    SubElement(row, "title").text = says
    low, high = (left + room * end for end in (rate.low, rate.high))
    _draw_stroke(picture, low, high, middle, middle)
    for end in (low, high):
        _draw_stroke(picture, end, end, middle - _TICK, middle + _TICK)
    label(picture, WIDTH - _INTERVAL, middle + 5, share(rate), "value end")
    label(picture, WIDTH, middle + 5, interval(rate), "name end")


def _draw_box(picture: Element, kind: str, x: float, middle: float, width: float) -> Element:
    box = {"x": x, "y": middle - _THICK / 2, "width": width, "height": _THICK}
    return SubElement(picture, "rect", {"class": kind, **{name: f"{one:.1f}" for name, one in box.items()}})


def _draw_stroke(picture: Element, x1: float, x2: float, y1: float, y2: float) -> None:
    ends = {"x1": x1, "x2": x2, "y1": y1, "y2": y2}
    SubElement(picture, "line", {"class": "interval", **{name: f"{one:.1f}" for name, one in ends.items()}})


def _cut_text(text: str, most: int) -> str:
    """The beginning of a text that is wider than ``most`` Latin letters; Chinese signs count as two."""
    room = most
    for place, sign in enumerate(text):
        room -= 2 if east_asian_width(sign) in "WF" else 1
        if room < 0:
            return f"{text[: place - 1]}…"
    return text
