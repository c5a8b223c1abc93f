"""DOCX files made of the parts that Word writes, without Word."""

from __future__ import annotations

import zipfile
from io import BytesIO

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = " ".join(
    f'xmlns:{name}="{space}"'
    for name, space in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": OFFICE,
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "v": "urn:schemas-microsoft-com:vml",
    }.items()
)
KINDS = {"document": "officeDocument"}


def run(text: str, look: str = "") -> str:
    """A run of text; ``look`` are its properties, as XML without a prefix: ``<b/>``."""
    properties = f"<w:rPr>{look.replace('<', '<w:').replace('val=', 'w:val=')}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(
    *content: str, style: str = "", numbered: str = "", level: int = 0, properties: str = ""
) -> str:
    """A paragraph; what does not begin with ``<`` is a run of text."""
    inner = "".join(part if part.startswith("<") else run(part) for part in content)
    if style:
        properties = f'<w:pStyle w:val="{style}"/>{properties}'
    if numbered:
        properties += f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{numbered}"/></w:numPr>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def field(code: str, shown: str | None) -> str:
    """A complex field; without a result if ``shown`` is None."""
    result = "" if shown is None else f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(shown)}'
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{code}</w:instrText></w:r>{result}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def cell(*content: str, across: int = 1, down: str = "") -> str:
    """A cell of a table; ``down`` is ``restart`` where one begins that spans rows, ``continue`` below it."""
    merge = f'<w:vMerge w:val="{down}"/>' if down else ""
    inner = "".join(part if part.startswith("<") else paragraph(part) for part in content) or paragraph()
    return f'<w:tc><w:tcPr><w:gridSpan w:val="{across}"/>{merge}</w:tcPr>{inner}</w:tc>'


def table(*rows: str | list[str], properties: str = "") -> str:
    """A table of rows of cells."""
    inner = "".join(
        row
        if isinstance(row, str)
        else f"<w:tr>{''.join(one if one.startswith('<w:tc') else cell(one) for one in row)}</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{properties}{inner}</w:tbl>"


def level(at: int, form: str, text: str, *, start: int = 1, more: str = "") -> str:
    """A level of a list."""
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def numbering(
    definitions: dict[str, str], lists: dict[str, str], overrides: dict[str, str] | None = None
) -> str:
    """The part that defines lists: levels by definition, and the definition of each list."""
    abstract = "".join(
        f'<w:abstractNum w:abstractNumId="{name}">{levels}</w:abstractNum>'
        for name, levels in definitions.items()
    )
    nums = "".join(
        f'<w:num w:numId="{name}"><w:abstractNumId w:val="{of}"/>{(overrides or {}).get(name, "")}</w:num>'
        for name, of in lists.items()
    )
    return f"<w:numbering {SPACES}>{abstract}{nums}</w:numbering>"


def docx(*body: str, **parts: str) -> bytes:
    """A DOCX file with a body, and further parts by the name of their kind: ``numbering``, ``footnotes``, …

    Each part is a root with the namespaces ``SPACES``, or what stands in one; its relationship has the id of
    its kind.
    """
    roots = {"footnotes": "footnotes", "endnotes": "endnotes", "comments": "comments", "styles": "styles"}
    roots |= {"header": "hdr", "footer": "ftr", "settings": "settings"}
    files = {
        "_rels/.rels": _relations({"r1": ("officeDocument", "word/document.xml")}),
        "word/_rels/document.xml.rels": _relations({kind: (kind, f"{kind}.xml") for kind in parts}),
        "word/document.xml": f"<w:document {SPACES}><w:body>{''.join(body)}</w:body></w:document>",
    }
    for kind, content in parts.items():
        whole = f"<w:{roots[kind]} {SPACES}>{content}</w:{roots[kind]}>" if kind in roots else content
        files[f"word/{kind}.xml"] = whole
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _relations(found: dict[str, tuple[str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for name, (kind, target) in found.items()
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'
