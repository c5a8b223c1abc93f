"""PDFs as a reader sees them: each is written here, operator by operator, with its text known."""

from __future__ import annotations

import pytest

from qagen.documents.conversion.converting import convert
from qagen.documents.conversion.damaged_text import damage
from qagen.errors import UnreadableError

HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
CID = (
    "<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3/Encoding/{map}/DescendantFonts[<</Type/Font"
    "/Subtype/CIDFontType0/BaseFont/HeiseiMin-W3/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)"
    "/Supplement 2>>/DW 1000/FontDescriptor<</Type/FontDescriptor/FontName/HeiseiMin-W3/Flags 6"
    "/Ascent 857/Descent -143/CapHeight 857/ItalicAngle 0/StemV 80/FontBBox[-100 -200 1100 900]>>>>]>>"
)
ACROSS, DOWN = CID.format(map="UniJIS-UCS2-H"), CID.format(map="UniJIS-UCS2-V")


def pdf(*pages, fonts=None, extra="", annotations=()):
    """A PDF of these content streams; ``annotations`` are objects of its first page."""
    fonts = fonts or {"F": HELVETICA}
    named = " ".join(f"/{name} {font}" for name, font in fonts.items())
    first = 3 + 2 * len(pages)
    widgets = " ".join(f"{first + n} 0 R" for n in range(len(annotations)))
    form = f"/AcroForm<</Fields[{widgets}]/DR<</Font<<{named}>>>>/DA(/F 10 Tf)>>" if annotations else ""
    objects = [
        f"<</Type/Catalog/Pages 2 0 R{form}>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{3 + 2 * n} 0 R' for n in range(len(pages)))}]>>",
    ]
    for number, page in enumerate(pages):
        annots = f"/Annots[{widgets}]" if number == 0 and annotations else ""
        objects += [
            (
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{extra}{annots}"
                f"/Contents {4 + 2 * number} 0 R/Resources<</Font<<{named}>>>>>>"
            ),
            f"<</Length {len(page.encode('latin-1'))}>>stream\n{page}\nendstream",
        ]
    objects += annotations
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj{body}endobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(data)}\n%%EOF"
    return data + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


def at(x, y, text, size=10):
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F {size} Tf {x} {y} Td ({escaped}) Tj ET\n"


def lines(x, y, *texts, size=10):
    return "\n".join(at(x, y - 13 * n, text, size) for n, text in enumerate(texts))


def japanese(x, y, text, size=12):
    return f"BT /F {size} Tf {x} {y} Td <{text.encode('utf-16-be').hex()}> Tj ET\n"


def read(*pages, **options):
    return convert(pdf(*pages, **options), ".pdf")


def kinds(converted):
    return [warning.kind for warning in converted.warnings]


LEFT = (
    "The committee reviewed the annual",
    "report of the harbour board and",
    "approved the budget of 48,000",
    "crowns for the coming year.",
)
RIGHT = (
    "The new crane was delivered in",
    "October and can lift 22 tons. It",
    "replaces the crane of 1954, which",
    "was sold to the museum there.",
)


def test_columns_are_read_one_after_the_other():
    in_turn = "\n".join(
        at(x, 700 - 13 * n, text) for n in range(4) for x, text in ((60, LEFT[n]), (240, RIGHT[n]))
    )
    for page in (lines(60, 700, *LEFT) + "\n" + lines(240, 700, *RIGHT), in_turn):
        assert read(page).text == " ".join(LEFT) + "\n\n" + " ".join(RIGHT)


def test_japanese_from_the_top_down_is_read_from_the_right():
    page = japanese(500, 700, "春日町の図書館は一九三一年に開館し、") + japanese(
        480, 700, "四万八千冊の本がある。"
    )
    assert read(page, fonts={"F": DOWN}).text == "春日町の図書館は一九三一年に開館し、四万八千冊の本がある。"


def test_tiers_of_japanese_are_read_one_after_the_other_and_what_runs_across_stands_apart():
    text = "春日町の図書館は一九三一年に開館し、四万八千冊の本がある。館長の田中は毎週土曜日に朗読会を開く。"
    pieces = [text[start : start + 12] for start in range(0, len(text), 12)]
    pages = []
    for number in range(1, 4):
        upper = "".join(japanese(500 - 20 * n, 700, piece) for n, piece in enumerate(pieces))
        lower = "".join(japanese(500 - 20 * n, 400, piece) for n, piece in enumerate(pieces))
        number_below = at(290, 30, str(number)).replace("/F", "/L")
        pages.append(upper + lower + japanese(60, 810, "春日町だより", 9).replace("/F", "/H") + number_below)
    found = read(*pages, fonts={"F": DOWN, "H": ACROSS, "L": HELVETICA})
    assert found.text.replace("\n", "") == text * 6
    assert "春日町だより" in found.warnings[0].detail


def test_japanese_lines_are_joined_without_a_space():
    page = japanese(60, 700, "春日町の図書館は一九三一年に開館") + japanese(
        60, 680, "し、四万八千冊の本がある。"
    )
    assert (
        read(page, fonts={"F": ACROSS}).text == "春日町の図書館は一九三一年に開館し、四万八千冊の本がある。"
    )


