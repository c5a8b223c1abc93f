"""How long duplicates and contradictions take among many pairs, beside finding exact repeats alone.

Run: python benchmarks/duplicates.py [--pairs 1000000] [--japanese 0.3]
The pairs are made here from word lists by a fixed seed: 5 % exact repeats, 10 % the same in other words, 2 %
with another answer, 1 % without their year, the rest the same few questions about other years, places and
people. Nothing is fetched. Prints a Markdown table; memory is the peak of the process, pairs included.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from qagen.pairs.gates import Repeats, curate_pairs
from qagen.records import QAPair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Result = TypeVar("Result")

# One question in several wordings, the last without its year.
ENGLISH = [
    ("Who won the {year} {event} at {place}?", "Who was the winner of the {year} {event} at {place}?",
     "Who won the {event} at {place}?", "person"),
    ("Who designed the {thing} of {place} in {year}?",
     "Who was the architect of the {thing} of {place} in {year}?",
     "Who designed the {thing} of {place}?", "person"),
    ("How many people lived in {place} in {year}?", "What was the population of {place} in {year}?",
     "How many people lived in {place}?", "number"),
    ("Who coached {person} at the {event} of {place} in {year}?",
     "Who was the coach of {person} at the {event} of {place} in {year}?",
     "Who coached {person} at the {event} of {place}?", "person"),
    ("How much did the {thing} of {place} cost in {year}?",
     "What was the cost of the {thing} of {place} in {year}?",
     "How much did the {thing} of {place} cost?", "number"),
]  # fmt: skip
JAPANESE = [
    ("{year}年の{place}の{event}で優勝したのは誰ですか？", "{year}年の{place}の{event}の優勝者は誰でしたか？",
     "{place}の{event}で優勝したのは誰ですか？", "person"),
    ("{year}年に{place}の{thing}を設計したのは誰ですか？", "{year}年の{place}の{thing}の設計者は誰ですか？",
     "{place}の{thing}を設計したのは誰ですか？", "person"),
    ("{year}年の{place}の人口は何人ですか？", "{year}年に{place}には何人が住んでいましたか？",
     "{place}の人口は何人ですか？", "number"),
]  # fmt: skip
SYLLABLES = ["mar", "row", "vel", "sel", "by", "hal", "gate", "pel", "tan", "orr", "in", "ska", "kes", "trel"]
SYLLABLES += ["dun", "mor", "wen", "lin", "que", "vor", "ash", "fen", "tho", "rick"]
KANA = [
    "マ",
    "ロ",
    "ヴェ",
    "セル",
    "ビ",
    "ハル",
    "ペル",
    "タン",
    "オリ",
    "スカ",
    "ケス",
    "トレ",
    "ダン",
    "モル",
]
KANA += ["ウェ", "リン", "ヴォ", "アシュ", "フェ", "トー", "リク"]
EVENTS = ["rowing final", "chess final", "regatta", "marathon", "swimming final"]
EVENTS_JA = ["漕艇決勝", "将棋大会", "マラソン", "水泳選手権"]
THINGS = ["town hall", "bridge", "opera house", "lighthouse", "reservoir"]
THINGS_JA = ["市庁舎", "大橋", "歌劇場", "灯台", "貯水池"]


def made(count: int, japanese: float) -> Iterator[QAPair]:
    """The pairs, one after the other; the last questions are kept to be said again."""
    pick = random.Random(20)  # noqa: S311  (a fixed text, not a secret)
    recent: list[tuple[tuple[str, ...], str]] = []
    for number in range(count):
        chance = pick.random()
        if chance < 0.18 and recent:
            (first, other, bare, kind), answer = recent[pick.randrange(len(recent))]
            changed = _answer(pick, kind, japanese=not first.isascii())
            question, answer = (
                (first, answer) if chance < 0.05 else (other, answer) if chance < 0.15
                else (first, changed) if chance < 0.17 else (bare, changed)
            )  # fmt: skip
        else:
            forms = _filled(pick, japanese=pick.random() < japanese)
            answer = _answer(pick, forms[3], japanese=not forms[0].isascii())
            question = forms[0]
            recent.append((forms, answer))
            del recent[:-20_000]
        yield _pair(number, question, answer)


def _filled(pick: random.Random, *, japanese: bool) -> tuple[str, ...]:
    *wordings, kind = pick.choice(JAPANESE if japanese else ENGLISH)
    values = {
        "year": pick.randint(1700, 2024),
        "place": _name(pick, japanese=japanese),
        "event": pick.choice(EVENTS_JA if japanese else EVENTS),
        "thing": pick.choice(THINGS_JA if japanese else THINGS),
        "person": _person(pick, japanese=japanese),
    }
    return (*(wording.format(**values) for wording in wordings), kind)


def _name(pick: random.Random, *, japanese: bool) -> str:
    if japanese:
        return "".join(pick.choices(KANA, k=3))
    return "".join(pick.choices(SYLLABLES, k=2)).capitalize()


def _person(pick: random.Random, *, japanese: bool) -> str:
    return ("・" if japanese else " ").join(_name(pick, japanese=japanese) for _ in range(2))


def _answer(pick: random.Random, kind: str, *, japanese: bool) -> str:
    if kind == "person":
        return _person(pick, japanese=japanese)
    return f"{pick.randint(1000, 999_999):,}{'人' if japanese else ''}"


def _pair(number: int, question: str, answer: str) -> QAPair:
    source = f"document-{number // 1000}.txt"
    start = number % 1000 * 80
    return QAPair(
        id=f"{number:x}",
        question=question,
        answer=answer,
        source=source,
        start=start,
        end=start + 70,
        passage=f"{source}#{start}-{start + 80}",
        fact=f"{number:x}",
        prompt="qa@1",
        model="none",
    )


def timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """What it returns, the seconds it takes, and those of the processor."""
    wall, own = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - own


def _exact(pairs: list[QAPair]) -> int:
    repeats = Repeats()
    return sum(not repeats.is_new(pair) for pair in pairs)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=1_000_000)
    options.add_argument("--japanese", type=float, default=0.3, help="share of the pairs that are Japanese")
    chosen = options.parse_args()
    pairs = list(made(chosen.pairs, chosen.japanese))
    before = _peak()
    repeated, exact, exact_own = timed(lambda: _exact(pairs))
    curation, wall, own = timed(lambda: curate_pairs(pairs))
    reasons = Counter(conflict.reason for conflict in curation.conflicts)
    print("| pairs | exact alone (s) | curate_pairs (s) | its CPU (s) | CPU ratio | pairs (GB) | peak (GB) |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {len(pairs):,} | {exact:.1f} | {wall:.1f} | {own:.1f} | {own / exact_own:.1f} | {before:.2f} "
        f"| {_peak():.2f} |"
    )
    print(
        f"repeats {repeated:,}; dropped {len(curation.dropped):,}; kept {len(curation.kept):,}; "
        f"two answers {reasons['two_answers']:,}; missing qualifier {reasons['missing_qualifier']:,}"
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main()
