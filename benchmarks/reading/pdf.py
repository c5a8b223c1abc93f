"""PDFs made from known text with reportlab and LaTeX: columns, tables, forms, headers, upright Japanese."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from reading.made import Made

ENGLISH = (
    (
        "The harbour of Kelmar has three piers, and the longest of them "
        "measures 412 metres from the gate to the light."
    ),
    "It was built by the firm Osk & Sons between 1902 and 1907, and a storm of 1954 broke its outer third.",
    (
        "The well-known ferry office on the first floor sells 2,140 tickets a "
        "week, which is efficient for so small a town."
    ),
    "A pilot station was moved to Brugg in 1988 because of ice; its lamp has a power of 10⁶ candela.",
)
GERMAN = (
    (
        "Der Hafen von Brückstadt verfügt über drei Molen, deren längste vom "
        "Tor bis zum Leuchtfeuer 412,5 Meter misst."
    ),
    (
        "Die Verwaltungsgemeinschaft beschloss am 16. April 1931, die "
        "Straßenbahn größtenteils über die Brücke zu führen."
    ),
    (
        "Haupt- und Nebenwege wurden gepflastert; die Kosten betrugen 48.000 "
        "Kronen und wurden von der Stadt übernommen."
    ),
)
FRENCH = (
    (
        "Le port de Kelmar possède trois jetées, et la plus longue mesure 412 "
        "mètres depuis l’entrée jusqu’au phare."
    ),
    (
        "L’office, créé en 1902 à l’initiative d’un armateur, emploie "
        "soixante-dix-sept personnes été comme hiver."
    ),
    "Où qu’il accoste, chaque navire acquitte une redevance de 1 200 euros, payée d’avance à la trésorerie.",
)
JAPANESE = (
    "春日町の図書館は一九三一年に開館し、現在は四万八千冊の本を所蔵している。",
    "館長の田中は、町の子どもたちのために毎週土曜日に朗読会を開くと決めた。",
    "新しい建物は駅の北側にあり、東京から電車で二時間ほどかかる。",
)
ARABIC = ("تقع المدينة على ساحل البحر وفيها ثلاثة ارصفة", "بني الرصيف الطويل في عام 1902 وطوله 412 مترا")
HEAD = ("City", "Ships", "Tons")
ROWS = (("Kelmar", "412", "1,900"), ("Brugg", "77", "310"), ("Ostmark", "1,204", "25 %"))
LABELS = (("Name", "Tove Lind"), ("Born on", "3 May 1911"), ("Length of quay", "412 m"), ("Berths", "007"))
NOISE = "Kelmar Harbour Report 2025"
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
PAGE = (595.0, 842.0)


def made() -> Iterator[Made]:
    """The documents that the programs of this machine can make; what is missing is left out."""
    try:
        import reportlab  # noqa: F401
    except ImportError:
        print("no PDFs by reportlab: it is not installed")
    else:
        yield from _by_reportlab()
    if shutil.which("pdflatex"):
        yield from _by_latex()
    else:
        print("no PDFs by LaTeX: pdflatex is not installed")
    if shutil.which("soffice"):
        yield from _by_libreoffice()
    else:
        print("no PDFs by LibreOffice: soffice is not installed")


def _by_reportlab() -> Iterator[Made]:
    for language, text in (("en", ENGLISH), ("de", GERMAN), ("fr", FRENCH)):
        words = " ".join(text * 4).split()
        yield _made(f"prose-{language}", language, _prose(text * 4), words)
        yield _made(f"columns-{language}", language, _columns(text * 6), " ".join(text * 6).split())
        yield _made(
            f"headers-{language}", language, _with_headers(text), " ".join(text * 12).split(), noise=[NOISE]
        )
    cells = [(head, row[0], value) for row in ROWS for head, value in zip(HEAD[1:], row[1:], strict=True)]
    values = [value for row in ROWS for value in row]
    for name, ruled in (("ruled", True), ("white", False)):
        words = " ".join([ENGLISH[0], *HEAD, *values, ENGLISH[1]]).split()
        yield _made(f"table-{name}", "en", _table(ruled=ruled), words, cells=cells, values=values)
    forms = [(label, "", value) for label, value in LABELS]
    told = [value for _, value in LABELS]
    for name, make in (("rows", _form_in_rows), ("columns", _form_in_columns), ("fields", _form_fields)):
        yield _made(f"form-{name}", "en", make(), cells=forms, values=told)
    yield _made("raised", "en", _raised(), values=["10⁶", "m²"])
    yield _made("spaced", "en", _spaced(), ["KELMAR", "HARBOUR", "is", "old"])
    yield _made("japanese-across", "ja", _japanese(upright=False), JAPANESE)
    yield _made("japanese-downwards", "ja", _japanese(upright=True), JAPANESE)
    yield _made("arabic", "ar", _arabic(), " ".join(ARABIC).split(), values=["1902", "412"])


def _made(
    name: str,
    language: str,
    data: bytes,
    words: Sequence[str] = (),
    *,
    cells: Sequence[tuple[str, str, str]] = (),
    values: Sequence[str] = (),
    noise: Sequence[str] = (),
) -> Made:
    return Made(f"{name}.pdf", "pdf", language, data, words, cells, values, noise)


def _drawn(draw: Callable[[Any], None]) -> bytes:
    """A PDF that a function draws on a canvas."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    if DEJAVU.exists():
        pdfmetrics.registerFont(TTFont("Known", str(DEJAVU)))
    file = BytesIO()
    canvas = Canvas(file, pagesize=PAGE)
    draw(canvas)
    canvas.save()
    return file.getvalue()


