"""Reading documents: every kind of source, every kind of trouble, by name."""

from __future__ import annotations

import http.server
import os
import re
import sys
import threading
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import pytest
from growth import PROPORTION, growth
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document

from qagen import load_documents
from qagen.documents.fetching import fetch
from qagen.documents.loading import stream_documents
from qagen.errors import DocumentError, SettingsError, UnreadableError

ENGLISH = "The café at the Kestrel laboratory — Dr. Müller’s favourite — closed in May 1931."
JAPANESE = "# 春の大会\n\n決勝は10分に田中が得点し、2対1で勝った。「はい。」と監督は言った。\n"
WESTERN = [
    "Café crème à 3 €",
    "Müller wohnt in Köln.",
    "El niño comió jamón en Málaga. ¿Dónde está?",
    "It’s a “test” — really",
    "© 2024 Acme",
    ENGLISH * 20,
]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path):
    [document] = load_documents(path)
    return document


def failed(path):
    """The one failure of reading a file beside a good one."""
    good = write(path.parent / "zz good" / "good.txt", "Good.")
    documents = load_documents([path, good])
    assert [document.page_content for document in documents] == ["Good."]
    [failure] = documents.failures
    return failure


# Sources


def test_a_markdown_file_has_its_first_heading_as_theme(tmp_path):
    document = read(write(tmp_path / "a.md", "```\n# no\n```\n\n# The *Cup* #\n\nText.\n"))
    assert document.page_content == "```\n# no\n```\n\n# The *Cup* #\n\nText.\n"
    assert document.metadata == {"source": (tmp_path / "a.md").as_posix(), "theme": "The *Cup"}


def test_a_text_without_heading_has_the_name_of_the_file_as_theme(tmp_path):
    assert read(write(tmp_path / "cup of 1931.txt", "No heading.")).metadata["theme"] == "cup of 1931"
    [document] = load_documents(tmp_path, theme="My theme")
    assert document.metadata["theme"] == "My theme"


@pytest.mark.parametrize(
    "text", ["One line of text.", "Two\nlines/with.suffix", "今日は晴れ/雨です。", "A {brace} <|endoftext|>"]
)
def test_a_string_that_is_no_path_is_a_text(text):
    [document] = load_documents(text)
    assert document.page_content == text
    assert document.metadata["source"].startswith("text:")
    assert len(document.metadata["source"]) == 13
    assert load_documents(text)[0].metadata == document.metadata


def test_a_long_first_line_is_cut_for_the_theme():
    assert load_documents("word " * 100)[0].metadata["theme"] == ("word " * 16).strip() + "…"


@pytest.mark.parametrize("path", ["no-such.md", "docs/none", "C:\\none\\x", "./x", "a.PDF", "~/docs"])
def test_a_string_that_can_only_be_a_path_must_exist(path):
    with pytest.raises(DocumentError, match="There is no file or folder"):
        load_documents(path)


def test_a_missing_path_is_found_before_anything_is_read(tmp_path):
    good = write(tmp_path / "a.txt", "Good.")
    with pytest.raises(DocumentError, match=r"missing\.txt"):
        stream_documents([good, tmp_path / "missing.txt"], failures=[])


@pytest.mark.parametrize("source", [None, 3, b"bytes", {"a": 1}])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(SettingsError, match="A source is"):
        load_documents(source)


def test_a_mix_of_sources_is_read_in_order(tmp_path):
    write(tmp_path / "d" / "b.txt", "B.")
    own = Document("Own.\r\n", metadata={"page": 3}, id="x")
    documents = load_documents([tmp_path / "d", "Some text here.", own, str(tmp_path / "d" / "b.txt")])
    assert [document.page_content for document in documents] == ["B.", "Some text here.", "Own.\n"]
    assert documents[2].metadata == {
        "page": 3,
        "source": "text:" + documents[2].metadata["source"][5:],
        "theme": "Own.",
    }
    assert documents[2].id == "x"
    assert own.page_content == "Own.\r\n"
    assert [(failure.state, Path(failure.source).name) for failure in documents.failures] == [
        ("duplicate", "b.txt")
    ]
    assert repr(documents) == "<Documents: 3 read, 1 failed>"
    assert documents[1:] == (documents[1], documents[2])


def test_a_document_keeps_its_own_metadata(tmp_path):
    own = Document("# H\n\nText", metadata={"source": "mine", "theme": "Mine", "k": [1]})
    [document] = load_documents(own, theme="Other")
    assert document == own
    [titled] = load_documents(Document("Text", metadata={"source": "x/y.pdf", "title": "A title"}))
    assert titled.metadata["theme"] == "A title"
    [named] = load_documents(Document("Text", metadata={"source": "x/y.pdf"}))
    assert named.metadata["theme"] == "y"


