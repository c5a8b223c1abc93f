"""A question in any language, and why it might not stand alone: it names nothing, or lacks the year."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qagen.pairs.gates import Problem
from qagen.records import Passage
from qagen.text import MONTHS, WEEKDAYS
from qagen.text.proper_names import names

NO_YEAR = "no_year"
TELLING = re.compile(r"\d{3}|第[\d一二三四五六七八九十]+[回代]|\b\d+(?:st|nd|rd|th)\b")  # years, editions
_CASED = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u052f]")
_CALENDAR = re.compile("|".join((*WEEKDAYS, *MONTHS)))
_QUOTED = re.compile(r"[\"“”«»*‘].+?[\"“”«»*’]")
_YEAR = re.compile(
    r"(?<![\d.,])(?:1\d|20)\d\d(?!\d|[.,]\d)|第[\d一二三四五六七八九十]+回|\b\d+(?:st|nd|rd|th)\b"
)
_BOUND_YEAR = re.compile(r"\b(?:after|before|since|until|from|to)\b|以後|以前|以降|まで|から", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AnyQuestion:
    """A question about a passage. Each rule says in a sentence why it is suspected, or ``""``."""

    text: str
    passage: Passage

    @property
    def rules(self) -> Mapping[str, Callable[[], str]]:
        """The rules that this kind of question is held to, by their reasons, the first that counts first."""
        return {"no_name": self.no_name, NO_YEAR: self.no_year}

    def suspicion(self) -> Problem | None:
        """The first of its rules that suspects it."""
        found = ((reason, rule()) for reason, rule in self.rules.items())
        return next((Problem(reason, detail) for reason, detail in found if detail), None)

    def no_name(self) -> str:
        """Neither name nor number: unless the passage itself is general knowledge, without a name."""
        if not _CASED.search(self.text) or TELLING.search(self.text) or has_named(self.text):
            return ""
        about = self.passage.text
        if about.strip() and not names(about) and not re.search(r"\d{4}", about):
            return ""
        return "the question has neither a name nor a number"

    def no_year(self) -> str:
        """The nearest heading with a year puts the passage in that one, and the question names none."""
        if _YEAR.search(self.text):
            return ""
        for heading in (*reversed(self.passage.section), self.passage.theme):
            years = re.findall(r"(?<!\d)(?:1\d|20)\d\d(?!\d)", unicodedata.normalize("NFKC", heading))
            if years and _BOUND_YEAR.search(heading):
                return ""
            if years:
                return "" if len({*years}) > 1 else f"the year of its heading, {years[0]}, is missing"
        return ""


def has_named(text: str) -> bool:
    """Whether a text names anything: a proper name, or a title in quotation marks."""
    return bool(_QUOTED.search(text)) or any(not _CALENDAR.fullmatch(name) for name in names(text))


def said(match: re.Match[str] | None, what: str) -> str:
    """What was found in a question, and what is wrong with it; ``""`` when nothing was."""
    return f"{match[0].strip()!r} {what}" if match else ""
