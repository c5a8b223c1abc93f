"""DOCX: what a reader of the document sees, and what was left out."""

# ruff: noqa: E501  (XML as office programs write it)

from __future__ import annotations

import pytest
from word_files import SPACES, cell, docx, field, level, numbering, paragraph, run, table

from qagen import load_documents


@pytest.fixture
def read(tmp_path):
    """The text of a DOCX file, and its warnings as {kind: count}."""

    def converted(*body, **parts):
        (tmp_path / "a.docx").write_bytes(docx(*body, **parts))
        [document] = load_documents(tmp_path / "a.docx")
        warnings = document.metadata.get("warnings", [])
        return document.page_content, {one["kind"]: one["count"] for one in warnings}

    return converted


RUBY = "<w:r><w:ruby><w:rubyPr/><w:rt>{}</w:rt><w:rubyBase>{}</w:rubyBase></w:ruby></w:r>"


def test_furigana_keeps_the_word(read):
    text, _ = read(paragraph(RUBY.format(run("とうきょう"), run("東京")), "の人口は約1400万人です。"))
    assert text == "東京の人口は約1400万人です。"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (r'EQ \* jc2 \* "Font:MS 明朝" \* hps10 \o\ad(\s\up 9(とうきょう),東京)', "東京"),
        (r"EQ \o\ac(○,印)", "印"),
        (r"EQ \f(1,2)", "1/2"),
    ],
)
def test_fields_that_set_signs_over_each_other_keep_the_word(read, code, shown):
    assert read(paragraph("A ", field(code, None), " b")) == (f"A {shown} b", {})


def test_fields_keep_what_they_show(read):
    simple = f'<w:fldSimple w:instr=" SEQ Table ">{run("3")}</w:fldSimple>'
    text, warnings = read(
        paragraph("Table ", simple, ": Fees"),
        paragraph(
            "It lasts ", field(" DOCPROPERTY Days ", "90 days"), ", see ", field(" REF x ", "Table 3"), "."
        ),
    )
    assert text == "Table 3: Fees\n\nIt lasts 90 days, see Table 3."
    assert warnings == {}


def test_a_field_within_the_code_of_another_does_not_show(read):
    begin, separate, end = (
        f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")
    )
    inner = field(" PAGE ", "12")
    code = "<w:r><w:instrText> IF </w:instrText></w:r>"
    text, _ = read(paragraph("Fee: ", begin, code, inner, separate, run("30 euros"), end, "."))
    assert text == "Fee: 30 euros."


def test_a_field_without_a_result_is_told_and_boxes_show_their_mark(read):
    box = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="0"/>'
        "<w:checked/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    text, warnings = read(
        paragraph("See ", field(" REF lost ", None), field(" XE x ", None), "it. ", box, " yes")
    )
    assert text == "See it. ☒ yes"
    assert warnings == {"fields": 1}


def test_automatic_numbers_are_written_as_they_are_seen(read):
    lists = numbering(
        {
            "0": level(0, "decimal", "%1.", start=7) + level(1, "lowerLetter", "%2)"),
            "1": level(0, "decimal", "Article %1"),
            "2": level(0, "upperRoman", "%1.") + level(1, "decimal", "%1.%2", more="<w:isLgl/>"),
            "3": level(0, "decimal", "第%1条", more='<w:suff w:val="nothing"/>'),
            "4": level(0, "bullet", "") + level(1, "bullet", "o"),
            "5": level(0, "japaneseCounting", "%1、"),
        },
        {str(number + 1): str(number) for number in range(6)},
    )
    text, _ = read(
        paragraph("Scope", numbered="1"),
        paragraph("first", numbered="1", level=1),
        paragraph("second", numbered="1", level=1),
        paragraph("Term", numbered="1"),
        paragraph("once", numbered="1", level=1),
        paragraph("Fees", numbered="2"),
        paragraph("Limits", numbered="2"),
        paragraph("Part", numbered="3"),
        paragraph("Point", numbered="3", level=1),
        paragraph("（目的）", numbered="4"),
        paragraph("apples", numbered="5"),
        paragraph("green", numbered="5", level=1),
        paragraph("概要", numbered="6"),
        numbering=lists,
    )
    assert text == (
        "7. Scope\n  a) first\n  b) second\n8. Term\n  a) once\n\nArticle 1 Fees\n\nArticle 2 Limits\n\n"
        "I. Part\n\n1.1 Point\n\n第1条（目的）\n\n* apples\n  * green\n一、 概要"
    )


