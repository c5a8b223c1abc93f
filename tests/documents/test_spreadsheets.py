"""XLSX: the text is what the sheet shows, and what it hides is told."""

from __future__ import annotations

import datetime as dt
import zipfile
from io import BytesIO

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table

from qagen import load_documents


def converted(book, tmp_path):
    """The text of a workbook, and its warnings as (kind, count, place)."""
    book.save(tmp_path / "book.xlsx")
    [document] = load_documents(tmp_path / "book.xlsx")
    warnings = document.metadata.get("warnings", [])
    return document.page_content, [(one["kind"], one["count"], one["place"]) for one in warnings]


def sheet_of(*rows, title="Fees"):
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book, book.active


def table(*lines):
    head, *rows = lines
    rule = "| " + " | ".join("---" for _ in head.split("|")) + " |"
    return "\n".join([f"| {head} |", rule, *(f"| {row} |" for row in rows)])


def test_texts_stay_texts_and_blanks_stay_blank(tmp_path):
    book, _ = sheet_of(
        ["Part", "Version", "Region", "Units"],
        ["007", "1.10", "NA", 12],
        ["1E5", "null", None, 12.0],
        ["", "TRUE", "Nan", 0.1 + 0.2],
    )
    text, warnings = converted(book, tmp_path)
    expected = ("007 | 1.10 | NA | 12", "1E5 | null |  | 12", " | TRUE | Nan | 0.3")
    assert text == "## Fees\n\n" + table("Part | Version | Region | Units", *expected)
    assert warnings == []


