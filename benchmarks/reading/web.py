"""Pages, books, mails and other written formats, made from known text in five languages."""

from __future__ import annotations

import base64
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape
from io import BytesIO

from reading.made import Made


@dataclass(frozen=True, slots=True)
class Text:
    """What a document says: a title, paragraphs, a list and a table whose first rows share their label."""

    language: str
    encoding: str
    title: str
    paragraphs: tuple[str, ...]
    items: tuple[str, ...]
    head: tuple[str, str, str]
    rows: tuple[tuple[str, str, str], ...]

    def words(self) -> list[str]:
        """In reading order, without the title and the table."""
        return " ".join([*self.paragraphs, *self.items]).split()

    def cells(self) -> list[tuple[str, str, str]]:
        """The values of the table, each with its head and the label of its row."""
        return [
            (head, row[0], told)
            for row in self.rows
            for head, told in zip(self.head[1:], row[1:], strict=True)
        ]


TEXTS = (
    Text(
        "en",
        "cp1252",
        "The harbour of Kelmar",
        (
            (
                "The harbour has three piers, and the longest of them measures 412 metres from "
                "the gate to the light."
            ),
            (
                "It was built by the firm Osk & Sons between 1902 and 1907; a storm of 1954 "
                "broke its outer third – “the tail”."
            ),
        ),
        ("Dogs travel free of charge.", "A bicycle costs 5 euros."),
        ("Region", "Class", "Fee"),
        (("North", "Junior", "12 euros"), ("North", "Senior", "1,204 euros"), ("South", "All", "007")),
    ),
    Text(
        "de",
        "cp1252",
        "Der Hafen von Brückstadt",
        (
            "Der Hafen verfügt über drei Molen, deren längste vom Tor bis zum Leuchtfeuer 412,5 Meter misst.",
            (
                "Die Gemeinde beschloss am 16. April 1931, die Straßenbahn größtenteils über "
                "die Brücke zu führen."
            ),
        ),
        ("Hunde fahren kostenlos mit.", "Ein Fahrrad kostet 5 Euro."),
        ("Bezirk", "Klasse", "Gebühr"),
        (("Nord", "Jugend", "12,50 Euro"), ("Nord", "Erwachsene", "30 Euro"), ("Süd", "Alle", "9 Euro")),
    ),
    Text(
        "fr",
        "cp1252",
        "Le port de Kelmar",
        (
            (
                "Le port possède trois jetées, et la plus longue mesure 412 mètres depuis "
                "l’entrée jusqu’au phare."
            ),
            (
                "L’office, créé en 1902 à l’initiative d’un armateur, emploie "
                "soixante-dix-sept personnes été comme hiver."
            ),
        ),
        ("Les chiens voyagent gratuitement.", "Un vélo coûte 5 euros."),
        ("Région", "Classe", "Tarif"),
        (("Nord", "Jeune", "12 euros"), ("Nord", "Adulte", "30 euros"), ("Sud", "Tous", "9 euros")),
    ),
    Text(
        "ja",
        "cp932",
        "春日町の図書館",
        (
            "春日町の図書館は一九三一年に開館し、現在は四万八千冊の本を所蔵している。",
            "新しい建物は駅の北側にあり、東京から電車で二時間ほどかかる。",
        ),
        ("犬は無料である。", "自転車は五百円である。"),
        ("地区", "区分", "料金"),
        (("北部", "子ども", "120円"), ("北部", "大人", "300円"), ("南部", "全員", "90円")),
    ),
    Text(
        "ar",
        "cp1256",
        "ميناء المدينة",
        (
            "تقع المدينة على ساحل البحر وفيها ثلاثة ارصفة طويلة.",
            "بني الرصيف الطويل في عام 1902 وطوله 412 مترا.",
        ),
        ("الكلاب تسافر مجانا.", "الدراجة بخمسة دنانير."),
        ("المنطقة", "الفئة", "الرسم"),
        (("الشمال", "صغار", "12 دينارا"), ("الشمال", "كبار", "30 دينارا"), ("الجنوب", "الجميع", "9 دنانير")),
    ),
)
VALUES = ("10⁶ J", "12 m²", "H₂O", "1931[1]")
SIGNS = (
    "It took 10<sup>6</sup> J on 12 m<sup>2</sup> with H<sub>2</sub>O "
    'in 1931<sup><a href="#n1">1</a></sup> there.'
)
SIGN_WORDS = ("It", "took", "10⁶", "J", "on", "12", "m²", "with", "H₂O", "in", "1931", "1", "there.")
SENDER = ("From:", "Ann", "Lee", "<ann@example.org>")
NOISE = ("Hidden 9999", "Accept cookies", "Log in", "Terms of use")


