"""Markdown and plain text: verbatim, less what a reader does not see, which is told."""

from __future__ import annotations

import base64
import random

import pytest
from langchain_core.documents import Document

from qagen import load_documents, split_documents
from qagen.errors import DocumentError


def document(tmp_path, content, name="note.md"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    [one] = load_documents(path)
    return one


def text(tmp_path, content, name="note.md"):
    return document(tmp_path, content, name).page_content


def kinds(one):
    return {told["kind"]: told["count"] for told in one.metadata.get("warnings", [])}


def picture(size=3000):
    return base64.b64encode(random.Random(7).randbytes(size)).decode()  # noqa: S311


PLAIN = """# Pump *A*

The **pump** costs 120 crowns; a < b, c > d & e, `x <!-- y --> z`, List<String>, <https://x.org>.

```html
<!-- kept --> <del>kept</del> ~~kept~~ <p hidden>kept</p>
```

    <!-- kept in code -->

- one [link](https://example.org "x") \\* 5~~
- two ~ three ~

| a | b |
|---|---|
| 1 | 2 |

See [the manual][1] of 1999.

[1]: https://example.org/a "Manual"
"""


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.markdown", "a"])
def test_a_text_without_anything_hidden_is_verbatim(tmp_path, name):
    one = document(tmp_path, PLAIN, name)
    assert one.page_content == PLAIN
    assert set(one.metadata) == {"source", "theme"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A.\n\n<!-- the old price was 99 -->\n\nB.", "A.\n\nB."),
        ("A <!-- 99\n\n99 --> B.", "A B."),
        ("A.<!--99-->\nB.", "A.\nB."),
        ("A.\n\n[//]: # (hidden 99)\n\nB.", "A.\n\nB."),
        ('A.\n\n[comment]: <> "hidden 99"\n\nB.', "A.\n\nB."),
        ("A.\n\n[hidden 99]: #\n\nB.", "A.\n\nB."),
        ("<!-- 99 -->\n# A\n", "# A\n"),
    ],
)
@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_comments_are_left_out_and_told(tmp_path, written, read, name):
    one = document(tmp_path, written, name)
    assert one.page_content == read
    assert kinds(one) == {"comments": 1}
    assert one.metadata["warnings"][0]["detail"] == "1 comment left out"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("It costs ~~400~~ 650 francs.", "It costs 650 francs."),
        ("It costs 650 francs ~~400~~.", "It costs 650 francs."),
        ("- ~~four hundred\n  and more~~ 650", "- 650"),
        ("~~The whole line.~~\n\nB.", "B."),
        ("価格は~~400~~650円", "価格は650円"),
    ],
)
def test_what_is_struck_out_is_left_out_and_told(tmp_path, written, read):
    one = document(tmp_path, written)
    assert one.page_content == read
    assert kinds(one) == {"struck_out": 1}


def test_front_matter_gives_title_and_metadata(tmp_path):
    one = document(
        tmp_path,
        (
            "---\ntitle: The pump\nauthor: [Ann, Bo]\ndate: 2024-05-01\nrating: 4.5\n---\n\nIt "
            "costs 120 crowns.\n"
        ),
    )
    assert one.page_content == "It costs 120 crowns.\n"
    assert one.metadata["theme"] == one.metadata["title"] == "The pump"
    assert one.metadata["author"] == ["Ann", "Bo"]
    assert one.metadata["date"] == "2024-05-01"
    assert one.metadata["rating"] == 4.5
    assert kinds(one) == {"front_matter": 1}
    assert document(tmp_path, '+++\ntitle = "T"\n+++\nText.').metadata["theme"] == "T"


@pytest.mark.parametrize(
    "written",
    [
        "---\n\nA line between rules.\n\n---\n\nB.\n",
        "---\na: [1\n---\nB.",
        "A.\n\n---\ntitle: x\n---\n",
        "---\na: &b [1]\nc: *b\n---\nB.",
    ],
)
def test_what_is_no_front_matter_stays(tmp_path, written):
    assert text(tmp_path, written) == written


@pytest.mark.parametrize(
    ("written", "read", "kind"),
    [
        (
            "Two. ![Map of pier 3](data:image/png;base64,{data}) Ten.",
            "Two. ![Map of pier 3]() Ten.",
            "pictures",
        ),
        ("Two. ![](data:image/png;base64,{data}) Ten.", "Two. Ten.", "pictures"),
        (
            "Two.\n\n![Pier][image1]\n\n[image1]: <data:image/png;base64,{data}>\n",
            "Two.\n\n![Pier]()\n",
            "pictures",
        ),
        (
            'Two. <img src="data:image/png;base64,{data}" alt="Pier" width=9> Ten.',
            "Two. ![Pier]() Ten.",
            "pictures",
        ),
        ("Two: data:application/pdf;base64,{data} Ten.", "Two: Ten.", "encoded_data"),
        ("Two.\n\n{data}\n\nTen.", "Two.\n\nTen.", "encoded_data"),
        ("Two.\n\n{lines}\n\nTen.", "Two.\n\nTen.", "encoded_data"),
        ("Two.\n\n```\n{lines}\n```\n\nTen.", "Two.\n\n```\n```\n\nTen.", "encoded_data"),
    ],
)
def test_pictures_and_data_written_as_letters_are_taken_out(tmp_path, written, read, kind):
    data = picture()
    lines = "\n".join(data[at : at + 76] for at in range(0, len(data), 76))
    one = document(tmp_path, written.replace("{data}", data).replace("{lines}", lines))
    assert one.page_content.strip() == read.strip()
    assert kinds(one) == {kind: 1}


