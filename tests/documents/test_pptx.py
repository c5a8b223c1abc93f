"""PPTX: what the slides show, in their order, and what was left out."""

# ruff: noqa: E501  (XML as office programs write it)

from __future__ import annotations

import zipfile

import pytest
from pptx import Presentation
from pptx.chart.data import BubbleChartData, CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml
from pptx.util import Inches

from qagen import load_documents

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"


@pytest.fixture
def deck():
    return Presentation()


@pytest.fixture
def read(tmp_path):
    """The text of a presentation, and its warnings as (kind, count, place)."""

    def converted(presentation):
        presentation.save(tmp_path / "a.pptx")
        [document] = load_documents(tmp_path / "a.pptx")
        warnings = document.metadata.get("warnings", [])
        return document.page_content, [(one["kind"], one["count"], one["place"]) for one in warnings]

    return converted


def slide_of(deck, title, text=None):
    slide = deck.slides.add_slide(deck.slide_layouts[5 if text is None else 1])
    slide.shapes.title.text = title
    if text is not None:
        slide.placeholders[1].text = text
    return slide


def place(top, left=1.0):
    return Inches(left), Inches(top), Inches(3), Inches(1)


def box(slide, text, top, left=1.0):
    slide.shapes.add_textbox(*place(top, left)).text_frame.text = text


def test_slides_follow_each_other_without_remarks_of_the_converter(deck, read):
    slide = slide_of(deck, "The pier", "It is 412 metres long.\nIt opened in 1911.")
    slide.notes_slide.notes_text_frame.text = "Show the photo."
    slide_of(deck, "The harbour", "It closes at nine.")
    text, warnings = read(deck)
    assert text == (
        "# The pier\n\nIt is 412 metres long.\nIt opened in 1911.\n\n### Notes\n\nShow the photo.\n\n"
        "# The harbour\n\nIt closes at nine."
    )
    assert warnings == []


def test_a_chart_is_a_table_and_the_text_after_it_stands_apart(deck, read):
    slide = slide_of(deck, "Members")
    data = CategoryChartData(number_format="0%")
    data.categories = ["North", "South"]
    data.add_series("2024", (0.25, 0.5))
    data.add_series("2025", (0.3, None))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place(2), data)
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = "Share of members"
    box(slide, "All clubs were asked.", 5)
    text, _ = read(deck)
    assert text == (
        "# Members\n\nShare of members\n\n|  | 2024 | 2025 |\n| --- | --- | --- |\n| North | 25% | 30% |\n"
        "| South | 50% |  |\n\nAll clubs were asked."
    )


def test_a_chart_of_points_has_their_values(deck, read):
    slide = slide_of(deck, "Depth")
    data = XyChartData()
    for name, points in (("Lake Ulm", [(1, 2.5), (2, 3.75)]), ("Lake Bonn", [(1, 12)])):
        series = data.add_series(name)
        for point in points:
            series.add_data_point(*point)
    slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *place(2), data)
    bubbles = BubbleChartData()
    series = bubbles.add_series("Towns")
    series.add_data_point(10, 20, 300)
    slide.shapes.add_chart(XL_CHART_TYPE.BUBBLE, *place(4), bubbles)
    text, _ = read(deck)
    assert text.endswith(
        "|  | X | Y |\n| --- | --- | --- |\n| Lake Ulm | 1 | 2.5 |\n| Lake Ulm | 2 | 3.75 |\n| Lake Bonn | 1 | 12 |"
        "\n\n| X | Towns | Size |\n| --- | --- | --- |\n| 10 | 20 | 300 |"
    )


def test_hidden_slides_and_shapes_and_footers_are_left_out_and_told(deck, read):
    slide = slide_of(deck, "Fees", "Senior: 30 euros")
    box(slide, "Secret", 6)
    slide.shapes[-1]._element.nvSpPr.cNvPr.set("hidden", "1")
    footer = parse_xml(
        f'<p:sp xmlns:p="{P}" xmlns:a="{A}"><p:nvSpPr><p:cNvPr id="99" name="F"/><p:cNvSpPr/><p:nvPr><p:ph type="ftr"'
        ' idx="11"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>Confidential</a:t></a:r></a:p>'
        "</p:txBody></p:sp>"
    )
    slide.shapes._spTree.append(footer)
    hidden = slide_of(deck, "Old fees", "Senior: 20 euros")
    hidden._element.set("show", "0")
    text, warnings = read(deck)
    assert text == "# Fees\n\nSenior: 30 euros"
    assert sorted(warnings) == [
        ("headers_footers", 1, "slide 1"),
        ("hidden_shapes", 1, "slide 1"),
        ("hidden_slides", 1, "slide 2"),
    ]


def test_spanned_cells_repeat_their_value(deck, read):
    slide = slide_of(deck, "Fees")
    table = slide.shapes.add_table(4, 3, *place(2)).table
    rows = [
        ["Region", "2024", ""],
        ["", "Fee", "Members"],
        ["North", "30 euros", "120"],
        ["", "40 euros", "90"],
    ]
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            table.cell(at, column).text = text
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(2, 0).merge(table.cell(3, 0))
    assert read(deck)[0] == (
        "# Fees\n\n| Region | 2024 Fee | 2024 Members |\n| --- | --- | --- |\n| North | 30 euros | 120 |\n"
        "| North | 40 euros | 90 |"
    )