def made() -> Iterator[Made]:
    """A document of each format in each language."""
    for text in TEXTS:
        for name, (make, values, noise) in _FORMATS.items():
            kind = name.partition("-")[0]
            words = [*text.title.split(), *(SENDER if kind == "eml" else ()), *text.words(), *SIGN_WORDS]
            data = make(text)
            yield Made(
                f"{name}-{text.language}", kind, text.language, data, words, text.cells(), values, noise
            )
        yield Made(
            f"old-encoding-{text.language}",
            "txt",
            text.language,
            "\n\n".join(text.paragraphs * 3).encode(text.encoding),
            [*" ".join(text.paragraphs * 3).split()],
        )


def _body(text: Text, *, signs: bool = True) -> str:
    """The text as HTML: the label of the first two rows stands in one cell."""
    paragraphs = "".join(f"<p>{escape(one)}</p>" for one in text.paragraphs)
    items = "".join(f"<li>{escape(one)}</li>" for one in text.items)
    first, second, *others = text.rows
    rows = [
        "".join(f"<th>{one}</th>" for one in text.head),
        f"<td rowspan='2'>{first[0]}</td><td>{first[1]}</td><td>{first[2]}</td>",
        f"<td>{second[1]}</td><td>{second[2]}</td>",
        *("".join(f"<td>{one}</td>" for one in row) for row in others),
    ]
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    hidden = "<p style='display:none'>Hidden 9999</p><template><p>Hidden 9999</p></template>"
    shown = f"<p>{SIGNS}</p>" if signs else ""
    return f"<h1>{escape(text.title)}</h1>{paragraphs}<ul>{items}</ul>{hidden}{shown}<table>{table}</table>"


def _page(text: Text, article: str = "<main>%s</main>") -> bytes:
    around = (
        "<nav><ul><li><a href='/'>Log in</a></li></ul></nav><div class='cookie-banner'>Accept cookies"
        "<button>OK</button></div>%s<footer><a href='/t'>Terms of use</a></footer>"
    )
    head = f"<meta charset='utf-8'><title>{escape(text.title)}</title><style>p{{}}</style>"
    body = around % (article % _body(text))
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


def _div_page(text: Text) -> bytes:
    return _page(text, "<div id='content'><div class='text'>%s</div></div>")


def _zipped(files: dict[str, str]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _epub(text: Text) -> bytes:
    page = (
        f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{_body(text)}</body></html>'
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item id="a" href="a.xhtml" '
        'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="c.opf"/></rootfiles></container>'
    )
    return _zipped({"META-INF/container.xml": container, "c.opf": package, "a.xhtml": page})


def _mail(text: Text) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = text.title, "Ann Lee <ann@example.org>"
    message.set_content("\n\n".join(text.paragraphs))
    message.add_alternative(_body(text).replace(f"<h1>{escape(text.title)}</h1>", ""), subtype="html")
    message.add_attachment(bytes(5000), maintype="image", subtype="png", filename="a.png")
    return bytes(message)


def _pipes(text: Text) -> str:
    lines = [text.head, ("---",) * 3, *text.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def _markdown(text: Text) -> bytes:
    picture = base64.b64encode(random.Random(3).randbytes(30_000)).decode()  # noqa: S311  (a fixed picture)
    parts = (
        f"---\nauthor: Ann\n---\n\n# {text.title}",
        "<!-- Hidden 9999 -->",
        *text.paragraphs,
        f"![](data:image/png;base64,{picture})",
        "\n".join(f"- {one}" for one in text.items),
        SIGNS,
        _pipes(text),
        "~~Hidden 9999~~\n",
    )
    return "\n\n".join(parts).encode()


def _notebook(text: Text) -> bytes:
    intro = "\n\n".join([f"# {text.title}", *text.paragraphs, "\n".join(f"- {one}" for one in text.items)])
    picture = base64.b64encode(random.Random(3).randbytes(9000)).decode()  # noqa: S311
    shown = [
        {"output_type": "display_data", "data": {"image/png": picture, "text/plain": "<Figure size 1x1>"}}
    ]
    cells = [
        {"cell_type": "markdown", "source": intro.splitlines(keepends=True)},
        {"cell_type": "markdown", "source": [SIGNS]},
        {"cell_type": "code", "source": "", "outputs": shown},
        {"cell_type": "markdown", "source": [_pipes(text)]},
    ]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}).encode()


