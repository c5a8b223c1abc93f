"""Books, mails, notebooks, rich text and OpenDocument: read as what they are, never as raw data."""

from __future__ import annotations

import base64
import json
import zipfile
from email.message import EmailMessage
from io import BytesIO

import pytest
from compound_file import compound_file

from qagen import load_documents
from qagen.errors import DocumentError

pytest.importorskip("bs4")

TABLE = (
    "<table><tr><th>Region</th><th>Fee</th></tr><tr><td rowspan=2>North</td><td>12 euros</td></tr>"
    "<tr><td>30 euros</td></tr></table>"
)
ROWS = "| Region | Fee |\n| --- | --- |\n| North | 12 euros |\n| North | 30 euros |"


def document(tmp_path, data, name):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    [one] = load_documents(path)
    return one


def kinds(one):
    return {told["kind"]: told["count"] for told in one.metadata.get("warnings", [])}


def details(one):
    return [told["detail"] for told in one.metadata.get("warnings", [])]


def zipped(files):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


# EPUB


def epub(chapters, **more):
    items = "".join(
        f'<item id="c{n}" href="text/{name}" media-type="application/xhtml+xml" properties="{props}"/>'
        for n, (name, props, _) in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>The Harbour</dc:title><dc:creator>Ann Lee</dc:creator><dc:language>en"
        "</dc:language></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    pages = {
        f"OEBPS/text/{name}": '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title/></head><body>{body}</body></html>"
        for name, _, body in chapters
    }
    return zipped({"META-INF/container.xml": container, "OEBPS/book.opf": package, **pages, **more})


def test_a_book_is_its_chapters_in_their_order(tmp_path):
    chapters = [
        (
            "b one.xhtml",
            "",
            "<h1>One</h1><p>It is 10<sup>6</sup> m<a href='#n'><sup>1</sup></a>.</p>" + TABLE,
        ),
        ("toc.xhtml", "nav", "<nav><ol><li><a href='x'>Contents 99</a></li></ol></nav>"),
        ("a.xhtml", "", "<h1>Two</h1><p hidden='hidden'>99</p><aside>[1] A note.</aside>"),
    ]
    one = document(tmp_path, epub(chapters).replace(b"b one", b"b one"), "harbour.epub")
    assert one.page_content == f"# One\n\nIt is 10⁶ m[1].\n\n{ROWS}\n\n# Two\n\n[1] A note."
    assert (one.metadata["theme"], one.metadata["author"]) == ("The Harbour", "Ann Lee")
    assert kinds(one) == {"hidden": 1}


def test_a_protected_book_is_refused_with_advice(tmp_path):
    lock = (
        '<encryption xmlns="urn:x"><EncryptedData xmlns="urn:y"><CipherReference URI="OEBPS/text/a.xhtml"/>'
        "</EncryptedData></encryption>"
    )
    with pytest.raises(DocumentError, match=r"without protection\. \(encrypted\)"):
        document(tmp_path, epub([("a.xhtml", "", "x")], **{"META-INF/encryption.xml": lock}), "a.epub")


# Mails


def mail(**headers):
    message = EmailMessage()
    for name, value in {"Subject": "Fähre 3", "From": "Ann Lee <ann@example.org>", **headers}.items():
        message[name] = value
    return message


def test_a_mail_is_its_subject_its_headers_and_its_richest_text(tmp_path):
    message = mail(To="bo@example.org", Date="Fri, 03 May 2024 10:00:00 +0200")
    message.set_content("The ferry costs more.\n")
    message.add_alternative(f"<p style='display:none'>Preview 99</p><p>The fees:</p>{TABLE}", subtype="html")
    message.add_attachment(b"x" * 3000, maintype="application", subtype="pdf", filename="plan.pdf")
    one = document(tmp_path, bytes(message), "a.eml")
    assert one.page_content == (
        "# Fähre 3\n\n- From: Ann Lee <ann@example.org>\n- To: bo@example.org\n"
        f"- Date: Fri, 03 May 2024 10:00:00 +0200\n\nThe fees:\n\n{ROWS}"
    )
    assert one.metadata["theme"] == "Fähre 3"
    assert details(one) == ["1 attachment left out: plan.pdf", "1 hidden passage left out"]


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_plain_mail_is_decoded(tmp_path, encoding):
    message = mail()
    message.set_content("Die Fähre kostet 12 €.\n\nGruß\n", cte=encoding)
    assert document(tmp_path, bytes(message), "a.eml").page_content.endswith("Die Fähre kostet 12 €.\n\nGruß")


