"""Office files made from known text and tables: XLSX, CSV, DOCX and PPTX, in five languages.

XLSX with openpyxl, PPTX with python-pptx, DOCX with python-docx, and this once more by LibreOffice where
there is one.
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from reading.made import Made


@dataclass(frozen=True, slots=True)
class Language:
    """A text, a table and their words in one language: two years over two heads, two rows for each region."""

    code: str
    title: str
    text: Sequence[str]
    region: str
    heads: tuple[str, str]
    regions: tuple[str, str]
    gone: str
    hidden: str
    header: str


LANGUAGES = (
    Language(
        "en", "The harbour", ("The longest of its piers measures 412 metres from the gate to the light.",
        "It was built between 1902 and 1907 by a firm from Brugg."),
        "Region", ("Fee", "Members"), ("North", "South"), "withdrawn", "confidential", "Annual report",
    ),
    Language(
        "de", "Der Hafen", ("Die längste seiner Molen misst vom Tor bis zum Leuchtfeuer 412,5 Meter.",
        "Gebaut wurde sie am 16. April 1907 von einer Firma aus Brückstadt."),
        "Gebiet", ("Gebühr", "Mitglieder"), ("Norden", "Süden"), "gestrichen", "vertraulich", "Jahresbericht",
    ),
    Language(
        "fr", "Le port", ("La plus longue de ses jetées mesure 412 mètres de la porte au phare.",
        "Elle fut bâtie entre 1902 et 1907 par une maison de Brugues."),
        "Région", ("Tarif", "Membres"), ("Nord", "Sud"), "supprimé", "confidentiel", "Rapport annuel",
    ),
    Language(
        "ja", "港の歴史",
        ("最も長い桟橋は門から灯台まで四百十二メートルある。", "一九〇七年に東京の会社が建てた。"),
        "地域", ("会費", "会員数"), ("北部", "南部"), "廃止", "社外秘", "年次報告",
    ),
    Language(
        "ar", "الميناء",
        ("يبلغ طول الرصيف الاطول 412 مترا من البوابة الى المنارة.", "بني بين عامي 1902 و 1907."),
        "المنطقة", ("الرسوم", "الاعضاء"), ("الشمال", "الجنوب"), "ملغى", "سري", "التقرير السنوي",
    ),
)  # fmt: skip
YEARS = ("2024", "2025")
FIGURES = (
    ("30", "120", "31", "125"),
    ("40", "90", "41", "95"),
    ("50", "70", "51", "75"),
    ("60", "60", "61", "65"),
)
GATES = ("A1", "A2", "B1", "B2")
DAY = dt.date(2024, 3, 1)
# A value, its number format, and what a sheet shows of it.
FORMATTED: tuple[tuple[object, str, str], ...] = (
    (0.25, "0%", "25%"),
    (1200, '"¥"#,##0', "¥1,200"),
    (512, '0" m"', "512 m"),
    (712, "00000", "00712"),
    ("007", "General", "007"),
    ("1.10", "General", "1.10"),
    ("NA", "General", "NA"),
    (12.0, "General", "12"),
    (-1234.5, '#,##0.00\\ "€"', "-1,234.50 €"),
    (DAY, "yyyy-mm-dd", "2024-03-01"),
    (DAY, "dd/mm/yyyy", "01/03/2024"),
    (DAY, "[$-407]d. mmmm yyyy", "1. März 2024"),
    (DAY, '[$-411]ggge"年"m"月"d"日"', "令和6年3月1日"),
    (1.25, "# ?/?", "1 1/4"),
)


def made() -> Iterator[Made]:
    """The documents that the packages of this machine can make; what is missing is left out, and said."""
    for language in LANGUAGES:
        yield _spanned_sheet(language)
        yield from _tables_as_text(language)
        yield _deck(language)
    yield _formatted_sheet()
    try:
        import docx  # noqa: F401
    except ImportError:
        print("no DOCX: python-docx is not installed")
        return
    for language in LANGUAGES:
        document = _document(language)
        yield document
        yield from _by_libreoffice(document, ("docx", "odt"))


def _cells(language: Language) -> list[tuple[str, str, str]]:
    """Every figure under its head of two rows, in the row of its region."""
    heads = [f"{year} {head}" for year in YEARS for head in language.heads]
    rows = zip((region for region in language.regions for _ in range(2)), GATES, FIGURES, strict=True)
    return [
        (head, region, value)
        for region, _, figures in rows
        for head, value in zip(heads, figures, strict=True)
    ]


def _table_words(language: Language) -> list[str]:
    heads = [f"{year} {head}" for year in YEARS for head in language.heads]
    rows = zip((region for region in language.regions for _ in range(2)), FIGURES, strict=True)
    return " ".join(
        [language.region, *heads, *(word for region, row in rows for word in (region, *row))]
    ).split()


def _spanned_sheet(language: Language) -> Made:
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    book = Workbook()
    sheet = book.active
    sheet.title = language.title
    sheet.append([language.header])
    sheet.append([language.region, YEARS[0], None, YEARS[1], None, language.hidden])
    sheet.append([None, *language.heads, *language.heads])
    for at, figures in enumerate(FIGURES):
        sheet.append([language.regions[at // 2] if at % 2 == 0 else None, *map(int, figures)])
    sheet.append([language.gone, 1, 2, 3, 4])
    for area in ("A2:A3", "B2:C2", "D2:E2", "A4:A5", "A6:A7"):
        sheet.merge_cells(area)
    sheet.row_dimensions[8].hidden = True
    sheet.column_dimensions["F"].hidden = True
    sheet["A4"].comment = Comment(language.hidden, "X")
    words = [*language.title.split(), *language.header.split(), *_table_words(language)]
    noise = [language.gone, language.hidden]
    return _made("spans", "xlsx", language, _saved(book.save), words, cells=_cells(language), noise=noise)


def _formatted_sheet() -> Made:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["Item", "Value"])
    cells = []
    for at, (value, code, shown) in enumerate(FORMATTED):
        sheet.append([f"Item {at}", value])
        sheet.cell(at + 2, 2).number_format = code
        cells.append(("Value", f"Item {at}", shown))
    values = [shown for _, _, shown in FORMATTED]
    return _made("formats", "xlsx", LANGUAGES[0], _saved(book.save), [], cells=cells, values=values)


def _tables_as_text(language: Language) -> Iterator[Made]:
    """CSV as programs of the country write it: separator, decimal sign, encoding."""
    encodings = {"ja": "cp932", "de": "cp1252", "fr": "cp1252"}
    decimals = ("12,5", "1.204,75") if language.code in {"de", "fr"} else ("12.5", "1204.75")
    for name, separator, encoding, first in (
        ("country", ";" if language.code in {"de", "fr"} else ",", encodings.get(language.code, "utf-8"), ""),
        ("told", ";", "utf-8-sig", "sep=;\r\n"),
        ("tabs", "\t", "utf-8", ""),
    ):
        rows = [[language.region, *language.heads], [language.regions[0], decimals[0], "007"]]
        rows.append([language.regions[1], decimals[1], "NA"])
        data = (first + "\r\n".join(separator.join(row) for row in rows) + "\r\n").encode(encoding)
        cells = [
            (head, row[0], value)
            for row in rows[1:]
            for head, value in zip(rows[0][1:], row[1:], strict=True)
        ]
        words = " ".join(value for row in rows for value in row).split()
        values = [*decimals, "007", "NA"]
        yield _made(f"text-{name}", "csv", language, data, words, cells=cells, values=values)


def _deck(language: Language) -> Made:
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData, XyChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    def place(top: float) -> tuple[int, int, int, int]:
        return Inches(1), Inches(top), Inches(6), Inches(1)

    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text, first.placeholders[1].text = language.title, "\n".join(language.text)
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = language.header
    table = second.shapes.add_table(6, 5, *place(1.5)).table
    for row, texts in enumerate(_rows(language)):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    for area in ((0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 4), (2, 0, 3, 0), (4, 0, 5, 0)):
        table.cell(area[0], area[1]).merge(table.cell(area[2], area[3]))
    shares = CategoryChartData(number_format="0%")
    shares.categories = language.regions
    shares.add_series(YEARS[0], (0.25, 0.75))
    second.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *place(4), shares)
    second.shapes.add_textbox(*place(6)).text_frame.text = language.text[0]
    points = XyChartData()
    series = points.add_series(language.heads[0])
    series.add_data_point(1.5, 20.25)
    third = deck.slides.add_slide(deck.slide_layouts[5])
    third.shapes.title.text = language.region
    third.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *place(2), points)
    hidden = deck.slides.add_slide(deck.slide_layouts[1])
    hidden.shapes.title.text = hidden.placeholders[1].text = language.gone
    hidden._element.set("show", "0")  # noqa: SLF001  (python-pptx has no name for it)
    words = [language.title, *language.text, language.header, *_table_words(language), YEARS[0]]
    words += [language.regions[0], "25%", language.regions[1], "75%", language.text[0], language.region]
    words += ["X", language.heads[0], "1.5", "20.25"]
    cells = [*_cells(language), (YEARS[0], language.regions[0], "25%"), (language.heads[0], "1.5", "20.25")]
    noise = [language.gone, "Slide number"]
    return _made(
        "deck", "pptx", language, _saved(deck.save), " ".join(words).split(), cells=cells, noise=noise
    )


def _rows(language: Language) -> list[list[str]]:
    """The table with blanks where a cell is spanned."""
    rows = [[language.region, YEARS[0], "", YEARS[1], ""], ["", *language.heads, *language.heads]]
    return [
        *rows,
        *([language.regions[at // 2] * (at % 2 == 0), *figures] for at, figures in enumerate(FIGURES)),
    ]


def _document(language: Language) -> Made:
    """Headings, furigana, fields, numbers, powers, changes, a note of Word's own, and the table."""
    from docx import Document

    document = Document()
    document.sections[0].header.paragraphs[0].text = language.header
    document.add_heading(language.title, 1)
    for text in language.text:
        document.add_paragraph(text)
    paragraph = document.add_paragraph()
    for text, look in (
        (language.text[0], ""), (language.gone, "strike"), (language.hidden, "vanish"),
        (" 10", ""), ("6", "up"),
    ):  # fmt: skip
        _look(paragraph.add_run(text), look)
    words = [language.title, *language.text, language.text[0], "10⁶"]
    for number, text in enumerate(language.text, 1):
        document.add_paragraph(text, style="List Number")
        words += [f"{number}.", text]
    caption = document.add_paragraph("Table ", style="Caption")
    _field(caption, "SEQ Table", "3")
    caption.add_run(f": {language.header} ")
    words += ["Table 3:", language.header]
    if language.code == "ja":
        _ruby(document.add_paragraph(), "東京", "とうきょう", "の人口")
        words.append("東京の人口")
    table = document.add_table(6, 5)
    for row, texts in enumerate(_rows(language)):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    for area in ((0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 4), (2, 0, 3, 0), (4, 0, 5, 0)):
        table.cell(area[0], area[1]).merge(table.cell(area[2], area[3]))
    words += _table_words(language)
    noise = [language.gone, language.hidden, "とうきょう"]
    values = ["10⁶", "Table 3"]
    return _made(
        "document", "docx", language, _saved(document.save), " ".join(words).split(),
        cells=_cells(language), values=values, noise=noise,
    )  # fmt: skip


