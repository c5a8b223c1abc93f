"""Mails (.eml) and saved pages (.mht): who wrote to whom, when, and the text; attachments are told."""

from __future__ import annotations

import email
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from email import policy
from email.message import Message

from qagen.documents import decode
from qagen.documents.conversion import Converted, told
from qagen.documents.conversion.markdown import without_encoded
from qagen.documents.conversion.web.html import Page, read_page
from qagen.documents.conversion.web.html import read as read_html
from qagen.errors import UnreadableError

_HEADERS = ("From", "To", "Cc", "Date")
_ENCRYPTED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"})
_SAVED_PAGE = re.compile(r"saved by|mhtml", re.IGNORECASE)
_FLOWED = re.compile(r"(?<=\S) \n(?=[^\s>-])")
_DEEPEST = 20
_MUCH_LESS = 2


def read(data: bytes) -> Converted:
    """The text of a mail under its subject; of a saved page the article."""
    message = email.message_from_bytes(data.lstrip(b"\r\n"), policy=policy.default)
    if not message.keys() or not (
        message.is_multipart() or any(name in message for name in (*_HEADERS, "Subject"))
    ):
        raise UnreadableError("damaged", "It cannot be read as a mail: it has no header")
    if message["Snapshot-Content-Location"] or _SAVED_PAGE.search(_header(message, "From")):
        page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
        if page is not None:
            return read_html(_payload(page), declared=page.get_content_charset())
    mail = _Mail()
    text = mail.written(message)
    names = {"attachments": ", ".join(mail.attachments)}
    counts = mail.counts + Counter({"attachments": len(mail.attachments)})
    return Converted(text, _header(message, "Subject") or None, told(counts, names=names))


def letter(subject: str, headers: Iterable[tuple[str, str]], body: str) -> str:
    """A mail as Markdown: its subject as heading, its headers as a list, its text."""
    lines = "\n".join(f"- {name}: {value}" for name, value in headers if value)
    return "\n\n".join(part for part in (f"# {subject}" if subject else "", lines, body) if part.strip())


def plain_text(text: str, counts: Counter[str]) -> str:
    """The text of a mail without what is written into it as letters."""
    text, found = without_encoded(text)
    counts.update(found)
    return text.strip()


class _Mail:
    """Collects the text of a mail, the names of what is attached to it, and what was left out."""

    def __init__(self) -> None:
        self.attachments: list[str] = []
        self.counts: Counter[str] = Counter()

    def written(self, message: Message, depth: int = 0) -> str:
        """A mail with its headers."""
        headers = [(name, _header(message, name)) for name in _HEADERS]
        body = "\n\n".join(filter(None, self._texts(message, depth)))
        return letter(_header(message, "Subject"), headers, body)

    def _texts(self, part: Message, depth: int) -> Iterator[str]:
        """The texts in a part of a mail."""
        kind = part.get_content_type()
        if kind in _ENCRYPTED and "signed" not in str(part.get_param("smime-type")):
            raise UnreadableError("encrypted", "It is an encrypted mail. Save its text without encryption")
        if depth > _DEEPEST:
            self.counts["unread"] += 1
        elif part.get_content_disposition() != "attachment" and part.is_multipart():
            yield from self._several(part, kind, depth)
        elif part.get_content_disposition() != "attachment" and kind in {"text/html", "text/plain"}:
            yield self._text(part, kind)
        else:
            self.attachments.append(part.get_filename() or kind)

    def _several(self, part: Message, kind: str, depth: int) -> Iterator[str]:
        """The texts of what has parts: forms of one text, a page with its pictures, a mail in a mail."""
        parts = _parts(part)
        if kind == "multipart/alternative":
            yield from self._best(parts, depth)
        elif kind == "message/rfc822":
            yield from (self.written(inner, depth + 1) for inner in parts)
        else:
            for inner in parts[:1] if kind == "multipart/related" else parts:
                yield from self._texts(inner, depth + 1)

    def _best(self, parts: list[Message], depth: int) -> Iterator[str]:
        """The richest of several forms of the same text, unless another one says far more."""
        before = [*self.attachments], self.counts.copy()
        forms: list[tuple[str, list[str], Counter[str]]] = []
        for part in parts:
            self.attachments, self.counts = [*before[0]], before[1].copy()
            text = "\n\n".join(filter(None, self._texts(part, depth + 1)))
            if part.get_content_type() != "text/calendar" and text:
                forms.append((text, self.attachments, self.counts))
        if not forms:
            return
        longest = max(len(text) for text, _, _ in forms)
        chosen = next(form for form in reversed(forms) if len(form[0]) * _MUCH_LESS >= longest)
        text, self.attachments, self.counts = chosen
        yield text

    def _text(self, part: Message, kind: str) -> str:
        data = _payload(part)
        if not data.strip():
            return ""
        decoded = decode(data, declared=part.get_content_charset())
        self.counts["replaced"] += decoded.replaced
        if kind == "text/html":
            page: Page = read_page(decoded.text)
            self.counts.update(page.left_out)
            return page.text
        flowed = str(part.get_param("format", "")).lower() == "flowed"
        return plain_text(_FLOWED.sub(" ", decoded.text) if flowed else decoded.text, self.counts)


def _parts(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _header(message: Message, name: str) -> str:
    """A header as text; one that breaks the rules of mail as it stands there."""
    try:
        value = message[name]
    except (ValueError, IndexError, AttributeError):
        value = next((text for key, text in message.raw_items() if key.lower() == name.lower()), "")
    return " ".join(str(value or "").split())