def test_a_mail_within_a_mail_is_read_and_an_encrypted_one_refused(tmp_path):
    inner = mail(Subject="The fee")
    inner.set_content("It is 12 euros.")
    outer = mail()
    outer.set_content("See below.")
    outer.add_attachment(inner)
    outer.get_payload()[1].replace_header("Content-Disposition", "inline")
    text = document(tmp_path, bytes(outer), "a.eml").page_content
    assert text.index("See below.") < text.index("# The fee") < text.index("It is 12 euros.")
    locked = mail()
    locked.set_content(b"xxxx", maintype="application", subtype="pkcs7-mime")
    with pytest.raises(DocumentError, match="encrypted"):
        document(tmp_path, bytes(locked), "b.eml")
    with pytest.raises(DocumentError, match="no header"):
        document(tmp_path, "just some text", "c.eml")


def test_a_saved_page_is_its_article(tmp_path):
    saved = (
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://example.org/\nSubject: Ferry\n"
        "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html; "
        "charset=utf-8\n\n<title>Ferry</title><nav>Home 99</nav><main><p>It leaves at "
        "07:40.</p></main>\n--x\n"
        "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n--x--\n"
    )
    assert document(tmp_path, saved, "a.mht").page_content == "It leaves at 07:40."


def outlook(**streams):
    """The mail of Outlook that has these properties."""
    names = {
        "subject": "0037001F",
        "sender": "0C1A001F",
        "address": "5D01001F",
        "to": "0E04001F",
        "body": "1000001F",
    }
    files = {
        f"__substg1.0_{names[key]}": value.encode("utf-16-le")
        for key, value in streams.items()
        if key in names
    }
    if "html" in streams:
        files["__substg1.0_10130102"] = streams["html"].encode()
    ticks = (133_591_968_000_000_000).to_bytes(8, "little")
    files["__properties_version1.0"] = bytes(32) + bytes.fromhex("40003900") + bytes(4) + ticks
    return compound_file(files)


def test_a_mail_of_outlook_is_read(tmp_path):
    pytest.importorskip("olefile")
    about = {"subject": "Fähre 3", "sender": "Ann Lee", "address": "ann@example.org", "to": "Bo"}
    one = document(tmp_path, outlook(**about, body="The ferry costs 12 €.\r\n"), "a.msg")
    assert one.page_content == (
        "# Fähre 3\n\n- From: Ann Lee <ann@example.org>\n- To: Bo\n- Date: 2024-05-03 08:00 UTC\n\n"
        "The ferry costs 12 €."
    )
    assert document(tmp_path, outlook(**about, html=TABLE), "b.msg").page_content.endswith(ROWS)
    with pytest.raises(DocumentError, match="Save it as EML"):
        document(tmp_path, outlook(**about), "c.msg")
    with pytest.raises(DocumentError, match="Save it as EML"):
        document(tmp_path, b"no compound file", "d.msg")


# Notebooks


def notebook(*cells, **about):
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells})