def _look(run: Any, look: str) -> None:
    if look == "strike":
        run.font.strike = True
    elif look == "vanish":
        run.font.hidden = True
    elif look == "up":
        run.font.superscript = True


def _field(paragraph: Any, code: str, shown: str) -> None:
    """A complex field with what it shows."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind in ("begin", "separate", "end"):
        run = paragraph.add_run(shown if kind == "end" else "")
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), kind)
        run._r.append(mark)  # noqa: SLF001
        if kind == "begin":
            instruction = OxmlElement("w:instrText")
            instruction.text = f" {code} "
            paragraph.add_run()._r.append(instruction)  # noqa: SLF001


def _ruby(paragraph: Any, word: str, reading: str, rest: str) -> None:
    from docx.oxml import OxmlElement

    run, ruby = paragraph.add_run(), OxmlElement("w:ruby")
    for name, text in (("w:rt", reading), ("w:rubyBase", word)):
        part, inner, letters = OxmlElement(name), OxmlElement("w:r"), OxmlElement("w:t")
        letters.text = text
        inner.append(letters)
        part.append(inner)
        ruby.append(part)
    run._r.append(ruby)  # noqa: SLF001
    paragraph.add_run(rest)


def _by_libreoffice(made: Made, formats: Sequence[str]) -> Iterator[Made]:
    """The same document as LibreOffice writes it, where that is installed."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    for wanted in formats if program else ():
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, f"a.{made.format}")
            source.write_bytes(made.data)
            command = [
                str(program),
                "--headless",
                "--convert-to",
                wanted,
                "--outdir",
                f"{folder}/out",
                str(source),
            ]
            subprocess.run(command, check=False, capture_output=True, timeout=120)
            result = Path(folder, "out", f"a.{wanted}")
            if result.exists():
                yield Made(
                    f"{made.name}-libreoffice", wanted, made.language, result.read_bytes(),
                    made.words, made.cells, made.values, made.noise,
                )  # fmt: skip


def _saved(save: Callable[[BytesIO], object]) -> bytes:
    buffer = BytesIO()
    save(buffer)
    return buffer.getvalue()


def _made(
    name: str,
    form: str,
    language: Language,
    data: bytes,
    words: Sequence[str],
    *,
    cells: Sequence[tuple[str, str, str]] = (),
    values: Sequence[str] = (),
    noise: Sequence[str] = (),
) -> Made:
    return Made(f"{form}-{name}-{language.code}", form, language.code, data, words, cells, values, noise)