def test_headings_carry_the_numbers_of_their_style(read):
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="berschrift{at}"><w:name w:val="heading {at}"/><w:pPr><w:numPr>'
        f'<w:ilvl w:val="{at - 1}"/><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        for at in (1, 2, 3)
    )
    levels = level(0, "decimal", "%1") + level(1, "decimal", "%1.%2") + level(2, "decimal", "%1.%2.%3")
    text, _ = read(
        paragraph("Basics", style="berschrift1"),
        paragraph("Aims", style="berschrift2"),
        paragraph("First", style="berschrift3"),
        paragraph("Second", style="berschrift3"),
        paragraph("Rules", style="berschrift1"),
        paragraph("Duty", style="berschrift2"),
        styles=styles,
        numbering=numbering({"0": levels}, {"1": "0"}),
    )
    assert text.split("\n\n") == [
        "# 1 Basics", "## 1.1 Aims", "### 1.1.1 First", "### 1.1.2 Second", "# 2 Rules", "## 2.1 Duty",
    ]  # fmt: skip


def test_lists_of_one_definition_go_on_unless_they_begin_anew(read):
    start = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride>'
    lists = numbering({"0": level(0, "decimal", "%1.")}, {"1": "0", "2": "0"}, {"2": start})
    text, _ = read(
        paragraph("a", numbered="1"), paragraph("b", numbered="1"), paragraph("Text."),
        paragraph("c", numbered="2"), paragraph("d", numbered="2"), numbering=lists,
    )  # fmt: skip
    assert text == "1. a\n2. b\n\nText.\n\n4. c\n5. d"


def test_what_is_struck_out_hidden_or_deleted_is_left_out_and_told(read):
    styles = '<w:style w:type="character" w:styleId="Gone"><w:name w:val="Gone"/><w:rPr><w:dstrike/></w:rPr></w:style>'
    text, warnings = read(
        paragraph("The fee is ", run("400 francs", "<strike/>"), " 650 francs."),
        paragraph("The deposit is ", run("1 franc", '<rStyle val="Gone"/>'), "2 francs."),
        paragraph("It is kept ", run("under the mat", "<vanish/>"), "in the safe."),
        paragraph("Not ", run("hidden", '<vanish val="0"/>'), "."),
        paragraph(
            "Rent: ",
            "<w:del><w:r><w:delText>7</w:delText></w:r></w:del>",
            f"<w:ins>{run('8')}</w:ins>",
            " francs.",
        ),
        paragraph("Chair:", f"<w:moveFrom>{run(' Mara')}</w:moveFrom>"),
        paragraph("Later:", f"<w:moveTo>{run(' Mara')}</w:moveTo>"),
        styles=styles,
    )
    assert text.split("\n\n") == [
        "The fee is 650 francs.", "The deposit is 2 francs.", "It is kept in the safe.", "Not hidden.",
        "Rent: 8 francs.", "Chair:", "Later: Mara",
    ]  # fmt: skip
    assert warnings == {"struck_out": 2, "hidden_text": 1, "tracked_changes": 4}


def test_a_paragraph_whose_end_is_deleted_goes_on_in_the_next(read):
    text, _ = read(paragraph("The pier ", properties="<w:rPr><w:del/></w:rPr>"), paragraph("is 412 m long."))
    assert text == "The pier is 412 m long."