def test_a_notebook_is_its_text_its_code_and_what_it_printed(tmp_path):
    png = base64.b64encode(bytes(range(256)) * 20).decode()
    cells = [
        {
            "cell_type": "markdown",
            "source": ["# Tides\n", "\n", "It costs ~~40~~ 45. ![x](attachment:a.png)"],
        },
        {
            "cell_type": "code",
            "source": "show(fees)",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["\x1b[1mhigh\x1b[0m\n"]},
                {
                    "output_type": "display_data",
                    "data": {"image/png": png, "text/plain": "<Figure size 640x480>"},
                },
                {"output_type": "execute_result", "data": {"text/html": TABLE, "text/plain": "x"}},
                {"output_type": "error", "ename": "ValueError", "evalue": "too low", "traceback": ["x"]},
            ],
        },
    ]
    one = document(tmp_path, notebook(*cells, language_info={"name": "python"}), "tides.ipynb")
    assert one.page_content == (
        "# Tides\n\nIt costs 45. ![x]()\n\n```python\nshow(fees)\n```\n\n```\nhigh\n```\n\n"
        f"{ROWS}\n\n```\nValueError: too low\n```"
    )
    assert one.metadata["theme"] == "Tides"
    assert kinds(one) == {"pictures": 2, "struck_out": 1}


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', "null"])
def test_what_is_no_notebook_is_damaged(tmp_path, content):
    with pytest.raises(DocumentError, match="damaged"):
        document(tmp_path, content, "a.ipynb")


# Rich text

RTF = rb"""{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fnil\fcharset128 Mincho;}
{\f2\fcharset238 Arial CE;}}{\stylesheet{\s0 Normal;}{\s1 heading 1;}}{\info{\title Harbour rules}}
{\header\pard Page header 99\par}{\*\generator Writer 99;}
\pard\plain\s1 Fees\par
\pard\plain It costs {\strike 40} 45 euros for 12 m{\super 2}; H{\sub 2}O; caf\'e9 \u8364?5. {\v hidden 99}
{\f1 \'93\'8c\'8b\'9e}{\f2 \'b9\'e8}\'96{\super\footnote note text}.{\annotation comment 99}\par
{\listtext\pard 7.\tab}Seventh\par {\listtext\'B7\tab}Item {\pict\pngblip 89504e470d0a}\par
\trowd\clvmgf\cellx1000\cellx2000\cellx3000\pard\intbl Region\cell Class\cell Fee\cell\row
\trowd\clvmgf\cellx1000\cellx2000\cellx3000\pard\intbl North\cell Junior\cell 12\cell\row
\trowd\clvmrg\cellx1000\cellx2000\cellx3000\pard\intbl\cell Senior\cell 30\cell\row
\trowd\cellx1000\cellx3000\pard\intbl South\cell closed\cell\row
\pard See {\field{\*\fldinst HYPERLINK "https://99"}{\fldrslt the link}}.\par}"""


def test_rich_text_is_read(tmp_path):
    one = document(tmp_path, RTF, "rules.rtf")
    assert one.page_content == (
        "# Fees\n\nIt costs 45 euros for 12 m²; H₂O; café €5. 東京ąč–[1].\n\n7. Seventh\n- Item\n\n"
        "| Region | Class | Fee |\n| --- | --- | --- |\n| North | Junior | 12 |\n| North | Senior | 30 |\n"
        "| South | closed | closed |\n\nSee the link.\n\n[1] note text"
    )
    assert one.metadata["theme"] == "Harbour rules"
    assert kinds(one) == {"comments": 1, "headers_footers": 1, "hidden": 1, "pictures": 1, "struck_out": 1}


# OpenDocument

SPACES = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "style", "text", "table", "draw")
    )
    + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:fo="urn:x:fo"'
)


def odt(body, styles="", **more):
    content = (
        f"<office:document-content {SPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": "<m/>",
            "content.xml": content,
            **more,
        }
    )


def style(name, properties):
    told = f"<style:text-properties {properties}/>"
    return f'<style:style style:name="{name}" style:family="text">{told}</style:style>'


