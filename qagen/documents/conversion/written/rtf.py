"""Rich text (RTF): its words, groups and tables, without a word processor."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from qagen.documents.conversion import Cell, Converted, Grid, lowered, raised, told
from qagen.documents.conversion.written.paragraphs import Paragraph, written
from qagen.errors import UnreadableError

_TOKEN = re.compile(
    r"\\(?P<word>[A-Za-z]+)(?P<number>-?\d{1,9})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^A-Za-z0-9])"
    r"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)"
)
_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "cp936",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}
_UTF8 = 65001
_SIGNS = {
    "bullet": "•",
    "emdash": "—",
    "endash": "–",
    "line": "\n",
    "softline": "\n",
    "tab": "\t",
    "ldblquote": "“",
    "lquote": "‘",
    "rdblquote": "”",
    "rquote": "’",
    **dict.fromkeys(("emspace", "enspace", "page", "qmspace"), " "),
}
# Groups that hold no text of the page, and what they are counted as if a reader should know.
_MARGINS = ("header", "headerf", "headerl", "headerr", "footer", "footerf", "footerl", "footerr")
_LEFT_OUT = frozenset(
    {
        *(
            "annotation",
            "atnauthor",
            "atnid",
            "atndate",
            "atnref",
            "atnicn",
            "atrfstart",
            "atrfend",
            "bkmkend",
        ),
        *(
            "bkmkstart",
            "colortbl",
            "datafield",
            "datastore",
            "filetbl",
            "fldinst",
            "generator",
            "latentstyles",
        ),
        *(
            "listoverridetable",
            "listtable",
            "nonshppict",
            "objdata",
            "pict",
            "revtbl",
            "rsidtbl",
            "shprslt",
            "tc",
        ),
        *("tcn", "themedata", "colorschememapping", "xe", "xmlnstbl", "txe", "ftnsep", "ftnsepc", "ftncn"),
        *("aftnsep", "aftnsepc", "aftncn", "pnseclvl", "mmathPr", "userprops", *_MARGINS),
    }
)
_COUNTED = {"annotation": "comments", "pict": "pictures", **dict.fromkeys(_MARGINS, "headers_footers")}
_KEPT_STARRED = frozenset({"shpinst", "shptxt", "pntext", "listtext"})
_HEADING = re.compile(r"(?:heading|überschrift|titre|見出し)\s*(\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _State:
    """What holds in a group: where its text goes, how it is set, how many signs stand for a Unicode one."""

    target: str = "text"
    font: int = 0
    skips: int = 1
    hidden: bool = False
    struck: bool = False
    shift: str = ""


@dataclass(slots=True)
class _Row:
    """The row of a table that is being read: where its cells end, how they go on, and their texts."""

    edges: list[tuple[int, bool, bool]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    across: bool = False
    down: bool = False


def read(data: bytes) -> Converted:
    """The text of an RTF file, its headings, lists, tables and notes."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableError("damaged", "It cannot be read as RTF: it does not begin like it")
    reader = _Reader()
    for match in _TOKEN.finditer(data.decode("latin-1")):
        reader.take(match)
    return Converted(reader.finished(), " ".join(reader.texts["title"].split()) or None, told(reader.counts))


