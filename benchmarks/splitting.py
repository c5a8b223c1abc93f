"""How fast documents become passages, beside LangChain's recursive splitter with the same encoding.

Run: python benchmarks/splitting.py [--megabytes 2] [--repeat 3]
The texts are made here from word lists by a fixed seed. Nothing is fetched. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import random
import time
from typing import TYPE_CHECKING

from langchain_core.documents import Document
from langchain_text_splitters import RecursiveCharacterTextSplitter

from qagen import split_documents
from qagen.llm import encoding

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = [
    "Ayako Tanner",
    "Dr. Milo Verhoeven",
    "Ines Okafor",
    "Captain Brandt",
    "the younger Lindqvist",
    "Mrs. Odell",
]
PLACES = [
    "Harrowgate",
    "the old customs house",
    "Port Selby",
    "the eastern reservoir",
    "Vantua",
    "the Kestrel laboratory",
]
VERBS = [
    "inspected",
    "measured",
    "rebuilt",
    "described",
    "abandoned",
    "catalogued",
    "photographed",
    "postponed",
    "financed",
]
THINGS = [
    "the second turbine",
    "a collection of brass instruments",
    "the annual survey",
    "three unlabelled crates",
    "the ferry timetable",
    "the treaty of accession",
    "a narrow-gauge railway",
    "the tournament",
    "forty-one water samples",
]
TAILS = [
    "although the committee had refused",
    "because the river was unusually low",
    "which nobody had expected",
    "and the costs rose to 3.5 million crowns",
    "before the winter closed the pass",
    "as the register confirms",
]
JA_NAMES = [
    "田中彩子",
    "ミロ・フェルホーフェン博士",
    "佐藤健一",
    "ブラント船長",
    "若い方の林氏",
    "小野寺夫人",
]
JA_PLACES = ["春越市", "旧税関庁舎", "セルビー港", "東の貯水池", "バンチュア村", "ケストレル研究所"]
JA_THINGS = [
    "二号タービン",
    "真鍮製の観測機器",
    "年次調査の結果",
    "三つの木箱",
    "連絡船の時刻表",
    "狭軌の鉄道",
    "決勝戦の記録",
]
JA_VERBS = [
    "点検した",
    "測定した",
    "再建した",
    "詳しく記述した",
    "断念した",
    "目録に載せた",
    "撮影した",
    "延期した",
]
JA_TAILS = [
    "委員会が反対していたが",
    "川の水位が例年より低かったため",
    "費用は三百五十万クローネに達したものの",
    "冬になる前に",
]


def english(size: int) -> str:
    pick = random.Random(7)  # noqa: S311  (a fixed text, not a secret)
    return _document(size, "## The {0}. report\n\n", lambda: _english_sentence(pick), " ")


def japanese(size: int) -> str:
    pick = random.Random(7)  # noqa: S311  (a fixed text, not a secret)
    return _document(size, "## 第{0}回の報告\n\n", lambda: _japanese_sentence(pick), "")


def _english_sentence(pick: random.Random) -> str:
    when = f"On {pick.randint(1, 28)} May {pick.randint(1890, 2024)}"
    return (
        f"{when}, {pick.choice(NAMES)} {pick.choice(VERBS)} {pick.choice(THINGS)} at {pick.choice(PLACES)},"
        f" {pick.choice(TAILS)}."
    )


def _japanese_sentence(pick: random.Random) -> str:
    when = f"{pick.randint(1890, 2024)}年5月{pick.randint(1, 28)}日"
    return (
        f"{when}、{pick.choice(JA_NAMES)}は{pick.choice(JA_TAILS)}、"
        f"{pick.choice(JA_PLACES)}で{pick.choice(JA_THINGS)}を{pick.choice(JA_VERBS)}。"
    )


def _document(size: int, heading: str, sentence: Callable[[], str], space: str) -> str:
    """Sections of three paragraphs of six sentences, until there are ``size`` UTF-8 bytes."""
    parts: list[str] = []
    length = 0
    while length < size:
        paragraphs = [space.join(sentence() for _ in range(6)) for _ in range(3)]
        parts.append(heading.format(len(parts) + 1) + "\n\n".join(paragraphs) + "\n\n")
        length += len(parts[-1].encode())
    return "".join(parts)


def langchain_split(document: Document) -> int:
    tokenizer = encoding()
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=800, chunk_overlap=0, length_function=lambda text: len(tokenizer.encode_ordinary(text))
    )
    return len(splitter.split_documents([document]))


def qagen_split(document: Document) -> int:
    return len(split_documents([document]))


def measured(split: Callable[[Document], int], document: Document, repeat: int) -> tuple[int, float]:
    """The pieces, and the MB of UTF-8 per second of the best run."""
    best = float("inf")
    pieces = 0
    for _ in range(repeat):
        started = time.perf_counter()
        pieces = split(document)
        best = min(best, time.perf_counter() - started)
    return pieces, len(document.page_content.encode()) / 1e6 / best


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=float, default=2.0, help="size of each text in MB of UTF-8")
    options.add_argument("--repeat", type=int, default=3, help="runs, of which the fastest counts")
    chosen = options.parse_args()
    encoding()
    print("| text | MB | qagen pieces | qagen MB/s | LangChain pieces | LangChain MB/s | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, make in (("English", english), ("Japanese", japanese)):
        text = make(int(chosen.megabytes * 1e6))
        document = Document(text, metadata={"source": name, "theme": name})
        ours, ours_speed = measured(qagen_split, document, chosen.repeat)
        theirs, theirs_speed = measured(langchain_split, document, chosen.repeat)
        print(
            f"| {name} | {len(text.encode()) / 1e6:.1f} | {ours} | {ours_speed:.1f} | {theirs} "
            f"| {theirs_speed:.1f} | {ours_speed / theirs_speed:.2f} |"
        )


if __name__ == "__main__":
    main()