def test_headers_footers_and_comments_are_left_out_and_told(read):
    text, warnings = read(
        paragraph("Text."),
        header=paragraph("Confidential"),
        footer=paragraph("Page 1"),
        comments=f'<w:comment w:id="1">{paragraph("Really?")}</w:comment><w:comment w:id="2"/>',
    )
    assert text == "Text."
    assert warnings == {"headers_footers": 2, "comments": 2}


def test_raised_and_lowered_signs_stay_so(read):
    up, down = '<vertAlign val="superscript"/>', '<vertAlign val="subscript"/>'
    text, _ = read(
        paragraph(
            "Energy is 10", run("6", up), " joules on 25 m", run("2", up), " with CO", run("2", down), "."
        ),
        paragraph("10", run("−", up), run("1", up), run("2", up), " on the 1", run("st", up), " of May"),
    )
    assert text == "Energy is 10⁶ joules on 25 m² with CO₂.\n\n10⁻¹² on the 1st of May"


def test_notes_have_a_mark_apart_from_numbers_and_stand_at_the_end(read):
    note = '<w:footnote w:id="{}">{}</w:footnote>'
    end = f'<w:endnote w:id="5">{paragraph("See the archive.")}</w:endnote>'
    text, _ = read(
        paragraph("It opened in 1931", '<w:r><w:footnoteReference w:id="2"/></w:r>', " by"),
        paragraph("the town", '<w:r><w:endnoteReference w:id="5"/></w:r>', "."),
        footnotes=note.format(0, paragraph("x")) + note.format(2, paragraph("The breakwater followed.")),
        endnotes=end,
    )
    assert (
        text
        == "It opened in 1931[1] by\n\nthe town[i].\n\n[1] The breakwater followed.\n\n[i] See the archive."
    )


def test_text_boxes_are_read_once_after_their_paragraph(read):
    inner = f"<w:txbxContent>{paragraph('Opens at nine.')}</w:txbxContent>"
    box = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{inner}</wps:txbx></w:drawing>'
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{inner}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    assert read(paragraph("The museum", box, " is new."))[0] == "The museum is new.\n\nOpens at nine."


def math(*parts):
    return f"<m:oMath>{''.join(parts)}</m:oMath>"


def signs(text):
    return f"<m:r><m:t>{text}</m:t></m:r>"


POWER = f"<m:sSup><m:e>{signs('10')}</m:e><m:sup>{signs('6')}</m:sup></m:sSup>"


def test_formulas_are_written_each_for_itself(read):
    fraction = f"<m:f><m:num>{signs('1')}</m:num><m:den>{signs('2')}</m:den></m:f>"
    broken = "<m:f><m:num/></m:f><m:limLow><m:e/></m:limLow><m:unknown>" + signs("z") + "</m:unknown>"
    text, _ = read(
        paragraph("It is ", math(POWER), " and ", math(fraction), "."),
        paragraph("Odd: ", math(broken)),
        paragraph(f"<m:oMathPara>{math(signs('E=m'), POWER)}</m:oMathPara>"),
        paragraph("Root ", math(f"<m:rad><m:deg/><m:e>{signs('x')}</m:e></m:rad>"), "."),
    )
    lines = text.split("\n\n")
    assert lines[0] == r"It is $10^{6}$ and $\frac{1}{2}$."
    assert "z" in lines[1]
    assert lines[2:] == ["$$E=m10^{6}$$", r"Root $\sqrt{x}$."]


def test_spanned_cells_repeat_their_value_and_heads_of_two_rows_are_one(read):
    text, _ = read(
        paragraph("Table 3: Fees", style="Caption"),
        table(
            [cell("Region", down="restart"), cell("2024", across=2)],
            [cell(down="continue"), "Fee", "Members"],
            [cell("North", down="restart"), "30 euros", "120"],
            [cell(down="continue"), "40 | 50 euros", "90"],
        ),
    )
    assert text == (
        "Table 3: Fees\n\n| Region | 2024 Fee | 2024 Members |\n| --- | --- | --- |\n"
        "| North | 30 euros | 120 |\n| North | 40 \\| 50 euros | 90 |"
    )


