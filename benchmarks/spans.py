"""What the gates make of honest pairs in twelve languages, and of the same pairs with one thing changed.

Run: python benchmarks/spans.py [FILE] [--language tr] [--wrong] [--every N]
FILE holds questions with their paragraph and the place of the answer (XQuAD's form: language, context,
question, answer, start), one JSON object a line, gzipped or not; by default the one beside the repository.
The quote is the sentence that the answer stands in. An honest pair has to pass. Of each, three that are false
are made: a number of the answer is another one, the answer is a name of another paragraph, the quote is of
another paragraph; they have to be stopped (a number or a name that the paragraph also holds is left out).
Prints a Markdown table in per cent; --wrong lists the honest pairs that were stopped.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from qagen.pairs.gates import check_evidence
from qagen.pairs.writing import make_pair
from qagen.records import Passage

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "spans.jsonl.gz"
_DIGITS = re.compile(r"\d+")
Row = dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    """The rows of a file, gzipped or not."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in data.decode().split("\n") if line]


def sentence_around(row: Row) -> str:
    """The stretch of the paragraph between the full stops around the answer, at least the answer."""
    text, start, end = row["context"], row["start"], row["start"] + len(row["answer"])
    low = max((text.rfind(mark, 0, start) + len(mark) for mark in (". ", "。", "। ", "؟ ", "\n")), default=0)
    ends = [found for mark in (". ", "。", "। ", "\n") if (found := text.find(mark, end)) >= 0]
    return text[max(low, 0) : (min(ends) + 1 if ends else len(text))].strip()


def problem_of(row: Row, *, answer: str | None = None, quote: str | None = None) -> str | None:
    """The reason for which the evidence gate stops a pair, and what it says."""
    text = row["context"]
    passage = Passage(id="p#0", source="p", theme="", text=text, start=0, end=len(text), tokens=0)
    pair = make_pair(
        passage,
        question=row["question"],
        answer=row["answer"] if answer is None else answer,
        quote=sentence_around(row) if quote is None else quote,
        prompt="spans@1",
        model="spans",
    )
    _, problem = check_evidence(pair, passage)
    return f"{problem.reason}: {problem.detail}" if problem else None


@dataclass
class Tally:
    """Counts of one language: how many were asked of each kind, and how many were stopped."""

    asked: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, problem: str | None) -> None:
        """One more of a kind."""
        self.asked[kind] += 1
        self.stopped[kind] += problem is not None

    def share(self, kind: str) -> str:
        """Of a kind, the per cent that were stopped, and how many there were."""
        asked = self.asked[kind]
        return f"{100 * self.stopped[kind] / asked:.1f} ({asked})" if asked else "-"


def changed_number(row: Row, chance: random.Random) -> str | None:
    """The answer with its first number made another, that the paragraph does not hold."""
    found = _DIGITS.search(row["answer"])
    if not found:
        return None
    digits = found[0]
    for _ in range(20):
        other = "".join(chance.choice("123456789") for _ in digits)
        if other not in row["context"] and other != digits:
            return str(row["answer"][: found.start()] + other + row["answer"][found.end() :])
    return None


def is_name(answer: str) -> bool:
    """Whether an answer reads as a name of a script with capitals: words that all begin with one."""
    words = answer.split()
    return 0 < len(words) < 4 and all(word[:1].isupper() and word[1:].islower() for word in words)


KINDS = ("honest", "number", "name", "quote")


@dataclass
class Language:
    """The rows of one language, and what came of them."""

    rows: list[Row]
    chance: random.Random
    tally: Tally = field(default_factory=Tally)

    def measured(self, *, wrong: bool) -> Tally:
        """The counts over all rows."""
        for row in self.rows:
            problem = problem_of(row)
            self.tally.note("honest", problem)
            if problem and wrong:
                print(f"{row['language']}: {row['answer']!r}: {problem} | {row['question']}")
            self.note_false(row)
        return self.tally

    def note_false(self, row: Row) -> None:
        """The three false pairs of a row, as far as they can be made."""
        if number := changed_number(row, self.chance):
            self.tally.note("number", problem_of(row, answer=number))
        if self.named:
            other = self.chance.choice(self.named)
            if not any(word in row["context"] for word in other["answer"].split()):
                self.tally.note("name", problem_of(row, answer=other["answer"]))
        other = self.chance.choice(self.rows)
        if other["context"] != row["context"]:
            self.tally.note("quote", problem_of(row, quote=sentence_around(other)))

    @cached_property
    def named(self) -> list[Row]:
        """The rows whose answer is a name."""
        return [row for row in self.rows if is_name(row["answer"])]


def measure(rows: list[Row], *, wrong: bool) -> dict[str, Tally]:
    """The counts of each language."""
    of_language: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of_language[row["language"]].append(row)
    return {
        name: Language(own, random.Random(7)).measured(wrong=wrong)  # noqa: S311 - the same in each run
        for name, own in of_language.items()
    }


def table(found: dict[str, Tally]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| language | honest pairs stopped, % | other number stopped, % | other name | other quote |"
    yield "|---|---|---|---|---|"
    for language, tally in sorted(found.items()):
        yield f"| {language} | " + " | ".join(tally.share(kind) for kind in KINDS) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path, default=DATA)
    parser.add_argument("--language")
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="only every Nth row")
    given = parser.parse_args()
    rows = [row for row in read_rows(given.file)[:: given.every] if given.language in {None, row["language"]}]
    print("\n".join(table(measure(rows, wrong=given.wrong))))


if __name__ == "__main__":
    main()
