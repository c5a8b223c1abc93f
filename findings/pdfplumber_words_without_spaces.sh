#!/usr/bin/env bash
# One would expect: a line of a PDF whose words are set apart by moving on, as TeX sets them, and not by a space
# character, is read as words, since the gap is a quarter of the font's size; pypdf and pdfminer do so.
# What happens: pdfplumber parts words at gaps of more than 3 points, whatever the size of the letters (x_tolerance;
# its README says so, and issues 606 and 987 are about it). A quarter of 10 points is 2.5: the line comes as one word.
# MarkItDown reads with pdfminer as long as no page looks like a table. Once one does, it takes pdfplumber's text
# for all other pages: a table on page 2 glues the words of page 1 together. Nothing warns of it.
# Why it matters here: benchmarks/reading.py counts words, and MarkItDown's share of them hangs on whether another page
# of the same file has a table. A reader of PDFs has to measure a gap by the size of its letters
# (x_tolerance_ratio in pdfplumber).
# Tried 2026-12-01 with pdfplumber 0.11.10, markitdown 0.1.9, pdfminer.six 20260107, pypdf 7.1.1, reportlab 5.1.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    pdfplumber==0.11.10 'markitdown[pdf]==0.1.9' pdfminer.six==20260107 pypdf==7.1.1 reportlab==5.1.0
"$folder/venv/bin/python" - <<'PY'
import io
from importlib.metadata import version

import pdfplumber
import pypdf
from markitdown import MarkItDown
from pdfminer.high_level import extract_text
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

FONT, SIZE = "Times-Roman", 10
LINE = "The lemma gives an upper bound for each step"
ROWS = (("Part", "Number", "Price"), ("Bolt", "40", "1.20"), ("Nut", "60", "0.80"), ("Washer", "90", "0.10"))


def prose(canvas):
    text = canvas.beginText(72, 700)
    text.setFont(FONT, SIZE)
    for word in LINE.split():
        text.textOut(word)
        text.setXPos(stringWidth(word, FONT, SIZE) + SIZE / 4)
    canvas.drawText(text)
    canvas.showPage()


def table(canvas):
    canvas.setFont(FONT, SIZE)
    for number, row in enumerate(ROWS):
        for left, cell in zip((72, 220, 400), row, strict=True):
            canvas.drawString(left, 700 - 20 * number, cell)
    canvas.showPage()


def file(*pages):
    made = io.BytesIO()
    canvas = Canvas(made)
    for page in pages:
        page(canvas)
    canvas.save()
    made.seek(0)
    return made


def markdown(*pages):
    read = MarkItDown(enable_plugins=False).convert_stream(file(*pages), file_extension=".pdf")
    return read.markdown.strip().split("\n")[0]


page = pdfplumber.open(file(prose)).pages[0]
read = {
    "pypdf": pypdf.PdfReader(file(prose)).pages[0].extract_text().strip(),
    "pdfminer": extract_text(file(prose)).strip(),
    "pdfplumber, gap by size": page.extract_text(x_tolerance_ratio=0.15),
    "markitdown, this page": markdown(prose),
    "pdfplumber": page.extract_text(),
    "markitdown, this and a table": markdown(prose, table),
}
print(*(f"{name} {version(name)}" for name in ("pdfplumber", "markitdown", "pdfminer.six", "pypdf", "reportlab")))
for name, text in read.items():
    print(f"{name + ':':30}{text}")
assert list(read.values()) == [LINE] * 4 + [LINE.replace(" ", "")] * 2, read
PY
