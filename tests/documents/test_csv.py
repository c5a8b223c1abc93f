"""CSV: the separator is found, every value stays as it is written, what does not fit is told."""

from __future__ import annotations

import pytest

from qagen import load_documents


def read(tmp_path, content, name="fees.csv"):
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(data)
    [document] = load_documents(tmp_path / name)
    return document.page_content, document.metadata.get("warnings", [])


LAKES = "| Name | Height | Opened |\n| --- | --- | --- |\n| Lake Ulm | {} | 2019 |\n| Lake Bonn | {} | 2021 |"


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("Name;Height;Opened\nLake Ulm;1.204,5;2019\nLake Bonn;998,25;2021\n", ("1.204,5", "998,25")),
        ("Name;Height;Opened\nLake Ulm;12,5;2019\nLake Bonn;9,5;2021\n", ("12,5", "9,5")),
        ("Name,Height,Opened\nLake Ulm,1204.5,2019\nLake Bonn,998.25,2021\n", ("1204.5", "998.25")),
        ('Name,Height,Opened\r\n"Lake Ulm","1,204.5",2019\r\nLake Bonn,998.25,2021', ("1,204.5", "998.25")),
        ("Name\tHeight\tOpened\nLake Ulm\t1,5\t2019\nLake Bonn\t2,5\t2021\n", ("1,5", "2,5")),
        ("Name|Height|Opened\nLake Ulm|1,5|2019\nLake Bonn|2,5|2021\n", ("1,5", "2,5")),
        ("sep=;\nName;Height;Opened\nLake Ulm;1,5;2019\nLake Bonn;2,5;2021\n", ("1,5", "2,5")),
        ('"sep=,"\nName,Height,Opened\nLake Ulm,1;5,2019\nLake Bonn,2;5,2021\n', ("1;5", "2;5")),
        ("Name; Height; Opened\nLake Ulm; 007; 2019\nLake Bonn; NA; 2021\n", ("007", "NA")),
    ],
)
def test_the_separator_is_found(tmp_path, content, values):
    assert read(tmp_path, content) == (LAKES.format(*values), [])


def test_the_encoding_is_found(tmp_path):
    text, _ = read(tmp_path, "Straße;Länge\nGrüner Weg;12,5\n".encode("cp1252"))
    assert "| Grüner Weg | 12,5 |" in text


def test_quotes_line_ends_and_bars_in_values_cut_nothing(tmp_path):
    text, _ = read(tmp_path, 'Name,Note\n"Ulm","first\nsecond, 12 tons"\nBonn,"say ""hi"""\nKiel,"a | b"\n')
    assert text.splitlines()[2:] == [
        "| Ulm | first second, 12 tons |",
        '| Bonn | say "hi" |',
        "| Kiel | a \\| b |",
    ]


def test_a_title_above_the_table_is_a_title(tmp_path):
    text, _ = read(tmp_path, "Fees of 2024\n\nClass,Fee,Age\nSenior,30,65\n")
    assert text == "Fees of 2024\n\n| Class | Fee | Age |\n| --- | --- | --- |\n| Senior | 30 | 65 |"


def test_blank_values_stay_blank_and_short_rows_keep_their_columns(tmp_path):
    text, warnings = read(tmp_path, "Class,Fee,Age\nSenior,,65\nJunior\n,,\nChild,5,6\n")
    assert text.splitlines()[2:] == ["| Senior |  | 65 |", "| Junior |  |  |", "| Child | 5 | 6 |"]
    assert warnings == []


def test_rows_with_too_many_values_are_told(tmp_path):
    text, [warning] = read(tmp_path, "Class,Fee\nSenior,30,5\nJunior,20\nChild,10\n")
    assert "| Senior | 30 | 5 |" in text
    assert (warning["kind"], warning["count"]) == ("uneven_rows", 1)


def test_a_file_of_one_column_is_read(tmp_path):
    text, _ = read(tmp_path, "Town\nUlm\nBonn\nKiel\n")
    assert text.splitlines() == ["| Town |", "| --- |", "| Ulm |", "| Bonn |", "| Kiel |"]


def test_tab_separated_files_are_tables_too(tmp_path):
    text, _ = read(tmp_path, "Town\tHeight\nUlm\t12\n", "towns.tsv")
    assert text == "| Town | Height |\n| --- | --- |\n| Ulm | 12 |"


def test_many_rows_are_read_in_a_line_each(tmp_path):
    rows = "".join(f"Town {number};{number},5\n" for number in range(20_000))
    text, _ = read(tmp_path, f"Town;Height\n{rows}")
    assert len(text.splitlines()) == 20_002
    assert text.endswith("| Town 19999 | 19999,5 |")