def test_hidden_and_deleted_rows_are_left_out_and_told(read):
    hidden = "<w:tr><w:trPr><w:hidden/></w:trPr>" + cell("Secret") + cell("99") + "</w:tr>"
    gone = "<w:tr><w:trPr><w:del/></w:trPr>" + cell("Old") + cell("98") + "</w:tr>"
    text, warnings = read(table(["Class", "Fee"], ["Senior", "30"], hidden, gone, ["Junior", "20"]))
    assert text == "| Class | Fee |\n| --- | --- |\n| Senior | 30 |\n| Junior | 20 |"
    assert warnings == {"hidden_rows": 1, "tracked_changes": 1}


def test_a_nested_table_keeps_its_values_by_their_heads(read):
    inner = table(["Class", "Fee", "Age"], ["Senior", "30", "65"], ["Junior", "20", "17"])
    text, _ = read(table(["Region", "Fees"], ["North", cell(inner)]))
    assert (
        text.splitlines()[2] == "| North | Class: Senior, Fee: 30, Age: 65; Class: Junior, Fee: 20, Age: 17 |"
    )


def test_a_table_of_one_cell_is_a_frame(read):
    text, _ = read(table([cell(paragraph("Note", style="Heading2"), paragraph("Bring a card."))]))
    assert text == "## Note\n\nBring a card."


def test_what_stands_in_a_frame_is_counted_once(read):
    lists = numbering({"0": level(0, "decimal", "%1.")}, {"1": "0"})
    frame = table([cell(paragraph("a", numbered="1"), paragraph(run("x", "<strike/>"), "b", numbered="1"))])
    text, warnings = read(frame, paragraph("c", numbered="1"), numbering=lists)
    assert text == "1. a\n2. b\n3. c"
    assert warnings == {"struck_out": 1}


def test_emphasis_never_cuts_a_word(read):
    text, _ = read(
        paragraph(
            "The ", run("longest", "<b/>"), run(" pier", "<b/>"), " is ", run("Impor", "<b/>"), "tant."
        ),
        paragraph(run("Title", "<b/>"), style="Heading1"),
    )
    assert text == "The **longest pier** is Important.\n\n# Title"


def test_charts_and_diagrams_are_read_and_pictures_told(read):
    points = '<c:pt idx="0"><c:v>{}</c:v></c:pt><c:pt idx="1"><c:v>{}</c:v></c:pt>'
    chart = (
        f"<c:chartSpace {SPACES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Members</a:t></a:r></a:p></c:rich>"
        f'</c:tx></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>2024</c:v>'
        f"</c:pt></c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache>{points.format('North', 'South')}"
        f"</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>0%</c:formatCode>"
        f"{points.format('0.25', '0.5')}</c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea>"
        "</c:chart></c:chartSpace>"
    )
    point = '<dgm:pt modelId="{0}"{2}><dgm:t><a:p><a:r><a:t>{1}</a:t></a:r></a:p></dgm:t></dgm:pt>'
    diagram = (
        f"<dgm:dataModel {SPACES}><dgm:ptLst>{point.format(1, '', ' type=' + chr(34) + 'doc' + chr(34))}"
        f"{point.format(2, 'Board', '')}{point.format(3, 'Staff', '')}</dgm:ptLst><dgm:cxnLst>"
        '<dgm:cxn modelId="8" srcId="1" destId="2" srcOrd="0"/><dgm:cxn modelId="9" srcId="2" destId="3" srcOrd="0"/>'
        "</dgm:cxnLst></dgm:dataModel>"
    )
    drawing = "<w:r><w:drawing>{}</w:drawing></w:r>"
    text, warnings = read(
        paragraph(
            "See:",
            drawing.format('<c:chart r:id="chart"/>'),
            drawing.format('<dgm:relIds r:dm="diagramData"/>'),
        ),
        paragraph("Map:", drawing.format('<wp:docPr descr="The harbour from the east"/><pic:pic/>')),
        chart=chart,
        diagramData=diagram,
    )
    assert text == (
        "See:\n\nMembers\n\n|  | 2024 |\n| --- | --- |\n| North | 25% |\n| South | 50% |\n\n* Board\n  * Staff\n\n"
        "Map: ![The harbour from the east]()"
    )
    assert warnings == {"pictures": 1}