DAY = dt.datetime(2024, 3, 1)  # noqa: DTZ001  (sheets know no time zones)
NOON = DAY + dt.timedelta(hours=14, minutes=5, seconds=9)


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (0.25, "0%", "25%"),
        (0.2555, "0.0%", "25.6%"),
        (1200, '"¥"#,##0', "¥1,200"),
        (1200, "[$¥-411]#,##0", "¥1,200"),
        (1200, '#,##0"円"', "1,200円"),
        (-1234.5, '#,##0.00\\ "€";[Red]-#,##0.00\\ "€"', "-1,234.50 €"),
        (-5, "0;(0)", "(5)"),
        (512, '0" m"', "512 m"),
        (512, '0\\ "m"', "512 m"),
        (90, '0 "days"', "90 days"),
        (712, "00000", "00712"),
        (1234567, "000-0000", "123-4567"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (2.25, "0.0", "2.3"),
        (5, "0.00", "5.00"),
        (12345, "0.00E+00", "1.23E+04"),
        (1.25, "# ?/?", "1 1/4"),
        (0.5, "?/?", "1/2"),
        (1500, '[>=1000]0.0,"k";0', "1.5k"),
        (15, '[>=1000]0.0,"k";0', "15"),
        (0, '0;-0;"none"', "none"),
        (4901234567894, "General", "4901234567894"),
        (1 / 3, "General", "0.333333333"),
        (True, "General", "TRUE"),
        ("7 kg", '@" net"', "7 kg net"),
        (DAY, "yyyy-mm-dd h:mm:ss", "2024-03-01"),
        (NOON, "yyyy-mm-dd hh:mm:ss", "2024-03-01 14:05:09"),
        (DAY, "dd/mm/yyyy", "01/03/2024"),
        (DAY, "m/d/yyyy", "3/1/2024"),
        (DAY, "d. mmmm yyyy", "1. March 2024"),
        (DAY, "[$-407]d. mmmm yyyy", "1. März 2024"),
        (DAY, "[$-40C]d mmmm yyyy", "1 mars 2024"),
        (DAY, '[$-411]ggge"年"m"月"d"日"', "令和6年3月1日"),
        (DAY, 'yyyy"年"m"月"d"日"', "2024年3月1日"),
        (DAY, "[$-de-DE]d. mmmm yyyy", "1. März 2024"),
        (DAY, "[$-ja-JP]m/d(aaa)", "3/1(金)"),
        (DAY, "[$-419]d mmmm yyyy", "2024-03-01"),
        (DAY, "mm-dd-yy", "2024-03-01"),
        (-1234.5, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', "$(1,234.50)"),
        (0, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', "$-"),
        (5551234, "[<=9999999]###-####;(###) ###-####", "555-1234"),
        (-1200, "#,##0;▲ #,##0", "▲ 1,200"),
        (dt.date(2024, 3, 1), "d-mmm-yy", "1-Mar-24"),
        (dt.time(18, 30), "h:mm", "18:30"),
        (NOON, "h:mm AM/PM", "2:05 PM"),
        (dt.timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
    ],
)
def test_a_value_is_shown_in_its_number_format(tmp_path, value, code, shown):
    book, sheet = sheet_of(["Item", "Value"], ["Bolt", value])
    sheet["B2"].number_format = code
    text, _ = converted(book, tmp_path)
    assert text.splitlines()[-1] == f"| Bolt | {shown} |"


def test_a_title_row_is_a_title_and_not_a_head(tmp_path):
    book, _ = sheet_of(["Fees of 2024"], ["Class", "Fee", "Age"], ["Senior", 30, 65])
    text, _ = converted(book, tmp_path)
    assert text == "## Fees\n\nFees of 2024\n\n" + table("Class | Fee | Age", "Senior | 30 | 65")


def test_a_merged_title_and_notes_above_a_table_are_lines_before_it(tmp_path):
    book, sheet = sheet_of(
        ["Fees"], ["Valid from", "May"], [], ["Class", "Fee", "Age", "Card"], ["A", 3, 6, "x"]
    )
    sheet.merge_cells("A1:D1")
    text, _ = converted(book, tmp_path)
    assert text.startswith("## Fees\n\nFees")
    assert text.endswith(table("Class | Fee | Age | Card", "A | 3 | 6 | x"))
    assert "Valid from" in text.split("| Class")[0]


def test_merged_cells_show_their_value_in_every_row_and_column(tmp_path):
    book, sheet = sheet_of(
        ["Region", "2024", None, "2025", None],
        [None, "Fee", "Members", "Fee", "Members"],
        ["North", 30, 120, 31, 125],
        [None, 40, 90, 41, 95],
    )
    for area in ("A1:A2", "B1:C1", "D1:E1", "A3:A4"):
        sheet.merge_cells(area)
    text, _ = converted(book, tmp_path)
    assert text.endswith(
        table(
            "Region | 2024 Fee | 2024 Members | 2025 Fee | 2025 Members",
            "North | 30 | 120 | 31 | 125",
            "North | 40 | 90 | 41 | 95",
        )
    )


def test_heads_in_two_rows_are_one_also_where_nothing_is_merged(tmp_path):
    book, _ = sheet_of(
        [None, 2024, None, 2025, None], ["Region", "Fee", "Members", "Fee", "Members"], ["N", 1, 2, 3, 4]
    )
    text, _ = converted(book, tmp_path)
    assert text.endswith(
        table("Region | 2024 Fee | 2024 Members | 2025 Fee | 2025 Members", "N | 1 | 2 | 3 | 4")
    )


def test_years_are_heads_and_rows_of_values_alone_are_none(tmp_path):
    text, _ = converted(sheet_of(["Town", 2023, 2024], ["Ulm", 17.5, 18.5])[0], tmp_path)
    assert table("Town | 2023 | 2024", "Ulm | 17.5 | 18.5") in text
    text, _ = converted(sheet_of(["Ulm", 1755], ["Bonn", 1800], ["Kiel", 1911])[0], tmp_path)
    assert "| Ulm | 1755 |" in text.splitlines()[4:]


def test_what_is_hidden_is_left_out_and_told(tmp_path):
    book, sheet = sheet_of(
        ["Class", "Cost", "Fee"], ["Senior", 11, 30], ["Secret", 12, 99], ["Junior", 13, 20]
    )
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet["A2"].comment = Comment("Ask Mara", "X")
    sheet.oddHeader.center.text = "Confidential"
    book.create_sheet("Draft").append(["old", 1])
    book["Draft"].sheet_state = "hidden"
    text, warnings = converted(book, tmp_path)
    assert text == "## Fees\n\n" + table("Class | Fee", "Senior | 30", "Junior | 20")
    assert sorted(warnings) == [
        ("comments", 1, "sheet Fees"),
        ("headers_footers", 1, "sheet Fees"),
        ("hidden_columns", 1, "sheet Fees"),
        ("hidden_rows", 1, "sheet Fees"),
        ("hidden_sheets", 1, "sheet Draft"),
    ]


def test_a_hidden_row_between_two_cuts_no_table(tmp_path):
    book, sheet = sheet_of(["Class", "Fee"], ["Senior", 30], [None, None], ["Junior", 20])
    sheet.row_dimensions[3].hidden = True
    text, _ = converted(book, tmp_path)
    assert text.endswith(table("Class | Fee", "Senior | 30", "Junior | 20"))


def test_a_formula_without_a_stored_value_is_told_and_one_with_it_shows_it(tmp_path):
    book, _ = sheet_of(["Item", "Sum"], ["Bolt", "=1+1"], ["Nut", 5])
    text, warnings = converted(book, tmp_path)
    assert "| Bolt |  |" in text
    assert warnings == [("formulas", 1, "sheet Fees")]
    with_value = BytesIO()
    with zipfile.ZipFile(tmp_path / "book.xlsx") as old, zipfile.ZipFile(with_value, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(
                name,
                data.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>").replace(
                    b"<f>1+1</f><v/>", b"<f>1+1</f><v>2</v>"
                ),
            )
    (tmp_path / "stored.xlsx").write_bytes(with_value.getvalue())
    [document] = load_documents(tmp_path / "stored.xlsx")
    assert "| Bolt | 2 |" in document.page_content
    assert "warnings" not in document.metadata


def test_tables_with_blank_rows_or_columns_between_them_stay_apart(tmp_path):
    book, _ = sheet_of(
        ["Town", "Height", None, "Pier", "Length"],
        ["Ulm", 12, None, "East", 412],
        ["Bonn", 13],
        [],
        ["Ship", "Year"],
        ["Mara", 1911],
    )
    text, _ = converted(book, tmp_path)
    assert text == "## Fees\n\n" + "\n\n".join(
        [
            table("Town | Height", "Ulm | 12", "Bonn | 13"),
            table("Pier | Length", "East | 412"),
            table("Ship | Year", "Mara | 1911"),
        ]
    )


def test_a_title_below_a_table_begins_another_one_and_a_label_does_not(tmp_path):
    book, sheet = sheet_of(
        ["Class", "Fee"],
        ["Senior", 30],
        ["Guests"],
        ["Day", 5],
        ["Week", 20],
        ["Members"],
        ["Town", "Count"],
        ["Ulm", 7],
    )
    sheet.merge_cells("A6:B6")
    text, _ = converted(book, tmp_path)
    assert text.endswith(
        table("Class | Fee", "Senior | 30", "Guests | ", "Day | 5", "Week | 20")
        + "\n\nMembers\n\n"
        + table("Town | Count", "Ulm | 7")
    )


def test_a_table_goes_on_after_a_blank_row(tmp_path):
    book, _ = sheet_of(["Town", "Height"], ["Ulm", 12], [], ["Bonn", 13], ["Kiel", 14])
    text, _ = converted(book, tmp_path)
    assert text.endswith(table("Town | Height", "Ulm | 12", "Bonn | 13", "Kiel | 14"))


def test_a_blank_column_within_a_table_is_none(tmp_path):
    book, _ = sheet_of(
        ["Item", None, 2023, None, 2024], ["Sales", None, 10, None, 12], ["Costs", None, 7, None, 8]
    )
    text, _ = converted(book, tmp_path)
    assert text.endswith(table("Item | 2023 | 2024", "Sales | 10 | 12", "Costs | 7 | 8"))


def test_a_marked_table_begins_where_it_is_marked(tmp_path):
    book, sheet = sheet_of(["As of", "May"], ["Class", "Fee"], ["Senior", 30])
    sheet.add_table(Table(displayName="T", ref="A2:B3"))
    text, _ = converted(book, tmp_path)
    assert text.endswith(table("Class | Fee", "Senior | 30"))


def test_struck_out_cells_and_runs_are_left_out_and_raised_digits_kept(tmp_path):
    up, struck = InlineFont(vertAlign="superscript"), InlineFont(strike=True)
    book, sheet = sheet_of(["Item", "Value"], ["Area", None], ["Fee", None], ["Old", 400])
    sheet["B2"] = CellRichText("25 m", TextBlock(up, "2"))
    sheet["B3"] = CellRichText(TextBlock(struck, "400"), " 650 francs")
    sheet["B4"].font = Font(strike=True)
    text, warnings = converted(book, tmp_path)
    assert text.endswith(table("Item | Value", "Area | 25 m²", "Fee | 650 francs", "Old | "))
    assert warnings == [("struck_out", 2, "sheet Fees")]


def test_charts_are_told_and_several_sheets_are_named(tmp_path):
    book, sheet = sheet_of(["Town", "Height"], ["Ulm", 12], ["Bonn", 13])
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    sheet.add_chart(chart, "E5")
    book.create_sheet("Notes").append(["All fees are in euros."])
    text, warnings = converted(book, tmp_path)
    assert text.endswith("## Notes\n\nAll fees are in euros.")
    assert warnings == [("charts", 1, "sheet Fees")]


def test_a_cell_far_away_costs_nothing(tmp_path):
    book, sheet = sheet_of(["Town", "Height"], ["Ulm", 12])
    sheet["XFD1048576"] = "far"
    text, _ = converted(book, tmp_path)
    assert "| Ulm | 12 |" in text
    assert "far" in text


def test_a_bar_in_a_cell_does_not_cut_it(tmp_path):
    text, _ = converted(sheet_of(["Key", "Value"], ["a | b", "x\ny"])[0], tmp_path)
    assert text.endswith("| a \\| b | x y |")


def test_a_damaged_workbook_is_a_named_failure(tmp_path):
    with zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<no")
    (tmp_path / "ok.txt").write_text("Fine.")
    documents = load_documents([tmp_path / "bad.xlsx", tmp_path / "ok.txt"])
    assert [one.state for one in documents.failures] == ["damaged"]