def test_runs_keep_what_they_mean(deck, read):
    slide = slide_of(deck, "Energy", "")
    frame = slide.placeholders[1].text_frame
    first = frame.paragraphs[0]
    for text, look in (
        ("10", {}),
        ("6", {"baseline": "30000"}),
        (" joules, ", {}),
        ("400", {"strike": "sngStrike"}),
    ):
        run = first.add_run()
        run.text = text
        for name, value in look.items():
            run._r.get_or_add_rPr().set(name, value)
    first.add_run().text = "650 francs"
    first.add_line_break()
    first.add_run().text = "a year"
    text, warnings = read(deck)
    assert text == "# Energy\n\n10⁶ joules, 650 francs\na year"
    assert warnings == [("struck_out", 1, "slide 1")]


def test_numbered_lines_keep_their_numbers(deck, read):
    slide = slide_of(deck, "Rules", "Pay\nBring a card\nGo home")
    frame = slide.placeholders[1].text_frame
    for paragraph in frame.paragraphs:
        properties = paragraph._p.get_or_add_pPr()
        properties.append(parse_xml(f'<a:buAutoNum xmlns:a="{A}" type="arabicPeriod" startAt="7"/>'))
    assert read(deck)[0] == "# Rules\n\n7. Pay\n8. Bring a card\n9. Go home"


def test_shapes_are_read_from_the_top_down_and_from_the_left(deck, read):
    slide = slide_of(deck, "Plan")
    box(slide, "right", 2, left=5)
    box(slide, "below", 4)
    box(slide, "left", 2.05)
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(*place(6)).text_frame.text = "in a group"
    assert read(deck)[0] == "# Plan\n\nleft\n\nright\n\nbelow\n\nin a group"


def test_a_formula_in_a_box_is_read(deck, read):
    slide = slide_of(deck, "Formula")
    slide.shapes._spTree.append(
        parse_xml(
            f'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:p="{P}" '
            f'xmlns:a="{A}" xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" '
            'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><mc:Choice Requires="a14"><p:sp>'
            '<p:nvSpPr><p:cNvPr id="77" name="T"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody>'
            "<a:bodyPr/><a:p><a:r><a:t>Area: </a:t></a:r><a14:m><m:oMath><m:sSup><m:e><m:r><m:t>r</m:t></m:r></m:e>"
            "<m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></a14:m></a:p></p:txBody></p:sp></mc:Choice>"
            "<mc:Fallback/></mc:AlternateContent>"
        )
    )
    assert read(deck)[0] == "# Formula\n\nArea: $r^{2}$"


def test_smartart_is_a_list(deck, read, tmp_path):
    slide_of(deck, "Board")
    data = (
        f'<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:a="{A}"><dgm:ptLst>'
        '<dgm:pt modelId="1" type="doc"/>'
        + "".join(
            f'<dgm:pt modelId="{at}"><dgm:t><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'
            for at, text in ((2, "Mara Quist"), (3, "Treasurer"), (4, "Clerk"))
        )
        + '</dgm:ptLst><dgm:cxnLst><dgm:cxn modelId="7" srcId="1" destId="2" srcOrd="0"/>'
        '<dgm:cxn modelId="8" srcId="2" destId="4" srcOrd="1"/><dgm:cxn modelId="9" srcId="2" destId="3" srcOrd="0"/>'
        "</dgm:cxnLst></dgm:dataModel>"
    )
    frame = (
        '<p:graphicFrame xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:nvGraphicFramePr>'
        '<p:cNvPr id="50" name="D"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="2000000"/>'
        '<a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/'
        'diagram"><dgm:relIds xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" r:dm="rIdD"/>'
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )
    relation = (
        '<Relationship Id="rIdD" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData" '
        'Target="../diagrams/data1.xml"/>'
    )
    deck.save(tmp_path / "plain.pptx")
    with zipfile.ZipFile(tmp_path / "plain.pptx") as old, zipfile.ZipFile(tmp_path / "a.pptx", "w") as new:
        for name in old.namelist():
            content = old.read(name).decode("utf-8", "surrogateescape")
            if name == "ppt/slides/slide1.xml":
                content = content.replace("</p:spTree>", f"{frame}</p:spTree>")
            elif name == "ppt/slides/_rels/slide1.xml.rels":
                content = content.replace("</Relationships>", f"{relation}</Relationships>")
            elif name == "[Content_Types].xml":
                kind = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"
                own = f'<Override PartName="/ppt/diagrams/data1.xml" ContentType="{kind}"/>'
                content = content.replace("</Types>", f"{own}</Types>")
            new.writestr(name, content.encode("utf-8", "surrogateescape"))
        new.writestr("ppt/diagrams/data1.xml", data)
    [document] = load_documents(tmp_path / "a.pptx")
    assert document.page_content == "# Board\n\n* Mara Quist\n  * Treasurer\n  * Clerk"
    assert "warnings" not in document.metadata


def test_pictures_are_told_and_a_description_stays(deck, read, tmp_path):
    from struct import pack
    from zlib import compress, crc32

    def chunk(kind, data):
        return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))

    picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    picture += chunk(b"IDAT", compress(b"\0\0")) + chunk(b"IEND", b"")
    (tmp_path / "p.png").write_bytes(picture)
    slide = slide_of(deck, "Map")
    shape = slide.shapes.add_picture(str(tmp_path / "p.png"), *place(3))
    shape._element.nvPicPr.cNvPr.set("descr", "The harbour from the east")
    slide.shapes.add_picture(str(tmp_path / "p.png"), *place(5))
    assert read(deck) == ("# Map\n\n![The harbour from the east]()", [("pictures", 2, "slide 1")])