def test_furigana_keeps_the_word_and_is_told():
    page = japanese(60, 700, "東京の人口は多い。") + japanese(60, 713, "とうきょう", 4)
    found = read(page, fonts={"F": ACROSS})
    assert found.text == "東京の人口は多い。"
    assert kinds(found) == ["readings_left_out"]


def test_words_are_whole_where_the_file_has_no_spaces():
    words = "".join(
        f"BT /F 10 Tf {x} 700 Td ({word}) Tj ET " for x, word in ((60, "The"), (80, "long"), (102, "pier"))
    )
    assert read(words).text == "The long pier"
    assert read("BT /F 10 Tf 60 700 Td [(The) -280 (lo) 20 (ng) -280 (pier)] TJ ET").text == "The long pier"


def test_letters_that_are_spaced_out_are_words():
    assert read("BT /F 12 Tf 4 Tc 60 700 Td (KELMAR HARBOUR) Tj ET").text == "KELMAR HARBOUR"
    spread = "BT /F 12 Tf 60 700 Td (K e l m a r   H a r b o u r) Tj ET"
    assert read(spread).text == "Kelmar Harbour"


@pytest.mark.parametrize(
    ("first", "second", "right"),
    [
        ("In 2024 the new harbour han-", "dled more.", "handled"),
        ("Here is a well-known house, a well-", "known one.", "a well-known one"),
        ("They sail from Kelmar to Ost-", "Brugg now.", "Ost-Brugg"),
        ("Gebaut wurden neue Haupt- und Neben-", "wege dort.", "Nebenwege"),
        ("Gebaut wurden viele sehr breite Haupt-", "und Nebenwege.", "Haupt- und Nebenwege"),
    ],
)
def test_a_hyphen_at_a_line_end(first, second, right):
    assert right in read(lines(60, 700, first, second)).text


def test_headers_footers_and_numbers_are_out_and_sentences_whole_across_pages():
    texts = [
        (
            "The harbour has three piers. The longest is 412 metres",
            "long and was built by Osk & Sons between 1902 and",
        ),
        (
            "1907. It was widened in 1968. The second pier serves",
            "ferries, and the third is used for coal and for",
        ),
        ("timber. The master of the harbour is called Tove Lind", "and lives on the quay."),
    ]
    pages = [
        at(60, 810, "Kelmar Harbour Report 2025") + lines(60, 760, *text) + at(280, 30, f"Page {number} of 3")
        for number, text in enumerate(texts, start=1)
    ]
    found = read(*pages)
    assert found.text == " ".join(line for text in texts for line in text)
    [told] = found.warnings
    assert (told.kind, told.count) == ("headers_left_out", 6)
    assert "Kelmar Harbour Report" in told.detail


def test_a_ruled_table_has_rows_and_a_spanned_cell_repeats():
    rules = "".join(f"{60} {y} m 300 {y} l S " for y in (700, 680, 640)) + "140 660 m 300 660 l S "
    rules += "".join(f"{x} 700 m {x} 640 l S " for x in (60, 140, 220, 300))
    cells = [
        *((65, 686, "Region"), (145, 686, "Class"), (225, 686, "Fee"), (65, 660, "North")),
        *((145, 666, "Junior"), (225, 666, "20 euros"), (145, 646, "Senior"), (225, 646, "30 euros")),
    ]
    found = read(rules + "".join(at(*cell) for cell in cells)).text
    assert found.splitlines() == [
        "| Region | Class | Fee |",
        "| --- | --- | --- |",
        "| North | Junior | 20 euros |",
        "| North | Senior | 30 euros |",
    ]


def test_lines_that_cut_words_are_a_drawing():
    rules = "".join(f"60 {y} m 300 {y} l S " for y in (710, 690, 670)) + "".join(
        f"{x} 710 m {x} 670 l S " for x in (60, 100, 150, 300)
    )
    page = rules + lines(65, 695, "The harbour of Kelmar has three piers.", "The longest is 412 metres long.")
    assert read(page).text == "The harbour of Kelmar has three piers. The longest is 412 metres long."


def test_a_table_without_lines_has_rows():
    rows = (
        ("City", "Ships", "Tons"),
        ("Kelmar", "412", "1,900"),
        ("Brugg", "77", "310"),
        ("Ostmark", "5", "20"),
    )
    cells = [(60 + 90 * x, 700 - 16 * y, cell) for y, row in enumerate(rows) for x, cell in enumerate(row)]
    found = read("".join(at(*cell) for cell in cells)).text
    assert found.splitlines() == [
        "| City | Ships | Tons |",
        "| --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in rows[1:]),
    ]


FORM = (("Name:", "Kelmar Harbour"), ("Founded:", "1642"), ("Quay:", "412 m"), ("Master:", "Tove Lind"))


