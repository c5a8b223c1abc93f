"""How much of a document reaches the text that a model is asked about, beside other readers in the same run.

Run: python benchmarks/reading.py [--format pdf] [--lost] [--public FOLDER]
The documents are made in code from known text and tables (benchmarks/reading/: reportlab, python-docx,
python-pptx, openpyxl; LibreOffice and LaTeX where they are installed) in English, Japanese, German, French
and Arabic. Of each format: the shares of words kept, of runs of four words kept, of table cells under their
head, of values unchanged, of noise that came back (less is better), and seconds, for qagen, MarkItDown, and
for PDF pdfminer and pypdf. --lost names what qagen lost. --public measures the PDFs of a folder: words and
order against what at least two of pdfminer, pypdf and PDFium agree on, and which lose over a tenth without a
warning.
"""

from __future__ import annotations

import argparse
import logging
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from statistics import mean

from reading import office, pdf, web
from reading.made import Made, Measured, measure, order_kept, tokens, words_kept

from qagen import load_documents
from qagen.errors import QAGenError

PUBLIC = Path(__file__).resolve().parents[2] / "shared" / "data" / "pdf"
MEASURES = ("words", "order", "cells", "values", "noise")
_SUFFIXES = {"html-div": "html"}
_LOST = 0.1
_CUT_WORD = re.compile(
    r"(?<=[^\W\d_])[-‐\u00ad\x02\ufffe]\s*\n(?=[^\W\d_])"
)  # as they give a word cut at a line end


def by_qagen(data: bytes, suffix: str) -> str:
    """The text as qagen reads a file."""
    return read_with_warnings(data, suffix)[0]


def read_with_warnings(data: bytes, suffix: str) -> tuple[str, list[str]]:
    """The text as qagen reads a file, and the kinds of what it tells of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"document.{suffix}")
        path.write_bytes(data)
        try:
            documents = load_documents(path)
        except QAGenError as error:
            return "", [str(error)]
        return documents[0].page_content, [one.kind for one in documents.notices]


def by_markitdown(data: bytes, suffix: str) -> str:
    """The text as MarkItDown reads a file."""
    import markitdown

    reader = markitdown.MarkItDown(enable_plugins=False)
    try:
        info = markitdown.StreamInfo(extension=f".{suffix}")
        return reader.convert_stream(BytesIO(data), stream_info=info).markdown
    except markitdown.MarkItDownException:
        return ""


def by_pdfminer(data: bytes, _suffix: str) -> str:
    """The text as pdfminer reads a PDF."""
    from pdfminer.high_level import extract_text

    return extract_text(BytesIO(data))


def by_pypdf(data: bytes, _suffix: str) -> str:
    """The text as pypdf reads a PDF."""
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


READERS: dict[str, Callable[[bytes, str], str]] = {
    "qagen": by_qagen,
    "MarkItDown": by_markitdown,
    "pdfminer": by_pdfminer,
    "pypdf": by_pypdf,
}


@dataclass
class Row:
    """What one reader made of the documents of one format."""

    measured: list[Measured] = field(default_factory=list)
    seconds: float = 0.0

    def cells(self) -> Iterator[str]:
        """The columns of the table: means in per cent, then seconds."""
        for name in MEASURES:
            told = [value for one in self.measured if (value := getattr(one, name)) is not None]
            yield f"{100 * mean(told):.1f}" if told else "-"
        yield f"{self.seconds:.2f}"


def made_documents() -> Iterator[Made]:
    """All documents that can be made on this machine."""
    for module in (office, pdf, web):
        yield from module.made()


def measured_rows(documents: Iterable[Made], *, lost: bool) -> dict[tuple[str, str], Row]:
    """By format and reader, what came back."""
    rows: dict[tuple[str, str], Row] = defaultdict(Row)
    for made in documents:
        suffix = _SUFFIXES.get(made.format, made.format)
        for reader, read in READERS.items():
            if reader in {"pdfminer", "pypdf"} and suffix != "pdf":
                continue
            row, began = rows[made.format, reader], time.perf_counter()
            text = read(made.data, suffix)
            row.seconds += time.perf_counter() - began
            row.measured.append(measure(made, text))
            if lost and reader == "qagen" and row.measured[-1].lost:
                print(f"{made.name}: {row.measured[-1].lost}")
    return rows


def agreed_words(texts: Iterable[list[str]]) -> list[str]:
    """The words that at least two of the readers give, in the order of the first that has most of them."""
    known = list(texts)
    counts = [Counter(words) for words in known]
    often = {word: sorted((one[word] for one in counts), reverse=True)[1] for one in counts for word in one}
    best = max(known, key=lambda words: sum(often[word] > 0 for word in words))
    left, agreed = Counter(often), []
    for word in best:
        if left[word] > 0:
            left[word] -= 1
            agreed.append(word)
    return agreed


def public_lines(folder: Path) -> Iterator[str]:
    """For each PDF of a folder the shares that qagen kept, and the warnings."""
    yield "| file | words | words kept, % | order kept, % | warnings |"
    yield "|---|---|---|---|---|"
    for path in sorted(folder.glob("*.pdf")):
        data = path.read_bytes()
        readers = (by_pdfminer, by_pypdf, _by_pdfium)
        agreed = agreed_words([tokens(_CUT_WORD.sub("", read(data, "pdf"))) for read in readers])
        text, warnings = read_with_warnings(data, "pdf")
        found = tokens(text)
        words, order = words_kept(agreed, found), order_kept(agreed, found)
        silent = " **silent loss**" if words is not None and words < 1 - _LOST and not warnings else ""
        shares = " | ".join("-" if one is None else f"{100 * one:.1f}" for one in (words, order))
        yield f"| {path.name} | {len(agreed)} | {shares} | {', '.join(sorted(set(warnings)))}{silent} |"


def _by_pdfium(data: bytes, _suffix: str) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--format", help="only documents of this format")
    parser.add_argument("--lost", action="store_true")
    parser.add_argument("--public", type=Path, nargs="?", const=PUBLIC)
    given = parser.parse_args()
    for name in ("pdfminer", "pypdf"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if given.public:
        print("\n".join(public_lines(given.public)))
        return
    documents = [made for made in made_documents() if given.format in {None, made.format}]
    print(f"{len(documents)} documents, {len({one.format for one in documents})} formats\n")
    print(f"| format | reader | {' | '.join(MEASURES)} | seconds |\n|---|---|{'---|' * (len(MEASURES) + 1)}")
    for (form, reader), row in sorted(measured_rows(documents, lost=given.lost).items()):
        print(f"| {form} | {reader} | {' | '.join(row.cells())} |")


if __name__ == "__main__":
    main()
