"""Notebooks of Jupyter: the text, the code and what it printed, in their order; pictures are told."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from qagen.documents import decode_text
from qagen.documents.conversion.converted import Converted
from qagen.documents.conversion.markdown import seen
from qagen.documents.conversion.telling import told
from qagen.documents.conversion.web import read_page
from qagen.errors import UnreadableError

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ATTACHED = re.compile(r"\(\s*attachment:[^()\s]*\s*\)")
_FIGURE = re.compile(r"<(?:Figure size |[\w.]+ object at 0x)[^>]*>\Z")


def read(data: bytes) -> Converted:
    """The cells of a notebook as Markdown."""
    try:
        book = json.loads(decode_text(data))
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableError("damaged", f"It cannot be read as a notebook: {str(error)[:200]}") from error
    cells = _cells(book)
    if cells is None:
        raise UnreadableError("damaged", "It cannot be read as a notebook: it has no cells")
    about = book.get("metadata") if isinstance(book.get("metadata"), dict) else {}
    writer = _Notebook(_language(about))
    text = "\n\n".join(block for cell in cells for block in writer.blocks(cell) if block.strip())
    title = about.get("title")
    return Converted(text, str(title) if title else None, told(writer.counts))


class _Notebook:
    """Writes cells, and counts what of them was left out."""

    def __init__(self, language: str) -> None:
        self.counts: Counter[str] = Counter()
        self._language = language

    def blocks(self, cell: dict[str, Any]) -> Iterator[str]:
        """The text of a cell, and below it what it printed."""
        source = _joined(cell.get("source", cell.get("input", "")))
        kind = cell.get("cell_type")
        if kind == "markdown":
            self.counts["pictures"] += len(_ATTACHED.findall(source))
            yield self._seen(_ATTACHED.sub("()", source))
        elif kind == "code":
            yield _fenced(source, self._language)
            for output in cell.get("outputs") or ():
                yield self._output(output)
        elif kind == "heading":
            yield f"{'#' * int(cell.get('level') or 1)} {source.strip()}"
        else:
            yield self._seen(source)

    def _seen(self, text: str) -> str:
        text, counts = seen(text, drawn=True)
        self.counts.update(counts)
        return text.strip()

    def _output(self, output: dict[str, Any]) -> str:
        kind = output.get("output_type")
        if kind in {"stream", "pyout_stream"}:
            return self._printed(_joined(output.get("text", "")))
        if kind in {"error", "pyerr"}:
            return self._printed(f"{output.get('ename', '')}: {output.get('evalue', '')}")
        shown = output.get("data") or output
        pictures = any(str(name).startswith("image/") or name in {"png", "jpeg", "svg"} for name in shown)
        self.counts["pictures"] += pictures
        return self._shown(shown, pictures=pictures)

    def _shown(self, shown: dict[str, Any], *, pictures: bool) -> str:
        """The richest form of a result that is text."""
        if "text/markdown" in shown:
            return self._seen(_joined(shown["text/markdown"]))
        if "text/html" in shown or "html" in shown:
            page = read_page(_joined(shown.get("text/html", shown.get("html"))))
            if page.text.strip():
                self.counts.update(page.left_out)
                return page.text
        if "text/latex" in shown:
            return _joined(shown["text/latex"]).strip()
        text = _joined(shown.get("text/plain", shown.get("text", "")))
        return "" if pictures and _FIGURE.search(text.strip()) else self._printed(text)

    def _printed(self, text: str) -> str:
        text, counts = (
            seen(_ANSI.sub("", text), drawn=False) if "base64" in text else (_ANSI.sub("", text), Counter())
        )
        self.counts.update(counts)
        return _fenced(text, "")


def _cells(book: object) -> list[dict[str, Any]] | None:
    """The cells of a notebook of today or of the third format; ``None`` if it is none."""
    if not isinstance(book, dict):
        return None
    sheets = book.get("worksheets")
    found = book.get("cells")
    if found is None and isinstance(sheets, list):
        found = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or ()]
    if not isinstance(found, list):
        return None
    return [cell for cell in found if isinstance(cell, dict)]


def _language(about: dict[str, Any]) -> str:
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        told_of = about.get(key)
        if isinstance(told_of, dict) and told_of.get(name):
            return str(told_of[name])
    return ""


def _joined(lines: object) -> str:
    return "".join(map(str, lines)) if isinstance(lines, list) else str(lines or "")


def _fenced(text: str, language: str) -> str:
    fence = "~~~~" if "```" in text else "```"
    return f"{fence}{language}\n{text.strip(chr(10)).rstrip()}\n{fence}" if text.strip() else ""