def test_documents_that_share_a_source_are_told_apart_and_repeated_ones_are_read_once():
    pages = [Document(text, metadata={"source": "r.pdf"}) for text in ["One.", "Two.", "One."]]
    documents = load_documents(iter(pages))
    assert [document.metadata["source"] for document in documents] == ["r.pdf", "r.pdf~2"]
    assert [failure.state for failure in documents.failures] == ["duplicate"]


# Folders


def test_a_folder_is_read_to_the_bottom_in_the_order_of_names(tmp_path):
    for name in ["b/2.txt", "a.md", "b/1.txt", "c.txt", "b.txt", "B/x.txt"]:
        write(tmp_path / name, f"Text of {name}.")
    for name in [
        ".git/config.txt",
        ".DS_Store",
        "b/.hidden.txt",
        "__pycache__/x.txt",
        "~$a.docx",
        "Thumbs.db",
        "node_modules/m.md",
    ]:
        write(tmp_path / name, "Hidden.")
    documents = load_documents(tmp_path)
    names = [Path(document.metadata["source"]).relative_to(tmp_path).as_posix() for document in documents]
    assert names == ["B/x.txt", "a.md", "b/1.txt", "b/2.txt", "b.txt", "c.txt"]
    assert not documents.failures


@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("**/*.md", ["a.md", "d/b.md", "d/e/c.md"]),
        ("*.md", ["a.md"]),
        ("d/**/*.md", ["d/b.md", "d/e/c.md"]),
        ("**/[!ab].md", ["d/e/c.md"]),
        ("d/?.md", ["d/b.md"]),
        ("d/**", ["d/b.md", "d/e/c.md", "d/x.txt"]),
    ],
)
def test_a_glob_chooses_the_files(tmp_path, glob, names):
    for name in ["a.md", "d/b.md", "d/e/c.md", "d/x.txt"]:
        write(tmp_path / name, f"Text of {name}.")
    documents = load_documents(tmp_path, glob=glob)
    assert [document.page_content for document in documents] == [f"Text of {name}." for name in names]


def test_a_glob_that_matches_nothing_or_is_broken_is_an_error(tmp_path):
    write(tmp_path / "a.txt", "A.")
    with pytest.raises(DocumentError, match=r"No file in it matches '\*\*/\*\.md'"):
        load_documents(tmp_path, glob="**/*.md")
    with pytest.raises(SettingsError, match="glob"):
        load_documents(tmp_path, glob="[z-a].md")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match="There is no file in it"):
        load_documents(tmp_path / "empty")


def test_links_in_circles_end_and_each_folder_is_read_once(tmp_path):
    write(tmp_path / "z" / "a.txt", "A.")
    outside = write(tmp_path.parent / "outside" / "o.txt", "Outside.").parent
    (tmp_path / "z" / "loop").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "z")
    (tmp_path / "out").symlink_to(outside)
    documents = load_documents(tmp_path)
    assert [document.page_content for document in documents] == ["Outside.", "A."]
    assert not documents.failures


def test_a_link_to_a_file_that_is_read_anyway_is_a_named_duplicate(tmp_path):
    write(tmp_path / "a.txt", "A.")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    documents = load_documents(tmp_path)
    assert len(documents) == 1
    assert documents.failures[0].state == "duplicate"


def test_a_name_that_is_no_utf8_is_written_down_all_the_same(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    try:
        Path(os.fsdecode(name)).write_bytes(b"Text.")
    except OSError:
        pytest.skip("this file system takes no such names")
    [document] = load_documents(tmp_path)
    assert document.metadata["source"].endswith("caf\ufffd.txt")
    assert document.metadata["source"].encode()


def test_documents_are_read_one_at_a_time(tmp_path):
    for number in range(3):
        write(tmp_path / f"{number}.txt", f"Text {number}.")
    documents = stream_documents(tmp_path, failures=[])
    next(documents)
    write(tmp_path / "1.txt", "Changed.")
    assert next(documents).page_content == "Changed."


# Encodings


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *(
            (name, text)
            for text in (JAPANESE, "「はい」", "カタカナ", "会議は5月です Tokyo", JAPANESE * 500)
            for name in ("shift_jis", "cp932", "euc_jp", "iso2022_jp")
        ),
        *(("cp1252", text) for text in WESTERN),
        *(
            (name, text)
            for text in (JAPANESE, ENGLISH, "Hello", "は")
            for name in ("utf-8", "utf-8-sig", "utf-16", "utf-32")
        ),
        *(
            (name, text)
            for text in (JAPANESE, ENGLISH, "Hello", "決勝は午後に行われた。", "Встреча 12 мая")
            for name in ("utf-16-le", "utf-16-be")
        ),
        ("cp1251", "Встреча состоялась 12 мая 2025 года в Москве."),
        ("gb18030", "会议于二〇二五年五月十二日在北京举行，一百二十人参加。"),
        ("euc_kr", "회의는 2025년 5월 12일 서울에서 열렸고 120명이 참석했다."),
    ],
)
def test_a_text_is_read_in_its_encoding(tmp_path, encoding, text):
    assert read(write(tmp_path / "a.txt", text.encode(encoding))).page_content == text


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_a_byte_order_mark_decides(tmp_path, mark):
    data = mark + "東京".encode("utf-16-le" if mark[0] == 0xFF else "utf-16-be")
    assert read(write(tmp_path / "a.txt", data)).page_content == "東京"


