"""Makes the PDF and the DOCX in ``examples/documents`` from the Markdown in ``examples/sources``.

    pip install reportlab python-docx
    python examples/make_documents.py

Neither package is a dependency of qagen: both files are in the repository, and this is only run again when a
source changes. Running it twice gives the same bytes, so a difference in git is a difference in the text.

The sources use a small part of Markdown: ``#`` headings, one paragraph a line, ``-`` lists and tables.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

import docx
from docx.document import Document
from docx.oxml import OxmlElement
from docx.shared import Pt
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate

HERE = Path(__file__).resolve().parent
MADE_ON = datetime(2025, 4, 1, tzinfo=UTC)
PDF_STYLES = {  # of (kind, level): font, size
    ("heading", 1): ("Times-Bold", 15.0),
    ("heading", 2): ("Times-Bold", 11.5),
    ("heading", 3): ("Times-Bold", 9.6),
    ("paragraph", 0): ("Times-Roman", 9.6),
}


@dataclass(frozen=True, slots=True)
class Block:
    """One heading (level 1 to 3), paragraph, list item or table of a source."""

    kind: str
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def read_blocks(source: Path) -> list[Block]:
    """The blocks of a source file, in order."""
    lines = [line for line in source.read_text(encoding="utf-8").splitlines() if line]
    groups = groupby(lines, lambda line: line.startswith("|"))
    return [
        block for in_table, group in groups for block in ([_table(group)] if in_table else map(_block, group))
    ]


def _table(lines: Iterator[str]) -> Block:
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    return Block("table", rows=tuple(row for row in rows if not set("".join(row)) <= {"-"}))


def _block(line: str) -> Block:
    marks, _, rest = line.partition(" ")
    if set(marks) == {"#"}:
        return Block("heading", rest, level=len(marks))
    return Block("item", rest) if marks == "-" else Block("paragraph", line)


def make_pdf(source: Path, target: Path) -> None:
    """Write headings and paragraphs as an A4 PDF with a text layer.

    Args:
        source: Markdown without lists and tables.
        target: The PDF file.

    Raises:
        ValueError: The source holds something else.
    """
    blocks = read_blocks(source)
    wrong = [block for block in blocks if (block.kind, block.level) not in PDF_STYLES]
    if wrong:
        raise ValueError(f"{source.name}: the PDF has no layout for {wrong[0]}")
    styles = {key: _pdf_style(*key) for key in PDF_STYLES}
    SimpleDocTemplate(
        str(target),
        pagesize=A4,
        leftMargin=60,
        rightMargin=60,
        topMargin=50,
        bottomMargin=50,
        title=blocks[0].text,
        author="The qagen authors",
        lang="en",
        invariant=1,
    ).build([Paragraph(escape(block.text), styles[block.kind, block.level]) for block in blocks])


def _pdf_style(kind: str, level: int) -> ParagraphStyle:
    font, size = PDF_STYLES[kind, level]
    return ParagraphStyle(
        f"{kind}{level}",
        fontName=font,
        fontSize=size,
        leading=size * 1.22,
        spaceBefore=size * 0.55,
        spaceAfter=size * (0.8 if level == 1 else 0.25),  # less, and readers join the title to what follows
        keepWithNext=kind == "heading",
    )


def make_docx(source: Path, target: Path) -> None:
    """Write a Word document with real headings, lists and tables.

    Args:
        source: Markdown.
        target: The DOCX file.
    """
    document = docx.Document()
    document.styles["Normal"].font.size = Pt(10.5)
    blocks = read_blocks(source)
    for block in blocks:
        if block.kind == "heading":
            document.add_heading(block.text, block.level)
        elif block.kind == "item":
            document.add_paragraph(block.text, style="List Bullet")
        elif block.kind == "table":
            _add_table(document, block.rows)
        else:
            document.add_paragraph(block.text)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = blocks[0].text, "The qagen authors", ""
    properties.created = properties.modified = MADE_ON
    buffer = io.BytesIO()
    document.save(buffer)
    _write_zip_without_dates(buffer, target)


def _add_table(document: Document, rows: tuple[tuple[str, ...], ...]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    # the mark that tells readers which row is the header; python-docx has no name for it
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001


def _write_zip_without_dates(archive: io.BytesIO, target: Path) -> None:
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, MADE_ON.timetuple()[:6])
            entry.create_system = 3  # the same on every operating system
            new.writestr(entry, old.read(name), zipfile.ZIP_DEFLATED, compresslevel=9)


def main() -> None:
    """Make both documents."""
    documents, sources = HERE / "documents", HERE / "sources"
    make_pdf(sources / "karrowmouth-mooring-ordinance.md", documents / "karrowmouth-mooring-ordinance.pdf")
    make_docx(sources / "dunveld-employee-handbook.md", documents / "dunveld-employee-handbook.docx")


if __name__ == "__main__":
    main()
