"""One document from the web."""

from __future__ import annotations

import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from qagen.errors import UnreadableError, may_pass

if TYPE_CHECKING:
    import httpx2

LARGEST_DOWNLOAD = 50_000_000
_SUFFIXES = {
    "application/pdf": ".pdf",
    "application/xhtml+xml": ".html",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/rtf": ".rtf",
}


class Download(NamedTuple):
    """What a server sent: the bytes, the suffix a file of that type would have, the encoding it names."""

    data: bytes
    suffix: str
    encoding: str | None


def fetch(url: str, *, timeout: float = 30.0) -> Download:
    """The page, PDF or text at an address, of at most 50 MB.

    No silence of the server may last longer than ``timeout`` seconds, and the whole no longer than four times
    that. Redirections are followed five times, to ``http`` and ``https`` only.

    Raises:
        UnreadableError: The server cannot be reached, answers with an error, or sends something else.
    """
    import httpx2

    headers = {"User-Agent": "qagen (reads one document)", "Accept": "text/html, text/*, application/pdf"}
    try:
        with (
            httpx2.Client(follow_redirects=True, max_redirects=5, timeout=timeout, headers=headers) as client,
            client.stream("GET", url) as response,
        ):
            suffix = _suffix(response)
            return Download(_body(response, 4 * timeout), suffix, response.charset_encoding)
    except httpx2.TimeoutException as error:
        told = "The server did not answer in time. Try again later"
        raise UnreadableError("timeout", told, retryable=True) from error
    except httpx2.UnsupportedProtocol as error:
        raise UnreadableError("unsupported", "It redirects to something that is not on the web") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        told = f"It cannot be fetched: {error or type(error).__name__}"
        passes = isinstance(error, httpx2.TransportError)
        raise UnreadableError("unreachable", told, retryable=passes) from error


def without_password(url: str) -> str:
    """An address as it may be written down: without the name and password that can stand in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def stem(url: str) -> str:
    """The name of the page: the last part of its path, or the host."""
    parts = urlsplit(url)
    return PurePosixPath(unquote(parts.path)).stem or parts.hostname or url


def _suffix(response: httpx2.Response) -> str:
    """The suffix for the type the server names; that of the address if it names none."""
    if response.is_error:
        advice = (
            "Check the address" if response.status_code in {404, 410} else "Save the page and give the file"
        )
        raise UnreadableError(
            "http_error",
            f"The server answers {response.status_code} {response.reason_phrase}. {advice}",
            retryable=may_pass(response.status_code),
        )
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind:
        return PurePosixPath(response.url.path).suffix.lower()
    if kind in _SUFFIXES or kind.startswith("text/"):
        return _SUFFIXES.get(kind, "")
    raise UnreadableError(
        "unsupported", f"It is {kind}, not a page, a text or a PDF. Save it and give the file"
    )


def _body(response: httpx2.Response, longest: float) -> bytes:
    started, data = time.monotonic(), bytearray()
    if int(response.headers.get("content-length", "0")) > LARGEST_DOWNLOAD:
        raise _too_large()
    for part in response.iter_bytes():
        data += part
        if len(data) > LARGEST_DOWNLOAD:
            raise _too_large()
        if time.monotonic() - started > longest:
            raise UnreadableError(
                "timeout", "The server sends it too slowly. Save the page and give the file"
            )
    return bytes(data)


def _too_large() -> UnreadableError:
    return UnreadableError(
        "too_large", f"It is larger than {LARGEST_DOWNLOAD // 1_000_000} MB. Save it as a file"
    )
