#!/usr/bin/env bash
# One would expect: a formula of a Word file that MarkItDown cannot write as LaTeX is left out, written as its plain
# text, or told of; the other formulas of the file come out as they do without it.
# What happens: its converter knows three operators with a limit under them (lim, max, min) and raises for any other,
# such as sup or arg max. The error is caught around the whole part (word/document.xml), whose rewriting is thrown
# away, and mammoth, which reads it next, knows no OMML: every formula of the document is gone, also those that were
# fine, without a warning. Pull request 2445 of microsoft/markitdown (open) tells of the same loss for a fraction
# without its properties.
# Why it matters here: a text converted with MarkItDown may have lost its formulas out of the middle of sentences, and
# questions are then asked about what is left. Each formula has to be converted alone, and what is unknown in one
# has to be written as its text.
# Tried 2026-12-01 with markitdown 0.1.9, mammoth 1.13.0 and python-docx 1.2.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    'markitdown[docx]==0.1.9' mammoth==1.13.0 python-docx==1.2.0
"$folder/venv/bin/python" - <<'PY'
import io
import warnings
from importlib.metadata import version

import docx
from docx.oxml import parse_xml
from markitdown import MarkItDown

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def run(text):
    return f"<m:r><m:t>{text}</m:t></m:r>"


def over(name):
    lower = f"<m:limLow><m:e>{run(name)}</m:e><m:lim>{run('x')}</m:lim></m:limLow>"
    return f"<m:func><m:fName>{lower}</m:fName><m:e>{run('g')}</m:e></m:func>"


def read(*formulas):
    document = docx.Document()
    for formula in formulas:
        paragraph = document.add_paragraph("The value is ")
        paragraph._p.append(parse_xml(f"<m:oMath {MATH}>{formula}</m:oMath>"))
        paragraph.add_run(" here.")
    file = io.BytesIO()
    document.save(file)
    file.seek(0)
    return MarkItDown(enable_plugins=False).convert_stream(file, file_extension=".docx").markdown.split("\n\n")


warnings.simplefilter("error")
fraction = f"<m:f><m:fPr/><m:num>{run('a')}</m:num><m:den>{run('b')}</m:den></m:f>"
known = read(fraction, over("max"))
unknown = read(fraction, over("sup"))
print("markitdown", version("markitdown"), "mammoth", version("mammoth"))
print("a fraction, and max over x:", known)
print("a fraction, and sup over x:", unknown)
assert known[0] == r"The value is $\frac{a}{b}$ here.", known
assert len(known) == 2 and r"\max" in known[1], known
assert [line.split() for line in unknown] == [["The", "value", "is", "here."]] * 2, unknown
PY