def test_line_ends_are_normalised_once(tmp_path):
    path = write(tmp_path / "a.txt", b"\xef\xbb\xbfa\r\nb\rc\n\r\n")
    assert read(path).page_content == "a\nb\nc\n\n"


@settings(deadline=None)  # the first PDF loads the reader
@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"%PDF-1.4" + tail))
def test_any_bytes_end_in_a_text_or_a_named_failure(tmp_path_factory, data):
    path = write(tmp_path_factory.getbasetemp() / "any" / "a.txt", data)
    failures = []
    for document in stream_documents(path, failures=failures):
        assert "\0" not in document.page_content
        assert "\r" not in document.page_content
        assert document.page_content.encode().decode() == document.page_content
    assert all(failure.state in {"empty", "binary", "damaged", "encrypted"} for failure in failures)


# Trouble


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\2\0\0\0"


@pytest.mark.parametrize(
    ("name", "content", "state"),
    [
        ("empty.txt", b"", "empty"),
        ("empty.pdf", b"", "empty"),
        ("blank.md", " \n\t\u3000\n", "empty"),
        ("mark.txt", b"\xef\xbb\xbf", "empty"),
        ("picture.png", PNG * 9, "binary"),
        ("named.txt", PNG * 9, "binary"),
        ("nul.txt", b"some text\0with a NUL, and more of it", "binary"),
        ("noise", bytes(range(256)) * 3, "binary"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "unsupported"),
        ("text.rtf", b"Just text.", "damaged"),
        ("bad.docx", b"PK\3\4 cut off", "damaged"),
        ("text.docx", b"Just text.", "damaged"),
        ("bad.pdf", b"%PDF-1.4\nnothing that a PDF has", "damaged"),
        (
            "locked.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
        ("old.pptx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "unsupported"),
        ("empty.html", b"<html><body><script>x()</script></body></html>", "empty"),
    ],
)
def test_a_file_that_gives_nothing_is_a_named_failure(tmp_path, name, content, state):
    failure = failed(write(tmp_path / name, content))
    assert failure.state == state
    assert failure.source.endswith(name)
    assert failure.passage is None
    assert len(failure.detail) > 10


def test_a_broken_link_and_a_pipe_are_named_failures(tmp_path):
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert failed(tmp_path / "gone.txt").state == "unreadable"
    os.mkfifo(tmp_path / "pipe")
    assert failed(tmp_path / "pipe").state == "unsupported"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_named_failure(tmp_path):
    secret = write(tmp_path / "secret.txt", "Secret.")
    secret.chmod(0)
    assert failed(secret).state == "unreadable"


def test_a_huge_file_is_refused_without_reading_it(tmp_path):
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(201_000_000)
    assert failed(huge).state == "too_large"


def test_a_source_that_yields_nothing_is_an_error_that_lists_why(tmp_path):
    for number in range(12):
        write(tmp_path / f"{number:02}.txt", "")
    with pytest.raises(DocumentError, match=r"(?s)no document to read.*00\.txt: .*\(empty\).*and 2 more"):
        load_documents(tmp_path)
    for source in ("", " \n", [], "a\0b"):
        with pytest.raises(DocumentError):
            load_documents(source)


def test_half_a_surrogate_pair_is_a_named_failure():
    documents = load_documents(["Good text.", "Bad \ud83d text."])
    assert [failure.state for failure in documents.failures] == ["binary"]


# Other formats


OFFICE = "http://schemas.openxmlformats.org"


def docx(text):
    document = (
        f'<w:document xmlns:w="{OFFICE}/wordprocessingml/2006/main"><w:body><w:p><w:pPr><w:pStyle '
        f'w:val="Heading1"/></w:pPr><w:r><w:t>The Cup</w:t></w:r></w:p><w:p><w:r><w:t>{text}</w:t></w:r>'
        "</w:p></w:body></w:document>"
    )
    kinds = (
        f'<Types xmlns="{OFFICE}/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
        'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>"
    )
    return zipped({"[Content_Types].xml": kinds, "_rels/.rels": relations, "word/document.xml": document})


def zipped(files):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pdf(*lines, encrypt=""):
    """A PDF of one page with these lines of text."""
    drawn = "".join(f"1 0 0 1 72 {700 - 20 * n} Tm ({line}) Tj " for n, line in enumerate(lines))
    stream = f"BT /F1 12 Tf {drawn}ET" if lines else "0 0 m 9 9 l S"
    resources = "/Resources << /Font << /F1 5 0 R >> >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R {resources} >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"<< /Size 6 /Root 1 0 R {encrypt} >>"
    data += f"xref\n0 6\n0000000000 65535 f \n{table}trailer\n{trailer}\nstartxref\n{len(data)}\n%%EOF\n"
    return data.encode()


LOCK = (
    "/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <" + "ab" * 32 + "> /U <" + "cd" * 32 + "> >> "
    "/ID [<" + "00" * 16 + "> <" + "00" * 16 + ">]"
)
HTML = (
    "<html><head><title>The Cup &amp; more</title><style>p{}</style></head>"
    "<body><h1>Day</h1><p>%s</p></body></html>"
)


def test_html_becomes_markdown_and_its_title_the_theme(tmp_path):
    document = read(write(tmp_path / "a.html", HTML % "Tanaka scored in <b>minute 10</b>."))
    assert document.page_content.strip() == "# Day\n\nTanaka scored in **minute 10**."
    assert document.metadata["theme"] == "The Cup & more"


def test_html_is_read_in_the_encoding_it_names(tmp_path):
    page = '<html><head><meta charset="shift_jis"><title>東京</title></head><body>大会 東京</body></html>'
    document = read(write(tmp_path / "a.htm", page.encode("shift_jis")))
    assert (document.page_content.strip(), document.metadata["theme"]) == ("大会 東京", "東京")


def test_a_docx_becomes_markdown(tmp_path):
    document = read(write(tmp_path / "cup.docx", docx("Tanaka scored in minute 10.")))
    assert document.page_content.strip() == "# The Cup\n\nTanaka scored in minute 10."
    assert document.metadata["theme"] == "The Cup"


def test_a_pdf_becomes_text_even_under_another_name(tmp_path):
    for name in ("cup.pdf", "cup.PDF", "cup.bin"):
        document = read(write(tmp_path / name, pdf("Tanaka scored in minute 10.", "Then it rained.")))
        assert "Tanaka scored in minute 10." in document.page_content
        assert document.metadata["theme"] == "cup"


def test_a_pdf_of_pictures_is_empty_with_advice(tmp_path):
    failure = failed(write(tmp_path / "scan.pdf", pdf()))
    assert failure.state == "empty"
    assert "OCR" in failure.detail


def test_a_pdf_with_a_password_is_encrypted(tmp_path):
    failure = failed(write(tmp_path / "locked.pdf", pdf("Secret.", encrypt=LOCK)))
    assert failure.state == "encrypted"
    assert "password" in failure.detail


def test_a_csv_becomes_a_table(tmp_path):
    document = read(write(tmp_path / "goals.csv", "選手,分\n田中,10\n佐藤,44\n".encode("shift_jis")))
    assert "| 田中 | 10 |" in document.page_content
    assert document.metadata["theme"] == "goals"


def test_a_presentation_becomes_markdown(tmp_path):
    from pptx import Presentation

    slides = Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = "The Cup"
    slide.placeholders[1].text = "Tanaka scored in minute 10."
    slides.save(tmp_path / "cup.pptx")
    document = read(tmp_path / "cup.pptx")
    assert "Tanaka scored in minute 10." in document.page_content
    assert document.metadata["theme"] == "The Cup"


def test_a_workbook_becomes_tables(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["player", "minute"])
    book.active.append(["Tanaka", 10])
    book.save(tmp_path / "goals.xlsx")
    document = read(tmp_path / "goals.xlsx")
    assert "| Tanaka | 10 |" in document.page_content
    assert document.metadata["theme"] == "goals"


def test_an_epub_becomes_markdown(tmp_path):
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="c.opf"/></rootfiles></container>'
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<dc:title>The Cup</dc:title></metadata><manifest><item id="a" href="a.xhtml" '
        'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'
    )
    book = {"META-INF/container.xml": container, "c.opf": package, "a.xhtml": HTML % "Tanaka scored."}
    document = read(write(tmp_path / "cup.epub", zipped(book)))
    assert "Tanaka scored." in document.page_content
    assert document.metadata["theme"] == "The Cup"


def test_an_archive_that_unpacks_to_gigabytes_is_refused(tmp_path):
    data = bytearray(docx("Text"))
    place = data.index(b"PK\1\2") + 24
    data[place : place + 4] = (2_000_000_000).to_bytes(4, "little")
    assert failed(write(tmp_path / "bomb.docx", bytes(data))).state == "too_large"


def test_without_the_extra_other_files_are_read_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    failure = failed(write(tmp_path / "cup.pdf", pdf("Tanaka scored.")))
    assert failure.state == "missing_extra"
    assert re.search(r"pip install .*\[files\]", failure.detail)


# The web


class Server(http.server.BaseHTTPRequestHandler):
    pages: ClassVar = {
        "/page": (200, {"Content-Type": "text/html; charset=utf-8"}, (HTML % "Tanaka scored.").encode()),
        "/japanese": (
            200,
            {"Content-Type": "text/html; charset=Shift_JIS"},
            "<p>大会 東京</p>".encode("shift_jis"),
        ),
        "/notes.txt": (200, {"Content-Type": "text/plain"}, b"Plain\r\ntext."),
        "/report": (200, {"Content-Type": "application/pdf"}, pdf("Tanaka scored.")),
        "/moved": (302, {"Location": "/page"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
        "/away": (302, {"Location": "ftp://127.0.0.1/x"}, b""),
        "/file": (302, {"Location": "file:///etc/hostname"}, b""),
        "/gone": (404, {"Content-Type": "text/html"}, b"<p>Not here</p>"),
        "/broken": (503, {}, b""),
        "/picture": (200, {"Content-Type": "image/png"}, PNG),
        "/blank": (200, {"Content-Type": "text/plain"}, b"  "),
        "/huge": (200, {"Content-Type": "text/plain", "Content-Length": "60000000"}, b"x"),
    }

    def do_GET(self):
        if self.path in {"/silent", "/slow"}:
            return self.dawdle()
        status, headers, body = self.pages[self.path]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        return None

    def dawdle(self):
        if self.path == "/slow":
            self.send_response(200)
            self.end_headers()
        for _ in range(20):
            time.sleep(0.05)
            if self.path == "/slow":
                self.wfile.write(b"word ")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "text", "theme"),
    [
        ("/page", "# Day\n\nTanaka scored.", "The Cup & more"),
        ("/moved", "# Day\n\nTanaka scored.", "The Cup & more"),
        ("/japanese", "大会 東京", "japanese"),
        ("/notes.txt", "Plain\ntext.", "notes"),
        ("/report", "Tanaka scored.", "report"),
    ],
)
def test_an_address_is_fetched(web, path, text, theme):
    [document] = load_documents(web + path)
    assert document.page_content.strip() == text
    assert document.metadata == {"source": web + path, "theme": theme}


@pytest.mark.parametrize(
    ("path", "state", "detail"),
    [
        ("/gone", "http_error", "404"),
        ("/broken", "http_error", "503"),
        ("/picture", "unsupported", "image/png"),
        ("/blank", "empty", "white space"),
        ("/huge", "too_large", "50 MB"),
        ("/round", "unreachable", "redirect"),
        ("/away", "unsupported", "web"),
        ("/file", "unsupported", "web"),
    ],
)
def test_an_address_that_gives_nothing_is_a_named_failure(web, path, state, detail):
    documents = load_documents(["Good text.", web + path])
    [failure] = documents.failures
    assert (failure.source, failure.state) == (web + path, state)
    assert detail in failure.detail


@pytest.mark.parametrize("path", ["/silent", "/slow"])
def test_a_server_that_is_too_slow_is_a_timeout(web, path):
    with pytest.raises(UnreadableError) as caught:
        fetch(web + path, timeout=0.1)
    assert caught.value.state == "timeout"


def test_nobody_at_the_address_is_a_named_failure():
    documents = load_documents(["Good text.", "http://127.0.0.1:9/x"])
    assert documents.failures[0].state == "unreachable"


def test_a_password_in_an_address_is_not_written_down(web):
    [document] = load_documents(web.replace("http://", "http://me:secret@") + "/notes.txt")
    assert document.metadata["source"] == web + "/notes.txt"


def test_many_files_are_read_in_proportion(tmp_path):
    def made(files):
        folder = tmp_path / str(files)
        for number in range(files):
            write(folder / f"{number}.txt", f"Text number {number}. " * 50)
        return folder

    assert growth(load_documents, 40, made) < PROPORTION
