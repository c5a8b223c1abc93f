"""A small dataset with something of everything a report shows, and how a page is read."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from qagen import QADataset
from qagen.pairs.gaps.coverage import measure_coverage
from qagen.records import Conflict, Declared, Dropped, QAPair

RACE = (
    "Tilda Vance 😀 won the 1897 final at Marrow Bridge. She rowed the mile in 6:02. "
    "Nothing more is to be said. The winner of 1898 was Odo Pym."
)
BRIDGE = "橋は一九〇三年に拡幅された。費用は一万二千四百ポンドだった。"
TEXTS = {"race.txt": RACE, "橋 & '川'.txt": BRIDGE}

MARKUP = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)>"
HOSTILE = f"{MARKUP} & \u2028 \u2029 \" ' {{{{ 7*7 }}}} \ud83d."


class Reader(HTMLParser):
    """The tags of a page, its visible text, and its block of data."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.block = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag, attributes = self.tags[-1] if self.tags else ("", {})
        if attributes.get("id") == "data" and not self.block:
            self.block = data
        elif tag not in {"style", "script"}:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    @property
    def data(self):
        return json.loads(self.block)


def pair(number: int, question: str, answer: str, quote: str, **values: Any) -> QAPair:
    """A pair about one of the texts above; its quote is found where it stands."""
    texts = values.pop("texts", TEXTS)
    source = values.pop("source", "race.txt")
    start = texts[source].find(quote)
    known = {
        "id": f"id{number}",
        "question": question,
        "answer": answer,
        "quote": quote,
        "source": source,
        "start": start if start >= 0 else None,
        "end": start + len(quote) if start >= 0 else None,
        "passage": f"{source}#0",
        "fact": f"id{number}",
        "prompt": "write-pairs@1",
        "model": "scripted",
    }
    return QAPair(**{**known, **values})


def dataset(**parts: Any) -> QADataset:
    """Five kept pairs (four facts) about two documents, two dropped ones and a conflict."""
    won = pair(
        1, "Who won the 1897 final?", "Tilda Vance", "Tilda Vance 😀 won the 1897 final at Marrow Bridge."
    )
    kept = [
        won,
        won.model_copy(
            update={
                "id": "id2",
                "question": "The 1897 final was won by ____.",
                "form": "cloze",
                "part": "probe",
            }
        ),
        pair(3, "In what time was the 1897 mile rowed?", "6:02", "rowed the mile in 6:02"),
        pair(
            4,
            "橋はいつ拡幅されましたか。",
            "一九〇三年",
            "一九〇三年に拡幅",
            source="橋 & '川'.txt",
            language="ja",
        ),
        pair(5, "How many guineas?", "40", "", part="control"),
    ]
    dropped = [
        Dropped(
            pair=pair(6, "Who came third?", "Ada Lunt", "Ada Lunt"),
            reason="quote_not_found",
            detail="Nowhere.",
        ),
        Dropped(pair=pair(7, "What did she do?", "Row", "She rowed"), reason="not_self_contained"),
    ]
    conflict = Conflict(
        pairs=(
            pair(8, "Who won the final?", "Tilda Vance", "Tilda Vance 😀 won"),
            pair(9, "Who won the final?", "Odo Pym", "The winner of 1898 was Odo Pym."),
        ),
        reason="missing_qualifier",
        detail="The questions name no year.",
    )
    start = RACE.index("Nothing more")
    declared = [Declared(source="race.txt", start=start, end=start + 27, reason="it says nothing")]
    known: dict[str, Any] = {
        "dropped": dropped,
        "conflicts": [conflict],
        "texts": TEXTS,
        "passages": 2,
        "coverage": measure_coverage(TEXTS, kept, declared),
    }
    return QADataset(kept, **{**known, **parts})