def test_a_strict_file_is_read_too(read, tmp_path):
    import zipfile

    data = docx(paragraph("Strict."))
    (tmp_path / "old.docx").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "old.docx") as old, zipfile.ZipFile(tmp_path / "s.docx", "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            text = text.replace(
                "http://schemas.openxmlformats.org/wordprocessingml/2006/",
                "http://purl.oclc.org/ooxml/wordprocessingml/",
            )
            text = text.replace(
                "http://schemas.openxmlformats.org/officeDocument/2006/",
                "http://purl.oclc.org/ooxml/officeDocument/",
            )
            new.writestr(name, text)
    [document] = load_documents(tmp_path / "s.docx")
    assert document.page_content == "Strict."


def test_a_file_whose_parts_are_named_in_other_letters_is_read(tmp_path):
    data = docx(paragraph("Still there."))
    (tmp_path / "a.docx").write_bytes(data.replace(b"word/document.xml<w:", b"Word/document.xml<w:"))
    [document] = load_documents(tmp_path / "a.docx")
    assert document.page_content == "Still there."


def test_a_caption_is_bold_by_its_style_and_no_emphasis(read):
    styles = '<w:style w:type="paragraph" w:styleId="Caption"><w:name w:val="caption"/><w:rPr><w:b/></w:rPr></w:style>'
    assert (
        read(paragraph("Table 3: ", run("Fees", "<i/>"), style="Caption"), styles=styles)[0]
        == "Table 3: *Fees*"
    )


def test_links_keep_their_words_and_an_initial_its_word(read):
    inner = f'<w:hyperlink w:anchor="x">{run("chapter 2")}</w:hyperlink>'
    drop = '<w:framePr w:dropCap="drop" w:lines="3"/>'
    text, _ = read(paragraph("O", properties=drop), paragraph("nce, see ", inner, "."))
    assert text == "Once, see chapter 2."


def test_signs_of_symbol_fonts_are_what_they_look_like(read):
    sign = '<w:r><w:sym w:font="{}" w:char="{}"/></w:r>'
    text, _ = read(
        paragraph(sign.format("Wingdings", "F0FC"), " paid, angle ", sign.format("Symbol", "F061"))
    )
    assert text == "✓ paid, angle α"


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("upperLetter", "B"), ("lowerRoman", "ii"), ("decimalZero", "02"), ("ordinal", "2nd"), ("cardinalText", "Two"),
        ("ordinalText", "Second"), ("decimalEnclosedCircle", "②"), ("decimalFullWidth", "２"), ("aiueo", "イ"),
        ("iroha", "ロ"), ("ganada", "나"), ("ideographTraditional", "乙"), ("japaneseDigitalTenThousand", "二"),
        ("arabicAbjad", "ب"), ("none", ""), ("somethingNew", "2"),
    ],
)  # fmt: skip
def test_numbers_are_written_in_their_form(read, form, shown):
    lists = numbering({"0": level(0, form, "No %1")}, {"1": "0"})
    text, _ = read(paragraph("a", numbered="1"), paragraph("b", numbered="1"), numbering=lists)
    assert text.split("\n\n")[1] == f"No {shown} b".replace("  ", " ")


def test_a_damaged_document_is_a_named_failure(tmp_path):
    (tmp_path / "ok.txt").write_text("Fine.")
    (tmp_path / "bad.docx").write_bytes(docx("<w:p>"))
    (tmp_path / "odd.docx").write_bytes(docx(paragraph('<w:r><w:sym w:font="x" w:char="no"/></w:r>')))
    documents = load_documents([tmp_path / "ok.txt", tmp_path / "bad.docx", tmp_path / "odd.docx"])
    assert [one.state for one in documents.failures] == ["damaged", "damaged"]