def _font() -> str:
    return "Known" if DEJAVU.exists() else "Helvetica"


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """The lines of a text; a long word that does not fit is cut at a hyphen."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    lines, line = [], ""
    for word in text.split():
        whole = f"{line} {word}".strip()
        if stringWidth(whole, _font(), size) <= width:
            line = whole
            continue
        half = len(word) // 2
        start = f"{line} {word[:half]}-"
        if word.isalpha() and half > 3 and stringWidth(start, _font(), size) <= width:
            lines.append(start)
            line = word[half:]
        else:
            lines.append(line)
            line = word
    return [*lines, line]


def _lines(canvas: Any, lines: Sequence[str], x: float, y: float, size: float = 10) -> float:
    canvas.setFont(_font(), size)
    for line in lines:
        canvas.drawString(x, y, line)
        y -= 1.3 * size
    return y


def _prose(text: Sequence[str]) -> bytes:
    def draw(canvas: Any) -> None:
        y = 780.0
        for start in range(0, len(text), 2):
            y = _lines(canvas, _wrapped(" ".join(text[start : start + 2]), 430, 10), 80, y) - 10

    return _drawn(draw)


def _columns(text: Sequence[str]) -> bytes:
    def draw(canvas: Any) -> None:
        lines = _wrapped(" ".join(text), 210, 10)
        half = (len(lines) + 1) // 2
        _lines(canvas, lines[:half], 70, 760)
        _lines(canvas, lines[half:], 305, 760)

    return _drawn(draw)


def _with_headers(text: Sequence[str]) -> bytes:
    def draw(canvas: Any) -> None:
        lines = _wrapped(" ".join(text * 12), 430, 10)
        pages = [lines[start : start + 12] for start in range(0, len(lines), 12)]
        for number, page in enumerate(pages, start=1):
            canvas.setFont(_font(), 8)
            canvas.drawString(80, 810, NOISE)
            canvas.drawString(280, 30, f"Page {number} of {len(pages)}")
            _lines(canvas, page, 80, 760)
            canvas.showPage()

    return _drawn(draw)


def _table(*, ruled: bool) -> bytes:
    def draw(canvas: Any) -> None:
        y = _lines(canvas, _wrapped(ENGLISH[0], 430, 10), 80, 780) - 10
        across = (80, 180, 260, 340)
        top = y + 14
        for row in (HEAD, *ROWS):
            for x, value in zip(across, row, strict=False):
                canvas.drawString(x + 4, y, value)
            y -= 18
        if ruled:
            canvas.grid(across, [top - 18 * step for step in range(len(ROWS) + 2)])
        _lines(canvas, _wrapped(ENGLISH[1], 430, 10), 80, y - 14)

    return _drawn(draw)


def _form_in_rows() -> bytes:
    def draw(canvas: Any) -> None:
        canvas.setFont(_font(), 10)
        for row, (label, value) in enumerate(LABELS):
            canvas.drawString(80, 760 - 20 * row, f"{label}:")
            canvas.drawString(240, 760 - 20 * row, value)

    return _drawn(draw)


def _form_in_columns() -> bytes:
    def draw(canvas: Any) -> None:
        _lines(canvas, [f"{label}:" for label, _ in LABELS], 80, 760)
        _lines(canvas, [value for _, value in LABELS], 240, 760)

    return _drawn(draw)


def _form_fields() -> bytes:
    def draw(canvas: Any) -> None:
        canvas.setFont(_font(), 10)
        for row, (label, value) in enumerate(LABELS):
            y = 760 - 30 * row
            canvas.drawString(80, y, label)
            canvas.acroForm.textfield(name=f"f{row}", value=value, x=240, y=y - 5, width=200, height=18)

    return _drawn(draw)


def _raised() -> bytes:
    def draw(canvas: Any) -> None:
        text = canvas.beginText(80, 760)
        text.setFont(_font(), 11)
        for part, mark in (
            ("The lamp has 10", "6"),
            (" candela, the hall 120 m", "2"),
            (" and no more.", ""),
        ):
            text.textOut(part)
            text.setRise(4)
            text.setFont(_font(), 7)
            text.textOut(mark)
            text.setRise(0)
            text.setFont(_font(), 11)
        canvas.drawText(text)

    return _drawn(draw)


def _spaced() -> bytes:
    def draw(canvas: Any) -> None:
        text = canvas.beginText(80, 760)
        text.setFont(_font(), 14)
        text.setCharSpace(5)
        text.textLine("KELMAR HARBOUR")
        text.setCharSpace(0)
        text.textLine("is old")
        canvas.drawText(text)

    return _drawn(draw)


def _japanese(*, upright: bool) -> bytes:
    def draw(canvas: Any) -> None:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont

        font = UnicodeCIDFont("HeiseiMin-W3", isVertical=upright)
        pdfmetrics.registerFont(font)
        canvas.setFont(font.fontName, 12)
        text = "".join(JAPANESE)
        for number, start in enumerate(range(0, len(text), 25)):
            x, y = (500 - 20 * number, 700) if upright else (80, 760 - 20 * number)
            canvas.drawString(x, y, text[start : start + 25])

    return _drawn(draw)


def _arabic() -> bytes:
    def draw(canvas: Any) -> None:
        canvas.setFont(_font(), 12)
        for row, line in enumerate(ARABIC):
            shown = " ".join(word if word.isdigit() else word[::-1] for word in reversed(line.split()))
            canvas.drawRightString(500, 760 - 20 * row, shown)

    return _drawn(draw)


_PREAMBLE = r"""\documentclass[%s]{article}
\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}
\begin{document}
"""


def _by_latex() -> Iterator[Made]:
    escaped = [line.replace("&", r"\&").replace("%", r"\%").replace("⁶", "$^6$") for line in ENGLISH]
    words = " ".join(ENGLISH * 10).split()
    body = "\n\n".join(" ".join(escaped) for _ in range(10))
    for name, options in (("article", "10pt"), ("twocolumn", "10pt,twocolumn")):
        data = _latex(_PREAMBLE % options + body)
        if data:
            yield _made(f"latex-{name}", "en", data, words, values=["10⁶"])
    table = r"\begin{tabular}{lrr}\hline City & Ships & Tons \\ \hline "
    table += "".join(f"{' & '.join(row)} \\\\ ".replace("%", r"\%") for row in ROWS) + r"\hline\end{tabular}"
    data = _latex(f"{_PREAMBLE % '10pt'}{escaped[0]}\n\n{table}\n\n{escaped[1]}")
    if data:
        cells = [(head, row[0], value) for row in ROWS for head, value in zip(HEAD[1:], row[1:], strict=True)]
        yield _made("latex-table", "en", data, cells=cells, values=[value for row in ROWS for value in row])


def _latex(source: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.tex").write_text(source + "\n\\end{document}\n", encoding="utf-8")
        command = ["pdflatex", "-interaction=batchmode", "a.tex"]
        subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=60)
        made = Path(folder, "a.pdf")
        return made.read_bytes() if made.exists() else b""


def _by_libreoffice() -> Iterator[Made]:
    """A page with a heading, paragraphs, a table and a list in each language."""
    cells = [(head, row[0], value) for row in ROWS for head, value in zip(HEAD[1:], row[1:], strict=True)]
    values = [value for row in ROWS for value in row]
    for language, text in (("en", ENGLISH), ("de", GERMAN), ("fr", FRENCH), ("ja", JAPANESE), ("ar", ARABIC)):
        data = _office_pdf(_page(language, text))
        if data:
            words = [*" ".join(text * 3).split(), *HEAD, *values, *" ".join(text).split()]
            yield _made(f"office-{language}", language, data, words, cells=cells, values=values)


def _page(language: str, text: Sequence[str]) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in (HEAD, *ROWS))
    paragraph = "".join(f"<p>{escape(' '.join(text))}</p>" for _ in range(3))
    points = "".join(f"<li>{escape(line)}</li>" for line in text)
    way = "rtl" if language == "ar" else "ltr"
    return (
        f'<html lang="{language}" dir="{way}"><head><meta charset="utf-8"></head><body>{paragraph}'
        f'<table border="1" cellspacing="0" width="100%">{rows}</table><ul>{points}</ul></body></html>'
    )


def _office_pdf(page: str) -> bytes:
    """A page of HTML as LibreOffice Writer prints it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.html").write_text(page, encoding="utf-8")
        start = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
        for step in (
            ["--infilter=HTML (StarWriter)", "--convert-to", "odt:writer8", "a.html"],
            ["--convert-to", "pdf", "a.odt"],
        ):
            subprocess.run(
                [*start, *step, "--outdir", folder], cwd=folder, check=False, capture_output=True, timeout=120
            )
        made = Path(folder, "a.pdf")
        return made.read_bytes() if made.exists() else b""