class _Reader:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.texts: dict[str, str] = {
            "text": "",
            "title": "",
            "mark": "",
            "note": "",
            "style": "",
            "font": "",
        }
        self._paragraphs: list[Paragraph] = []
        self._notes: list[str] = []
        self._stack: list[_State] = []
        self._state = _State()
        self._starred = False
        self._bytes = bytearray()
        self._codepage = "cp1252"
        self._fonts: dict[int, str] = {}
        self._styles: dict[int, int] = {}
        self._style = self._font = self._level = self._depth = 0
        self._row, self._table, self._in_table = _Row(), list[_Row](), False
        self._to_skip = 0

    def take(self, match: re.Match[str]) -> None:
        """The next sign, word or run of text."""
        if match["hex"] or match["text"]:
            data = bytes.fromhex(match["hex"]) if match["hex"] else match["text"].encode("latin-1")
            self._bytes += data[self._skipping(len(data)) :]
            return
        self._flush()
        if match["brace"] == "{":
            self._stack.append(self._state)
        elif match["brace"] and self._stack:
            self._close()
        elif match["sign"]:
            self._take_sign(match["sign"])
        elif match["word"]:
            self._take_word(match["word"], match["number"])

    def finished(self) -> str:
        """The whole text, the notes at its end."""
        self._flush()
        self._end_paragraph()
        self._end_table()
        notes = [Paragraph(f"[{number}] {note}") for number, note in enumerate(self._notes, 1)]
        return written([*self._paragraphs, *notes])

    def _skipping(self, most: int) -> int:
        skipped = min(most, self._to_skip)
        self._to_skip -= skipped
        return skipped

    def _flush(self) -> None:
        if self._bytes:
            codepage = self._fonts.get(self._state.font, self._codepage)
            try:
                text = bytes(self._bytes).decode(codepage, "replace")
            except LookupError:
                text = bytes(self._bytes).decode("cp1252", "replace")
            self.counts["replaced"] += text.count("\ufffd")
            self._bytes.clear()
            self._add(text)

    def _add(self, text: str) -> None:
        state = self._state
        if state.target == "out" or not text:
            return
        if (state.hidden or state.struck) and state.target == "text":
            if text.strip():
                self.counts["hidden" if state.hidden else "struck_out"] += 1
            return
        if state.shift and text.strip():
            write = raised if state.shift == "super" else lowered
            text = write(text, before=self.texts[state.target][-40:])
        self.texts[state.target] += text

    def _take_sign(self, sign: str) -> None:
        self._to_skip = 0
        if sign == "*":
            self._starred = True
        elif sign in "\\{}":
            self._add(sign)
        elif sign == "~":
            self._add(" ")
        elif sign == "_":
            self._add("-")
        elif sign in "\r\n":
            self._end_paragraph()

    def _close(self) -> None:
        closed, self._state = self._state, self._stack.pop()
        if closed.target == self._state.target:
            return
        if closed.target == "style":
            heading = _HEADING.search(self.texts["style"])
            if heading:
                self._styles[self._style] = int(heading[1])
            self.texts["style"] = ""
        elif closed.target == "note":
            self._notes.append(" ".join(self.texts["note"].split()))
            self.texts["note"] = ""
            self._add(f"[{len(self._notes)}]")

    def _take_word(self, word: str, told_number: str | None) -> None:
        starred, self._starred = self._starred, False
        number = int(told_number) if told_number else 1
        on = told_number != "0"
        if word == "u":
            self._take_unicode(number)
            return
        self._to_skip = 0
        if word in _LEFT_OUT or (starred and word not in _KEPT_STARRED):
            if word in _COUNTED and self._state.target != "out":
                self.counts[_COUNTED[word]] += 1
            self._state = replace(self._state, target="out")
        elif word in _SIGNS:
            self._add(_SIGNS[word])
        elif not self._take_target(word) and not self._take_setting(word, number, on=on):
            self._take_layout(word, number)

    def _take_unicode(self, number: int) -> None:
        sign = chr(number % 65536)
        if "\udc00" <= sign <= "\udfff" and self.texts.get(self._state.target, "")[-1:] >= "\ud800":
            high = self.texts[self._state.target][-1]
            self.texts[self._state.target] = self.texts[self._state.target][:-1]
            sign = (high + sign).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self._add(sign)
        self._to_skip = self._state.skips

    def _take_target(self, word: str) -> bool:
        """Words that say that a group is no text of the page but something of its own."""
        target = {"fonttbl": "font", "stylesheet": "style", "title": "title", "info": "out"}.get(word)
        if word in {"listtext", "pntext"}:
            target, self.texts["mark"] = "mark", ""
        elif word == "footnote":
            target = "note"
        if target is None or (self._state.target == "out" and word != "title"):
            return False
        self._state = _State(target, self._state.font, self._state.skips)
        return True

    def _take_setting(self, word: str, number: int, *, on: bool) -> bool:
        """Words that say how text is set from here on."""
        state = self._state
        if word == "plain":
            self._state = replace(state, hidden=False, struck=False, shift="")
        elif word == "v":
            self._state = replace(state, hidden=on)
        elif word in {"strike", "striked", "deleted"}:
            self._state = replace(state, struck=on)
        elif word in {"super", "sub", "nosupersub"}:
            self._state = replace(state, shift=word if on and word != "nosupersub" else "")
        elif word == "uc":
            self._state = replace(state, skips=number)
        else:
            return self._take_font(word, number)
        return True

    def _take_font(self, word: str, number: int) -> bool:
        """Words that say in which encoding text stands."""
        state = self._state
        if word == "f":
            self._font = number if state.target == "font" else self._font
            self._state = replace(state, font=number)
        elif word == "fcharset" and state.target == "font":
            self._fonts[self._font] = self._codepage if number < 2 else _CHARSETS.get(number, self._codepage)  # noqa: PLR2004
        elif word == "ansicpg":
            self._codepage = "utf-8" if number == _UTF8 else f"cp{number}"
        else:
            return False
        return True

    def _take_layout(self, word: str, number: int) -> None:
        """Words that end paragraphs, and say what a paragraph is."""
        if word in {"par", "sect"}:
            self._end_paragraph()
        elif word == "pard":
            self._level = self._depth = 0
            self._in_table = False
        elif word == "s" and self._state.target == "style":
            self._style = number
        elif word in {"s", "outlinelevel"}:
            self._level = self._styles.get(number, 0) if word == "s" else number + 1
        elif word == "ilvl":
            self._depth = number + 1
        elif word == "intbl":
            self._in_table = True
        else:
            self._take_table(word, number)

    def _take_table(self, word: str, number: int) -> None:
        row = self._row
        if word == "trowd":
            row.edges = []
        elif word == "clmrg":
            row.across = True
        elif word == "clvmrg":
            row.down = True
        elif word == "cellx":
            row.edges.append((number, row.across, row.down))
            row.across = row.down = False
        elif word in {"cell", "nestcell"}:
            mark, self.texts["mark"] = self.texts["mark"], ""
            row.texts.append(" ".join(f"{mark} {self.texts['text']}".split()))
            self.texts["text"] = ""
        elif word in {"row", "nestrow"}:
            self._table.append(row)
            self._row = _Row(edges=[*row.edges])

    def _end_paragraph(self) -> None:
        if self._state.target == "note":
            self.texts["note"] += " "
            return
        if self._in_table:
            self.texts["text"] += " "
            return
        text, mark = self.texts["text"], self.texts["mark"]
        self.texts["text"] = self.texts["mark"] = ""
        if text.strip():
            self._end_table()
            self._paragraphs.append(Paragraph(text, self._level, mark, max(self._depth, 1 if mark else 0)))

    def _end_table(self) -> None:
        rows, self._table = self._table, []
        if rows:
            self._paragraphs.append(Paragraph(_grid(rows).markdown(), table=True))


def _grid(rows: list[_Row]) -> Grid:
    """The rows of a table; the right edges of their cells say how many columns a cell spans."""
    edges = sorted({edge for row in rows for edge, _, _ in row.edges})
    cells: list[list[Cell]] = []
    above: dict[int, tuple[int, int]] = {}
    for number, row in enumerate(rows):
        line: list[Cell] = []
        left = 0
        for (edge, across, down), text in zip(row.edges, row.texts, strict=False):
            columns = edges.index(edge) + 1 - left
            left += columns
            if across and line:
                line[-1] = replace(line[-1], columns=line[-1].columns + columns)
            elif down and edge in above:
                at, place = above[edge]
                cells[at][place] = replace(cells[at][place], rows=number - at + 1)
            else:
                above[edge] = (number, len(line))
                line.append(Cell(text, 1, max(1, columns)))
        cells.append(line)
    return Grid.laid_out(cells)