@pytest.mark.parametrize("by_column", [True, False])
def test_labels_stand_with_their_values(by_column):
    cells = [(60, 700 - 18 * n, label) for n, (label, _) in enumerate(FORM)]
    values = [(260, 700 - 18 * n, value) for n, (_, value) in enumerate(FORM)]
    order = cells + values if by_column else [one for pair in zip(cells, values, strict=True) for one in pair]
    found = read("\n".join(at(*cell) for cell in order)).text
    assert found.splitlines() == [f"{label} {value}" for label, value in FORM]


def test_filled_fields_have_their_labels():
    def field(kind, name, box, value):
        return f"<</Type/Annot/Subtype/Widget/FT/{kind}/T({name})/Rect[{box}]/F 4{value}>>"

    fields = (
        field("Tx", "f1", "160 695 300 712", "/V(Tove Lind)/DA(/F 10 Tf)"),
        field("Btn", "b1", "60 670 70 680", "/V/Yes/AS/Yes/AP<</N<</Yes<</Length 0>>>>>>"),
        field("Tx", "f2", "160 640 300 655", "/DA(/F 10 Tf)"),
    )
    page = at(60, 700, "Full name") + at(75, 671, "Agrees to the terms") + at(60, 645, "Born on")
    text = read(page, annotations=fields).text
    assert "Full name: Tove Lind" in text
    assert "Agrees to the terms" in text
    assert "Born on" in text


def test_raised_digits_stay_raised():
    page = "BT /F 11 Tf 60 700 Td (It has 10) Tj 4 Ts /F 7 Tf (6) Tj 0 Ts /F 11 Tf ( candela.) Tj ET"
    assert read(page).text == "It has 10⁶ candela."


def test_a_letter_that_the_file_does_not_tell_costs_a_letter():
    font = (
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Type/Encoding/BaseEncoding/WinAnsiEncoding"
        "/Differences[1/fi 2/unknownglyph]>>>>"
    )
    found = read("BT /F 10 Tf 60 700 Td (The \\001rst o\\002ce.) Tj ET", fonts={"F": font})
    assert found.text == "The first o\ufffdce."
    assert kinds(found)[0] == "characters_lost"
    assert found.warnings[0].place == "page 1"


def test_a_page_without_text_is_told():
    picture = "q 595 0 0 842 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q"
    found = read(at(60, 700, "The harbour has three piers."), picture)
    assert [(one.kind, one.place) for one in found.warnings] == [("no_text", "page 2")]
    assert found.warnings[0].detail.startswith("page 2 has no text: a picture")
    with pytest.raises(UnreadableError, match="OCR"):
        read(picture)


def test_a_page_that_is_turned_is_read_upright():
    page = "BT /F 10 Tf 0 1 -1 0 200 100 Tm (The harbour has three piers.) Tj ET"
    assert read(page, extra="/Rotate 90").text == "The harbour has three piers."


def test_larger_letters_are_headings():
    page = at(60, 760, "Harbours", 18) + lines(60, 720, "The longest pier is 412 metres long.", "It is old.")
    assert read(page).text.startswith("# Harbours\n\nThe longest pier")


def test_a_chapter_with_a_number_is_a_heading_and_an_item_is_none():
    page = at(60, 760, "2. Fees", 18) + lines(60, 720, "The longest pier is 412 metres long.", "It is old.")
    assert read(page).text.startswith("# 2. Fees\n\nThe longest pier")
    page = lines(60, 720, "The longest pier is 412 metres long.", "2. It is old.", "3. It is wide.")
    assert "#" not in read(page).text


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("The e\ufffdcient o\ufffdce is open.", "letters lost"),
        ("T h e h a r b o u r i s o l d", "stand by themselves"),
        ("T\nh\ne\nh\na\nr\nb\no\nu\nr", "stand by themselves"),
        ("theharbourofkelmarhasthreepiersand thelongestofthemmeasuresfourhundred "
         "yearofnineteenhundredandtwoinkelmar " + "The pier. " * 9, "glued"),
        ("Die StraÃŸe fÃ¼hrt Ã¼ber die BrÃ¼cke nach KÃ¶ln.", "alphabets"),
        ("WKH KDUERXU KDV WKUHH SLHUV DQG WKH ORQJHVW PHDVXUHV PHWUHV " * 4, "are vowels"),
        ("Kelmar | ships | tons and Brugg | ice | coal and Ostmark | wood", "pipes"),
    ],
)  # fmt: skip
def test_a_damaged_text_is_told(text, sign):
    [warning] = damage(text)
    assert warning.kind == "damaged"
    assert sign in warning.detail


@pytest.mark.parametrize(
    "text",
    [
        "The longest pier is 412 metres long, and A and B are its gates; see https://example.com/averylongpathofletters.",
        "| a | b |\n| --- | --- |\n| one | two |\n| three | four |",
        "Die Donaudampfschifffahrtsgesellschaft und die Rindfleischetikettierungsüberwachung sind alt.",
        "東京の人口は多い。大阪も多い。",
        "Das Rechtsschutzversicherungsgesellschaftswesen ist alt. " + "Der Hafen ist alt. " * 20,
    ],
)
def test_a_sound_text_is_not_called_damaged(text):
    assert list(damage(text)) == []