def test_a_note_with_a_pasted_picture_is_one_passage(tmp_path):
    path = tmp_path / "note.md"
    path.write_text(
        f"The pier is 412 metres long. It opened in 1931.\n\n![](data:image/png;base64,{picture(150_000)})\n"
    )
    [passage] = split_documents(load_documents(path))
    assert passage.text.strip() == "The pier is 412 metres long. It opened in 1931."


def test_long_words_and_addresses_are_no_data(tmp_path):
    address = f"https://example.org/{'a-b/' * 90}"
    written = f"{'ACGT' * 200}\n\n{'Donaudampfschiff' * 20}\n\n{address}\n\n{'=' * 300}\n\n{'0' * 300}"
    assert text(tmp_path, written) == written


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Energy of 10<sup>6</sup> J, H<sub>2</sub>O.", "Energy of 10⁶ J, H₂O."),
        ("In 1931<sup>[1](#fn1)</sup> it", "In 1931[1] it"),
        ("It costs <del>40</del> <ins>45</ins> kroner.", "It costs 45 kroner."),
        ('A <span style="display:none">99</span> B <b hidden>99</b> C.', "A B C."),
        ("<div align=center>\n\n**A** 12\n\n</div>\n\nB.", "\n**A** 12\n\nB."),
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("12&nbsp;euros &amp; 5 &euro;; `&amp;`", "12 euros & 5 €; `&amp;`"),
        ("| a<br>b | c |\n|---|---|\n| 1 | 2 |", "| a b | c |\n|---|---|\n| 1 | 2 |"),
        ("<ruby>東京<rt>とうきょう</rt></ruby>の人口", "東京の人口"),
        ("A.\n<script>\nvar x = 99;\n</script>\nB.", "A.\nB."),
        ("<h2 align=center>Fees</h2>\n\nText.", "## Fees\n\nText."),
        ("<details><summary>More</summary>\n\n**Text** 12\n\n</details>", "More\n\n**Text** 12\n"),
    ],
)
def test_html_in_markdown_is_read_as_html(tmp_path, written, read):
    pytest.importorskip("bs4")
    assert text(tmp_path, written).strip() == read.strip()


def test_a_table_of_html_in_markdown_becomes_a_table(tmp_path):
    pytest.importorskip("bs4")
    rows = (
        "<tr><th>Region</th><th>Fee</th></tr><tr><td rowspan=2>North</td><td>12</td></tr><tr><td>30</td></tr>"
    )
    assert text(tmp_path, f"Fees:\n\n<table>{rows}</table>\n\nEnd.\n") == (
        "Fees:\n\n| Region | Fee |\n| --- | --- |\n| North | 12 |\n| North | 30 |\n\nEnd.\n"
    )


def test_tags_in_a_plain_text_are_written_about(tmp_path):
    written = "Use <b>bold</b>, <s> and </s>, <title>x</title> and &amp; in a page.\n"
    assert text(tmp_path, written, "a.txt") == written
    assert text(tmp_path, "10<sup>6</sup> and <del>40</del> 45", "a.txt") == "10⁶ and 45"


def test_a_text_given_as_a_string_is_read_in_the_same_way():
    [one] = load_documents("It costs ~~400~~ 650 francs. <!-- 99 -->")
    assert one.page_content == "It costs 650 francs."
    assert kinds(one) == {"comments": 1, "struck_out": 1}


def test_a_document_of_langchain_stays_as_it_is():
    own = Document("It costs ~~400~~ 650 francs. <!-- 99 -->", metadata={"source": "x", "theme": "y"})
    assert load_documents(own)[0] == own


def test_code_and_data_files_are_verbatim(tmp_path):
    written = "# a <!-- b --> ~~c~~ <del>d</del>\n"
    for name in ("a.py", "a.rst", "a.json"):
        assert text(tmp_path, written, name) == written


def test_a_text_of_nothing_but_comments_is_empty(tmp_path):
    with pytest.raises(DocumentError, match="empty"):
        document(tmp_path, "<!-- nothing else -->\n")


def test_large_and_odd_texts_are_read_in_a_straight_line(tmp_path):
    for unit in (
        "<b>",
        "~~a",
        "`",
        "<!--",
        "a" * 50,
        "[x]: ",
        "<p>x</p>",
        "~~x~~ ",
        "data:,",
        "&amp;",
        "-",
        "| ",
    ):
        assert text(tmp_path, "A. " + unit * (400_000 // len(unit)) + " B.").startswith("A.")