STYLES = (
    style("Up", 'style:text-position="super 58%"')
    + style("Down", 'style:text-position="-33% 58%"')
    + style("Old", 'style:text-line-through-style="solid"')
    + style("Gone", 'text:display="none"')
    + '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1" '
    'style:num-suffix="." text:start-value="7"/><text:list-level-style-number '
    'text:level="2" style:num-format="1" '
    'text:display-levels="2"/></text:list-style>'
)


def test_an_opendocument_text_is_read(tmp_path):
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>99</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        '<text:h text:outline-level="1">Fees</text:h><text:p>It costs <text:span '
        'text:style-name="Old">40</text:span>'
        ' 45 euros<text:s text:c="2"/>for 12 m<text:span text:style-name="Up">2</text:span>; H<text:span '
        'text:style-name="Down">2</text:span>O<text:note><text:note-citation>1'
        "</text:note-citation><text:note-body>"
        "<text:p>A note.</text:p></text:note-body></text:note>. <text:span "
        'text:style-name="Gone">99</text:span>'
        "<text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とうきょう</text:ruby-text></text:ruby>の人口"
        "<office:annotation><text:p>comment 99</text:p></office:annotation></text:p>"
        '<text:list text:style-name="L"><text:list-item><text:p>Seven</text:p><text:list>'
        "<text:list-item><text:p>In"
        "</text:p></text:list-item></text:list></text:list-item><text:list-item>"
        "<text:p>Eight</text:p></text:list-item>"
        "</text:list>"
    )
    one = document(tmp_path, odt(body, STYLES), "rules.odt")
    assert one.page_content == (
        "# Fees\n\nIt costs 45 euros for 12 m²; H₂O[1]. 東京の人口\n\n7. Seven\n  - 7.1 In\n8. "
        "Eight\n\n[1] A note."
    )
    assert kinds(one) == {"comments": 1, "deleted": 1, "hidden": 1, "struck_out": 1}


def test_tables_and_formulas_of_an_opendocument_text_are_read(tmp_path):
    def cell(text, more=""):
        return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"

    body = (
        "<table:table><table:table-header-rows><table:table-row>"
        + cell("Region") + cell("Class") + cell("Fee")
        + "</table:table-row></table:table-header-rows><table:table-row>"
        + cell("North", 'table:number-rows-spanned="2"') + cell("Junior") + cell("12")
        + "</table:table-row><table:table-row><table:covered-table-cell/>"
        + cell("Senior") + cell("30")
        + "</table:table-row></table:table>"
        '<text:p>So <draw:frame><draw:object xlink:href="./Object 1"/></draw:frame> holds.</text:p>'
        "<text:p>Box <draw:frame><draw:text-box><text:p>In the box.</text:p>"
        "</draw:text-box></draw:frame></text:p>"
    )  # fmt: skip
    math = '<math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>x</mi><mn>2</mn></msup></math>'
    text = document(tmp_path, odt(body, **{"Object 1/content.xml": math}), "a.odt").page_content
    assert text == (
        "| Region | Class | Fee |\n| --- | --- | --- |\n| North | Junior | 12 |\n| North | Senior | 30 |\n\n"
        "So x² holds.\n\nBox\n\nIn the box."
    )


def test_an_encrypted_or_damaged_opendocument_text_is_refused(tmp_path):
    locked = odt("", **{"META-INF/manifest.xml": "<m><manifest:encryption-data/></m>"})
    with pytest.raises(DocumentError, match="encrypted"):
        document(tmp_path, locked, "a.odt")
    with pytest.raises(DocumentError, match="damaged"):
        document(tmp_path, zipped({"content.xml": "<a>"}), "b.odt")


@pytest.mark.parametrize(
    "name", ["a.doc", "a.xls", "a.ppt", "a.ods", "a.odp", "a.pages", "a.key", "a.mobi", "a.azw3"]
)
def test_what_is_not_read_is_refused_with_advice(tmp_path, name):
    with pytest.raises(DocumentError, match="Save it as"):
        document(tmp_path, b"\xd0\xcf\x11\xe0 anything", name)