def _in_rtf(text: str) -> str:
    units = text.encode("utf-16-le")
    numbers = (int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2))
    return "".join(chr(one) if one < 128 else f"\\u{one - 65536 if one > 32767 else one}?" for one in numbers)


def _rtf(text: Text) -> bytes:
    first, second, *others = text.rows
    merged = r"\trowd{}\cellx1000\cellx2000\cellx3000\pard\intbl "
    rows = [
        (merged.format(""), text.head),
        (merged.format(r"\clvmgf"), first),
        (merged.format(r"\clvmrg"), ("", *second[1:])),
        *((merged.format(""), row) for row in others),
    ]
    table = "".join(
        start + "".join(_in_rtf(one) + r"\cell " for one in row) + r"\row " for start, row in rows
    )
    signs = r"It took 10{\super 6} J on 12 m{\super 2} with H{\sub 2}O in 1931{\super\footnote 1} there.\par "
    return (
        r"{\rtf1\ansi\ansicpg1252{\stylesheet{\s1 heading 1;}}{\header Log in\par}{\footer Terms of use\par}"
        rf"\pard\s1 {_in_rtf(text.title)}\par "
        + "".join(rf"\pard {_in_rtf(one)}\par " for one in text.paragraphs)
        + "".join(rf"{{\listtext\'b7\tab}}{_in_rtf(one)}\par " for one in text.items)
        + rf"{{\v Hidden 9999}}{{\*\unknown Accept cookies}}{signs}{table}}}"
    ).encode("ascii")


def _odt(text: Text) -> bytes:
    names = ("office", "style", "text", "table")
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    style = '<style:style style:name="{}" style:family="text"><style:text-properties {}/></style:style>'
    styles = "".join(
        style.format(name, told)
        for name, told in (
            ("U", 'style:text-position="super"'),
            ("D", 'style:text-position="sub"'),
            ("H", 'text:display="none"'),
        )
    )

    def span(name: str, told: str) -> str:
        return f'<text:span text:style-name="{name}">{told}</text:span>'

    def cell(told: str, more: str = "") -> str:
        return f"<table:table-cell {more}><text:p>{escape(told)}</text:p></table:table-cell>"

    first, second, *others = text.rows
    rows = [
        "".join(map(cell, text.head)),
        cell(first[0], 'table:number-rows-spanned="2"') + "".join(map(cell, first[1:])),
        "<table:covered-table-cell/>" + "".join(map(cell, second[1:])),
        *("".join(map(cell, row)) for row in others),
    ]
    note = "<text:note><text:note-citation>1</text:note-citation><text:note-body/></text:note>"
    signs = (
        f"It took 10{span('U', '6')} J on 12 m{span('U', '2')} with H{span('D', '2')}O in 1931{note} there."
    )
    content = (
        f'<text:h text:outline-level="1">{escape(text.title)}</text:h>'
        + "".join(f"<text:p>{escape(one)}</text:p>" for one in text.paragraphs)
        + "<text:list>"
        + "".join(f"<text:list-item><text:p>{escape(one)}</text:p></text:list-item>" for one in text.items)
        + f"</text:list><text:p>{span('H', 'Hidden 9999')}{signs}</text:p><table:table>"
        + "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
        + "</table:table>"
    )
    document = (
        f"<office:document-content {spaces}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body>"
        f"<office:text>{content}</office:text></office:body></office:document-content>"
    )
    return _zipped({"META-INF/manifest.xml": "<m/>", "content.xml": document})


_FORMATS: dict[str, tuple[Callable[[Text], bytes], tuple[str, ...], tuple[str, ...]]] = {
    "html": (_page, VALUES, NOISE),
    "html-div": (_div_page, VALUES, NOISE),
    "epub": (_epub, VALUES, NOISE[:1]),
    "eml": (_mail, VALUES, NOISE[:1]),
    "md": (_markdown, VALUES, NOISE[:1]),
    "ipynb": (_notebook, VALUES, ("base64",)),
    "rtf": (_rtf, VALUES, NOISE),
    "odt": (_odt, VALUES, NOISE[:1]),
}
